package guard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Watch puts somebody on the watch list of a site, or of the county. Visitors who are inside
// are compared with it as well.
func (s *Service) Watch(ctx context.Context, c Change, site event.SiteID, w WatchEntry) (Row[WatchEntry], error) {
	w.Tidy()
	if err := w.Check(); err != nil {
		return Row[WatchEntry]{}, err
	}
	row, err := rowOf[WatchEntry](s.begin(ctx, c, site, KindWatch, words(w.Name, w.Plate), w, w))
	if err != nil {
		return row, err
	}
	if err := s.findInside(ctx, c, site, &row); err != nil {
		return row, err // the same request again finds them
	}
	s.judgeSoon(ctx) // gates compare plates with the list as it was last read
	return row, nil
}

// findInside marks the registered visitors inside whom a new entry of the watch list names.
func (s *Service) findInside(ctx context.Context, c Change, site event.SiteID, w *Row[WatchEntry]) error {
	q := Query{Kinds: []Kind{KindVisitor}, Sites: []event.SiteID{site}, OpenOnly: true}
	if site == event.CountySite {
		q.Sites = nil
	}
	visits, _, err := Rows[Visit](ctx, s, q)
	if err != nil {
		return err
	}
	for i := range visits {
		v := &visits[i]
		known := slices.ContainsFunc(v.Entry.Hits, func(h Hit) bool { return h.Watch == w.ID })
		if known || !w.Entry.Hits(&v.Entry.VisitorEntry) {
			continue
		}
		digest := sha256.Sum256([]byte(w.ID + "\x00" + v.ID)) // the same request finds the same visitor once
		change := Change{ID: hex.EncodeToString(digest[:16]), By: c.By}
		_, err := s.alter(ctx, change, v.ID, KindVisitor, "hit", func(event.SiteID) bool { return true }, w.ID, func(r *Record, _ time.Time) error {
			var visit Visit
			if err := json.Unmarshal(r.Doc, &visit); err != nil {
				return err
			}
			if !visit.alarms() {
				r.Search += alarming
			}
			visit.Hits = append(visit.Hits, Hit{w.ID, w.Entry.Instruction})
			r.Doc, err = json.Marshal(visit)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Unwatch takes somebody off the watch list.
func (s *Service) Unwatch(ctx context.Context, c Change, id string, allows func(event.SiteID) bool) (Row[WatchEntry], error) {
	row, err := rowOf[WatchEntry](s.end(ctx, c, id, KindWatch, allows))
	if err == nil {
		s.judgeSoon(ctx)
	}
	return row, err
}

// Mind writes down what the guards of a site are to mind of a pupil.
func (s *Service) Mind(ctx context.Context, c Change, site event.SiteID, e CareEntry) (Row[CareEntry], error) {
	if err := e.Check(); err != nil {
		return Row[CareEntry]{}, err
	}
	return rowOf[CareEntry](s.begin(ctx, c, site, KindCare, words(e.Name), e, e))
}

// Unmind ends it.
func (s *Service) Unmind(ctx context.Context, c Change, id string, allows func(event.SiteID) bool) (Row[CareEntry], error) {
	return rowOf[CareEntry](s.end(ctx, c, id, KindCare, allows))
}

// Look returns what to mind of a pupil, and writes down who looked.
func (s *Service) Look(ctx context.Context, by, id string, allows func(event.SiteID) bool) (Row[CareEntry], error) {
	r, err := s.deps.Store.GuardRecord(ctx, id)
	if err != nil || r.Kind != KindCare || !r.Open() || !allows(r.Site) {
		return Row[CareEntry]{}, orNone(err)
	}
	if err := s.audit(ctx, by, "guard.care.look", id, ""); err != nil {
		return Row[CareEntry]{}, err
	}
	return rowOf[CareEntry](r, nil)
}

// Ask writes down that a pupil wants to leave.
func (s *Service) Ask(ctx context.Context, c Change, site event.SiteID, e PassEntry) (Row[Pass], error) {
	at := c.At
	if at.IsZero() {
		at = s.deps.Now()
	}
	e.Tidy()
	if err := e.Check(at); err != nil {
		return Row[Pass]{}, err
	}
	return rowOf[Pass](s.begin(ctx, c, site, KindPass, words(e.Name, e.Class), Pass{PassEntry: e}, e))
}

// Confirm writes down the word of a guardian or of a class teacher.
func (s *Service) Confirm(ctx context.Context, c Change, id, who string, allows func(event.SiteID) bool, word Confirmation) (Row[Pass], error) {
	if err := word.Check(); err != nil {
		return Row[Pass]{}, err
	}
	row, err := s.alterPass(ctx, c, id, who, allows, word, func(p *Pass, _ *Record, at time.Time) error {
		word.By, word.At = c.By, at
		return p.Confirm(who, word)
	})
	if err == nil && row.Entry.Guardian != nil && row.Entry.Teacher != nil {
		s.judgeSoon(ctx) // it may settle an alarm
	}
	return row, err
}

// Deny says no, and ends it.
func (s *Service) Deny(ctx context.Context, c Change, id, why string, allows func(event.SiteID) bool) (Row[Pass], error) {
	if err := needed("reason", why, maxText); err != nil {
		return Row[Pass]{}, err
	}
	return s.alterPass(ctx, c, id, "deny", allows, why, func(p *Pass, r *Record, at time.Time) error {
		p.Denied = why
		return finish(r, at, c.By)
	})
}

// Leave writes down that the pupil went out; without both confirmations it is refused.
func (s *Service) Leave(ctx context.Context, c Change, id string, allows func(event.SiteID) bool) (Row[Pass], error) {
	return s.alterPass(ctx, c, id, "leave", allows, nil, func(p *Pass, r *Record, at time.Time) error {
		if !p.Approved(at) {
			return &NotAllowed{"the guardian and the class teacher have not both confirmed, or the time has passed"}
		}
		return finish(r, at, c.By)
	})
}

func (s *Service) alterPass(ctx context.Context, c Change, id, action string, allows func(event.SiteID) bool, asked any, fn func(*Pass, *Record, time.Time) error) (Row[Pass], error) {
	return rowOf[Pass](s.alter(ctx, c, id, KindPass, action, allows, asked, func(r *Record, at time.Time) error {
		if !r.Open() {
			return &NotAllowed{"it has ended before"}
		}
		var p Pass
		if err := json.Unmarshal(r.Doc, &p); err != nil {
			return err
		}
		if err := fn(&p, r, at); err != nil {
			return err
		}
		doc, err := json.Marshal(p)
		r.Doc = doc
		return err
	}))
}
