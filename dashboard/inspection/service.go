package inspection

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/campusgate/campusgate/gateway/event"
)

// Query selects cases.
type Query struct {
	Kind      Kind
	Sites     []event.SiteID // nil: every one, empty: none
	Unseen    bool           // without inspections that are still to be made
	State     State          // empty: every one
	Open      bool           // with something left to do
	Topic     Topic
	Draw      string
	OverdueAt time.Time // not zero: overdue at that time
	Limit     int
	Before    string // id: behind it, in the order of the list
}

// Store keeps cases and draws; dashboard/store satisfies it.
type Store interface {
	// Cases lists cases, the newest first; more tells that there are others behind the last.
	Cases(ctx context.Context, q Query) (rows []Case, more bool, err error)
	// Case fails with ErrNotFound.
	Case(ctx context.Context, id string) (Case, []Step, error)
	// Draws lists draws, the newest first, behind before.
	Draws(ctx context.Context, before string, limit int) ([]Draw, error)
	Draw(ctx context.Context, id string) (Draw, error)
	Pictures(ctx context.Context, id string) ([]Picture, error)
	CasePicture(ctx context.Context, id string, n int64) (Picture, []byte, error)
	// Late counts overdue cases by kind and site.
	Late(ctx context.Context, now time.Time) (map[Kind]map[event.SiteID]int, error)
	UpdateInspections(ctx context.Context, fn func(Tx) error) error
}

// Tx is one transaction. Writers wait for each other, so numbers have no gaps.
type Tx interface {
	Case(id string) (Case, error)
	// NextNumber is the number of the next case of a kind in a year, 1 for the first.
	NextNumber(kind Kind, year int) (int, error)
	// PutCase writes a case of revision 1, or its next revision, with its step and audit.
	PutCase(c *Case, s Step) error
	NextDraw(year int) (int, error)
	AddDraw(d *Draw) error
	PutPicture(id string, p Picture, data []byte) error
	// Log writes a row of the audit.
	Log(at time.Time, by, action, subject, detail string) error
}

// Service does what people want with inspections, notices and hidden dangers.
type Service struct {
	store  Store
	county func() *event.County
	sheets []Sheet
}

// New makes a service. county returns the registry as it is.
func New(store Store, county func() *event.County) (*Service, error) {
	if store == nil || county == nil {
		return nil, errors.New("make inspections: a store and a county are needed")
	}
	sheets, err := Sheets()
	if err != nil {
		return nil, err
	}
	return &Service{store, county, sheets}, nil
}

// Sheets returns the forms.
func (s *Service) Sheets() []Sheet { return s.sheets }

// Person is who wants something, and where it is allowed.
type Person struct {
	Name   string
	Allows func(event.SiteID) bool
}

// Cases lists cases and the cursor of the next page.
func (s *Service) Cases(ctx context.Context, q Query, now time.Time) ([]Case, string, error) {
	rows, more, err := s.store.Cases(ctx, q)
	if err != nil {
		return nil, "", err
	}
	for i := range rows {
		rows[i].judge(now)
	}
	if !more || len(rows) == 0 {
		return rows, "", nil
	}
	return rows, rows[len(rows)-1].ID, nil
}

// Case returns a case of a kind with its history, oldest first, or ErrNotFound.
func (s *Service) Case(ctx context.Context, kind Kind, id string, allows func(event.SiteID) bool, now time.Time) (Case, []Step, error) {
	c, steps, err := s.store.Case(ctx, id)
	if err != nil {
		return c, nil, err
	}
	if c.Kind != kind || !allows(c.Site) {
		return Case{}, nil, ErrNotFound
	}
	c.judge(now)
	return c, steps, nil
}

// Late counts overdue cases by kind and site.
func (s *Service) Late(ctx context.Context, now time.Time) (map[Kind]map[event.SiteID]int, error) {
	return s.store.Late(ctx, now)
}

// Lot is what somebody wants drawn.
type Lot struct {
	Topic     Topic
	Size      int
	Townships []string
	Seed      string // empty: a random one
	Note      string
}

// Draw draws from the sites that the person may see, keeps how, and plans an inspection of
// each subject.
func (s *Service) Draw(ctx context.Context, p Person, lot Lot, now time.Time) (Draw, error) {
	now = now.UTC()
	d := Draw{
		At: now, By: p.Name, Topic: lot.Topic, Algorithm: Algorithm, Seed: lot.Seed, Given: lot.Seed != "",
		Size: lot.Size, Townships: slices.Compact(slices.Sorted(slices.Values(lot.Townships))), Note: lot.Note,
	}
	if d.Townships == nil {
		d.Townships = []string{}
	}
	sheet, ok := newest(s.sheets, lot.Topic)
	unprintable := func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsPrint(r) }
	switch {
	case !ok:
		return d, &Invalid{"topic", "one of camera, kitchen, guard"}
	case len(lot.Seed) > MaxSeed || strings.ContainsFunc(lot.Seed, unprintable):
		return d, &Invalid{"seed", fmt.Sprintf("at most %d printable ASCII characters, or nothing", MaxSeed)}
	}
	if err := bounded("note", lot.Note, 0); err != nil {
		return d, err
	}
	if !d.Given {
		d.Seed = rand.Text()
	}
	county := s.county()
	d.Population = Population(county, d.Topic, d.Townships, p.Allows)
	var err error
	if d.Strata, err = Strata(d.Population, d.Size); err != nil {
		return d, err
	}
	d.Digest = Digest(d.Population)
	d.Drawn = Pick(d.Seed, d.Topic, d.Population, d.Strata)
	err = s.store.UpdateInspections(ctx, func(tx Tx) error {
		year := now.In(county.Location()).Year()
		n, err := tx.NextDraw(year)
		if err != nil {
			return err
		}
		d.ID = fmt.Sprintf("d%d-%04d", year, n)
		if err := tx.AddDraw(&d); err != nil {
			return err
		}
		for _, sub := range d.Drawn {
			c := Case{
				Kind: KindInspection, Site: sub.Site, Township: sub.Township, Device: sub.Device,
				Check: &Check{Topic: d.Topic, Draw: d.ID, Sheet: sheet.Version, Answers: []Answer{}},
			}
			if err := s.begin(tx, &c, Plan, p.Name, d.ID, now); err != nil {
				return err
			}
		}
		return nil
	})
	return d, err
}

// Draws lists draws without their populations, and the cursor of the next page. One that
// holds a site that is hidden is left out.
func (s *Service) Draws(ctx context.Context, before string, limit int, allows func(event.SiteID) bool) ([]Draw, string, error) {
	rows, err := s.store.Draws(ctx, before, limit)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) == limit {
		next = rows[limit-1].ID
	}
	rows = slices.DeleteFunc(rows, func(d Draw) bool { return d.hidden(allows) })
	for i := range rows {
		rows[i].Population = nil
	}
	return rows, next, nil
}

func (d *Draw) hidden(allows func(event.SiteID) bool) bool {
	return slices.ContainsFunc(d.Population, func(sub Subject) bool { return !allows(sub.Site) })
}

// DrawOf returns a draw with its population, or ErrNotFound where a site of it is hidden.
func (s *Service) DrawOf(ctx context.Context, id string, allows func(event.SiteID) bool) (Draw, error) {
	d, err := s.store.Draw(ctx, id)
	if err == nil && d.hidden(allows) {
		return Draw{}, ErrNotFound
	}
	return d, err
}

// VerifyDraw does a recorded draw again.
func (s *Service) VerifyDraw(ctx context.Context, id string, allows func(event.SiteID) bool) (Verdict, error) {
	d, err := s.DrawOf(ctx, id, allows)
	if err != nil {
		return Verdict{}, err
	}
	return Verify(&d, Population(s.county(), d.Topic, d.Townships, allows)), nil
}

// begin numbers and writes a new case.
func (s *Service) begin(tx Tx, c *Case, action Action, by, data string, now time.Time) error {
	to, ok := Next(c.Kind, "", action)
	if !ok {
		return &NotAllowed{"", action}
	}
	c.Year = now.In(s.county().Location()).Year()
	var err error
	if c.Number, err = tx.NextNumber(c.Kind, c.Year); err != nil {
		return err
	}
	c.ID = fmt.Sprintf("%c%d-%04d", c.Kind[0], c.Year, c.Number)
	c.State, c.Rev, c.By, c.At, c.UpdatedBy, c.UpdatedAt = to, 1, by, now, by, now
	return tx.PutCase(c, Step{N: 1, At: now, By: by, Action: action, To: to, Data: data})
}

// move takes a case one step on.
func move(tx Tx, c *Case, action Action, by, note, data string, now time.Time) error {
	to, ok := Next(c.Kind, c.State, action)
	if !ok {
		return &NotAllowed{c.State, action}
	}
	from := c.State
	c.State, c.Rev, c.UpdatedBy, c.UpdatedAt = to, c.Rev+1, by, now
	return tx.PutCase(c, Step{N: c.Rev, At: now, By: by, Action: action, From: from, To: to, Note: note, Data: data})
}
