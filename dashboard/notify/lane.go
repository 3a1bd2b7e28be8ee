package notify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/dashboard/notify/channel"
)

const (
	laneBatch = 1000             // rows looked at, and folded, at once
	leaseOver = 20 * time.Second // beyond the timeout: how long a crash may delay a message
	lookAgain = 30 * time.Second // although nothing is known to be due
	afterStop = 2 * time.Second  // that a message on its way is given when the service stops
)

// lane is the one worker of a receiver.
type lane struct {
	s    *Service
	cfg  channel.Config
	ch   channel.Channel
	log  zerolog.Logger
	wake chan struct{} // one slot

	failing  bool // as far as it is known here
	reported bool // failing was told to Deps.Failing
	why      string
}

func (l *lane) run(ctx context.Context) {
	l.recall(ctx)
	for {
		wait := l.round(ctx)
		l.report(ctx)
		if wait <= 0 && ctx.Err() == nil {
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-l.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// recall finds out whether the receiver was failing when the last process ended.
func (l *lane) recall(ctx context.Context) {
	last, ok, err := l.s.store.LastDone(ctx, l.cfg.Name)
	if err == nil && ok {
		l.failing, l.why = last.State == Dead, last.Error
	}
}

// report tells a change of failing, again and again until it is taken.
func (l *lane) report(ctx context.Context) {
	if l.reported || l.s.deps.Failing == nil {
		return
	}
	if err := l.s.deps.Failing(ctx, l.cfg.Name, l.failing, l.why); err != nil {
		if ctx.Err() == nil {
			l.log.Error().Err(err).Msg("cannot raise the alarm about a receiver")
		}
		return
	}
	l.reported = true
}

// round sends what is due once, and returns how long nothing will be.
func (l *lane) round(ctx context.Context) time.Duration {
	now := l.s.deps.Now()
	due, err := l.s.store.Due(ctx, l.cfg.Name, now, laneBatch)
	if err != nil {
		return l.trouble(ctx, err)
	}
	wait := lookAgain
	for _, group := range byPerson(due) {
		used, first, err := l.s.store.SentSince(ctx, l.cfg.Name, group[0].Person, now.Add(-time.Minute))
		if err != nil {
			return l.trouble(ctx, err)
		}
		free := l.cfg.Limit() - used
		if free <= 0 {
			wait = min(wait, max(first.Add(time.Minute).Sub(now), 0)+time.Millisecond)
			continue
		}
		batch := group[:1]
		if free == 1 {
			batch = group // the last one this minute takes all
		}
		if err := l.send(ctx, batch); err != nil {
			return l.trouble(ctx, err)
		}
		return 0
	}
	if len(due) == 0 {
		if at, ok, err := l.s.store.NextDue(ctx, l.cfg.Name); err != nil {
			return l.trouble(ctx, err)
		} else if ok {
			wait = min(wait, max(at.Sub(now), time.Millisecond))
		}
	}
	return wait
}

func (l *lane) trouble(ctx context.Context, err error) time.Duration {
	if ctx.Err() == nil {
		l.log.Error().Err(err).Msg("cannot read or write the outbox")
	}
	return 5 * time.Second
}

// byPerson groups notifications, the group of the worst first.
func byPerson(due []Notification) [][]Notification {
	var groups [][]Notification
	at := map[string]int{}
	for _, n := range due {
		i, ok := at[n.Person]
		if !ok {
			i = len(groups)
			at[n.Person] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], n)
	}
	return groups
}

// send tries one message, of one notification or of many folded into one. An error is one
// of the outbox.
func (l *lane) send(ctx context.Context, batch []Notification) error {
	now := l.s.deps.Now()
	ids := make([]string, len(batch))
	for i := range batch {
		ids[i] = batch[i].ID
	}
	ids, err := l.s.store.Claim(ctx, ids, batch[0].ID, now, now.Add(l.cfg.Patience()+leaseOver))
	if err != nil || len(ids) == 0 {
		return err
	}
	claimed := make(map[string]bool, len(ids))
	for _, id := range ids {
		claimed[id] = true
	}
	kept, tries := batch[:0:0], 0
	for _, n := range batch {
		if claimed[n.ID] {
			kept, tries = append(kept, n), max(tries, n.Tries)
		}
	}
	m := kept[0].Message
	if len(kept) > 1 {
		m = fold(kept, now)
		l.s.metrics.folded.WithLabelValues(l.cfg.Name).Add(float64(len(kept) - 1))
	}
	began := time.Now()
	fault := l.deliver(ctx, &m, l.s.addressOf(kept[0].Person, l.cfg.Name))
	l.s.metrics.took.WithLabelValues(l.cfg.Type).Observe(time.Since(began).Seconds())
	// The answer is recorded although the process stops: it saves a message sent twice.
	record, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return l.finish(record, ids, tries, fault)
}

func (l *lane) deliver(ctx context.Context, m *channel.Message, to string) error {
	try, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.cfg.Patience())
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(afterStop)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-try.Done():
		}
	})
	defer stop()
	err := l.ch.Send(try, m, to)
	if err != nil && try.Err() != nil {
		return &channel.Error{Text: fmt.Sprintf("no answer in %s", l.cfg.Patience())}
	}
	return err
}

func (l *lane) finish(ctx context.Context, ids []string, tries int, fault error) error {
	now := l.s.deps.Now()
	if fault == nil {
		if _, err := l.s.store.Finish(ctx, ids, Outcome{At: now}); err != nil {
			return err
		}
		l.s.metrics.sent.WithLabelValues(l.cfg.Name, "sent").Inc()
		l.turn(false, "")
		return nil
	}
	o := Outcome{At: now, Error: channel.Mask(channel.Cut(fault.Error(), 500)), Tries: l.s.cfg.Tries, NextTry: now.Add(l.s.backOff(tries))}
	var e *channel.Error
	if errors.As(fault, &e) {
		if e.After > 0 {
			o.NextTry = now.Add(e.After)
		}
		if e.Lasting {
			// Not at once: an address that is refused now may be a proxy's mistake.
			o.Tries = min(o.Tries, 3)
		}
		if e.Slow {
			// To be asked to wait is no failure: a flood must not use up the tries.
			o.Tries = 4 * l.s.cfg.Tries
			if err := l.s.store.Pause(ctx, l.cfg.Name, o.NextTry); err != nil {
				return err
			}
		}
	}
	dead, err := l.s.store.Finish(ctx, ids, o)
	if err != nil {
		return err
	}
	l.s.metrics.sent.WithLabelValues(l.cfg.Name, "failed").Inc()
	if dead > 0 {
		l.s.metrics.dead.WithLabelValues(l.cfg.Name).Add(float64(dead))
		l.log.Error().Int("notifications", dead).Str("why", o.Error).Msg("notifications given up")
		l.turn(true, o.Error)
	}
	return nil
}

func (l *lane) turn(failing bool, why string) {
	if l.failing != failing {
		l.failing, l.why, l.reported = failing, why, false
	}
}

// backOff doubles from the first pause, and spreads what failed together.
func (s *Service) backOff(tries int) time.Duration {
	d := s.cfg.FirstRetry << min(tries, 20)
	if d <= 0 || d > s.cfg.MaxRetry {
		d = s.cfg.MaxRetry
	}
	return d/2 + rand.N(d/2+1)
}
