package guard

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Row is a record with its entry.
type Row[T any] struct {
	ID      string       `json:"id"`
	Site    event.SiteID `json:"site"`
	Rev     int64        `json:"rev"`
	At      time.Time    `json:"at"`
	By      string       `json:"by"`
	EndedAt *time.Time   `json:"ended_at"`
	EndedBy string       `json:"ended_by"`
	Entry   T            `json:"entry"`
}

func rowOf[T any](r Record, err error) (Row[T], error) {
	out := Row[T]{ID: r.ID, Site: r.Site, Rev: r.Rev, At: r.At, By: r.By, EndedAt: r.EndedAt, EndedBy: r.EndedBy}
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(r.Doc, &out.Entry); err != nil {
		return out, fmt.Errorf("read record %s: %w", r.ID, err)
	}
	return out, nil
}

// Rows lists records of one kind, the newest first.
func Rows[T any](ctx context.Context, s *Service, q Query) ([]Row[T], string, error) {
	records, next, err := s.deps.Store.GuardRecords(ctx, q)
	if err != nil {
		return nil, "", err
	}
	out := make([]Row[T], 0, len(records))
	for _, r := range records {
		row, err := rowOf[T](r, nil)
		if err != nil {
			return nil, "", err
		}
		out = append(out, row)
	}
	return out, next, nil
}

// Visit is a visitor at the gate, with what the watch list says.
type Visit struct {
	VisitorEntry
	Hits  []Hit `json:"hits"`
	Fever bool  `json:"fever" doc:"The temperature was at or above the limit."`
}

// Hit is an entry of the watch list that a visitor matches.
type Hit struct {
	Watch       string `json:"watch"`
	Instruction string `json:"instruction"`
}

func (v *Visit) alarms() bool { return v.Fever || len(v.Hits) > 0 }

// FeverCelsius is the temperature from which a visitor has a fever, in °C.
func (s *Service) FeverCelsius() float64 { return s.cfg.FeverCelsius }

// Register writes a visitor down, and raises an alarm for one of the watch list or
// with a fever.
func (s *Service) Register(ctx context.Context, c Change, site event.SiteID, v VisitorEntry) (Row[Visit], error) {
	v.Tidy()
	if err := v.Check(); err != nil {
		return Row[Visit]{}, err
	}
	watched, _, err := Rows[WatchEntry](ctx, s, Query{Kinds: []Kind{KindWatch}, Sites: []event.SiteID{site, event.CountySite}, OpenOnly: true})
	if err != nil {
		return Row[Visit]{}, err
	}
	visit := Visit{v, []Hit{}, v.Celsius >= s.cfg.FeverCelsius}
	search := words(v.Name, v.Plate, v.Host)
	for i := range watched {
		if w := &watched[i]; w.Entry.Hits(&v) {
			visit.Hits = append(visit.Hits, Hit{w.ID, w.Entry.Instruction})
		}
	}
	if visit.alarms() {
		search += alarming
	}
	row, err := rowOf[Visit](s.begin(ctx, c, site, KindVisitor, search, visit, v))
	if err == nil && row.Entry.alarms() {
		s.judgeSoon(ctx)
	}
	return row, err
}

// SignOut ends a visit.
func (s *Service) SignOut(ctx context.Context, c Change, id string, allows func(event.SiteID) bool) (Row[Visit], error) {
	return rowOf[Visit](s.end(ctx, c, id, KindVisitor, allows))
}

// Reveal returns a visit unmasked, and writes down who looked and why.
func (s *Service) Reveal(ctx context.Context, by, reason, id string, allows func(event.SiteID) bool) (Row[Visit], error) {
	return reveal[Visit](ctx, s, KindVisitor, by, reason, id, allows)
}

// RevealPass returns a pupil's leave unmasked, and writes down who looked and why.
func (s *Service) RevealPass(ctx context.Context, by, reason, id string, allows func(event.SiteID) bool) (Row[Pass], error) {
	return reveal[Pass](ctx, s, KindPass, by, reason, id, allows)
}

// RevealWatched returns an entry of the watch list unmasked, and writes down who looked and why.
func (s *Service) RevealWatched(ctx context.Context, by, reason, id string, allows func(event.SiteID) bool) (Row[WatchEntry], error) {
	return reveal[WatchEntry](ctx, s, KindWatch, by, reason, id, allows)
}

func reveal[T any](ctx context.Context, s *Service, kind Kind, by, reason, id string, allows func(event.SiteID) bool) (Row[T], error) {
	r, err := s.deps.Store.GuardRecord(ctx, id)
	if err != nil || r.Kind != kind || !allows(r.Site) {
		return Row[T]{}, orNone(err)
	}
	reason = strings.TrimSpace(reason)
	if err := needed("reason", reason, maxText); err != nil {
		return Row[T]{}, err
	}
	if err := s.audit(ctx, by, "guard."+string(kind)+".reveal", id, reason); err != nil {
		return Row[T]{}, err
	}
	return rowOf[T](r, nil)
}

// Asked writes down that somebody looked for a person of a site by name. The name itself is
// not written.
func (s *Service) Asked(ctx context.Context, by string, site event.SiteID, found int) error {
	return s.deps.Store.AuditGuard(ctx, s.deps.Now(), by, "guard.find", string(site), fmt.Sprintf(`{"found":%d}`, found))
}

func (s *Service) audit(ctx context.Context, by, action, id, reason string) error {
	detail, err := json.Marshal(map[string]string{"reason": reason})
	if err != nil {
		return err
	}
	return s.deps.Store.AuditGuard(ctx, s.deps.Now(), by, action, id, string(detail))
}

func orNone(err error) error {
	if err == nil {
		return ErrNone
	}
	return err
}

// judgeSoon judges at once; what fails the next judging finds.
func (s *Service) judgeSoon(ctx context.Context) {
	if err := s.Judge(context.WithoutCancel(ctx)); err != nil {
		s.deps.Log.Error().Err(err).Msg("cannot judge posts and guards, trying again")
	}
}

// CheckIn writes down who comes on duty.
func (s *Service) CheckIn(ctx context.Context, c Change, site event.SiteID, d DutyEntry) (Row[DutyEntry], error) {
	if err := d.Check(); err != nil {
		return Row[DutyEntry]{}, err
	}
	if d.Certificate != "" {
		r, err := s.deps.Store.GuardRecord(ctx, d.Certificate)
		if err != nil || r.Kind != KindCertificate || r.Site != site {
			return Row[DutyEntry]{}, &Invalid{"certificate", "one of this site"}
		}
	}
	row, err := rowOf[DutyEntry](s.begin(ctx, c, site, KindDuty, words(d.Person), d, d))
	if err == nil {
		s.judgeSoon(ctx)
	}
	return row, err
}

// CheckOut ends a duty.
func (s *Service) CheckOut(ctx context.Context, c Change, id string, allows func(event.SiteID) bool) (Row[DutyEntry], error) {
	row, err := rowOf[DutyEntry](s.end(ctx, c, id, KindDuty, allows))
	if err == nil {
		s.judgeSoon(ctx)
	}
	return row, err
}

// Post is a slot of a post on a day, and how it was manned.
type Post struct {
	Slot
	State string    `json:"state" enum:"coming,manned,empty,late,done" doc:"late: it stood empty for a while, and is not now."`
	Gaps  []Stretch `json:"gaps" doc:"When it stood empty for longer than is allowed."`
}

// Posts tells how the posts of a site are manned on the day of now.
func (s *Service) Posts(site *event.Site, duties []Row[DutyEntry]) []Post {
	now := s.deps.Now()
	out := []Post{}
	if !site.PolicePost {
		return out
	}
	var on []Duty
	for _, d := range duties {
		to := d.At.Add(s.cfg.LongestDuty)
		if d.EndedAt != nil {
			to = *d.EndedAt
		}
		on = append(on, Duty{Stretch: Stretch{d.At, to}, DutyEntry: d.Entry})
	}
	for _, slot := range s.cfg.Slots(site.Hours, now.In(s.deps.County().Location())) {
		p := Post{Slot: slot, Gaps: []Stretch{}, State: "manned"}
		empty := false
		for _, g := range s.cfg.Gaps(slot, on) {
			if now.Before(g.From) {
				continue
			}
			empty = now.Before(g.To)
			if empty {
				g.To = now.UTC()
			}
			p.Gaps = append(p.Gaps, Stretch{g.From.UTC(), g.To.UTC()})
		}
		switch {
		case now.Before(slot.From):
			p.State = "coming"
		case empty:
			p.State = "empty"
		case len(p.Gaps) > 0:
			p.State = "late"
		case !now.Before(slot.To):
			p.State = "done"
		}
		p.From, p.To = p.From.UTC(), p.To.UTC()
		out = append(out, p)
	}
	return out
}

// HelpEntry is what a guard says when calling for help.
type HelpEntry struct {
	Note string `json:"note" required:"false"`
}

// Help raises the alarm of a site.
func (s *Service) Help(ctx context.Context, c Change, site event.SiteID, h HelpEntry) (Row[HelpEntry], error) {
	if err := short("note", h.Note, maxText); err != nil {
		return Row[HelpEntry]{}, err
	}
	row, err := rowOf[HelpEntry](s.begin(ctx, c, site, KindHelp, alarming, h, h))
	if err != nil {
		return row, err
	}
	return row, s.Judge(context.WithoutCancel(ctx)) // said only when it is on the desk
}

// Certify writes a guard's certificate down.
func (s *Service) Certify(ctx context.Context, c Change, site event.SiteID, e CertificateEntry) (Row[CertificateEntry], error) {
	if err := e.Check(); err != nil {
		return Row[CertificateEntry]{}, err
	}
	return rowOf[CertificateEntry](s.begin(ctx, c, site, KindCertificate, words(e.Person, e.Number), e, e))
}

// Withdraw ends a certificate.
func (s *Service) Withdraw(ctx context.Context, c Change, id string, allows func(event.SiteID) bool) (Row[CertificateEntry], error) {
	row, err := rowOf[CertificateEntry](s.end(ctx, c, id, KindCertificate, allows))
	if err == nil {
		s.judgeSoon(ctx)
	}
	return row, err
}
