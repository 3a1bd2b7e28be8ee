package alarm

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// maxWindows bounds the windows that are not ended.
const maxWindows = 2000

// Windows lists maintenance windows by id: those that nobody ended, or all there ever were.
func (s *Service) Windows(ctx context.Context, all bool) ([]Window, error) {
	return s.store.Windows(ctx, all)
}

// PutWindow plans a maintenance window (empty ID) or changes one, and brings back at once
// what a changed one no longer covers. It returns ErrNotFound, *WindowConflict or *Invalid.
func (s *Service) PutWindow(ctx context.Context, win Window, by string, now time.Time) (Window, error) {
	if err := win.Validate(); err != nil {
		return win, err
	}
	action := "maintenance.change"
	return s.changeWindow(ctx, &win, now, func(windows []Window) error {
		win.EndedAt, win.EndedBy = nil, ""
		if win.ID == "" {
			if len(windows) >= maxWindows {
				return &Invalid{"id", "fewer windows: end some"}
			}
			win.ID, win.Rev, action = strings.ToLower(rand.Text()[:12]), 0, "maintenance.plan"
		} else if _, err := present(windows, win.ID, win.Rev); err != nil {
			return err
		}
		win.By, win.At = by, now.UTC()
		return nil
	}, func() (string, string) { return by, action })
}

// EndWindow ends a maintenance window now; it stays in the list of all.
func (s *Service) EndWindow(ctx context.Context, id string, rev int64, by string, now time.Time) (Window, error) {
	var win Window
	return s.changeWindow(ctx, &win, now, func(windows []Window) error {
		i, err := present(windows, id, rev)
		if err != nil {
			return err
		}
		win = windows[i]
		at := now.UTC()
		win.EndedAt, win.EndedBy = &at, by
		return nil
	}, func() (string, string) { return by, "maintenance.end" })
}

// WindowConflict says that somebody was faster with a maintenance window.
type WindowConflict struct{ Window Window }

// Error names who was first.
func (c *WindowConflict) Error() string {
	return "maintenance window " + c.Window.ID + " was changed by " + c.Window.By + " at " + c.Window.At.Format(time.RFC3339)
}

func present(windows []Window, id string, rev int64) (int, error) {
	i := slices.IndexFunc(windows, func(w Window) bool { return w.ID == id })
	switch {
	case i < 0:
		return 0, ErrNotFound
	case windows[i].Rev != rev:
		return 0, &WindowConflict{windows[i]}
	}
	return i, nil
}

func (s *Service) changeWindow(ctx context.Context, win *Window, now time.Time, decide func([]Window) error, who func() (by, action string)) (Window, error) {
	var next []Window
	err := s.update(ctx, func(w *work) error {
		if err := decide(w.plan.windows); err != nil {
			return err
		}
		win.Rev++
		next = slices.DeleteFunc(slices.Clone(w.plan.windows), func(x Window) bool { return x.ID == win.ID })
		if win.EndedAt == nil {
			next = append(next, *win)
		}
		if err := w.tx.PutWindow(*win); err != nil {
			return err
		}
		detail, err := json.Marshal(win)
		if err != nil {
			return err
		}
		by, action := who()
		if err := w.tx.Log(now.UTC(), by, action, win.ID, string(detail)); err != nil {
			return err
		}
		w.plan = &plan{windows: next, county: w.plan.county}
		held, err := w.tx.Suppressed(ForMaintenance)
		if err != nil {
			return err
		}
		for i := range held {
			if err := w.release(&held[i], now.UTC()); err != nil {
				return err
			}
		}
		return nil
	}, func() { s.plan.windows = next })
	return *win, err
}

// WindowsOn returns the windows that are on at some time in [from, to), with those times,
// for whoever may see only some sites. A window of the whole county concerns everybody.
func (s *Service) WindowsOn(ctx context.Context, from, to time.Time) ([]WindowSpans, error) {
	windows, err := s.store.Windows(ctx, true)
	if err != nil {
		return nil, err
	}
	zone := zoneOf(s.plan.county())
	var out []WindowSpans
	for _, w := range windows {
		if spans := w.Spans(from, to, zone); len(spans) > 0 {
			out = append(out, WindowSpans{w, spans})
		}
	}
	return out, nil
}

// WindowSpans is a window with times when it is on.
type WindowSpans struct {
	Window Window   `json:"window"`
	Spans  []Period `json:"spans"`
}

// ConcernsAny reports whether the window is about a site that a person may see.
func (w *Window) ConcernsAny(allows func(event.SiteID) bool, county *event.County) bool {
	if w.Site != "" {
		return allows(w.Site)
	}
	if w.Township == "" || county == nil {
		return true
	}
	return slices.ContainsFunc(county.Sites, func(s event.Site) bool { return s.Township == w.Township && allows(s.ID) })
}
