package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/gateway/event"
)

// planBatch is how many changes are planned in one transaction: the alarms wait while it is
// written.
const planBatch = 50

// dest is where one notification goes.
//
// Who is on call is told in his quiet hours too: there is nobody else.
type dest struct {
	receiver, person string
	onCall           bool
}

// idOf is the idempotency key: the same alarm, receiver, person, reason, step and revision
// is the same notification.
func idOf(alarmID string, d dest, reason string, step int, rev int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%s\x00%d\x00%d", alarmID, d.receiver, d.person, reason, step, rev))
	return hex.EncodeToString(sum[:10])
}

// plan carries the inbox and the timers over into the outbox, until nothing is left.
func (s *Service) plan(ctx context.Context) error {
	for ctx.Err() == nil {
		now := s.deps.Now()
		changes, err := s.store.Inbox(ctx, planBatch)
		if err != nil {
			return err
		}
		var ops []Op
		through := int64(0)
		for i := range changes {
			ops = append(ops, s.change(&changes[i], now)...)
			through = changes[i].Seq
		}
		due, alarms, err := s.store.Escalations(ctx, now, planBatch)
		if err != nil {
			return err
		}
		for i := range due {
			ops = append(ops, s.escalate(due[i], &alarms[i], now)...)
		}
		if len(changes) == 0 && len(ops) == 0 {
			return nil
		}
		// What is begun is committed: the next start finds the inbox as it was, or done.
		if err := s.store.Commit(context.WithoutCancel(ctx), through, ops, now); err != nil {
			return err
		}
		s.wakeLanes(ops)
		if len(changes) < planBatch && len(due) < planBatch {
			return nil
		}
	}
	return ctx.Err()
}

// change decides what one change of an alarm asks for. The inbox has changes of state and
// alarms raised again only.
func (s *Service) change(c *Change, now time.Time) []Op {
	if c.Gone {
		return nil
	}
	a := &c.Alarm
	switch c.To {
	case alarm.Unack:
		if !s.pages(c) {
			return nil
		}
		return s.page(a, c.Rev, now)
	case alarm.RtnUnack:
		// The condition is over: nobody is called further, and who has not been told yet still
		// is, since it has happened.
		ops := []Op{{End: &End{AlarmID: a.ID}}}
		return append(ops, s.over(c, now)...)
	}
	ops := []Op{{End: &End{AlarmID: a.ID, Skip: true, Why: string(c.Action)}}}
	return append(ops, s.over(c, now)...)
}

// pages reports whether a change to unacknowledged tells people. What is late does not, nor
// what was over long before anybody here could know.
func (s *Service) pages(c *Change) bool {
	a := &c.Alarm
	switch {
	case a.Late:
		return false
	case a.State != alarm.Unack && a.State != alarm.RtnUnack:
		return false // somebody was faster
	case !a.Standing && c.Rev == 1 && c.At.Sub(a.StartedAt) > s.cfg.OldAfter:
		return false
	}
	return true
}

// page tells those on the routes and starts the escalation.
func (s *Service) page(a *alarm.Alarm, rev int64, now time.Time) []Op {
	var ops []Op
	routes := s.routes(a, now)
	if len(routes) == 0 {
		s.metrics.unrouted.Inc()
	}
	for _, r := range routes {
		for _, d := range s.dests(r.To, a, now) {
			ops = append(ops, s.add(a, d, ReasonRaise, 0, rev, now))
		}
		if p := s.cfg.policy(r.Policy); p != nil {
			ops = append(ops, Op{Begin: &Escalation{AlarmID: a.ID, Policy: p.Name, Due: now.Add(p.Steps[0].After), Rev: rev}})
		}
	}
	return ops
}

// over tells the end to those who want to know it.
func (s *Service) over(c *Change, now time.Time) []Op {
	a := &c.Alarm
	if c.Action != alarm.Clear || a.Late || c.From != alarm.Unack && c.From != alarm.Acked {
		return nil
	}
	var ops []Op
	for _, r := range s.routes(a, now) {
		for _, d := range s.dests(r.To, a, now) {
			if cfg := s.cfg.receiver(d.receiver); r.Clear || cfg != nil && cfg.Type == "alertmanager" {
				ops = append(ops, s.add(a, d, ReasonClear, 0, c.Rev, now))
			}
		}
	}
	return ops
}

// escalate tells the step that is due, and sets the timer of the next.
func (s *Service) escalate(e Escalation, a *alarm.Alarm, now time.Time) []Op {
	end := []Op{{End: &End{AlarmID: e.AlarmID, Policy: e.Policy}}}
	p := s.cfg.policy(e.Policy)
	if p == nil || e.Step >= len(p.Steps) || a.State != alarm.Unack {
		return end
	}
	var ops []Op
	for _, d := range s.dests(p.Steps[e.Step].To, a, now) {
		ops = append(ops, s.add(a, d, ReasonEscalate, e.Step+1, e.Rev, now))
	}
	s.metrics.escalations.Inc()
	if e.Step+1 == len(p.Steps) {
		return append(ops, end...)
	}
	next := e
	next.Step++
	next.Due = now.Add(p.Steps[next.Step].After)
	return append(ops, Op{Move: &next})
}

func (s *Service) add(a *alarm.Alarm, d dest, reason string, step int, rev int64, now time.Time) Op {
	n := &Notification{
		ID: idOf(a.ID, d, reason, step, rev), AlarmID: a.ID, Rev: rev, Receiver: d.receiver, Person: d.person, Step: step,
		Reason: reason, Severity: a.Severity, Site: a.Site, Rule: a.Rule, State: Queued, CreatedAt: now.UTC(), NextTry: now.UTC(),
		Message: s.message(a, reason, step, now),
	}
	n.Message.ID = n.ID
	if q, ok := s.quiet(d.person); ok && !d.onCall && a.Severity != event.SeverityCritical {
		if end := q.until(now.In(s.zone())); !end.IsZero() {
			n.NextTry, n.Error = end.UTC(), "quiet hours"
		}
	}
	return Op{Add: n}
}

// routes lists the routes that fit an alarm.
func (s *Service) routes(a *alarm.Alarm, now time.Time) []*Route {
	var out []*Route
	township := ""
	if site := s.deps.County().Site(a.Site); site != nil {
		township = site.Township
	}
	local := now.In(s.zone())
	for i := range s.cfg.Routes {
		r := &s.cfg.Routes[i]
		if !one(r.Sites, string(a.Site)) || !one(r.Townships, township) || !one(r.Rules, a.Rule) || !one(r.Kinds, string(a.Kind)) ||
			a.Severity.Rank() < r.MinSeverity.Rank() || !onDay(local, r.Days) && r.Hours == "" {
			continue
		}
		if hours, err := parseSpan(r.Hours); r.Hours != "" && (err != nil || !hours.holds(local, r.Days)) {
			continue
		}
		out = append(out, r)
		if !r.GoOn {
			break
		}
	}
	return out
}

func one(list []string, s string) bool { return len(list) == 0 || slices.Contains(list, s) }

// dests turns targets into receivers and people, each once. The receiver that an alarm is
// about is left out: it would be asked to carry the news that it carries none.
func (s *Service) dests(targets []string, a *alarm.Alarm, now time.Time) []dest {
	var out []dest
	add := func(d dest) {
		if a.Rule == RuleFailed && d.receiver == string(a.Device) {
			return
		}
		for i := range out {
			if out[i].receiver == d.receiver && out[i].person == d.person {
				out[i].onCall = out[i].onCall || d.onCall
				return
			}
		}
		out = append(out, d)
	}
	for _, t := range targets {
		s.resolve(t, now, add)
	}
	if len(out) == 0 {
		for _, t := range s.cfg.Fallback {
			s.resolve(t, now, add)
		}
	}
	return out
}

func (s *Service) resolve(target string, now time.Time, add func(dest)) {
	kind, name, _ := strings.Cut(target, "/")
	switch kind {
	case "receiver":
		add(dest{receiver: name})
		return
	case "oncall":
		person := s.onCall(name, now)
		if person == "" {
			s.metrics.nobody.Inc()
			for _, t := range s.cfg.Fallback {
				if !strings.HasPrefix(t, "oncall/") {
					s.resolve(t, now, add)
				}
			}
			return
		}
		name = person
	}
	if p := s.cfg.person(name); p != nil {
		for _, address := range p.Addresses {
			add(dest{receiver: address.Receiver, person: p.Name, onCall: kind == "oncall"})
		}
	}
}
