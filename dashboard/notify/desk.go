package notify

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/campusgate/campusgate/dashboard/notify/channel"
	"github.com/campusgate/campusgate/gateway/event"
)

// ErrUnknown says that there is no receiver, person or rota of that name.
var ErrUnknown = errors.New("there is no such receiver, person or rota")

// Overview is what is configured, without addresses and secrets.
type Overview struct {
	Receivers []ReceiverState `json:"receivers"`
	People    []string        `json:"people"`
	Rotas     []string        `json:"rotas"`
	Policies  []PolicyView    `json:"policies"`
	Routes    []RouteView     `json:"routes"`
}

// ReceiverState is a receiver and whether it gets what it is sent.
type ReceiverState struct {
	Name         string        `json:"name"`
	Type         string        `json:"type"`
	MaxPerMinute int           `json:"max_per_minute"`
	Last         *Notification `json:"last" doc:"The newest that was sent or given up."`
}

// PolicyView is a chain of escalation.
type PolicyView struct {
	Name  string     `json:"name"`
	Steps []StepView `json:"steps"`
}

// StepView is one step of it.
type StepView struct {
	AfterS float64  `json:"after_s" doc:"Seconds after the alarm, or after the step before."`
	To     []string `json:"to"`
}

// RouteView is who is told about which alarms.
type RouteView struct {
	Sites       []string       `json:"sites"`
	Townships   []string       `json:"townships"`
	Rules       []string       `json:"rules"`
	Kinds       []string       `json:"kinds"`
	MinSeverity event.Severity `json:"min_severity"`
	Days        []string       `json:"days"`
	Hours       string         `json:"hours"`
	To          []string       `json:"to"`
	Policy      string         `json:"policy"`
	Clear       bool           `json:"clear"`
	GoOn        bool           `json:"go_on"`
}

// Overview returns what is configured.
func (s *Service) Overview(ctx context.Context) (Overview, error) {
	o := Overview{Receivers: []ReceiverState{}, People: []string{}, Rotas: append([]string{}, s.cfg.Rotas...), Policies: []PolicyView{}, Routes: []RouteView{}}
	for _, c := range s.cfg.Receivers {
		r := ReceiverState{Name: c.Name, Type: c.Type, MaxPerMinute: c.Limit()}
		last, ok, err := s.store.LastDone(ctx, c.Name)
		if err != nil {
			return Overview{}, err
		}
		if ok {
			r.Last = &last
		}
		o.Receivers = append(o.Receivers, r)
	}
	for _, p := range s.cfg.People {
		o.People = append(o.People, p.Name)
	}
	for _, p := range s.cfg.Policies {
		v := PolicyView{Name: p.Name}
		for _, step := range p.Steps {
			v.Steps = append(v.Steps, StepView{step.After.Seconds(), step.To})
		}
		o.Policies = append(o.Policies, v)
	}
	for _, r := range s.cfg.Routes {
		v := RouteView(r)
		for _, list := range []*[]string{&v.Sites, &v.Townships, &v.Rules, &v.Kinds, &v.Days} {
			*list = append([]string{}, *list...)
		}
		o.Routes = append(o.Routes, v)
	}
	return o, nil
}

// Log lists notifications, newest first.
func (s *Service) Log(ctx context.Context, q Query) ([]Notification, string, error) {
	return s.store.Notifications(ctx, q)
}

// Retry sends once more what was given up, with all its tries, or returns ErrNotGivenUp. A
// test is not sent again: Test is there for that.
func (s *Service) Retry(ctx context.Context, id, by string) error {
	receiver, err := s.store.Revive(ctx, id, by, s.deps.Now().UTC())
	if err != nil {
		return err
	}
	s.mu.Lock()
	l := s.lanes[receiver]
	s.mu.Unlock()
	if l != nil {
		nudge(l.wake)
	}
	return nil
}

// Test sends a message to a receiver at once, past the outbox, and returns its row of the
// log. person may name one of notify.people, whose address is then taken.
func (s *Service) Test(ctx context.Context, receiver, person, by string) (Notification, error) {
	s.mu.Lock()
	l := s.lanes[receiver]
	s.mu.Unlock()
	if l == nil || person != "" && s.cfg.person(person) == nil {
		return Notification{}, ErrUnknown
	}
	now := s.deps.Now().UTC()
	n := Notification{
		ID: rand.Text(), Receiver: receiver, Person: person, Reason: ReasonTest, Severity: event.SeverityInfo, Site: event.CountySite,
		State: Sent, Tries: 1, CreatedAt: now, NextTry: now, DoneAt: &now,
	}
	n.Digest = n.ID
	n.Message = channel.Message{
		ID: n.ID, Reason: ReasonTest, Severity: n.Severity, Site: n.Site, At: now, StartedAt: now, Link: s.cfg.PageURL,
		Title: event.Text{ZH: "【测试】报警通知测试", EN: "[TEST] Test of alarm notification"},
		Body:  event.Text{ZH: "由 " + by + " 发出", EN: "Sent by " + by},
	}
	if err := l.deliver(ctx, &n.Message, s.addressOf(person, receiver)); err != nil {
		n.State, n.Error = Dead, channel.Mask(channel.Cut(err.Error(), 500))
	}
	return n, s.store.Record(ctx, &n)
}

// Watchdog sends the alert that always stands to a receiver of type alertmanager. It ends
// when none follows until the time.
func (s *Service) Watchdog(ctx context.Context, receiver string, until time.Time) error {
	s.mu.Lock()
	l := s.lanes[receiver]
	s.mu.Unlock()
	if l == nil {
		return ErrUnknown
	}
	alerter, ok := l.ch.(channel.Alerter)
	if !ok {
		return fmt.Errorf("receiver %s is of type %s, not alertmanager", receiver, l.cfg.Type)
	}
	ctx, cancel := context.WithTimeout(ctx, l.cfg.Patience())
	defer cancel()
	return alerter.Alerts(ctx, []channel.Alert{{
		Labels:      map[string]string{"alertname": "Watchdog", "severity": "none", "source": "campusgate"},
		Annotations: map[string]string{"summary": "campusgate 正常运行", "summary_en": "campusgate works"},
		StartsAt:    s.deps.Now().UTC(), EndsAt: until.UTC(),
	}})
}

// RotaView is a rota, who is on call now, and how the next days look.
type RotaView struct {
	Name   string    `json:"name"`
	Rev    int64     `json:"rev" doc:"0: nobody has written it yet."`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Rota   Rota      `json:"rota"`
	OnCall string    `json:"on_call" doc:"Empty: nobody; the fallback is told."`
	Duties []Duty    `json:"duties" doc:"The next 14 days; a duty without a person is a gap."`
	Gaps   int       `json:"gaps" doc:"Number of gaps among them."`
}

const lookAhead = 14 * day

// Rota returns a rota.
func (s *Service) Rota(ctx context.Context, name string) (RotaView, error) {
	if !slices.Contains(s.cfg.Rotas, name) {
		return RotaView{}, ErrUnknown
	}
	list, err := s.store.Documents(ctx, docRota)
	if err != nil {
		return RotaView{}, err
	}
	v := RotaView{Name: name}
	for _, d := range list {
		if d.Name != name {
			continue
		}
		v.Rev, v.By, v.At = d.Rev, d.By, d.At
		if err := json.Unmarshal(d.Data, &v.Rota); err != nil {
			return RotaView{}, fmt.Errorf("read rota %s: %w", name, err)
		}
	}
	now := s.deps.Now()
	v.OnCall = v.Rota.OnCall(now, s.zone())
	v.Duties = v.Rota.Duties(now, now.Add(lookAhead), s.zone())
	for _, d := range v.Duties {
		if d.Person == "" {
			v.Gaps++
		}
	}
	v.Rota.Weekly, v.Rota.Dated, v.Rota.Overrides = append([]Weekly{}, v.Rota.Weekly...), append([]Dated{}, v.Rota.Dated...), append([]Dated{}, v.Rota.Overrides...)
	return v, nil
}

// SetRota stores a rota in the place of revision rev, or returns *Refusal or ErrStale.
func (s *Service) SetRota(ctx context.Context, name string, rev int64, r Rota, by string) (RotaView, error) {
	if !slices.Contains(s.cfg.Rotas, name) {
		return RotaView{}, ErrUnknown
	}
	if err := r.Check(func(person string) bool { return s.cfg.person(person) != nil }); err != nil {
		return RotaView{}, err
	}
	if err := s.put(ctx, docRota, name, rev, r, by); err != nil {
		return RotaView{}, err
	}
	return s.Rota(ctx, name)
}

// QuietView is a person's quiet hours.
type QuietView struct {
	Person string `json:"person"`
	Rev    int64  `json:"rev" doc:"0: nobody has written them yet."`
	Quiet  Quiet  `json:"quiet"`
}

// QuietHours lists the quiet hours of everybody.
func (s *Service) QuietHours(ctx context.Context) ([]QuietView, error) {
	list, err := s.store.Documents(ctx, docQuiet)
	if err != nil {
		return nil, err
	}
	out := make([]QuietView, 0, len(s.cfg.People))
	for _, p := range s.cfg.People {
		v := QuietView{Person: p.Name}
		for _, d := range list {
			if d.Name != p.Name {
				continue
			}
			v.Rev = d.Rev
			if err := json.Unmarshal(d.Data, &v.Quiet); err != nil {
				return nil, fmt.Errorf("read quiet hours of %s: %w", p.Name, err)
			}
		}
		v.Quiet.Days = append([]string{}, v.Quiet.Days...)
		out = append(out, v)
	}
	return out, nil
}

// SetQuiet stores a person's quiet hours in the place of revision rev, or returns *Refusal
// or ErrStale.
func (s *Service) SetQuiet(ctx context.Context, person string, rev int64, q Quiet, by string) error {
	if s.cfg.person(person) == nil {
		return ErrUnknown
	}
	if err := q.Check(); err != nil {
		return err
	}
	return s.put(ctx, docQuiet, person, rev, q, by)
}

func (s *Service) put(ctx context.Context, kind, name string, rev int64, v any, by string) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := s.store.PutDocument(ctx, &Document{Kind: kind, Name: name, Rev: rev, By: by, At: s.deps.Now().UTC(), Data: data}); err != nil {
		return err
	}
	s.mu.Lock()
	s.read = time.Time{}
	s.mu.Unlock()
	nudge(s.wake)
	return nil
}
