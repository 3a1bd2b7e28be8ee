package dashboard

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/live"
	"github.com/campusgate/campusgate/dashboard/live/state"
	"github.com/campusgate/campusgate/gateway/event"
)

const (
	flushEvery = 40 * time.Millisecond // of device and site rows
	minBackOff = 200 * time.Millisecond
	maxBackOff = 10 * time.Second
	worksAfter = 3 * time.Second
)

// alarmSink passes committed changes on to browsers and counters.
type alarmSink struct {
	channel *live.Channel
	model   *state.Model
}

var _ alarm.Sink = (*alarmSink)(nil)

// Reset shows the open alarms.
func (s *alarmSink) Reset(open []alarm.Alarm) {
	ops := make([]live.Op, 0, len(open))
	for i := range open {
		ops = append(ops, alarmOp(live.Add, &open[i]))
	}
	s.channel.Reset(ops)
	s.model.Reset(open)
}

// Changed shows changes in the order of commit.
func (s *alarmSink) Changed(changes []alarm.Change) {
	ops := make([]live.Op, 0, len(changes))
	for i := range changes {
		c := &changes[i]
		switch {
		case !c.Alarm.State.Open():
			if c.Before.Open() {
				ops = append(ops, live.Op{Kind: live.Remove, Key: c.Alarm.ID, Site: c.Alarm.Site})
			}
		case c.New || !c.Before.Open():
			ops = append(ops, alarmOp(live.Add, &c.Alarm))
		default:
			ops = append(ops, alarmOp(live.Change, &c.Alarm))
		}
	}
	s.channel.Publish(ops...)
	s.model.Changed(changes)
}

func alarmOp(kind live.OpKind, a *alarm.Alarm) live.Op {
	row, err := json.Marshal(a)
	if err != nil { // a number that JSON does not know; the alarm itself must still be seen
		a.Value, a.Limit = 0, 0
		row, _ = json.Marshal(a)
	}
	return live.Op{Kind: kind, Key: a.ID, Site: a.Site, Row: row}
}

// keep calls follow again and again until ctx ends, with pauses that grow while it fails.
func (d *Dashboard) keep(ctx context.Context, name string, follow func(context.Context) error) {
	log := d.deps.Log.With().Str("component", "bus").Str("stream", name).Logger()
	pause := minBackOff
	for {
		begin := time.Now()
		// A quiet stream says nothing; one that has lasted works.
		lasted := time.AfterFunc(worksAfter, func() { d.works(name) })
		err := follow(ctx)
		lasted.Stop()
		if ctx.Err() != nil {
			return
		}
		if d.failing(name, err) {
			log.Warn().Err(err).Msg("cannot follow the bus, trying again")
		}
		if time.Since(begin) > maxBackOff {
			pause = minBackOff
		}
		timer := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		pause = min(2*pause, maxBackOff)
	}
}

// failing notes that a stream fails, or (nil) that it works; it reports whether that is news.
func (d *Dashboard) failing(name string, err error) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, before := d.following[name]
	if err == nil {
		delete(d.following, name)
		return before
	}
	d.following[name] = err
	return !before
}

func (d *Dashboard) works(name string) {
	if d.failing(name, nil) {
		d.deps.Log.Info().Str("component", "bus").Str("stream", name).Msg("following the bus again")
	}
}

func (d *Dashboard) events(ctx context.Context) error {
	return d.deps.Bus.FollowEvents(ctx, func(events []*event.Event, snapshot bool) error {
		d.works("events")
		for _, e := range events {
			now := d.deps.Now()
			if !snapshot {
				d.guards.Saw(e)
			}
			d.model.Apply(e, nil, snapshot, now)
			if snapshot {
				continue
			}
			d.metrics.events.Inc()
			if d.uptime != nil {
				d.uptime.Heard(e)
			}
			if !e.Late && !e.Retained {
				d.metrics.age(now.Sub(e.ReceivedAt))
				d.hub.SetLag(now.Sub(e.ReceivedAt))
			}
		}
		return ctx.Err()
	})
}

func (d *Dashboard) anomalies(ctx context.Context) error {
	at, err := d.alarms.Position(ctx)
	if err != nil {
		return err
	}
	return d.deps.Bus.FollowAnomalies(ctx, at.Stream, at.Seq, func(stream string, seqs []uint64, anomalies []*event.Anomaly) error {
		in := make([]alarm.Incoming, 0, len(anomalies))
		for i, a := range anomalies {
			if err := alarm.Check(a); err != nil {
				d.metrics.refused.Inc()
				d.deps.Log.Error().Err(err).Uint64("seq", seqs[i]).Msg("anomaly left out")
				continue
			}
			if d.guards.Out(context.WithoutCancel(ctx), a) {
				continue // an approved leave: the audit says which
			}
			in = append(in, alarm.Incoming{Seq: seqs[i], Anomaly: a})
		}
		// Not cut off by the end of the process: what is begun is committed.
		d.applying.Lock()
		err := d.alarms.Apply(context.WithoutCancel(ctx), stream, in, d.deps.Now())
		d.applying.Unlock()
		if err != nil {
			return err
		}
		d.metrics.anomalies.Add(float64(len(in)))
		d.works("anomalies")
		return ctx.Err()
	})
}

func (d *Dashboard) statuses(ctx context.Context) error {
	return d.deps.Bus.FollowStatus(ctx, func(gateway string, payload []byte) {
		d.works("gateway status")
		d.gateways.status(gateway, payload, d.deps.Now())
	})
}

// clock does what time asks for.
func (d *Dashboard) clock(ctx context.Context) {
	flush := time.NewTicker(flushEvery)
	defer flush.Stop()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	prune := time.NewTicker(time.Hour)
	defer prune.Stop()
	stats := newStats(d)
	for {
		select {
		case <-ctx.Done():
			return
		case <-flush.C:
			d.model.Flush()
		case <-second.C:
			now := d.deps.Now()
			d.model.Sweep(now)
			d.gateways.sweep(now)
			stats.publish(ctx, now)
			if err := d.alarms.Expire(ctx, now); err != nil && d.failing("shelving", err) {
				d.deps.Log.Error().Err(err).Msg("cannot end shelvings")
			} else if err == nil {
				d.failing("shelving", nil)
			}
		case <-prune.C:
			before := d.deps.Now().Add(-d.cfg.AlarmRetention)
			if n, err := d.alarms.Prune(ctx, before); err != nil {
				d.deps.Log.Error().Err(err).Msg("cannot remove old alarms")
			} else if n > 0 {
				d.deps.Log.Info().Int("alarms", n).Time("before", before).Msg("old alarms removed")
			}
		}
	}
}

// fillToday counts what passed since midnight before this process began, from the history.
// The counters know an event by its id, so the overlap with the bus counts once.
func (d *Dashboard) fillToday(ctx context.Context) {
	if d.deps.History == nil {
		return
	}
	pause := time.Second
	for ctx.Err() == nil {
		err := d.readToday(ctx)
		if err == nil {
			return
		}
		if pause > time.Minute {
			d.deps.Log.Warn().Err(err).Msg("today's counters begin at the start of this process")
			return
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		pause *= 4
	}
}

func (d *Dashboard) readToday(ctx context.Context) error {
	now := d.deps.Now()
	local := now.In(d.county.County().Location())
	y, m, day := local.Date()
	q := api.GateLogQuery{
		From: time.Date(y, m, day, 0, 0, 0, 0, local.Location()), To: now.Add(time.Minute), WithTemperature: true, Limit: 5000,
	}
	for {
		rows, next, err := d.deps.History.GateLog(ctx, q)
		if err != nil {
			return err
		}
		for i := range rows {
			d.model.Count(&rows[i], now)
		}
		if q.Cursor = next; next == "" {
			return nil
		}
	}
}
