package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// stall is how long nothing may move before the bench gives up.
const stall = 30 * time.Second

// drain lets a backlog build up in the journal while InfluxDB is out of reach and measures
// how fast it leaves once InfluxDB is back.
func (b *bench) drain(ctx context.Context, report *Report) error {
	broker, mqtt, err := b.mosquitto(ctx)
	if err != nil {
		return err
	}
	defer func() { _, _ = broker.stop() }()
	name, dir, err := b.fresh("gw")
	if err != nil {
		return err
	}
	file, page, err := b.gatewayConfig(ctx, name, dir, mqtt, name, "")
	if err != nil {
		return err
	}
	b.meter.shut.Store(true)
	defer b.meter.shut.Store(false)
	p, err := b.gateway(ctx, file, name, broker)
	if err != nil {
		return err
	}
	b.say("drain: %d events into the journal while InfluxDB is out of reach", b.Backlog)
	publisher, err := b.publisher(ctx, mqtt)
	if err != nil {
		return err
	}
	if err := newLoad().publish(ctx, publisher, b.Backlog); err != nil {
		return err
	}
	if err := publisher.Close(ctx); err != nil {
		return err
	}
	held, moved := int64(-1), time.Now()
	if err := p.waitFor(ctx, "the journal holds the backlog", 100*time.Millisecond, func() (bool, error) {
		lag, err := influxLag(ctx, page)
		if lag != held {
			held, moved = lag, time.Now()
		}
		if err == nil && time.Since(moved) > stall {
			err = fmt.Errorf("the journal stays at %d of %d events for %v", lag, b.Backlog, stall)
		}
		return lag >= int64(b.Backlog), err
	}); err != nil {
		return err
	}
	base := b.meter.lines.Load()
	b.say("drain: InfluxDB is back")
	b.meter.shut.Store(false)
	begin := time.Now()
	end, err := b.stored(ctx, p, base, b.Backlog)
	used, stopErr := p.stop()
	if err := errors.Join(err, stopErr); err != nil {
		return err
	}
	if err := b.reconcile(ctx, name, b.Backlog); err != nil {
		return err
	}
	seconds := end.Sub(begin).Seconds()
	report.Drain = &Drain{Events: b.Backlog, Seconds: seconds, PerSecond: float64(b.Backlog) / seconds, PeakMB: used.peakMB}
	return nil
}

// influxLag asks a gateway how many records wait for InfluxDB.
func influxLag(ctx context.Context, page string) (int64, error) {
	var status struct {
		Journal struct {
			Consumers []struct {
				Name       string `json:"name"`
				LagRecords int64  `json:"lag_records"`
			} `json:"consumers"`
		} `json:"journal"`
	}
	if err := getJSON(ctx, page+"/api/v1/status", &status); err != nil {
		return 0, err
	}
	for _, c := range status.Journal.Consumers {
		if c.Name == "influx" {
			return c.LagRecords, nil
		}
	}
	return 0, fmt.Errorf("%s names no consumer influx", page)
}

func getJSON(ctx context.Context, url string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		words, _ := io.ReadAll(io.LimitReader(res.Body, 512))
		return fmt.Errorf("%s answers %s: %s", url, strconv.Itoa(res.StatusCode), strings.TrimSpace(string(words)))
	}
	return json.NewDecoder(res.Body).Decode(into)
}
