package scenario_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/adapters"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/simulator"
	"github.com/campusgate/campusgate/configs/counties"
	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/store"
	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
)

// whole plays whole days and many seeds: go test ./cmd/campusgate/scenario -whole.
var whole = flag.Bool("whole", false, "play whole days and many seeds")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// demo is the demo's county: 86 schools, 1,962 cameras, 53 buses.
func demo(t testing.TB) *event.County {
	t.Helper()
	var c event.County
	if err := yaml.NewDecoder(bytes.NewReader(counties.Demo()), yaml.Strict()).Decode(&c); err != nil {
		t.Fatal(err)
	}
	index(t, &c)
	return &c
}

func index(t testing.TB, c *event.County) {
	t.Helper()
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
}

// clock is a time of Tuesday, 24 November 2026, in the county's zone.
func clock(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, "2026-11-24T"+s+"+08:00")
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

// told is an alarm that was put before people.
type told struct {
	at   time.Time
	rule string
	site event.SiteID
	dev  event.DeviceID
}

func (c told) String() string {
	return fmt.Sprintf("%s %s %s/%s", c.at.In(time.FixedZone("", 8*3600)).Format("15:04:05"), c.rule, c.site, c.dev)
}

// world is a county at work, its detectors and its alarm desk. It is a sink of the desk.
type world struct {
	t       testing.TB
	county  *event.County
	traffic *simulator.Traffic
	decoder payload.Decoder
	engine  *detect.Engine
	desk    *alarm.Service
	close   func()
	path    string
	now     time.Time
	pending *simulator.Message
	seq     uint64
	kept    map[string][]byte // what the journal would hold of the detectors

	announced []told
	raised    []told // likewise, and what counted up an alarm that was before people already
	open      map[string]alarm.Alarm
	messages  int
	// restarts draws when both programs end and begin anew; nil never.
	restarts  *rand.Rand
	restarted int
}

func newWorld(t testing.TB, c *event.County, seed uint64, from string, incidents ...simulator.Incident) *world {
	t.Helper()
	script := &simulator.Script{Incidents: incidents}
	if err := script.Check(c); err != nil {
		t.Fatal(err)
	}
	start := clock(t, from)
	w := &world{
		t: t, county: c, traffic: simulator.NewTraffic(c, script, simulator.TrafficConfig{Seed: seed, Speed: 1}, start),
		decoder: adapters.Campus(), path: filepath.Join(t.TempDir(), "dashboard.db"), now: start, kept: map[string][]byte{},
	}
	w.begin()
	t.Cleanup(func() { w.close() })
	return w
}

// begin starts detectors and desk from what was stored.
func (w *world) begin() {
	var err error
	if w.engine, err = detect.New(detect.DefaultConfig(), w.county); err != nil {
		w.t.Fatal(err)
	}
	for key, value := range w.kept {
		if err := w.engine.Restore(key, value); err != nil {
			w.t.Fatal(err)
		}
	}
	s, err := store.Open(w.t.Context(), w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	w.close = func() {
		if err := s.Close(); err != nil {
			w.t.Error(err)
		}
	}
	w.desk = alarm.New(s, alarm.InCounty(func() *event.County { return w.county }))
	if err := w.desk.Attach(w.t.Context(), w); err != nil {
		w.t.Fatal(err)
	}
}

// Reset takes the open alarms.
func (w *world) Reset(open []alarm.Alarm) {
	w.open = map[string]alarm.Alarm{}
	for _, a := range open {
		w.open[a.ID] = a
	}
}

// Changed notes what people are told.
func (w *world) Changed(changes []alarm.Change) {
	for i := range changes {
		c := &changes[i]
		what := told{w.now, c.Alarm.Rule, c.Alarm.Site, c.Alarm.Device}
		again := c.Action == alarm.Reraise && c.Alarm.State == alarm.Unack
		if c.Announces() {
			w.announced = append(w.announced, what)
		}
		if c.Announces() || again {
			w.raised = append(w.raised, what)
		}
		if c.Alarm.State.Open() {
			w.open[c.Alarm.ID] = c.Alarm
		} else {
			delete(w.open, c.Alarm.ID)
		}
	}
}

// run lets the county work until a time. What is found within a second is taken in at its
// end.
func (w *world) run(to string) *world {
	w.t.Helper()
	end := clock(w.t, to)
	var found []event.Anomaly
	for w.now.Before(end) {
		second := w.now.Add(time.Second)
		found = found[:0]
		for {
			if w.pending == nil {
				m, ok := w.traffic.Next(time.Time{})
				if !ok {
					break
				}
				w.pending = &m
			}
			m := w.pending
			received := m.At.Add(15 * time.Millisecond)
			if received.After(second) {
				break
			}
			w.pending = nil
			w.messages++
			events, err := w.decoder.Decode(nil, payload.Message{Topic: m.Topic, Payload: m.Payload, Received: received}, event.Clock{})
			if err != nil {
				continue // as the script wants it
			}
			for i := range events {
				found = w.engine.Process(&events[i], found)
			}
		}
		w.now = second
		found = w.engine.Advance(second, found)
		w.take(found)
		if w.restarts != nil && w.restarts.IntN(600) == 0 {
			w.restart()
		}
	}
	return w
}

func (w *world) take(found []event.Anomaly) {
	in := make([]alarm.Incoming, 0, len(found))
	for i := range found {
		w.seq++
		in = append(in, alarm.Incoming{Seq: w.seq, Anomaly: &found[i]})
	}
	if err := w.desk.Apply(w.t.Context(), "scenario", in, w.now); err != nil {
		w.t.Fatal(err)
	}
	if err := w.desk.Expire(w.t.Context(), w.now); err != nil {
		w.t.Fatal(err)
	}
}

// restart ends both programs and begins them anew.
func (w *world) restart() {
	w.restarted++
	put, del := w.engine.Dirty()
	for _, key := range del {
		delete(w.kept, key)
	}
	for key, value := range put {
		w.kept[key] = slices.Clone(value)
	}
	w.close()
	w.begin()
}

// list is what operators have before them.
func (w *world) list() []string {
	var out []string
	for _, a := range w.open {
		if a.State != alarm.Suppressed {
			out = append(out, fmt.Sprintf("%s %s/%s", a.Rule, a.Site, a.Device))
		}
	}
	slices.Sort(out)
	return out
}

func (w *world) suppressed() int {
	n := 0
	for _, a := range w.open {
		if a.State == alarm.Suppressed {
			n++
		}
	}
	return n
}

func (w *world) wantList(what string, want ...string) {
	w.t.Helper()
	if got := w.list(); !slices.Equal(got, want) {
		w.t.Errorf("%s: on the list %q, want %q", what, got, want)
	}
}

func (w *world) wantTold(rules ...string) {
	w.t.Helper()
	var got, lines []string
	for _, a := range w.announced {
		got, lines = append(got, a.rule), append(lines, a.String())
	}
	if !slices.Equal(got, rules) {
		w.t.Errorf("people were told %q, want %q:\n\t%s", got, rules, strings.Join(lines, "\n\t"))
	}
}
