package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	benchfiles "github.com/campusgate/campusgate/configs/bench"
)

// contender can be started, again and again, to take what waits in its session.
type contender struct {
	label, name, database string
	broker                *process
	run                   func() (*process, error)
}

// ingest lets each contender take the same number of messages that wait in its session at
// the broker, from the start of its process until the last is in InfluxDB.
func (b *bench) ingest(ctx context.Context, report *Report) error {
	takeOne := func(label string, make func(broker *process, mqtt string) (contender, func(), error)) error {
		broker, mqtt, err := b.mosquitto(ctx)
		if err != nil {
			return err
		}
		defer func() { _, _ = broker.stop() }()
		c, end, err := make(broker, mqtt)
		if err != nil {
			return err
		}
		defer end()
		c.label = label
		result, err := b.take(ctx, c, mqtt)
		if err != nil {
			return fmt.Errorf("%s: %w", label, err)
		}
		report.Ingest = append(report.Ingest, result)
		return nil
	}
	nothing := func() {}
	if err := takeOne("campusgate", func(broker *process, mqtt string) (contender, func(), error) {
		c, err := b.campusgate(ctx, broker, mqtt, "")
		return c, nothing, err
	}); err != nil {
		return err
	}
	if err := takeOne("campusgate with bus", func(broker *process, mqtt string) (contender, func(), error) {
		d, err := b.dashboard(ctx)
		if err != nil {
			return contender{}, nothing, err
		}
		c, err := b.campusgate(ctx, broker, mqtt, d.bus)
		return c, func() { _, _ = d.process.stop() }, err
	}); err != nil {
		return err
	}
	telegraf, err := findProgram("telegraf")
	if errors.Is(err, errNotInstalled) {
		b.say("telegraf is not on PATH: no comparison")
		return nil
	}
	if err := takeOne("telegraf", func(broker *process, mqtt string) (contender, func(), error) {
		c, err := b.telegraf(ctx, telegraf, broker, mqtt)
		return c, nothing, err
	}); err != nil {
		return err
	}
	ours, theirs := report.Ingest[0], report.Ingest[2]
	report.Ratio = &Ratio{
		Throughput: ours.PerSecond / theirs.PerSecond, CPU: ours.CPUSecondsMillion / theirs.CPUSecondsMillion,
		Memory: ours.PeakMB / theirs.PeakMB,
	}
	return nil
}

func (b *bench) campusgate(ctx context.Context, broker *process, mqtt, bus string) (contender, error) {
	name, dir, err := b.fresh("gw")
	if err != nil {
		return contender{}, err
	}
	file, _, err := b.gatewayConfig(ctx, name, dir, mqtt, name, bus)
	if err != nil {
		return contender{}, err
	}
	return contender{name: name, database: name, broker: broker, run: func() (*process, error) {
		return start(ctx, name, b.Program, nil, "gateway", "--config", file)
	}}, nil
}

// telegraf runs with the settings of configs/bench, which the program carries.
func (b *bench) telegraf(ctx context.Context, program string, broker *process, mqtt string) (contender, error) {
	name, dir, err := b.fresh("telegraf")
	if err != nil {
		return contender{}, err
	}
	if err := b.createDatabase(ctx, name); err != nil {
		return contender{}, err
	}
	file := filepath.Join(dir, "telegraf.conf")
	if err := os.WriteFile(file, benchfiles.Telegraf(), 0o600); err != nil {
		return contender{}, err
	}
	env := []string{
		"GOGC=400", "BENCH_MQTT=" + mqtt, "BENCH_INFLUX=" + b.meter.addr, "BENCH_BUCKET=" + name + "/autogen", "BENCH_CLIENT=" + name,
	}
	return contender{name: name, database: name, broker: broker, run: func() (*process, error) {
		return start(ctx, name, program, env, "--config", file)
	}}, nil
}

func (b *bench) createDatabase(ctx context.Context, name string) error {
	address := b.influx.URL() + "/query?" + url.Values{"q": {`CREATE DATABASE "` + name + `"`}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("create database %s: %s", name, res.Status)
	}
	return nil
}

func (b *bench) take(ctx context.Context, c contender, mqtt string) (Ingest, error) {
	b.say("%s: %d messages wait at the broker", c.label, b.Messages)
	first, err := c.run()
	if err != nil {
		return Ingest{}, err
	}
	if err := first.waitFor(ctx, c.name+" has subscribed", 5*time.Millisecond, subscribed(c.broker, c.name)); err != nil {
		return Ingest{}, err
	}
	if _, err := first.stop(); err != nil {
		return Ingest{}, err
	}
	p, err := b.publisher(ctx, mqtt)
	if err != nil {
		return Ingest{}, err
	}
	if err := newLoad().publish(ctx, p, b.Messages); err != nil {
		return Ingest{}, err
	}
	if err := p.Close(ctx); err != nil {
		return Ingest{}, err
	}
	base := b.meter.lines.Load()
	second, err := c.run()
	if err != nil {
		return Ingest{}, err
	}
	end, err := b.stored(ctx, second, base, b.Messages)
	used, stopErr := second.stop()
	if err := errors.Join(err, stopErr); err != nil {
		return Ingest{}, err
	}
	if err := b.reconcile(ctx, c.database, b.Messages); err != nil {
		return Ingest{}, err
	}
	seconds := end.Sub(second.started).Seconds()
	return Ingest{
		Contender: c.label, Messages: b.Messages, Seconds: seconds, PerSecond: float64(b.Messages) / seconds,
		CPUSecondsMillion: used.cpu.Seconds() / float64(b.Messages) * 1e6, PeakMB: used.peakMB,
	}, nil
}

// reconcile compares what InfluxDB holds with what was sent: a figure about messages that
// were not all stored would be worth nothing.
func (b *bench) reconcile(ctx context.Context, database string, want int) error {
	// Every contender stores the measured temperature, under the same name.
	address := b.influx.URL() + "/query?" + url.Values{"db": {database}, "q": {`SELECT count("celsius") FROM "gate_access"`}}.Encode()
	var answer struct {
		Results []struct {
			Series []struct {
				Values [][2]any `json:"values"`
			} `json:"series"`
		} `json:"results"`
	}
	if err := getJSON(ctx, address, &answer); err != nil {
		return err
	}
	got := 0
	if len(answer.Results) > 0 && len(answer.Results[0].Series) > 0 {
		n, _ := answer.Results[0].Series[0].Values[0][1].(float64)
		got = int(n)
	}
	if got != want {
		return fmt.Errorf("InfluxDB holds %d messages of %d sent", got, want)
	}
	return nil
}
