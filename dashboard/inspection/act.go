package inspection

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Limits of pictures.
const (
	MaxPicture  = 5 << 20 // bytes
	MaxPictures = 40      // of one case
)

// Command is what a person wants of a case.
type Command struct {
	Kind   Kind
	ID     string
	Rev    int64 // that it was decided on
	Action Action
	Note   string
	// Days of the new deadline, with assign and fail.
	Days     int
	Assignee string // with assign
	Answers  []Answer
}

// Act does it, or returns ErrNotFound, *Conflict, *NotAllowed or *Invalid. Plan, issue,
// notice, report and attach have functions of their own.
func (s *Service) Act(ctx context.Context, p Person, c Command, now time.Time) (Case, error) {
	now = now.UTC()
	c.Note = strings.TrimSpace(c.Note)
	least := 0
	switch c.Action {
	case Plan, Issue, Serve, Report, Attach:
		return Case{}, &Invalid{"action", "another one"}
	case Cancel, Reply, Fail, Reject, Comment:
		least = 1
	case Finish:
		if c.Kind == KindHazard {
			least = 1
		}
	}
	if err := bounded("note", c.Note, least); err != nil {
		return Case{}, err
	}
	return s.change(ctx, p, c.Kind, c.ID, c.Rev, now, func(tx Tx, x *Case) error {
		if _, ok := Next(x.Kind, x.State, c.Action); !ok {
			return &NotAllowed{x.State, c.Action}
		}
		data, err := s.apply(x, c, now)
		if err != nil {
			return err
		}
		return move(tx, x, c.Action, p.Name, c.Note, data, now)
	})
}

// apply sets what the action sets, beside the state.
func (s *Service) apply(x *Case, c Command, now time.Time) (data string, err error) {
	switch {
	case x.Kind == KindInspection && (c.Action == Fill || c.Action == Finish):
		sheet := s.sheet(x.Check)
		if sheet == nil {
			return "", fmt.Errorf("form %s version %d is not known here", x.Check.Topic, x.Check.Sheet)
		}
		if x.Check.Answers, x.Check.Failed, err = sheet.answered(c.Answers, c.Action == Finish); err != nil {
			return "", err
		}
		x.Check.Note = c.Note
	case c.Action == Reply:
		x.Notice.Reply = c.Note
	case x.Kind == KindHazard && c.Action == Finish:
		x.Hazard.Work = c.Note
	case c.Action == Fail, c.Action == Assign:
		if err := s.deadline(x, c.Days, now); err != nil {
			return "", err
		}
		data = x.DueDay
		if x.Notice != nil {
			x.Notice.Days = c.Days
			x.Notice.Round++
		}
		if c.Action == Assign {
			if !event.ValidName(c.Assignee) || len(c.Assignee) > maxAssignee {
				return "", &Invalid{"assignee", "the name of an account"}
			}
			x.Hazard.Assignee = c.Assignee
			data = c.Assignee + " until " + x.DueDay
		}
	}
	return data, nil
}

func (s *Service) deadline(x *Case, days int, now time.Time) error {
	end, day, err := Deadline(s.county(), x.Site, now, days)
	x.Due, x.DueDay = &end, day
	return err
}

func (s *Service) sheet(c *Check) *Sheet {
	for i := range s.sheets {
		if s.sheets[i].Topic == c.Topic && s.sheets[i].Version == c.Sheet {
			return &s.sheets[i]
		}
	}
	return nil
}

// change reads a case, checks that it is the one that was seen (rev 0: any), and changes it.
func (s *Service) change(ctx context.Context, p Person, kind Kind, id string, rev int64, now time.Time, fn func(Tx, *Case) error) (Case, error) {
	var out Case
	err := s.store.UpdateInspections(ctx, func(tx Tx) error {
		c, err := tx.Case(id)
		switch {
		case err != nil:
			return err
		case c.Kind != kind || !p.Allows(c.Site):
			return ErrNotFound
		case rev != 0 && rev != c.Rev:
			return &Conflict{c}
		}
		if err := fn(tx, &c); err != nil {
			return err
		}
		out = c
		return nil
	})
	out.judge(now)
	return out, err
}

// PlanOne plans an inspection that nobody drew.
func (s *Service) PlanOne(ctx context.Context, p Person, topic Topic, site event.SiteID, device event.DeviceID, now time.Time) (Case, error) {
	sheet, ok := newest(s.sheets, topic)
	if !ok {
		return Case{}, &Invalid{"topic", "one of camera, kitchen, guard"}
	}
	for _, sub := range Population(s.county(), topic, nil, p.Allows) {
		if sub.Site != site || sub.Device != device {
			continue
		}
		c := Case{
			Kind: KindInspection, Site: site, Township: sub.Township, Device: device,
			Check: &Check{Topic: topic, Sheet: sheet.Version, Answers: []Answer{}},
		}
		return c, s.store.UpdateInspections(ctx, func(tx Tx) error { return s.begin(tx, &c, Plan, p.Name, "", now.UTC()) })
	}
	return Case{}, &Invalid{"site", "a site, and for cameras a device, that has what is to be inspected"}
}

// IssueNotice makes a notice of a finished inspection's findings, due in so many working days.
func (s *Service) IssueNotice(ctx context.Context, p Person, id string, rev int64, days int, demand string, now time.Time) (Case, error) {
	now = now.UTC()
	demand = strings.TrimSpace(demand)
	if err := bounded("demand", demand, 0); err != nil {
		return Case{}, err
	}
	var notice Case
	_, err := s.change(ctx, p, KindInspection, id, rev, now, func(tx Tx, x *Case) error {
		if _, ok := Next(x.Kind, x.State, Serve); !ok || x.Check.Failed == 0 || x.Check.Notice != "" {
			return &NotAllowed{x.State, Serve}
		}
		n, err := s.compose(x, demand, days)
		if err != nil {
			return err
		}
		notice = Case{Kind: KindNotice, Site: x.Site, Township: x.Township, Device: x.Device, Notice: n}
		if err := s.deadline(&notice, days, now); err != nil {
			return err
		}
		if err := s.begin(tx, &notice, Issue, p.Name, x.ID+" until "+notice.DueDay, now); err != nil {
			return err
		}
		x.Check.Notice = notice.ID
		return move(tx, x, Serve, p.Name, "", notice.ID, now)
	})
	return notice, err
}

func (s *Service) compose(x *Case, demand string, days int) (*Notice, error) {
	sheet := s.sheet(x.Check)
	if sheet == nil {
		return nil, fmt.Errorf("form %s version %d is not known here", x.Check.Topic, x.Check.Sheet)
	}
	county := s.county()
	n := &Notice{Inspection: x.ID, Topic: x.Check.Topic, Issuer: county.Name, Demand: demand, Days: days, Round: 1}
	if site := county.Site(x.Site); site != nil {
		n.To = site.Name
	}
	for _, a := range x.Check.Answers {
		if a.Result == Bad {
			n.Findings = append(n.Findings, Finding{a.Item, sheet.item(a.Item).Text, a.Weight, a.Note})
		}
	}
	return n, nil
}

// ReportHazard enters a hidden danger into the ledger.
func (s *Service) ReportHazard(ctx context.Context, p Person, site event.SiteID, h Hazard, now time.Time) (Case, error) {
	c := Case{Kind: KindHazard, Site: site, Hazard: &Hazard{Text: strings.TrimSpace(h.Text), Place: strings.TrimSpace(h.Place), Weight: h.Weight}}
	where := s.county().Site(site)
	switch {
	case where == nil || !p.Allows(site):
		return Case{}, ErrNotFound
	case !h.Weight.valid():
		return Case{}, &Invalid{"weight", "one of general, serious, major"}
	case len(c.Hazard.Place) > 200:
		return Case{}, &Invalid{"place", "at most 200 bytes"}
	}
	if err := bounded("text", c.Hazard.Text, 1); err != nil {
		return Case{}, err
	}
	c.Township = where.Township
	return c, s.store.UpdateInspections(ctx, func(tx Tx) error { return s.begin(tx, &c, Report, p.Name, "", now.UTC()) })
}

// AddPicture adds a picture to a case; item names what it shows of an inspection.
func (s *Service) AddPicture(ctx context.Context, p Person, kind Kind, id string, pic Picture, data []byte, now time.Time) (Case, Picture, error) {
	now = now.UTC()
	pic.Type, pic.Bytes, pic.By, pic.At = http.DetectContentType(data), len(data), p.Name, now
	switch {
	case len(data) == 0 || len(data) > MaxPicture:
		return Case{}, pic, &Invalid{"picture", fmt.Sprintf("1 to %d bytes", MaxPicture)}
	case pic.Type != "image/jpeg" && pic.Type != "image/png" && pic.Type != "image/webp":
		return Case{}, pic, &Invalid{"picture", "a JPEG, PNG or WebP picture"}
	case !event.ValidLine(pic.Note, 200):
		return Case{}, pic, &Invalid{"note", "at most 200 characters on one line"}
	}
	sum := sha256.Sum256(data)
	pic.SHA256 = hex.EncodeToString(sum[:])
	c, err := s.change(ctx, p, kind, id, 0, now, func(tx Tx, x *Case) error {
		if x.Pictures >= MaxPictures {
			return &Invalid{"picture", fmt.Sprintf("at most %d pictures of one case", MaxPictures)}
		}
		if pic.Item != "" {
			if x.Check == nil || s.sheet(x.Check) == nil || s.sheet(x.Check).item(pic.Item) == nil {
				return &Invalid{"item", "an item of the inspection's form, or nothing"}
			}
		}
		x.Pictures++
		if err := move(tx, x, Attach, p.Name, pic.Note, pic.SHA256, now); err != nil {
			return err
		}
		pic.N = x.Rev
		return tx.PutPicture(x.ID, pic, data)
	})
	return c, pic, err
}

// Pictures lists a case's pictures, oldest first.
func (s *Service) Pictures(ctx context.Context, id string) ([]Picture, error) {
	return s.store.Pictures(ctx, id)
}

// Picture returns a picture, and notes in the audit who has seen it: it may show children.
func (s *Service) Picture(ctx context.Context, id string, n int64, by string, now time.Time) (Picture, []byte, error) {
	pic, data, err := s.store.CasePicture(ctx, id, n)
	if err != nil {
		return pic, nil, err
	}
	return pic, data, s.store.UpdateInspections(ctx, func(tx Tx) error {
		return tx.Log(now.UTC(), by, "evidence.read", fmt.Sprintf("%s/%d", id, n), "")
	})
}
