package guard

import (
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Rules of the alarms made here. Words are stored and sent: never rename.
const (
	RulePostEmpty   = "post_empty"
	RuleUncertified = "guard_uncertified"
	RuleWatchHit    = "watch_list_hit"
	RuleHelp        = "emergency_call" // as a button's
	RuleFever       = "fever"          // as one that a gate measured
	// RulePupilOut is raised by gateways: a pupil went out in class hours, and the gate
	// knew of no approval.
	RulePupilOut = "pupil_out_unapproved"
)

// standingRules end by themselves; the others are momentary.
func standingRules() []string { return []string{RulePostEmpty, RuleUncertified} }

// Stretch is a time from (included) to (excluded).
type Stretch struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Slot is a time when a post is to be manned.
type Slot struct {
	Stretch
	Post string `json:"post" enum:"arrival,departure"`
}

// Duty is a time that somebody is on duty.
type Duty struct {
	ID      string
	Site    event.SiteID
	Stretch // To is far ahead while it lasts
	DutyEntry
}

// Slots are the posts of a site on local's day; none on a day without school.
func (c Config) Slots(h event.Hours, local time.Time) []Slot {
	if !h.SchoolDay(local) {
		return nil
	}
	begin, end := h.On(local, h.ClassFrom), h.On(local, h.ClassTo)
	if begin.IsZero() || end.IsZero() {
		return nil
	}
	return []Slot{
		{Stretch{begin.Add(-c.ArrivalBefore), begin}, PostArrival},
		{Stretch{end.Add(-c.DepartureBefore), end.Add(c.DepartureAfter)}, PostDeparture},
	}
}

// Gaps are the times of a slot in which the post stood empty for longer than the grace,
// each from the end of the grace. The last one's end is the slot's, whatever the time is.
func (c Config) Gaps(s Slot, duties []Duty) []Stretch {
	var on []Stretch
	for i := range duties {
		if duties[i].Post == s.Post && duties[i].To.After(s.From) && duties[i].From.Before(s.To) && duties[i].To.After(duties[i].From) {
			on = append(on, duties[i].Stretch)
		}
	}
	slices.SortFunc(on, func(a, b Stretch) int { return a.From.Compare(b.From) })
	on = append(on, Stretch{s.To, s.To})
	var out []Stretch
	at := s.From
	for _, d := range on {
		if d.From.Sub(at) > c.Grace {
			out = append(out, Stretch{at.Add(c.Grace), d.From})
		}
		if d.To.After(at) {
			at = d.To
		}
	}
	return out
}

// Facts are what alarms that stand are judged by.
type Facts struct {
	County       *event.County
	Duties       []Duty // of today and yesterday
	Certificates map[string]Certificate
	// First is when a site's post was first reported as manned.
	First map[event.SiteID]time.Time
}

// Certificate is one that is in force, with the site where it is.
type Certificate struct {
	Site event.SiteID
	CertificateEntry
}

// Judge returns the anomalies that stand now: empty posts, and guards on duty without a
// valid certificate. Their ids follow from what they are about, so the same facts make the
// same anomalies whenever they are judged.
func (c Config) Judge(f Facts, now time.Time) []event.Anomaly {
	local := now.In(f.County.Location())
	bySite := map[event.SiteID][]Duty{}
	for _, d := range f.Duties {
		bySite[d.Site] = append(bySite[d.Site], d)
	}
	var out []event.Anomaly
	for i := range f.County.Sites {
		s := &f.County.Sites[i]
		first, used := f.First[s.ID]
		if s.PolicePost && (c.Posts == PostsAll || c.Posts == PostsUsed && used) {
			for _, slot := range c.Slots(s.Hours, local) {
				if c.Posts == PostsUsed && slot.To.Before(first) {
					continue // it began later
				}
				for _, g := range c.Gaps(slot, bySite[s.ID]) {
					if !now.Before(g.From) && now.Before(g.To) {
						out = append(out, c.empty(s.ID, slot, g.From))
					}
				}
			}
		}
		for _, d := range bySite[s.ID] {
			if !d.Police && !now.Before(d.From) && now.Before(d.To) && !certified(f.Certificates, d, local) {
				out = append(out, uncertified(d))
			}
		}
	}
	return out
}

// certified reports whether somebody on duty has a certificate that is valid and their own.
func certified(known map[string]Certificate, d Duty, local time.Time) bool {
	c, ok := known[d.Certificate]
	return ok && c.Site == d.Site && strings.EqualFold(strings.TrimSpace(c.Person), strings.TrimSpace(d.Person)) && c.Valid(local)
}

func raised(site event.SiteID, rule, about string, severity event.Severity, at time.Time, text event.Text) event.Anomaly {
	return event.Anomaly{
		ID: event.AnomalyID(site, event.DeviceID(about), rule, at), Rule: rule, Site: site, Severity: severity,
		State: event.Raised, Revision: 1, StartedAt: at.UTC(), UpdatedAt: at.UTC(), Text: text,
	}
}

func (c Config) empty(site event.SiteID, s Slot, at time.Time) event.Anomaly {
	text := event.Text{ZH: "上学时段护学岗无人在岗", EN: "The police post stands empty at arrival"}
	if s.Post == PostDeparture {
		text = event.Text{ZH: "放学时段护学岗无人在岗", EN: "The police post stands empty at departure"}
	}
	return raised(site, RulePostEmpty, s.Post, event.SeverityHigh, at, text)
}

func uncertified(d Duty) event.Anomaly {
	return raised(d.Site, RuleUncertified, d.ID, event.SeverityWarning, d.From,
		event.Text{ZH: "在岗保安员没有有效的保安员证", EN: "A guard on duty has no valid certificate"})
}

// help is the anomaly of a call for help.
func help(r *Record) event.Anomaly {
	a := raised(r.Site, RuleHelp, r.ID, event.SeverityCritical, r.At, event.Text{ZH: "门卫呼叫支援", EN: "The guard calls for help"})
	a.Momentary, a.Kind = true, event.KindGate
	return a
}
