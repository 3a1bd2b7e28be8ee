package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/campusgate/campusgate/gateway/ingest"
)

// settle is how long a freshly started system is left alone before it is measured.
const settle = 2 * time.Second

// whole is the whole way: broker, gateway, bus, dashboard, and a publisher.
type whole struct {
	broker, gateway *process
	centre          *centre
	publisher       *ingest.Publisher
	load            *load
}

func (b *bench) startWhole(ctx context.Context) (w *whole, err error) {
	w = &whole{load: newLoad()}
	defer func() {
		if err != nil {
			w.stop(ctx)
		}
	}()
	var mqtt string
	if w.broker, mqtt, err = b.mosquitto(ctx); err != nil {
		return w, err
	}
	if w.centre, err = b.dashboard(ctx); err != nil {
		return w, err
	}
	name, dir, err := b.fresh("gw")
	if err != nil {
		return w, err
	}
	file, _, err := b.gatewayConfig(ctx, name, dir, mqtt, name, w.centre.bus)
	if err != nil {
		return w, err
	}
	if w.gateway, err = b.gateway(ctx, file, name, w.broker); err != nil {
		return w, err
	}
	w.publisher, err = b.publisher(ctx, mqtt)
	return w, err
}

func (w *whole) stop(ctx context.Context) {
	if w.publisher != nil {
		_ = w.publisher.Close(ctx)
	}
	for _, p := range []*process{w.gateway, w.broker} {
		if p != nil {
			_, _ = p.stop()
		}
	}
	if w.centre != nil && w.centre.process != nil {
		_, _ = w.centre.process.stop()
	}
}

// latency publishes at each set rate and measures the age of the events when InfluxDB has
// taken them and when a browser gets them.
func (b *bench) latency(ctx context.Context, report *Report) error {
	w, err := b.startWhole(ctx)
	if err != nil {
		return err
	}
	defer w.stop(ctx)
	cookie, err := w.centre.login(ctx)
	if err != nil {
		return err
	}
	v, err := w.centre.view(ctx, cookie)
	if err != nil {
		return err
	}
	defer v.close()
	if _, err := w.load.publishAt(ctx, w.publisher, 200, settle); err != nil { // warm up
		return err
	}
	for _, rate := range b.Rates {
		b.say("latency at %d messages a second", rate)
		base := b.meter.lines.Load()
		b.meter.record()
		v.record()
		n, err := w.load.publishAt(ctx, w.publisher, rate, b.LiveFor)
		if err != nil {
			return err
		}
		if _, err := b.stored(ctx, w.gateway, base, n); err != nil {
			return err
		}
		if err := w.centre.process.waitFor(ctx, "the browser has all", 20*time.Millisecond, func() (bool, error) {
			return v.count()+v.left() >= n, nil
		}); err != nil {
			return err
		}
		live, err := v.take()
		if err != nil {
			return err
		}
		if v.left() > 0 {
			return fmt.Errorf("the browser was too slow at %d a second: %d events were left out", rate, v.left())
		}
		report.Latency = append(report.Latency, Latency{
			Rate: rate, Messages: n, InfluxDB: quantile(b.meter.take()), Websocket: quantile(live),
		})
	}
	return nil
}

// broadcastsPerSecond of the fan-out part.
const broadcastsPerSecond = 50

// fanOut measures delivery to many browsers at once.
func (b *bench) fanOut(ctx context.Context, report *Report) error {
	b.say("fan-out to %d websockets", b.Clients)
	w, err := b.startWhole(ctx)
	if err != nil {
		return err
	}
	defer w.stop(ctx)
	cookie, err := w.centre.login(ctx)
	if err != nil {
		return err
	}
	viewers, err := openViewers(ctx, w.centre, cookie, b.Clients)
	defer func() {
		for _, v := range viewers {
			v.close()
		}
	}()
	if err != nil {
		return err
	}
	if _, err := w.load.publishAt(ctx, w.publisher, broadcastsPerSecond, settle); err != nil { // warm up
		return err
	}
	if err := pause(ctx, settle); err != nil {
		return err
	}
	for _, v := range viewers {
		v.record()
	}
	n, err := w.load.publishAt(ctx, w.publisher, broadcastsPerSecond, b.LiveFor)
	if err != nil {
		return err
	}
	expected := n * len(viewers)
	if err := w.centre.process.waitFor(ctx, "all browsers have all", 50*time.Millisecond, func() (bool, error) {
		got := 0
		for _, v := range viewers {
			got += v.count() + v.left()
		}
		return got >= expected, nil
	}); err != nil {
		return err
	}
	var all []time.Duration
	var faults []error
	for _, v := range viewers {
		latency, err := v.take()
		all, faults = append(all, latency...), append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	report.FanOut = &FanOut{Clients: len(viewers), PerSecond: broadcastsPerSecond, Expected: expected, Delivered: quantile(all)}
	return nil
}

func openViewers(ctx context.Context, c *centre, cookie *http.Cookie, n int) ([]*viewer, error) {
	var (
		mu      sync.Mutex
		viewers []*viewer
		faults  []error
		wg      sync.WaitGroup
	)
	slots := make(chan struct{}, 16)
	for range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			v, err := c.view(ctx, cookie)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				faults = append(faults, err)
				return
			}
			viewers = append(viewers, v)
		})
	}
	wg.Wait()
	if len(faults) > 0 {
		return viewers, fmt.Errorf("%d of %d websockets failed, the first: %w", len(faults), n, faults[0])
	}
	return viewers, nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
