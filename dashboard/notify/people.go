package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/notify/channel"
	"github.com/campusgate/campusgate/gateway/event"
)

// readEvery is how often rotas and quiet hours are read anew: another dashboard may have
// changed them.
const readEvery = 10 * time.Second

// handoverAlarms is how many unacknowledged alarms a hand-over counts.
const handoverAlarms = 500

// onCallNow is what the service remembers of a rota, in a document.
type onCallNow struct {
	Person string    `json:"person"`
	Since  time.Time `json:"since"`
}

// refresh reads rotas and quiet hours.
func (s *Service) refresh(ctx context.Context) error {
	now := s.deps.Now()
	s.mu.Lock()
	fresh := !s.read.IsZero() && now.Sub(s.read) < readEvery
	s.mu.Unlock()
	if fresh {
		return nil
	}
	rotas, err := documents[Rota](ctx, s.store, docRota)
	if err != nil {
		return err
	}
	quiets, err := documents[Quiet](ctx, s.store, docQuiet)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rotas, s.quiets, s.read = rotas, quiets, now
	return nil
}

func documents[T any](ctx context.Context, store Store, kind string) (map[string]T, error) {
	list, err := store.Documents(ctx, kind)
	if err != nil {
		return nil, err
	}
	out := make(map[string]T, len(list))
	for _, d := range list {
		var v T
		if err := json.Unmarshal(d.Data, &v); err != nil {
			return nil, fmt.Errorf("read %s %s: %w", kind, d.Name, err)
		}
		out[d.Name] = v
	}
	return out, nil
}

func (s *Service) quiet(person string) (Quiet, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, ok := s.quiets[person]
	return q, ok && person != ""
}

func (s *Service) onCall(rota string, now time.Time) string {
	s.mu.Lock()
	r := s.rotas[rota]
	s.mu.Unlock()
	return r.OnCall(now, s.zone())
}

// handover notices that another person is on call, and tells them what they take over.
func (s *Service) handover(ctx context.Context, now time.Time) error {
	if len(s.cfg.Rotas) == 0 {
		return nil
	}
	known, err := s.store.Documents(ctx, docOnCall)
	if err != nil {
		return err
	}
	for _, rota := range s.cfg.Rotas {
		person := s.onCall(rota, now)
		doc := Document{Kind: docOnCall, Name: rota, By: "system", At: now.UTC()}
		before := onCallNow{}
		for _, k := range known {
			if k.Name == rota {
				doc.Rev = k.Rev
				if err := json.Unmarshal(k.Data, &before); err != nil {
					return fmt.Errorf("read who was on call: %w", err)
				}
			}
		}
		if before.Person == person {
			continue
		}
		if doc.Data, err = json.Marshal(onCallNow{person, now.UTC()}); err != nil {
			return err
		}
		more, err := s.takeOver(ctx, rota, person, doc.Rev+1, now)
		if err != nil {
			return err
		}
		// The message first: a crash in between tells it again under the same id.
		if err := s.store.Commit(ctx, 0, more, now); err != nil {
			return err
		}
		if err := s.store.PutDocument(ctx, &doc); err != nil {
			return err
		}
		s.wakeLanes(more)
	}
	return nil
}

func (s *Service) takeOver(ctx context.Context, rota, person string, rev int64, now time.Time) ([]Op, error) {
	p := s.cfg.person(person)
	if p == nil || s.deps.Open == nil {
		return nil, nil
	}
	open, err := s.deps.Open(ctx, handoverAlarms)
	if err != nil {
		return nil, err
	}
	m := channel.Message{
		Reason: ReasonHandover, Severity: event.SeverityInfo, Site: event.CountySite, At: now.UTC(), Link: s.cfg.PageURL,
		Title: event.Text{ZH: fmt.Sprintf("接班：%s", rota), EN: "You are on call: " + rota},
		Body:  event.Text{ZH: fmt.Sprintf("未确认报警 %d 条", len(open)), EN: fmt.Sprintf("%d alarms are unacknowledged", len(open))},
	}
	slices.SortStableFunc(open, func(a, b alarm.Alarm) int { return b.Severity.Rank() - a.Severity.Rank() })
	for i := range open[:min(len(open), digestLines)] {
		one := s.message(&open[i], ReasonRaise, 0, now)
		m.Body.ZH += "\n" + one.Title.ZH
		m.Body.EN += "\n" + one.Title.EN
	}
	var ops []Op
	for _, address := range p.Addresses {
		d := dest{receiver: address.Receiver, person: p.Name, onCall: true}
		n := &Notification{
			ID: idOf("rota "+rota, d, ReasonHandover, 0, rev), Receiver: d.receiver, Person: d.person, Rev: rev, Reason: ReasonHandover,
			Severity: m.Severity, Site: m.Site, State: Queued, CreatedAt: now.UTC(), NextTry: now.UTC(), Message: m,
		}
		n.Message.ID = n.ID
		ops = append(ops, Op{Add: n})
	}
	return ops, nil
}
