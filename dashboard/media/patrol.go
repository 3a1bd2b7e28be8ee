package media

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Kinds of patrol.
const (
	PatrolList = "list" // a list to go through, kept by name
	PatrolRun  = "run"  // a tour, with what was found
)

// Results of a camera on a tour. Words are stored: never rename.
const (
	ResultOK     = "ok"
	ResultBad    = "bad"    // the picture is bad, or there is none
	ResultPerson = "person" // somebody has to go there
	ResultSkip   = "skipped"
)

// Bounds of a patrol.
const (
	MaxCameras  = 300
	maxNote     = 500
	maxLists    = 200
	shortestRun = 3   // seconds of dwelling
	longestRun  = 600 // seconds of dwelling
)

// Patrol is a list of cameras, or a tour of them.
type Patrol struct {
	ID      string     `json:"id"`
	Kind    string     `json:"kind" enum:"list,run"`
	Rev     int64      `json:"rev"`
	At      time.Time  `json:"at"`
	By      string     `json:"by"`
	EndedAt *time.Time `json:"ended_at"`
	Name    string     `json:"name"`
	// Cameras are "site/device", in the order of the tour.
	Cameras  []string      `json:"cameras"`
	DwellS   int           `json:"dwell_s"`
	Findings []TourFinding `json:"findings" doc:"The last one of each camera, in the order of the tour's cameras seen."`
}

// TourFinding is what was seen at a camera.
type TourFinding struct {
	Camera     string    `json:"camera"`
	Result     string    `json:"result" enum:"ok,bad,person,skipped"`
	Note       string    `json:"note"`
	At         time.Time `json:"at"`
	Look       string    `json:"look" doc:"The look-up, by its id in the register."`
	Alarm      bool      `json:"alarm" doc:"An alarm was raised."`
	Inspection string    `json:"inspection" doc:"The inspection that was planned, or empty."`
}

// PatrolQuery chooses patrols, the newest first.
type PatrolQuery struct {
	Kind  string
	By    string // empty: of everybody
	Open  bool
	Limit int
}

// Plan is what a list or a tour is made of.
type Plan struct {
	Name    string
	Cameras []string
	DwellS  int
}

func (s *Service) checkPlan(p *Plan, allows func(event.SiteID) bool) error {
	if p.Name = strings.TrimSpace(p.Name); p.Name == "" || !event.ValidLine(p.Name, maxWho) {
		return &Invalid{"name", fmt.Sprintf("1 to %d characters on one line", maxWho)}
	}
	if p.DwellS < shortestRun || p.DwellS > longestRun {
		return &Invalid{"dwell_s", fmt.Sprintf("%d to %d", shortestRun, longestRun)}
	}
	if len(p.Cameras) == 0 || len(p.Cameras) > MaxCameras {
		return &Invalid{"cameras", fmt.Sprintf("1 to %d cameras", MaxCameras)}
	}
	county := s.deps.County()
	seen := map[string]bool{}
	for _, c := range p.Cameras {
		site, device, _ := strings.Cut(c, "/")
		d := county.Device(event.SiteID(site), event.DeviceID(device))
		if d == nil || d.Kind != event.KindCamera || !allows(event.SiteID(site)) || seen[c] {
			return &Invalid{"cameras", "cameras of the registry within your sites, each once"}
		}
		seen[c] = true
	}
	return nil
}

// PutList makes a list (id empty), or changes one that had this revision.
func (s *Service) PutList(ctx context.Context, by, id string, rev int64, p Plan, allows func(event.SiteID) bool) (Patrol, error) {
	if err := s.checkPlan(&p, allows); err != nil {
		return Patrol{}, err
	}
	now := s.deps.Now().UTC()
	isNew := id == ""
	if isNew {
		lists, err := s.deps.Store.Patrols(ctx, PatrolQuery{Kind: PatrolList, Limit: maxLists})
		if err != nil {
			return Patrol{}, err
		}
		if len(lists) >= maxLists {
			return Patrol{}, &Invalid{"name", fmt.Sprintf("at most %d lists", maxLists)}
		}
		id = strings.ToLower(rand.Text()[:16])
	}
	return s.deps.Store.PutPatrol(ctx, id, Audit{now, by, "patrol.list", ""}, func(old *Patrol) (Patrol, error) {
		switch {
		case isNew:
			return Patrol{ID: id, Kind: PatrolList, Rev: 1, At: now, By: by, Name: p.Name, Cameras: p.Cameras, DwellS: p.DwellS}, nil
		case old == nil || old.Kind != PatrolList || !within(old, allows):
			return Patrol{}, ErrNone
		case old.Rev != rev:
			return Patrol{}, &Conflict{*old}
		}
		next := *old
		next.Rev, next.By, next.Name, next.Cameras, next.DwellS = old.Rev+1, by, p.Name, p.Cameras, p.DwellS
		return next, nil
	})
}

// DeleteList removes a list; tours that were made of it stay.
func (s *Service) DeleteList(ctx context.Context, by, id string, allows func(event.SiteID) bool) error {
	p, err := s.deps.Store.Patrol(ctx, id)
	if err != nil {
		return err
	}
	if p.Kind != PatrolList || !within(&p, allows) {
		return ErrNone
	}
	return s.deps.Store.DeletePatrol(ctx, id, Audit{s.deps.Now().UTC(), by, "patrol.list_delete", ""})
}

// within reports whether all cameras of a patrol may be seen.
func within(p *Patrol, allows func(event.SiteID) bool) bool {
	return !slices.ContainsFunc(p.Cameras, func(c string) bool {
		site, _, _ := strings.Cut(c, "/")
		return !allows(event.SiteID(site))
	})
}

// Lists returns the lists of which all cameras may be seen.
func (s *Service) Lists(ctx context.Context, allows func(event.SiteID) bool) ([]Patrol, error) {
	return s.patrols(ctx, PatrolQuery{Kind: PatrolList, Limit: maxLists}, allows)
}

// Runs returns tours, the newest first; by empty: everybody's.
func (s *Service) Runs(ctx context.Context, by string, open bool, limit int, allows func(event.SiteID) bool) ([]Patrol, error) {
	return s.patrols(ctx, PatrolQuery{Kind: PatrolRun, By: by, Open: open, Limit: limit}, allows)
}

func (s *Service) patrols(ctx context.Context, q PatrolQuery, allows func(event.SiteID) bool) ([]Patrol, error) {
	rows, err := s.deps.Store.Patrols(ctx, q)
	return slices.DeleteFunc(rows, func(p Patrol) bool { return !within(&p, allows) }), err
}

// Run returns a tour.
func (s *Service) Run(ctx context.Context, id string, allows func(event.SiteID) bool) (Patrol, error) {
	p, err := s.deps.Store.Patrol(ctx, id)
	if err == nil && (p.Kind != PatrolRun || !within(&p, allows)) {
		return Patrol{}, ErrNone
	}
	return p, err
}

// StartRun begins a tour.
func (s *Service) StartRun(ctx context.Context, by string, p Plan, allows func(event.SiteID) bool) (Patrol, error) {
	if err := s.checkPlan(&p, allows); err != nil {
		return Patrol{}, err
	}
	now := s.deps.Now().UTC()
	id := strings.ToLower(rand.Text()[:16])
	return s.deps.Store.PutPatrol(ctx, id, Audit{now, by, "patrol.start", fmt.Sprintf(`{"cameras":%d}`, len(p.Cameras))}, func(*Patrol) (Patrol, error) {
		return Patrol{ID: id, Kind: PatrolRun, Rev: 1, At: now, By: by, Name: p.Name, Cameras: p.Cameras, DwellS: p.DwellS, Findings: []TourFinding{}}, nil
	})
}

// Find notes what was seen at a camera of one's own tour that has not ended. The camera's
// earlier finding is replaced, except that an alarm stays raised and an inspection planned.
func (s *Service) Find(ctx context.Context, by, id string, f TourFinding, allows func(event.SiteID) bool) (Patrol, error) {
	switch f.Result {
	case ResultOK, ResultBad, ResultPerson, ResultSkip:
	default:
		return Patrol{}, &Invalid{"result", "ok, bad, person or skipped"}
	}
	if f.Note = strings.TrimSpace(f.Note); !event.ValidLines(f.Note, maxNote) {
		return Patrol{}, &Invalid{"note", fmt.Sprintf("at most %d characters", maxNote)}
	}
	if f.Result == ResultPerson && f.Note == "" {
		return Patrol{}, &Invalid{"note", "what somebody has to see to"}
	}
	f.At = s.deps.Now().UTC()
	return s.change(ctx, by, id, Audit{}, allows, false, func(p *Patrol) error {
		if !slices.Contains(p.Cameras, f.Camera) {
			return &Invalid{"camera", "one of the tour"}
		}
		at := slices.IndexFunc(p.Findings, func(x TourFinding) bool { return x.Camera == f.Camera })
		if at < 0 {
			p.Findings = append(p.Findings, f)
			return nil
		}
		old := p.Findings[at]
		f.Alarm = old.Alarm || f.Alarm
		if f.Inspection == "" {
			f.Inspection = old.Inspection
		}
		if f.Look == "" {
			f.Look = old.Look
		}
		p.Findings[at] = f
		return nil
	})
}

// EndRun ends one's own tour; cameras without a finding stay without.
func (s *Service) EndRun(ctx context.Context, by, id string, allows func(event.SiteID) bool) (Patrol, error) {
	now := s.deps.Now().UTC()
	return s.change(ctx, by, id, Audit{now, by, "patrol.end", ""}, allows, false, func(p *Patrol) error {
		p.EndedAt = &now
		return nil
	})
}

// Mark notes that an alarm was raised about a finding of one's own tour, ended or not.
func (s *Service) Mark(ctx context.Context, by, id, camera string, allows func(event.SiteID) bool) (Patrol, error) {
	return s.change(ctx, by, id, Audit{s.deps.Now().UTC(), by, "patrol.raise", fmt.Sprintf("{%q:%q}", "camera", camera)}, allows, true, func(p *Patrol) error {
		for i := range p.Findings {
			if f := &p.Findings[i]; f.Camera == camera && f.Result != ResultOK && f.Result != ResultSkip {
				if f.Alarm {
					return &Invalid{"camera", "one about which no alarm was raised yet"}
				}
				f.Alarm = true
				return nil
			}
		}
		return &Invalid{"camera", "one with a finding"}
	})
}

func (s *Service) change(ctx context.Context, by, id string, audit Audit, allows func(event.SiteID) bool, ended bool, fn func(*Patrol) error) (Patrol, error) {
	return s.deps.Store.PutPatrol(ctx, id, audit, func(old *Patrol) (Patrol, error) {
		if old == nil || old.Kind != PatrolRun || old.By != by || !within(old, allows) {
			return Patrol{}, ErrNone
		}
		if old.EndedAt != nil && !ended {
			return Patrol{}, &Conflict{*old}
		}
		next := *old
		next.Findings = slices.Clone(old.Findings)
		if err := fn(&next); err != nil {
			return Patrol{}, err
		}
		next.Rev++
		return next, nil
	})
}
