package registry

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/campusgate/campusgate/gateway/event"
)

// ErrNotFound says that the registry has no such entry.
var ErrNotFound = errors.New("no such entry in the registry")

// Version counts the changes of the registry, from 1.
func (s *Service) Version() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.version
}

// Published says how far the gateways' bus has it.
func (s *Service) Published() Published {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.published
}

// Counts are how many entries there are of each kind.
func (s *Service) Counts() map[string]int {
	counts := make(map[string]int)
	for kind, of := range s.snapshot() {
		counts[kind] = len(of)
	}
	return counts
}

func (s *Service) snapshot() entries {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.entries
}

// Entry returns one entry.
func (s *Service) Entry(kind, key string) (Entry, bool) {
	e, ok := s.snapshot()[kind][key]
	return e, ok
}

// Entries lists the entries of a kind by key.
func (s *Service) Entries(kind string) []Entry { return s.snapshot().sorted(kind) }

// Audit lists who changed what, the newest first.
func (s *Service) Audit(ctx context.Context, q AuditQuery) ([]Audit, error) {
	return s.deps.Store.RegistryAudit(ctx, q)
}

// Reveal returns a person's name, and writes down who has read it and why.
func (s *Service) Reveal(ctx context.Context, by, person, reason string) (string, error) {
	e, ok := s.Entry(KindPerson, person)
	if !ok {
		return "", ErrNotFound
	}
	var p Person
	if err := json.Unmarshal(e.Doc, &p); err != nil {
		return "", err
	}
	why, err := json.Marshal(map[string]string{"reason": reason})
	if err != nil {
		return "", err
	}
	err = s.deps.Store.AuditRegistry(ctx, Audit{
		Version: s.Version(), At: s.deps.Now().UTC(), By: by, Action: ActionReveal, Kind: KindPerson, Key: person, Rev: e.Rev, After: why,
	})
	if err != nil {
		return "", err
	}
	return p.Name, nil
}

// County is the present County.
func (s *Service) County() *event.County {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.county
}

// Named lists the people of a site who have exactly this name, masked. Part of a name finds
// nobody, so that names are not found out by asking.
func (s *Service) Named(site event.SiteID, name string) []PersonRow {
	out := []PersonRow{}
	if name == "" {
		return out
	}
	for _, e := range s.Entries(KindPerson) {
		if p := e.person(); p.Site == site && strings.EqualFold(p.Name, name) {
			out = append(out, e.Person())
		}
	}
	return out
}
