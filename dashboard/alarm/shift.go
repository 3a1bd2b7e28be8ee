package alarm

import (
	"context"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

const (
	maxShiftRows = 500 // of each list of a digest
	// MaxShift is the longest watch.
	MaxShift = 48 * time.Hour
)

// ShiftNote is something that somebody did in the watch, worth handing over.
type ShiftNote struct {
	Alarm  string         `json:"alarm"`
	Site   event.SiteID   `json:"site"`
	Device event.DeviceID `json:"device"`
	Rule   string         `json:"rule"`
	Text   event.Text     `json:"text"`
	At     time.Time      `json:"at"`
	By     string         `json:"by"`
	Action Action         `json:"action"`
	From   State          `json:"from"`
	To     State          `json:"to"`
	Note   string         `json:"note"`
	Data   string         `json:"data"`
}

// Shift is what one watch hands over to the next.
type Shift struct {
	Period
	At time.Time `json:"at" doc:"When the digest was made; the lists are of this time."`
	// Counts of all; the lists below are cut at 500 rows each, what to do first first.
	Counts map[State]int `json:"counts"`
	Unack  []Alarm       `json:"unack" doc:"Also those whose condition is over."`
	Acked  []Alarm       `json:"acked"`
	// Shelved come back at shelved_until, the first first.
	Shelved    []Alarm             `json:"shelved"`
	Suppressed map[Suppression]int `json:"suppressed"`
	OOS        []Alarm             `json:"out_of_service"`
	// What changed in the watch.
	Actions     map[Action]int `json:"actions" doc:"Steps in the watch, by action."`
	Raised      int            `json:"raised"`
	Closed      int            `json:"closed" doc:"Alarms that became normal."`
	Worse       int            `json:"needs_help" doc:"Calls for help."`
	Notes       []ShiftNote    `json:"notes" doc:"What people did, newest first."`
	Maintenance []WindowSpans  `json:"maintenance" doc:"Windows of the watch and of the 24 hours after it."`
	Flood       Flood          `json:"flood"`
	// Audit is the end of the audit's chain: noted with the digest, it proves later that
	// nothing before it was changed.
	Audit AuditHead `json:"audit"`
}

// AuditHead is the last number of the audit's chain, and its hash.
type AuditHead struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
}

// Shift makes the digest of a watch, for some sites or all.
func (s *Service) Shift(ctx context.Context, sites []event.SiteID, all bool, span Period, now time.Time) (Shift, error) {
	out := Shift{Period: Period{span.From.UTC(), span.To.UTC()}, At: now.UTC(), Actions: map[Action]int{}, Notes: []ShiftNote{}, Maintenance: []WindowSpans{}}
	q := Query{Sites: sites, AllSites: all, Limit: maxShiftRows, Sort: ByRank}
	list := func(into *[]Alarm, sort Sort, states ...State) error {
		*into = []Alarm{}
		for _, state := range states {
			q := q
			q.State, q.Sort = string(state), sort
			rows, _, err := s.store.Alarms(ctx, q)
			if err != nil {
				return err
			}
			*into = append(*into, rows...)
		}
		return nil
	}
	tally, err := s.store.Tally(ctx, q, now.Add(-staleAfter))
	if err != nil {
		return out, err
	}
	out.Counts, out.Suppressed = tally.States, tally.Suppressed
	for _, l := range []func() error{
		func() error { return list(&out.Unack, ByRank, Unack, RtnUnack) },
		func() error { return list(&out.Acked, ByRank, Acked) },
		func() error { return list(&out.Shelved, ByShelvedUntil, Shelved) },
		func() error { return list(&out.OOS, ByRank, OOS) },
	} {
		if err := l(); err != nil {
			return out, err
		}
	}
	if err := s.store.Steps(ctx, q, span.From, span.To, func(step *Step) error { out.step(step); return nil }); err != nil {
		return out, err
	}
	for i, j := 0, len(out.Notes)-1; i < j; i, j = i+1, j-1 {
		out.Notes[i], out.Notes[j] = out.Notes[j], out.Notes[i]
	}
	if out.Maintenance, err = s.WindowsOn(ctx, span.From, span.To.Add(24*time.Hour)); err != nil {
		return out, err
	}
	if out.Flood, err = s.Flood(ctx, now); err != nil {
		return out, err
	}
	out.Audit, err = s.store.AuditHead(ctx)
	return out, err
}

func (o *Shift) step(s *Step) {
	o.Actions[s.Action]++
	if s.announces() {
		o.Raised++
	}
	if s.To == Normal && s.From != Normal {
		o.Closed++
	}
	if s.Action == NeedHelp {
		o.Worse++
	}
	if s.By == System {
		return
	}
	if len(o.Notes) == maxShiftRows {
		o.Notes = o.Notes[1:] // the newest are kept
	}
	o.Notes = append(o.Notes, ShiftNote{s.AlarmID, s.Site, s.Device, s.Rule, s.Text, s.At, s.By, s.Action, s.From, s.To, s.Note, s.Data})
}
