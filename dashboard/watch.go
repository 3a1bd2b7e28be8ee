package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/campusgate/campusgate/dashboard/notify/channel"
	"github.com/campusgate/campusgate/dashboard/watch"
	"github.com/campusgate/campusgate/gateway/event"
)

const (
	judgeEvery = 5 * time.Second
	seenEvery  = 30 * time.Second // that the last word of a gateway is written down
	beatsLost  = 3                // until a heartbeat that does not get through is an alarm
)

// watcher judges what is silent, and beats the heart.
type watcher struct {
	d      *Dashboard
	since  time.Time
	heart  *watch.Heart // nil: none
	stored map[string]time.Time
	failed int // beats, in a row
}

// startWatch begins to watch.
func (d *Dashboard) startWatch(ctx context.Context) error {
	w := &watcher{d: d, since: d.deps.Now()}
	if file := d.cfg.Watch.Heartbeat.URLFile; file != "" {
		address, err := channel.Secret(file)
		if err != nil {
			return err
		}
		if w.heart, err = watch.NewHeart(d.cfg.Watch.Heartbeat, address); err != nil {
			return err
		}
	}
	var err error
	if w.stored, err = d.store.Seen(ctx); err != nil {
		return err
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.run(run)
	}()
	d.onStop = append(d.onStop, stopper{"watch", func(context.Context) error {
		cancel()
		<-done
		if w.heart != nil {
			w.heart.Close()
		}
		return nil
	}})
	return nil
}

func (w *watcher) run(ctx context.Context) {
	judge := time.NewTicker(judgeEvery)
	defer judge.Stop()
	beat := time.NewTicker(w.d.cfg.Watch.Heartbeat.Every)
	defer beat.Stop()
	w.beat(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-judge.C:
			err := w.judge(ctx)
			if ctx.Err() != nil {
				return
			}
			if news := w.d.failing("the centre itself", err); news && err != nil {
				w.d.deps.Log.Error().Err(err).Msg("cannot raise alarms of the centre")
			}
		case <-beat.C:
			w.beat(ctx)
		}
	}
}

func (w *watcher) judge(ctx context.Context) error {
	now := w.d.deps.Now()
	facts := watch.Facts{Own: w.d.Components(), FreeBytes: freeBytes(w.d.cfg.DataDir)}
	if h := facts.Own["bus"]; h.State != event.OK {
		delete(facts.Own, "dashboard") // it says the same
	}
	heard := map[string]bool{}
	var faults []error
	for _, row := range w.d.gateways.Gateways() {
		heard[row.ID] = true
		g := watch.Gateway{ID: row.ID, SeenAt: row.SeenAt}
		if err := json.Unmarshal(row.Status, &g.Status); err != nil {
			g.Status = watch.Status{} // it reports; what, the page shows
		}
		facts.Gateways = append(facts.Gateways, g)
		if row.SeenAt.Sub(w.stored[row.ID]) >= seenEvery {
			err := w.d.store.PutSeen(ctx, row.ID, row.SeenAt)
			faults = append(faults, err)
			if err == nil {
				w.stored[row.ID] = row.SeenAt
			}
		}
	}
	for id, at := range w.stored {
		if !heard[id] {
			facts.Gateways = append(facts.Gateways, watch.Gateway{ID: id, SeenAt: at})
		}
	}
	cfg := w.d.cfg.Watch
	faults = append(faults, w.d.raiser.Update(ctx, watch.Rules(), cfg.Judge(facts, w.since, now), cfg.Undecided(facts, w.since, now), now))
	return errors.Join(faults...)
}

// beat tells the second system that this one works; when it does not, it says nothing.
func (w *watcher) beat(ctx context.Context) {
	cfg := w.d.cfg.Watch.Heartbeat
	if w.heart == nil && cfg.Watchdog == "" || !w.works() {
		return
	}
	now := w.d.deps.Now()
	var err error
	if w.heart != nil {
		err = w.heart.Beat(ctx, now)
	}
	if cfg.Watchdog != "" {
		err = errors.Join(err, w.d.notify.Watchdog(ctx, cfg.Watchdog, now.Add(4*cfg.Every)))
	}
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		w.failed = 0
		w.d.metrics.beats.WithLabelValues("ok").Inc()
	} else {
		w.failed++
		w.d.metrics.beats.WithLabelValues("failed").Inc()
		if w.failed == 1 {
			w.d.deps.Log.Warn().Err(err).Msg("the heartbeat does not get through")
		}
	}
	fault := w.d.raiser.Set(ctx, watch.Condition{
		Rule: watch.RuleHeartbeat, Device: "dashboard", Severity: event.SeverityWarning,
		Text: event.Text{ZH: "心跳信号无法送达外部监控", EN: "The heartbeat does not reach the system outside"},
	}, w.failed >= beatsLost, now)
	if fault != nil && ctx.Err() == nil {
		w.d.deps.Log.Error().Err(fault).Msg("cannot raise the alarm about the heartbeat")
	}
}

// works reports whether alarms come in, are kept and told.
func (w *watcher) works() bool {
	own := w.d.Components()
	for _, name := range []string{"dashboard", "bus", "database", "notify"} {
		if own[name].State != event.OK {
			return false
		}
	}
	return true
}
