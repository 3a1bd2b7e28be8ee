package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
)

// System is who seeds.
const System = "system"

// Deps are what the service works with.
type Deps struct {
	Store Store
	// Seed is the county of the first version, indexed; used once, while the store has none.
	Seed *event.County
	// Live is told of each version, after Changed.
	Live *event.Registry
	// Changed is told of each version of the County before anybody else can see it; may be nil.
	Changed func(*event.County)
	// Check finds what the gateways would refuse of an indexed County; nil: nothing.
	Check func(*event.County) error
	// Publish brings a version to the gateways and returns the bus's number of it; nil:
	// nobody is told.
	Publish func(ctx context.Context, name string, doc []byte) (uint64, error)
	Log     zerolog.Logger
	Now     func() time.Time // nil: time.Now
}

// Service is the registry. It is safe for concurrent use.
type Service struct {
	deps Deps

	edit sync.Mutex // one edit at a time

	mu        sync.RWMutex
	version   int64
	entries   entries // never changed in place
	county    *event.County
	published Published

	wake chan struct{}
	stop context.CancelFunc
	done sync.WaitGroup
}

// Published says how far the gateways' bus has the registry.
type Published struct {
	Version  int64     `json:"version" doc:"Of the registry; 0 before the first."`
	Document uint64    `json:"document" doc:"The bus's number of it, as gateways report it."`
	At       time.Time `json:"at,omitzero"`
	Bytes    int       `json:"bytes"`
	Error    string    `json:"error,omitempty" doc:"Why the newest version is not published yet."`
}

// New makes a registry; it opens nothing.
func New(deps Deps) (*Service, error) {
	if deps.Store == nil || deps.Seed == nil || deps.Live == nil {
		return nil, errors.New("make registry: Deps.Store, Seed and Live are needed")
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.Changed == nil {
		deps.Changed = func(*event.County) {}
	}
	return &Service{deps: deps, wake: make(chan struct{}, 1)}, nil
}

// Start reads the registry, or makes its first version, and begins to publish.
func (s *Service) Start(ctx context.Context) error {
	version, list, err := s.deps.Store.Registry(ctx)
	if err != nil {
		return err
	}
	all := make(entries)
	for _, e := range list {
		all.put(e)
	}
	s.version, s.entries = version, all
	if version == 0 {
		if err := s.seed(ctx); err != nil {
			return fmt.Errorf("make the first version of the registry: %w", err)
		}
	} else {
		county, faults, err := all.county(s.deps.Check)
		if err != nil {
			return err
		}
		if len(faults) > 0 { // a newer version of the program is stricter: better all but one limit than nothing
			s.deps.Log.Error().Err(&Invalid{faults}).Msg("the stored registry has faults")
		}
		s.county = county
		s.deps.Log.Info().Int64("version", version).Int("entries", len(list)).Msg("registry read from the database; the county file was its first version")
		s.deps.Changed(county)
		s.deps.Live.Set(county)
	}
	run, stop := context.WithCancel(context.Background())
	s.stop = stop
	if s.deps.Publish != nil {
		s.done.Go(func() { s.publish(run) })
	}
	return nil
}

// Stop ends publishing.
func (s *Service) Stop(context.Context) error {
	if s.stop != nil {
		s.stop()
		s.done.Wait()
	}
	return nil
}

func (s *Service) seed(ctx context.Context) error {
	changes, err := seed(s.deps.Seed)
	if err != nil {
		return err
	}
	at := s.deps.Now().UTC()
	writes := make([]Write, 0, len(changes))
	next := make(entries)
	for _, c := range changes {
		e := Entry{c.Kind, c.Key, 1, at, System, c.Doc}
		next.put(e)
		writes = append(writes, Write{Entry: e})
	}
	county, faults, err := next.county(s.deps.Check)
	if err == nil && len(faults) > 0 {
		err = &Invalid{faults}
	}
	if err != nil {
		return err
	}
	writes[0].Audit = &Audit{
		By: System, Action: ActionSeed, Kind: KindCounty, Key: countyKey, Rev: 1,
		After: fmt.Appendf(nil, `{"sites":%d,"devices":%d,"routes":%d}`, len(next[KindSite]), len(next[KindDevice]), len(next[KindRoute])),
	}
	return s.commit(ctx, at, next, county, writes)
}

func (e entries) put(x Entry) {
	if e[x.Kind] == nil {
		e[x.Kind] = make(map[string]Entry)
	}
	e[x.Kind][x.Key] = x
}

// Apply makes one version of the changes, which somebody wants, or changes nothing: the
// error is then a *Conflict, an *Invalid, or the store's. Changes that leave an entry as it
// is are left out; when nothing is left there is no new version.
func (s *Service) Apply(ctx context.Context, by string, changes []Change) (version int64, err error) {
	if len(changes) > maxChanges {
		return 0, &Invalid{[]Fault{{Field: "changes", Value: fmt.Sprint(len(changes)), Want: event.Text{ZH: "一次不超过 100000 条", EN: "at most 100000 at once"}}}}
	}
	s.edit.Lock()
	defer s.edit.Unlock()
	at := s.deps.Now().UTC()
	next, writes, county, err := s.prepare(by, at, changes)
	if err != nil || len(writes) == 0 {
		return s.version, err
	}
	if err := s.commit(ctx, at, next, county, writes); err != nil {
		return s.version, err
	}
	s.deps.Log.Info().Int64("version", s.version).Int("entries", len(writes)).Str("by", by).Msg("the registry has changed")
	return s.version, nil
}

// prepare checks the changes and what the county would be with them; edit is held.
func (s *Service) prepare(by string, at time.Time, changes []Change) (entries, []Write, *event.County, error) {
	next, writes, err := s.plan(by, at, changes)
	if err != nil || len(writes) == 0 {
		return nil, nil, nil, err
	}
	county := s.county
	if slices.ContainsFunc(writes, func(w Write) bool { return w.Entry.Kind != KindPerson }) {
		var faults []Fault
		county, faults, err = next.county(s.deps.Check)
		if err == nil && len(faults) > 0 {
			err = &Invalid{faults}
		}
	}
	return next, writes, county, err
}

// try says what Apply would do, and does nothing.
func (s *Service) try(by string, changes []Change) ([]Write, error) {
	s.edit.Lock()
	defer s.edit.Unlock()
	_, writes, _, err := s.prepare(by, s.deps.Now().UTC(), changes)
	return writes, err
}

// plan checks the changes one by one and returns the entries as they would be.
func (s *Service) plan(by string, at time.Time, changes []Change) (entries, []Write, error) {
	next := make(entries, len(s.entries))
	for kind, of := range s.entries {
		next[kind] = maps.Clone(of)
	}
	var writes []Write
	var faults []Fault
	for _, c := range changes {
		before, there := next[c.Kind][c.Key]
		if c.Rev != AnyRev && c.Rev != before.Rev || c.Doc == nil && !there {
			return nil, nil, &Conflict{c.Kind, c.Key, before.Rev, before.By, before.At}
		}
		if c.Doc != nil {
			doc, f := checkDoc(c.Kind, c.Key, c.Doc)
			if len(f) > 0 {
				faults = append(faults, f...)
				continue
			}
			c.Doc = doc
		}
		if there && bytes.Equal(before.Doc, c.Doc) {
			continue
		}
		action := ActionUpdate
		switch {
		case c.Doc == nil:
			action = ActionDelete
			delete(next[c.Kind], c.Key)
		case !there:
			action = ActionCreate
		}
		e := Entry{c.Kind, c.Key, before.Rev + 1, at, by, c.Doc}
		if c.Doc != nil {
			next.put(e)
		}
		writes = append(writes, Write{e, &Audit{
			By: by, Action: action, Kind: c.Kind, Key: c.Key, Rev: e.Rev,
			Before: maskDoc(c.Kind, before.Doc), After: maskDoc(c.Kind, c.Doc),
		}})
	}
	faults = append(faults, orphans(next, writes)...)
	if n := len(next[KindSite]) + len(next[KindDevice]) + len(next[KindRoute]) + len(next[KindPerson]); n > maxEntries {
		faults = append(faults, Fault{Field: "entries", Value: fmt.Sprint(n), Want: event.Text{ZH: "不超过 200000 条", EN: "at most 200000"}})
	}
	if len(faults) > 0 {
		return nil, nil, &Invalid{faults}
	}
	return next, writes, nil
}

// orphans are people whose site is none, among those that were written, or among all when a
// site was removed; devices are the county's to find.
func orphans(next entries, writes []Write) []Fault {
	look := make([]Entry, 0, len(writes))
	for _, w := range writes {
		if w.Entry.Kind == KindSite && w.Entry.Doc == nil {
			look = next.sorted(KindPerson)
			break
		}
		if w.Entry.Kind == KindPerson && w.Entry.Doc != nil {
			look = append(look, w.Entry)
		}
	}
	var faults []Fault
	for _, e := range look {
		if p := e.person(); p.Site != "" {
			if _, ok := next[KindSite][string(p.Site)]; !ok {
				faults = append(faults, noSite(KindPerson, e.Key, string(p.Site)))
			}
		}
	}
	return faults
}

// commit stores, then tells. edit is held, or nobody else knows the service yet.
func (s *Service) commit(ctx context.Context, at time.Time, next entries, county *event.County, writes []Write) error {
	if err := s.deps.Store.ApplyRegistry(ctx, s.version, at, writes); err != nil {
		return err
	}
	changed := county != s.county
	s.mu.Lock()
	s.version, s.entries, s.county = s.version+1, next, county
	s.mu.Unlock()
	if changed {
		s.deps.Changed(county)
		s.deps.Live.Set(county)
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// maskDoc hides the names of people in what goes into the audit.
func maskDoc(kind string, doc json.RawMessage) json.RawMessage {
	if kind != KindPerson || doc == nil {
		return doc
	}
	var p Person
	if json.Unmarshal(doc, &p) != nil {
		return nil
	}
	p.Name = Mask(p.Name)
	masked, err := json.Marshal(p)
	if err != nil {
		return nil
	}
	return masked
}
