package guard

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// SightingKind is why something that a gate saw is kept. Words are stored: never rename.
type SightingKind string

// The kinds.
const (
	SawOut SightingKind = "out" // a pupil went out in class hours, and the gate knew of no approval
	SawHit SightingKind = "hit" // a plate of the watch list
)

// Bounds of what is kept of sightings.
const (
	MaxSightings = 5000 // in one answer
	maxOuts      = 8192 // pupils who went out, in memory, until their anomaly comes
	maxHits      = 256  // plates waiting to be written down
	// eventWithin is how long an anomaly waits for its event, if it is not older than fresh.
	eventWithin = time.Second
	fresh       = time.Minute
)

// methodPlate is how gates that read plates say so.
const methodPlate = "plate"

// Sighting is what a gate saw that concerns a record.
type Sighting struct {
	ID      string // the anomaly's
	Kind    SightingKind
	Site    event.SiteID
	Device  event.DeviceID
	At      time.Time // by the device
	Taken   time.Time // by us
	Late    bool
	Event   string
	Subject string // pseudonym or plate; empty: not known yet
	Record  string // the leave, or the entry of the watch list; empty: none
}

// anomaly is that of a plate on the watch list. The plate itself is not in it.
func (g *Sighting) anomaly() event.Anomaly {
	a := raised(g.Site, RuleWatchHit, string(g.Device), event.SeverityHigh, g.At,
		event.Text{ZH: "进出车辆车牌与布控名单相符", EN: "A vehicle's plate is on the watch list"})
	a.Momentary, a.Kind, a.Device, a.EventID, a.Late = true, event.KindGate, g.Device, g.Event, g.Late
	return a
}

// sightings are what is remembered of passages.
type sightings struct {
	plates atomic.Pointer[map[string][]watched]
	hits   chan Sighting

	mu    sync.Mutex
	outs  map[string]string // event id → pupil
	order []string          // of outs, a ring
	next  int
}

type watched struct {
	site   event.SiteID
	record string
}

func newSightings() *sightings {
	return &sightings{hits: make(chan Sighting, maxHits), outs: map[string]string{}, order: make([]string, maxOuts)}
}

// Saw looks at a passage. It does not wait.
func (s *Service) Saw(e *event.Event) {
	g := e.Gate
	if g == nil {
		return
	}
	if g.PersonKind == event.PersonPupil && g.Direction == event.Out && g.Person != "" {
		s.seen.mu.Lock()
		delete(s.seen.outs, s.seen.order[s.seen.next])
		s.seen.order[s.seen.next], s.seen.outs[e.ID] = e.ID, g.Person
		s.seen.next = (s.seen.next + 1) % maxOuts
		s.seen.mu.Unlock()
	}
	if g.Credential == "" || g.PersonKind != event.PersonVehicle && g.Method != methodPlate {
		return
	}
	plates := s.seen.plates.Load()
	if plates == nil {
		return
	}
	plate := Plate(g.Credential)
	for _, w := range (*plates)[plate] {
		if w.site != e.Site && w.site != event.CountySite {
			continue
		}
		hit := Sighting{
			ID: event.AnomalyID(e.Site, e.Device, RuleWatchHit, e.ObservedAt), Kind: SawHit, Site: e.Site, Device: e.Device, At: e.ObservedAt.UTC(), Taken: s.deps.Now(),
			Late: e.Late, Event: e.ID, Subject: plate, Record: w.record,
		}
		select {
		case s.seen.hits <- hit:
		default:
			s.deps.Log.Error().Str("site", string(e.Site)).Str("device", string(e.Device)).Msg("too many plates of the watch list at once: one was not written down")
		}
		return
	}
}

// readPlates reads the plates of the watch lists.
func (s *Service) readPlates(ctx context.Context) error {
	rows, _, err := Rows[WatchEntry](ctx, s, Query{Kinds: []Kind{KindWatch}, OpenOnly: true})
	if err != nil {
		return err
	}
	plates := map[string][]watched{}
	for i := range rows {
		if p := rows[i].Entry.Plate; p != "" {
			plates[p] = append(plates[p], watched{rows[i].Site, rows[i].ID})
		}
	}
	s.seen.plates.Store(&plates)
	return nil
}

// Out takes in the anomaly of a pupil who went out, before the desk does. It reports whether
// a leave that was approved in time covers it: then it is no alarm, and the audit says so.
func (s *Service) Out(ctx context.Context, a *event.Anomaly) (prevented bool) {
	if a.Rule != RulePupilOut {
		return false
	}
	g := Sighting{ID: a.ID, Kind: SawOut, Site: a.Site, Device: a.Device, At: a.UpdatedAt, Taken: s.deps.Now(), Late: a.Late, Event: a.EventID, Subject: s.awaited(ctx, a)}
	pass, err := s.covering(ctx, &g)
	if err == nil && pass != nil {
		g.Record = pass.ID
		// Written down before the alarm is left out.
		err = s.approved(ctx, pass, "guard.pass.prevent", map[string]string{"anomaly": a.ID, "site": string(a.Site), "event": a.EventID})
	}
	prevented = err == nil && pass != nil
	if e := s.deps.Store.PutSighting(ctx, g); err == nil {
		err = e
	}
	if err != nil {
		s.deps.Log.Error().Err(err).Str("anomaly", a.ID).Msg("cannot look whether a pupil's leave was approved, the alarm stands")
	}
	return prevented
}

// awaited is who went out. Events and anomalies come by streams of their own, and an anomaly
// may be a moment ahead of its event: a fresh one waits for it, since an alarm that is only
// settled afterwards has rung already.
func (s *Service) awaited(ctx context.Context, a *event.Anomaly) string {
	who := s.pupil(a.EventID)
	if who != "" || a.Late || s.deps.Now().Sub(a.UpdatedAt) > fresh {
		return who
	}
	ctx, cancel := context.WithTimeout(ctx, eventWithin)
	defer cancel()
	look := time.NewTicker(eventWithin / 50)
	defer look.Stop()
	for who == "" {
		select {
		case <-ctx.Done():
			return ""
		case <-look.C:
			who = s.pupil(a.EventID)
		}
	}
	return who
}

func (s *Service) pupil(eventID string) string {
	s.seen.mu.Lock()
	defer s.seen.mu.Unlock()
	return s.seen.outs[eventID]
}

// covering finds the leave that covers a sighting; nil: there is none.
func (s *Service) covering(ctx context.Context, g *Sighting) (*Row[Pass], error) {
	if g.Subject == "" {
		return nil, nil
	}
	rows, _, err := Rows[Pass](ctx, s, Query{Kinds: []Kind{KindPass}, Sites: []event.SiteID{g.Site}, From: g.At.Add(-goneAfter)})
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if r := &rows[i]; r.Entry.Pupil == g.Subject && Covers(r, g.At) {
			return r, nil
		}
	}
	return nil, nil
}

func (s *Service) approved(ctx context.Context, pass *Row[Pass], action string, detail map[string]string) error {
	detail["guardian_by"], detail["teacher_by"] = pass.Entry.Guardian.By, pass.Entry.Teacher.By
	text, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	return s.deps.Store.AuditGuard(ctx, s.deps.Now(), pass.Entry.lastBy(), action, pass.ID, string(text))
}

// lastBy is the account that wrote down the second confirmation.
func (p *Pass) lastBy() string {
	if p.Guardian.At.After(p.Teacher.At) {
		return p.Guardian.By
	}
	return p.Teacher.By
}

// settle deals with the alarms of pupils who went out, whose leaves are all approved.
func (s *Service) settle(ctx context.Context, now time.Time) error {
	open, err := s.deps.Desk.Unsettled(ctx, RulePupilOut)
	if err != nil || len(open) == 0 {
		return err
	}
	rows, err := s.deps.Store.Sightings(ctx, SawOut, nil, now.Add(-2*OldestEntry))
	if err != nil {
		return err
	}
	known := map[string]*Sighting{}
	for i := range rows {
		known[rows[i].ID] = &rows[i]
	}
	for _, u := range open {
		passes, err := s.passesOf(ctx, u, known)
		if err != nil {
			return err
		}
		if len(passes) == 0 {
			continue
		}
		note, by, err := s.grounds(ctx, passes)
		if err != nil {
			return err
		}
		if err := s.deps.Desk.Settle(ctx, u, by, note, now); err != nil {
			return err
		}
	}
	return nil
}

// passesOf lists the leaves that explain every anomaly of an alarm; none: one is unexplained.
func (s *Service) passesOf(ctx context.Context, u Unsettled, known map[string]*Sighting) ([]string, error) {
	var passes []string
	for _, id := range u.Anomalies {
		g := known[id]
		if g == nil {
			return nil, nil
		}
		if !g.Taken.After(u.Since) {
			continue // dealt with before
		}
		if g.Record == "" {
			if err := s.explain(ctx, g); err != nil {
				return nil, err
			}
		}
		if g.Record == "" {
			return nil, nil
		}
		if !slices.Contains(passes, g.Record) {
			passes = append(passes, g.Record)
		}
	}
	return passes, nil
}

// explain looks again who it was, and for a leave.
func (s *Service) explain(ctx context.Context, g *Sighting) error {
	if g.Subject == "" {
		g.Subject = s.pupil(g.Event)
	}
	if g.Subject == "" && s.deps.Person != nil {
		who, err := s.deps.Person(ctx, g)
		if err != nil {
			s.deps.Log.Debug().Err(err).Msg("cannot find out who passed, trying again")
		}
		g.Subject = who
	}
	pass, err := s.covering(ctx, g)
	if err != nil || g.Subject == "" {
		return err
	}
	if pass != nil {
		g.Record = pass.ID
	}
	return s.deps.Store.PutSighting(ctx, *g)
}

// grounds says by which leaves an alarm is settled, without names, and in whose name.
func (s *Service) grounds(ctx context.Context, passes []string) (note, by string, err error) {
	for i, id := range passes {
		row, err := rowOf[Pass](s.deps.Store.GuardRecord(ctx, id))
		if err != nil {
			return "", "", err
		}
		if i > 0 {
			note += "; "
		}
		p := &row.Entry
		note += fmt.Sprintf("离校批准 approved leave %s: 家长 guardian (%s, %s), 班主任 class teacher (%s, %s)", id, p.Guardian.How, p.Guardian.By, p.Teacher.How, p.Teacher.By)
		by = p.lastBy()
	}
	return note, by, nil
}

// SettleBy says that an alarm of a pupil who went out is explained by this leave, for a
// leave that does not say the pupil's pseudonym.
func (s *Service) SettleBy(ctx context.Context, c Change, id, alarm string, allows func(event.SiteID) bool) (Row[Pass], error) {
	open, err := s.deps.Desk.Unsettled(ctx, RulePupilOut)
	if err != nil {
		return Row[Pass]{}, err
	}
	i := slices.IndexFunc(open, func(u Unsettled) bool { return u.ID == alarm && allows(u.Site) })
	row, err := rowOf[Pass](s.alter(ctx, c, id, KindPass, "settle", allows, alarm, func(r *Record, _ time.Time) error {
		if i < 0 || open[i].Site != r.Site {
			return &Invalid{"alarm", "an open alarm of a pupil who went out of this site"}
		}
		row, err := rowOf[Pass](*r, nil)
		if err != nil {
			return err
		}
		if !Covers(&row, open[i].At) {
			return &NotAllowed{"the leave was not approved by guardian and class teacher for that time"}
		}
		return nil
	}))
	if err != nil || i < 0 {
		return row, err // sent again, and done before
	}
	if err := s.settleOne(ctx, open[i], row.ID); err != nil {
		return row, err
	}
	s.judgeSoon(ctx)
	return row, nil
}

// settleOne puts the leave to the one anomaly of an alarm that has none, the oldest first.
func (s *Service) settleOne(ctx context.Context, u Unsettled, pass string) error {
	rows, err := s.deps.Store.Sightings(ctx, SawOut, []event.SiteID{u.Site}, s.deps.Now().Add(-2*OldestEntry))
	if err != nil {
		return err
	}
	for _, id := range u.Anomalies {
		g := Sighting{ID: id, Kind: SawOut, Site: u.Site, Device: u.Device, At: u.At, Taken: s.deps.Now()}
		if i := slices.IndexFunc(rows, func(r Sighting) bool { return r.ID == id }); i >= 0 {
			g = rows[i]
		}
		if g.Record == "" && g.Taken.After(u.Since) {
			g.Record = pass
			return s.deps.Store.PutSighting(ctx, g)
		}
	}
	return nil
}

// Warning is that somebody or something of the watch list was at a gate.
type Warning struct {
	ID          string         `json:"id"`
	Site        event.SiteID   `json:"site"`
	Device      event.DeviceID `json:"device" doc:"Empty: a visitor who was registered."`
	At          time.Time      `json:"at"`
	About       string         `json:"about" doc:"The masked name of a visitor, or a plate."`
	Plate       bool           `json:"plate"`
	Instruction string         `json:"instruction" doc:"What the guard is to do."`
}

// Warnings lists what of the watch list was at the gates of a site since a time, the newest
// first.
func (s *Service) Warnings(ctx context.Context, site event.SiteID, since time.Time) ([]Warning, error) {
	out := []Warning{}
	visits, _, err := Rows[Visit](ctx, s, Query{Kinds: []Kind{KindVisitor}, Sites: []event.SiteID{site}, From: since, Text: alarming})
	if err != nil {
		return nil, err
	}
	for i := range visits {
		v := &visits[i]
		for _, h := range v.Entry.Hits {
			out = append(out, Warning{v.ID, v.Site, "", v.At, MaskName(v.Entry.Name), false, h.Instruction})
		}
	}
	seen, err := s.deps.Store.Sightings(ctx, SawHit, []event.SiteID{site}, since)
	if err != nil {
		return nil, err
	}
	for i := range seen {
		g := &seen[i]
		row, err := rowOf[WatchEntry](s.deps.Store.GuardRecord(ctx, g.Record))
		if err != nil && err != ErrNone { //nolint:errorlint // GuardRecord returns it as it is
			return nil, err
		}
		out = append(out, Warning{g.ID, g.Site, g.Device, g.At, g.Subject, true, row.Entry.Instruction})
	}
	slices.SortStableFunc(out, func(a, b Warning) int { return b.At.Compare(a.At) })
	return out, nil
}
