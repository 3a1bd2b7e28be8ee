package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Store keeps the anomalies of the centre and when gateways were last heard;
// dashboard/store satisfies it.
type Store interface {
	// CentreAnomalies returns the newest anomaly of each rule and device.
	CentreAnomalies(ctx context.Context) ([]event.Anomaly, error)
	// PutCentreAnomaly stores it in the place of the one of its rule and device.
	PutCentreAnomaly(ctx context.Context, a *event.Anomaly) error
	Seen(ctx context.Context) (map[string]time.Time, error)
	PutSeen(ctx context.Context, gateway string, at time.Time) error
}

type key struct {
	rule   string
	device event.DeviceID
}

// Raiser turns conditions into anomalies of the site "county". It is safe for concurrent use.
type Raiser struct {
	store Store
	apply func(ctx context.Context, a *event.Anomaly, now time.Time) error

	mu      sync.Mutex
	last    map[key]*event.Anomaly // nil until they were read
	pending map[key]bool           // stored, and not applied for sure
	since   map[key]time.Time      // conditions that have not lasted yet
}

// NewRaiser makes a raiser. apply takes an anomaly in, and does nothing for a revision that
// it has.
func NewRaiser(store Store, apply func(ctx context.Context, a *event.Anomaly, now time.Time) error) *Raiser {
	return &Raiser{store: store, apply: apply, pending: map[key]bool{}, since: map[key]time.Time{}}
}

// Update makes conditions the ones that stand, of the rules that it is for. What stands of an
// undecided device stands on.
func (r *Raiser) Update(ctx context.Context, rules []string, conditions []Condition, undecided map[event.DeviceID]bool, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.read(ctx, now); err != nil {
		return err
	}
	var faults []error
	holds := make(map[key]bool, len(conditions))
	for i := range conditions {
		c := &conditions[i]
		k := key{c.Rule, c.Device}
		holds[k] = true
		if _, ok := r.since[k]; !ok {
			r.since[k] = now
		}
		if now.Sub(r.since[k]) >= c.Hold {
			faults = append(faults, r.set(ctx, c, true, now))
		}
	}
	for k := range r.since {
		if !holds[k] && slices.Contains(rules, k.rule) {
			delete(r.since, k)
		}
	}
	for k, a := range r.last {
		if !holds[k] && !undecided[k.device] && a.State != event.Cleared && slices.Contains(rules, k.rule) {
			faults = append(faults, r.set(ctx, &Condition{Rule: k.rule, Device: k.device, Kind: a.Kind, Severity: a.Severity, Text: a.Text}, false, now))
		}
	}
	return errors.Join(append(faults, r.catchUp(ctx, now))...)
}

// Set raises one condition, or ends it.
func (r *Raiser) Set(ctx context.Context, c Condition, stands bool, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.read(ctx, now); err != nil {
		return err
	}
	return errors.Join(r.set(ctx, &c, stands, now), r.catchUp(ctx, now))
}

// read gets what was raised before this process, and applies it again: the last one may
// have been stored and no more.
func (r *Raiser) read(ctx context.Context, now time.Time) error {
	if r.last != nil {
		return nil
	}
	known, err := r.store.CentreAnomalies(ctx)
	if err != nil {
		return err
	}
	r.last = make(map[key]*event.Anomaly, len(known))
	for i := range known {
		k := key{known[i].Rule, known[i].Device}
		r.last[k] = &known[i]
		// What ended long ago may have left the alarms by now, and must not come back.
		if known[i].State != event.Cleared || now.Sub(known[i].UpdatedAt) < 24*time.Hour {
			r.pending[k] = true
		}
	}
	return nil
}

func (r *Raiser) set(ctx context.Context, c *Condition, stands bool, now time.Time) error {
	k := key{c.Rule, c.Device}
	before := r.last[k]
	standing := before != nil && before.State != event.Cleared
	if standing == stands && (!stands || before.Text == c.Text) {
		return nil
	}
	// What is stored and not applied must not be overwritten: its end would never be told.
	if err := r.settle(ctx, k, now); err != nil {
		return err
	}
	a := &event.Anomaly{
		ID:   event.AnomalyID(event.CountySite, c.Device, c.Rule, now),
		Rule: c.Rule, Site: event.CountySite, Device: c.Device, Kind: c.Kind, Severity: c.Severity,
		State: event.Raised, Revision: 1, StartedAt: now.UTC(), UpdatedAt: now.UTC(), Text: c.Text,
	}
	if standing {
		same := *before
		a = &same
		a.State, a.UpdatedAt, a.Text = event.Updated, now.UTC(), c.Text
		if !stands {
			a.State, a.Text = event.Cleared, before.Text
		}
		a.Revision++
	}
	if err := r.store.PutCentreAnomaly(ctx, a); err != nil {
		return err
	}
	r.last[k], r.pending[k] = a, true
	return nil
}

// catchUp applies what is stored.
func (r *Raiser) catchUp(ctx context.Context, now time.Time) error {
	var faults []error
	for k := range r.pending {
		faults = append(faults, r.settle(ctx, k, now))
	}
	return errors.Join(faults...)
}

// settle applies the stored anomaly of a rule and device, unless that is done.
func (r *Raiser) settle(ctx context.Context, k key, now time.Time) error {
	if !r.pending[k] {
		return nil
	}
	if err := r.apply(ctx, r.last[k], now); err != nil {
		return fmt.Errorf("apply %s of %s: %w", k.rule, k.device, err)
	}
	delete(r.pending, k)
	return nil
}
