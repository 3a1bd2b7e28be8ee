package guard

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// PassEntry asks that a pupil may leave in class hours.
type PassEntry struct {
	Pupil  string    `json:"pupil" required:"false" doc:"The pupil's pseudonym at the gate, when it is known."`
	Name   string    `json:"name"`
	Class  string    `json:"class"`
	Reason string    `json:"reason"`
	Until  time.Time `json:"until" doc:"When the approval ends."`
}

// Tidy takes away what people type around words.
func (p *PassEntry) Tidy() {
	for _, s := range []*string{&p.Pupil, &p.Name, &p.Class, &p.Reason} {
		*s = strings.TrimSpace(*s)
	}
}

// MaxPass bounds how long an approval lasts.
const MaxPass = 12 * time.Hour

// Check returns every fault of an entry that begins at a time.
func (p *PassEntry) Check(at time.Time) error {
	return errors.Join(needed("name", p.Name, maxName), needed("class", p.Class, maxName), needed("reason", p.Reason, maxText), short("pupil", p.Pupil, 64),
		fault(p.Until.After(at) && !p.Until.After(at.Add(MaxPass)), "until", "a time within 12 hours from now"))
}

// Confirmation is the word of a guardian or of a class teacher.
type Confirmation struct {
	Name string    `json:"name"`
	How  string    `json:"how" enum:"phone,present,written"`
	By   string    `json:"by" doc:"The account that wrote it down."`
	At   time.Time `json:"at"`
}

// Check returns every fault.
func (c *Confirmation) Check() error {
	return errors.Join(needed("name", c.Name, maxName),
		fault(slices.Contains([]string{"phone", "present", "written"}, c.How), "how", "phone, present or written"))
}

// Pass is a pupil's leave, from the asking to the gate.
type Pass struct {
	PassEntry
	Guardian *Confirmation `json:"guardian"`
	Teacher  *Confirmation `json:"teacher"`
	Denied   string        `json:"denied" doc:"Why it was denied; empty: it was not."`
}

// Who confirms. Words are sent.
const (
	ByGuardian = "guardian"
	ByTeacher  = "teacher"
)

// Confirm takes a confirmation in. One person cannot give both, and each is given once.
func (p *Pass) Confirm(who string, c Confirmation) error {
	if p.Denied != "" {
		return &NotAllowed{"the leave was denied"}
	}
	mine, other := &p.Guardian, p.Teacher
	if who == ByTeacher {
		mine, other = &p.Teacher, p.Guardian
	}
	if *mine != nil {
		return &NotAllowed{"this was confirmed before"}
	}
	if other != nil && strings.EqualFold(other.Name, c.Name) {
		return &Invalid{"name", "another person than the one who confirmed already"}
	}
	*mine = &c
	return nil
}

// Approved reports whether the pupil may go at a time: both said yes, nobody said no, and
// the time has not passed.
func (p *Pass) Approved(at time.Time) bool {
	return p.Guardian != nil && p.Teacher != nil && p.Denied == "" && !at.After(p.Until)
}

// Bounds of the time at which a leave covers a passage at the gate.
const (
	askedAfter = 2 * time.Hour    // it may be asked for when the pupil has gone already
	goneAfter  = 10 * time.Minute // the gate may see the pupil after the guard wrote it down
)

// Covers reports whether a leave covers a passage of its pupil at a time.
func Covers(r *Row[Pass], at time.Time) bool {
	p := &r.Entry
	return p.Guardian != nil && p.Teacher != nil && p.Denied == "" && !at.After(p.Until) && !at.Before(r.At.Add(-askedAfter)) &&
		(r.EndedAt == nil || !at.After(r.EndedAt.Add(goneAfter)))
}

// Masked hides what the screen does not need.
func (p Pass) Masked() Pass {
	p.Name, p.Reason, p.Denied = MaskName(p.Name), maskText(p.Reason), maskText(p.Denied)
	p.Guardian, p.Teacher = p.Guardian.masked(), p.Teacher.masked()
	return p
}

func (c *Confirmation) masked() *Confirmation {
	if c == nil {
		return nil
	}
	out := *c
	out.Name = MaskName(c.Name)
	return &out
}
