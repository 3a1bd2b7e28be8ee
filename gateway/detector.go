package gateway

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
	"github.com/campusgate/campusgate/gateway/rules"
)

const (
	// detectBatch is how many records the detectors take at once; it bounds the state that
	// one commit writes.
	detectBatch = 4096
	// detectIdle is how long the detectors wait for an event before they look at the clock.
	detectIdle = 500 * time.Millisecond
	// detectLag is how far the detectors' clock runs behind, so that events on their way
	// into the journal are seen before the absence that they disprove.
	detectLag = time.Second
)

// records is what the detectors need of their consumer of the journal.
type records interface {
	Next(ctx context.Context, limit int) (*journal.Chunk, error)
	Commit(ch *journal.Chunk, tx journal.Tx) error
}

// detector carries events from the journal through the engine and its anomalies back into
// the journal. Cursor, state and anomalies are one commit, so a crash neither forgets nor
// repeats a verdict.
type detector struct {
	engine  *detect.Engine
	rules   *rules.Engine // the county's own
	journal *journal.Journal
	log     zerolog.Logger
	now     func() time.Time
	// watched reports whether any broker can tell us that a device is alive: while none
	// can, silence proves nothing.
	watched func() bool
	idle    time.Duration // detectIdle, less in tests
	batch   int           // detectBatch, less in tests

	// next registry, which the detectors' own goroutine puts in force between two chunks.
	county atomic.Pointer[event.County]
	// nextRules likewise.
	nextRules atomic.Pointer[rules.Set]

	stop context.CancelFunc
	done sync.WaitGroup

	mu     sync.Mutex
	health event.Health
	fares  RulesStatus
}

func newDetector(cfg detect.Config, own *rules.Set, county *event.County, j *journal.Journal, watched func() bool, log zerolog.Logger) (*detector, error) {
	engine, err := detect.New(cfg, county)
	if err != nil {
		return nil, err
	}
	return &detector{
		engine: engine, rules: rules.New(own, county), journal: j, log: log, now: time.Now, watched: watched,
		idle: detectIdle, batch: detectBatch, fares: RulesStatus{Failures: []rules.Failure{}},
		health: event.Health{State: event.Stopped},
	}, nil
}

// Start restores the engine's state and begins to read.
func (d *detector) Start(context.Context) error {
	consumer, err := d.journal.Consumer(journal.ConsumerConfig{Name: "detect"})
	if err != nil {
		return err
	}
	// The kept state is of devices of the kept registry.
	if _, err := d.follow(nil); err != nil {
		return err
	}
	d.followRules(nil)
	if err := consumer.State(d.restore); err != nil {
		return fmt.Errorf("restore detectors: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	d.stop = stop
	d.setHealth(event.Health{State: event.OK})
	d.done.Go(func() { d.run(ctx, consumer) })
	return nil
}

// setCounty has the engine follow another registry soon; a faulty one is refused at once.
func (d *detector) setCounty(county *event.County) error {
	if err := d.engine.CheckCounty(county); err != nil {
		return err
	}
	d.county.Store(county)
	return nil
}

// follow puts a registry that waits in force and appends what follows from it.
func (d *detector) follow(out []event.Anomaly) ([]event.Anomaly, error) {
	county := d.county.Swap(nil)
	if county == nil {
		return out, nil
	}
	out, err := d.engine.SetCounty(county, out)
	if err == nil {
		d.rules.SetCounty(county)
	}
	return out, err
}

// Stop ends reading; what was read and not committed is read again at the next start.
func (d *detector) Stop(context.Context) error {
	if d.stop == nil {
		return nil
	}
	d.stop()
	d.done.Wait()
	d.setHealth(event.Health{State: event.Stopped})
	return nil
}

// Health says whether verdicts reach the journal.
func (d *detector) Health() event.Health {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.health
}

func (d *detector) setHealth(h event.Health) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.health.State == event.OK && h.State == event.Degraded {
		d.log.Warn().Str("reason", h.Reason).Msg("detectors cannot store their verdicts")
	} else if d.health.State == event.Degraded && h.State == event.OK {
		d.log.Info().Msg("detectors store their verdicts again")
	}
	d.health = h
}

func (d *detector) run(ctx context.Context, consumer records) {
	var anomalies []event.Anomaly
	for ctx.Err() == nil {
		var err error
		if anomalies, err = d.follow(anomalies[:0]); err != nil { // it was checked when it came
			d.log.Error().Err(err).Msg("the detectors refuse a registry")
		}
		anomalies = d.followRules(anomalies)
		d.commit(ctx, consumer, nil, anomalies)
		asked := d.now()
		chunk, err := d.next(ctx, consumer)
		anomalies = anomalies[:0]
		switch {
		case err == nil:
			for _, r := range chunk.Records {
				if r.Event != nil {
					anomalies = d.engine.Process(r.Event, anomalies)
					anomalies = d.rules.Process(r.Event, anomalies)
				}
			}
		case errors.Is(err, context.DeadlineExceeded):
			// Nothing waits in the journal: only now may time alone pass judgement.
			advance, advanceRules := d.engine.Advance, d.rules.Advance
			if !d.watched() {
				advance, advanceRules = d.engine.AdvanceUnwatched, d.rules.AdvanceUnwatched
			}
			anomalies = advance(asked.Add(-detectLag), anomalies)
			anomalies = advanceRules(asked.Add(-detectLag), anomalies)
		case ctx.Err() == nil:
			d.setHealth(event.Health{State: event.Degraded, Reason: err.Error()})
			pause(ctx, d.idle)
			continue
		default:
			return
		}
		d.commit(ctx, consumer, chunk, anomalies)
	}
}

// commit stores until it succeeds: the engine cannot go back, so what it concluded must
// not be left out.
func (d *detector) commit(ctx context.Context, consumer records, chunk *journal.Chunk, anomalies []event.Anomaly) {
	d.complain()
	put, del := d.dirty()
	if chunk == nil && len(put) == 0 && len(del) == 0 && len(anomalies) == 0 {
		return
	}
	tx := journal.Tx{Put: put, Delete: del}
	for _, a := range anomalies {
		tx.Append = append(tx.Append, journal.Record{Anomaly: &a})
	}
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := consumer.Commit(chunk, tx)
		if err == nil {
			d.setHealth(event.Health{State: event.OK})
			return
		}
		if ctx.Err() != nil || errors.Is(err, journal.ErrStopped) {
			return
		}
		d.setHealth(event.Health{State: event.Degraded, Reason: err.Error()})
		pause(ctx, wait)
	}
}

func (d *detector) next(ctx context.Context, consumer records) (*journal.Chunk, error) {
	ctx, cancel := context.WithTimeout(ctx, d.idle)
	defer cancel()
	return consumer.Next(ctx, d.batch)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
