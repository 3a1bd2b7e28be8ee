package guard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
)

// judgeEvery is how often posts and certificates are judged.
const judgeEvery = 10 * time.Second

// Desk is where alarms are worked on.
type Desk interface {
	// Apply takes an anomaly in; a revision that it has changes nothing.
	Apply(ctx context.Context, a *event.Anomaly, now time.Time) error
	// Standing lists the anomalies of these rules that still hold.
	Standing(ctx context.Context, rules []string) ([]event.Anomaly, error)
	// Unsettled lists the alarms of a rule that nobody has dealt with.
	Unsettled(ctx context.Context, rule string) ([]Unsettled, error)
	// Settle deals with one in somebody's name; somebody else's being faster is no error.
	Settle(ctx context.Context, u Unsettled, by, note string, now time.Time) error
}

// Unsettled is an alarm that nobody has dealt with.
type Unsettled struct {
	ID        string
	Rev       int64
	Site      event.SiteID
	Device    event.DeviceID
	At        time.Time // of its newest anomaly
	Since     time.Time // when somebody dealt with what came before; zero: nobody yet
	Anomalies []string
}

// Deps are what the service needs. All are needed but Person and Now.
type Deps struct {
	Store  Store
	Desk   Desk
	County func() *event.County
	// Person finds out who passed, in the history; empty: it does not know.
	Person func(ctx context.Context, g *Sighting) (string, error)
	Log    zerolog.Logger
	Now    func() time.Time // nil: time.Now
}

// Service writes down and judges. It is safe for concurrent use.
type Service struct {
	cfg  Config
	deps Deps

	judging sync.Mutex
	told    map[string]time.Time // anomalies applied by this process

	seen *sightings

	stop func()
	done chan struct{}
}

// New makes a service.
func New(cfg Config, deps Deps) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.Store == nil || deps.Desk == nil || deps.County == nil {
		return nil, errors.New("make guard service: Deps.Store, Desk and County are needed")
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	return &Service{cfg: cfg, deps: deps, told: map[string]time.Time{}, seen: newSightings()}, nil
}

// Start begins to judge.
func (s *Service) Start(ctx context.Context) error {
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.stop, s.done = cancel, make(chan struct{})
	go func() {
		defer close(s.done)
		s.run(run)
	}()
	return nil
}

// Stop ends it. It may be called twice, and without Start.
func (s *Service) Stop(context.Context) error {
	if s.stop != nil {
		s.stop()
		<-s.done
	}
	return nil
}

func (s *Service) run(ctx context.Context) {
	judge := time.NewTicker(judgeEvery)
	defer judge.Stop()
	prune := time.NewTicker(time.Hour)
	defer prune.Stop()
	failed := false
	for {
		err := s.Judge(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failed {
			s.deps.Log.Error().Err(err).Msg("cannot judge posts and guards, trying again")
		}
		failed = err != nil
		select {
		case <-ctx.Done():
			return
		case <-judge.C:
		case g := <-s.seen.hits:
			if err := s.deps.Store.PutSighting(ctx, g); err != nil && ctx.Err() == nil {
				s.deps.Log.Error().Err(err).Msg("a plate of the watch list was seen and cannot be written down")
			}
		case <-prune.C:
			if _, err := s.deps.Store.PruneGuard(ctx, s.deps.Now().Add(-s.cfg.Keep)); err != nil && ctx.Err() == nil {
				s.deps.Log.Error().Err(err).Msg("cannot remove old records of guards")
			}
		}
	}
}

// Judge makes the alarms those that follow from the records as they are now. It compares
// with the alarms that stand, so nothing is forgotten by a restart, and what arrives late
// ends an alarm that would not have been.
func (s *Service) Judge(ctx context.Context) error {
	s.judging.Lock()
	defer s.judging.Unlock()
	now := s.deps.Now()
	facts, calls, err := s.facts(ctx, now)
	if err != nil {
		return err
	}
	wanted := s.cfg.Judge(facts, now)
	keep := map[string]bool{}
	for i := range wanted {
		keep[wanted[i].ID] = true
	}
	standing, err := s.deps.Desk.Standing(ctx, standingRules())
	if err != nil {
		return err
	}
	var faults []error
	for i := range standing {
		a := standing[i]
		if keep[a.ID] {
			continue
		}
		a.State, a.UpdatedAt = event.Cleared, now.UTC()
		a.Revision++
		faults = append(faults, s.deps.Desk.Apply(ctx, &a, now))
	}
	hits, err := s.deps.Store.Sightings(ctx, SawHit, nil, now.Add(-OldestEntry))
	if err != nil {
		return err
	}
	for i := range hits {
		wanted = append(wanted, hits[i].anomaly())
	}
	for i := range calls {
		if r := &calls[i]; r.Kind == KindHelp {
			wanted = append(wanted, help(r))
		} else {
			wanted = append(wanted, s.cfg.visited(r)...)
		}
	}
	for i := range wanted {
		a := &wanted[i]
		if _, ok := s.told[a.ID]; ok {
			continue
		}
		if err := s.deps.Desk.Apply(ctx, a, now); err != nil {
			faults = append(faults, err)
			continue
		}
		s.told[a.ID] = now
	}
	for id, at := range s.told {
		if now.Sub(at) > 3*24*time.Hour {
			delete(s.told, id)
		}
	}
	return errors.Join(append(faults, s.readPlates(ctx), s.settle(ctx, now))...)
}

// facts reads what is judged, and the records whose alarms are momentary.
func (s *Service) facts(ctx context.Context, now time.Time) (f Facts, calls []Record, err error) {
	f = Facts{County: s.deps.County(), Certificates: map[string]Certificate{}}
	if f.First, err = s.deps.Store.FirstDuty(ctx, now.Add(-s.cfg.Keep)); err != nil {
		return f, nil, err
	}
	rows, _, err := s.deps.Store.GuardRecords(ctx, Query{Kinds: []Kind{KindDuty}, From: now.Add(-24 * time.Hour)})
	if err != nil {
		return f, nil, err
	}
	for i := range rows {
		d, err := s.duty(&rows[i])
		if err != nil {
			return f, nil, err
		}
		f.Duties = append(f.Duties, d)
	}
	rows, _, err = s.deps.Store.GuardRecords(ctx, Query{Kinds: []Kind{KindCertificate}, OpenOnly: true})
	if err != nil {
		return f, nil, err
	}
	for i := range rows {
		c := Certificate{Site: rows[i].Site}
		if err := json.Unmarshal(rows[i].Doc, &c.CertificateEntry); err != nil {
			return f, nil, fmt.Errorf("read certificate %s: %w", rows[i].ID, err)
		}
		f.Certificates[rows[i].ID] = c
	}
	// A call for help, or a visitor, is told once; that it was stored and no more is found here.
	calls, _, err = s.deps.Store.GuardRecords(ctx, Query{Kinds: []Kind{KindHelp, KindVisitor}, From: now.Add(-OldestEntry), Text: alarming})
	return f, calls, err
}

func (s *Service) duty(r *Record) (Duty, error) {
	d := Duty{ID: r.ID, Site: r.Site, Stretch: Stretch{r.At, r.At.Add(s.cfg.LongestDuty)}}
	if r.EndedAt != nil {
		d.To = *r.EndedAt
	}
	if err := json.Unmarshal(r.Doc, &d.DutyEntry); err != nil {
		return d, fmt.Errorf("read duty %s: %w", r.ID, err)
	}
	return d, nil
}

// alarming marks, among the words of a record, that it makes an alarm.
const alarming = "\x01alarm"

// visited are the anomalies of a visitor: on the watch list, or with a fever.
func (c Config) visited(r *Record) (out []event.Anomaly) {
	var v Visit
	if json.Unmarshal(r.Doc, &v) != nil {
		return nil
	}
	moment := func(rule, zh, en string) *event.Anomaly {
		a := raised(r.Site, rule, r.ID, event.SeverityHigh, r.At, event.Text{ZH: zh, EN: en})
		a.Momentary, a.Kind = true, event.KindGate
		out = append(out, a)
		return &out[len(out)-1]
	}
	if len(v.Hits) > 0 {
		moment(RuleWatchHit, "来访人员与布控名单相符", "A visitor matches the watch list")
	}
	if v.Fever {
		a := moment(RuleFever, fmt.Sprintf("门卫登记的访客体温 %.1f °C（界限 %.1f °C）", v.Celsius, c.FeverCelsius),
			fmt.Sprintf("A visitor registered by the guard with %.1f °C (limit %.1f °C)", v.Celsius, c.FeverCelsius))
		a.Value, a.Limit, a.Unit = v.Celsius, c.FeverCelsius, "°C"
	}
	return out
}

// Bounds of the time that a browser says something happened.
const (
	OldestEntry = 72 * time.Hour // kept while the connection was down
	maxAhead    = 2 * time.Minute
)

//nolint:gochecknoglobals // compiled once, never written
var idOfRequest = regexp.MustCompile(`^[0-9a-z-]{8,64}$`)

// Change is what every change says of itself.
type Change struct {
	ID string    // made by the browser, used once
	At time.Time // zero: now
	By string    // account
}

// request checks a change and makes the request of it.
func (s *Service) request(c *Change, record, action string, what ...any) (Request, error) {
	now := s.deps.Now().UTC()
	if !idOfRequest.MatchString(c.ID) {
		return Request{}, &Invalid{"id", "8 to 64 of a-z, 0-9 and '-'"}
	}
	digest := sha256.New()
	// The time as it was said: it is the same when the request comes again.
	text, err := json.Marshal([]any{record, action, c.At, c.By, what})
	if err != nil {
		return Request{}, err
	}
	digest.Write(text)
	if c.At.IsZero() {
		c.At = now
	}
	c.At = c.At.UTC()
	return Request{ID: c.ID, Record: record, Action: "guard." + action, Digest: hex.EncodeToString(digest.Sum(nil)), At: now, By: c.By}, nil
}

// timely is asked only of what was not done before: a request may come again at any age.
func (s *Service) timely(c *Change) error {
	now := s.deps.Now()
	return fault(!c.At.After(now.Add(maxAhead)) && !c.At.Before(now.Add(-OldestEntry)), "at", "a time within the last 72 hours")
}

// begin writes a new record; its id is the request's.
func (s *Service) begin(ctx context.Context, c Change, site event.SiteID, kind Kind, search string, doc any, asked any) (Record, error) {
	q, err := s.request(&c, c.ID, string(kind)+".begin", site, asked)
	if err != nil {
		return Record{}, err
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return Record{}, err
	}
	return s.deps.Store.ChangeGuard(ctx, q, func(before *Record) (Record, error) {
		if before != nil {
			return Record{}, ErrReused
		}
		if err := s.timely(&c); err != nil {
			return Record{}, err
		}
		r := Record{ID: c.ID, Site: site, Kind: kind, Rev: 1, At: c.At, By: c.By, Search: search, Doc: text}
		if kind == KindHelp { // it is a moment
			r.EndedAt, r.EndedBy = &r.At, c.By
		}
		return r, nil
	})
}

// alter changes a record of a kind at a site that allows allows.
func (s *Service) alter(ctx context.Context, c Change, id string, kind Kind, action string, allows func(event.SiteID) bool, asked any, fn func(*Record, time.Time) error) (Record, error) {
	r, err := s.deps.Store.GuardRecord(ctx, id)
	if err != nil {
		return Record{}, err
	}
	if r.Kind != kind || !allows(r.Site) {
		return Record{}, ErrNone
	}
	q, err := s.request(&c, id, string(kind)+"."+action, asked)
	if err != nil {
		return Record{}, err
	}
	return s.deps.Store.ChangeGuard(ctx, q, func(before *Record) (Record, error) {
		if before == nil {
			return Record{}, ErrNone
		}
		if err := s.timely(&c); err != nil {
			return Record{}, err
		}
		after := *before
		after.Rev++
		return after, fn(&after, c.At)
	})
}

// end ends an open record.
func (s *Service) end(ctx context.Context, c Change, id string, kind Kind, allows func(event.SiteID) bool) (Record, error) {
	return s.alter(ctx, c, id, kind, "end", allows, nil, func(r *Record, at time.Time) error { return finish(r, at, c.By) })
}

func finish(r *Record, at time.Time, by string) error {
	if !r.Open() {
		return &NotAllowed{"it has ended before"}
	}
	if at.Before(r.At) {
		return &Invalid{"at", "a time after it began"}
	}
	r.EndedAt, r.EndedBy = &at, by
	return nil
}
