package alarm_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/store"
	"github.com/campusgate/campusgate/gateway/event"
)

// desk is a desk on which anything may happen, and what must be true of it.
type desk struct {
	t    *testing.T
	rt   *rapid.T
	path string
	db   *store.Store
	s    *alarm.Service
	seen *recorder
	now  time.Time
	seq  uint64
	// raised is the newest revision of each anomaly, done which of them have ended.
	raised map[string]uint32
	done   map[string]bool
}

func (d *desk) ok(err error) {
	d.rt.Helper()
	if err != nil {
		d.rt.Fatal(err)
	}
}

// begin starts the service on what the database has, as a restart does.
func (d *desk) begin() {
	if d.db != nil {
		d.ok(d.db.Close())
	}
	var err error
	d.db, err = store.Open(d.t.Context(), d.path)
	d.ok(err)
	d.s, d.seen = alarm.New(d.db), &recorder{}
	d.ok(d.s.Attach(d.t.Context(), d.seen))
}

func (d *desk) anomaly(rt *rapid.T) {
	// Three anomalies of each of three devices: they join, and come back.
	device := rapid.SampledFrom([]string{"p", "a", "m"}).Draw(rt, "device")
	id := device + rapid.SampledFrom([]string{"1", "2", "3"}).Draw(rt, "id")
	d.raised[id]++
	state := event.Raised
	if d.raised[id] > 1 {
		state = rapid.SampledFrom([]event.AnomalyState{event.Updated, event.Cleared}).Draw(rt, "state")
	}
	a := anomaly(id, d.raised[id], state, func(a *event.Anomaly) {
		a.Device = event.DeviceID(device)
		a.Severity = rapid.SampledFrom(event.Severities()).Draw(rt, "severity")
		a.Momentary = device == "m"
		a.Count = rapid.IntRange(0, 3).Draw(rt, "count")
		a.Late = rapid.IntRange(0, 5).Draw(rt, "late") == 0
		a.StartedAt, a.UpdatedAt = d.now.Add(-time.Minute), d.now
		if device != "p" && rapid.Bool().Draw(rt, "caused") {
			a.CausedBy = "p1"
		}
	})
	d.done[id] = a.Momentary || state == event.Cleared
	d.seq++
	for range rapid.IntRange(1, 2).Draw(rt, "deliveries") {
		d.ok(d.s.Apply(d.t.Context(), "stream", []alarm.Incoming{{Seq: d.seq, Anomaly: a}}, d.now))
	}
}

func (d *desk) act(rt *rapid.T) {
	all, _, err := d.s.Alarms(d.t.Context(), alarm.Query{AllSites: true, State: "all"})
	d.ok(err)
	if len(all) == 0 {
		return
	}
	a := all[rapid.IntRange(0, len(all)-1).Draw(rt, "alarm")]
	c := alarm.Command{
		ID: a.ID, Action: rapid.SampledFrom(alarm.Actions()).Draw(rt, "action"),
		By:       rapid.SampledFrom([]string{"x", "y"}).Draw(rt, "by"),
		Note:     rapid.SampledFrom([]string{"", "because"}).Draw(rt, "note"),
		Until:    d.now.Add(time.Duration(rapid.IntRange(-1, 30).Draw(rt, "until")) * time.Minute),
		Assignee: rapid.SampledFrom([]string{"", "x", "Y Y"}).Draw(rt, "assignee"),
		Rev:      a.Rev - int64(rapid.IntRange(0, 1).Draw(rt, "stale")),
		Allows:   anyone,
	}
	after, err := d.s.Act(d.t.Context(), c, d.now)
	switch {
	case err != nil && !alarm.IsRefusal(err):
		rt.Fatal(err)
	case err == nil && c.Rev != a.Rev && c.Rev != 0 && after.Rev != a.Rev:
		rt.Fatalf("%s on revision %d changed revision %d", c.Action, c.Rev, a.Rev)
	}
	if rapid.IntRange(0, 9).Draw(rt, "evidence") == 0 {
		lat := 30.0
		_, _, err := d.s.AddEvidence(d.t.Context(), alarm.Evidence{ID: a.ID, By: "x", Lat: &lat, Lon: &lat, Allows: anyone}, d.now)
		if err != nil && !alarm.IsRefusal(err) {
			rt.Fatal(err)
		}
	}
}

func (d *desk) window(rt *rapid.T) {
	windows, err := d.s.Windows(d.t.Context(), false)
	d.ok(err)
	if len(windows) > 0 && rapid.Bool().Draw(rt, "end") {
		_, err := d.s.EndWindow(d.t.Context(), windows[0].ID, windows[0].Rev, "x", d.now)
		d.ok(err)
		return
	}
	to := d.now.Add(time.Duration(rapid.IntRange(1, 60).Draw(rt, "minutes")) * time.Minute)
	w := alarm.Window{Site: "s001", Device: event.DeviceID(rapid.SampledFrom([]string{"", "a", "p"}).Draw(rt, "device")), From: &d.now, To: &to, Reason: "r"}
	_, err = d.s.PutWindow(d.t.Context(), w, "x", d.now)
	d.ok(err)
}

func (d *desk) time(rt *rapid.T) {
	d.now = d.now.Add(time.Duration(rapid.SampledFrom([]int{1, 10, 60, 600, 1200}).Draw(rt, "seconds")) * time.Second)
	d.ok(d.s.Expire(d.t.Context(), d.now))
	all, _, err := d.s.Alarms(d.t.Context(), alarm.Query{AllSites: true})
	d.ok(err)
	for _, a := range all {
		for _, end := range []*time.Time{a.ShelvedUntil, a.SuppressedUntil} {
			if end != nil && !end.After(d.now) {
				rt.Fatalf("alarm %s is %s until %s at %s", a.ID, a.State, end, d.now)
			}
		}
	}
}

// Whatever happens in whatever order, restarts included: replaying the audit gives what is
// stored, sinks show exactly the open alarms, every anomaly has its alarm, and none is
// acknowledged or closed but by somebody who knew of its last raise.
func TestAuditReplaysToState(t *testing.T) {
	t.Parallel()
	dir, run := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		d := &desk{
			t: t, rt: rt, path: filepath.Join(dir, fmt.Sprintf("%d.db", run)), now: start(),
			raised: map[string]uint32{}, done: map[string]bool{},
		}
		d.begin()
		defer func() { d.ok(d.db.Close()) }()
		rt.Repeat(map[string]func(*rapid.T){
			"anomaly": d.anomaly, "anomaly again": d.anomaly, "act": d.act, "act again": d.act, "window": d.window, "time": d.time,
			"restart": func(*rapid.T) { d.begin() },
		})
		d.check()
	})
}

func (d *desk) check() {
	all, _, err := d.s.Alarms(d.t.Context(), alarm.Query{AllSites: true, State: "all"})
	d.ok(err)
	open := 0
	for i := range all {
		a := &all[i]
		_, audit, err := d.s.Alarm(d.t.Context(), a.ID)
		d.ok(err)
		d.replay(a, audit)
		d.knew(a, audit)
		if !a.State.Open() {
			continue
		}
		open++
		if shown, ok := d.seen.open[a.ID]; !ok || shown.State != a.State || shown.Rev != a.Rev || shown.Rank != a.Rank {
			d.rt.Fatalf("alarm %s: stored %s revision %d, shown %s revision %d", a.ID, a.State, a.Rev, shown.State, shown.Rev)
		}
	}
	if open != len(d.seen.open) {
		d.rt.Fatalf("%d alarms shown, %d open", len(d.seen.open), open)
	}
	standing := map[string]bool{}
	d.ok(d.db.Update(d.t.Context(), func(tx alarm.Tx) error {
		for id, rev := range d.raised {
			a, src, err := tx.Source(id)
			if err != nil {
				d.rt.Fatalf("anomaly %s has no alarm: %v", id, err)
			}
			if src.Rev != rev || src.Standing == d.done[id] || string(a.Device) != id[:1] {
				d.rt.Fatalf("anomaly %s at revision %d, ended %v: %+v of %s", id, rev, d.done[id], src, a.Device)
			}
			standing[a.ID] = standing[a.ID] || src.Standing
		}
		return nil
	}))
	for _, a := range all {
		if a.Standing != standing[a.ID] {
			d.rt.Fatalf("alarm %s stands: %v, its anomalies: %v", a.ID, a.Standing, standing[a.ID])
		}
	}
	if _, err := store.Verify(d.t.Context(), d.path); err != nil {
		d.rt.Fatal(err)
	}
}

// replay makes the alarm from its audit alone.
func (d *desk) replay(a *alarm.Alarm, audit []alarm.Entry) {
	var made alarm.Alarm
	made.State = alarm.Normal
	for i, e := range audit {
		if e.N != int64(i+1) || e.From != made.State || !slices.ContainsFunc(alarm.Transitions(), func(t alarm.Transition) bool {
			return t.From == e.From && t.Action == e.Action && t.To == e.To
		}) {
			d.rt.Fatalf("alarm %s: entry %d is %+v after state %s", a.ID, i, e, made.State)
		}
		made.State, made.Rev = e.To, e.N
		end := func() *time.Time {
			_, text, ok := strings.Cut(e.Data, "until ")
			if !ok {
				return nil
			}
			t, err := time.Parse(time.RFC3339Nano, text)
			d.ok(err)
			return &t
		}
		if e.To != alarm.Shelved {
			made.ShelvedUntil = nil
		}
		if e.To != alarm.Suppressed {
			made.Suppression, made.SuppressedUntil = "", nil
		}
		switch e.Action {
		case alarm.Ack:
			made.AckedBy = e.By
		case alarm.Raise:
			made.AckedBy = ""
		case alarm.Reraise:
			made.AckedBy, made.Verdict = "", ""
		case alarm.Assign:
			made.Assignee = e.Data
		case alarm.FalseAlarm:
			made.Verdict = alarm.VerdictFalseAlarm
		case alarm.NeedHelp:
			made.Verdict = alarm.VerdictNeedHelp
		case alarm.Confirm:
			made.Verdict = alarm.VerdictConfirmed
		case alarm.Attach:
			made.Attachments++
		case alarm.Shelve:
			made.ShelvedUntil = end()
		case alarm.Suppress:
			made.Suppression, made.SuppressedUntil = alarm.Suppression(strings.Fields(e.Data)[0]), end()
		}
		if e.To == alarm.Unack && e.From != alarm.Unack {
			made.AckedBy = ""
		}
	}
	same := func(x, y *time.Time) bool { return x == nil && y == nil || x != nil && y != nil && x.Equal(*y) }
	if made.State != a.State || made.Rev != a.Rev || made.Assignee != a.Assignee || made.Verdict != a.Verdict || made.AckedBy != a.AckedBy ||
		made.Attachments != a.Attachments || made.Suppression != a.Suppression || !same(made.ShelvedUntil, a.ShelvedUntil) {
		d.rt.Fatalf("alarm %s: replayed %+v, stored %+v", a.ID, made, *a)
	}
	// While it chatters on, the end moves with each raise.
	if !same(made.SuppressedUntil, a.SuppressedUntil) && (a.Suppression != alarm.ForChatter || a.SuppressedUntil.Before(*made.SuppressedUntil)) {
		d.rt.Fatalf("alarm %s: suppressed until %v, stored %v", a.ID, made.SuppressedUntil, a.SuppressedUntil)
	}
}

// knew holds that an alarm is acknowledged, or gone after it was shown, only because of
// what somebody did after it was last put before people.
func (d *desk) knew(a *alarm.Alarm, audit []alarm.Entry) {
	pending := false // shown, and nobody has done anything about it
	for _, e := range audit {
		switch {
		case e.To == alarm.Unack && (e.Action == alarm.Raise || e.Action == alarm.Reraise):
			pending = true
		case e.By != alarm.System && slices.Contains([]alarm.Action{alarm.Ack, alarm.Close, alarm.Shelve, alarm.OutOfService}, e.Action):
			pending = false
		case e.Action == alarm.Suppress && strings.HasPrefix(e.Data, "cause"):
			pending = false // its cause is before people instead
		}
	}
	if pending && (a.State == alarm.Acked || a.State == alarm.Normal) {
		d.rt.Fatalf("alarm %s is %s, and nobody knew of its last raise: %+v", a.ID, a.State, audit)
	}
	if a.State == alarm.Acked && a.AckedBy == "" || a.State == alarm.Unack && a.AckedBy != "" {
		d.rt.Fatalf("alarm %s is %s, acknowledged by %q", a.ID, a.State, a.AckedBy)
	}
	if (a.State == alarm.Suppressed) != (a.Suppression != "") || (a.State == alarm.Shelved) != (a.ShelvedUntil != nil) {
		d.rt.Fatalf("alarm %s: %+v", a.ID, *a)
	}
}
