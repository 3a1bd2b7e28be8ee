package ingest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

func nanos(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// arrival is one event: its number, when it was observed, in seconds after noon.
type arrival struct {
	seq      uint64
	second   float64
	again    bool // redelivered by the broker
	backfill bool
	retained bool
}

func feed(l *ledger, arrivals ...arrival) {
	for _, a := range arrivals {
		at := noon.Add(time.Duration(a.second * float64(time.Second)))
		l.observe([]event.Event{{
			Site: "s", Device: "d", Kind: event.KindGate, Seq: a.seq, ObservedAt: at, ReceivedAt: at.Add(time.Millisecond),
			Backfill: a.backfill, Retained: a.retained,
		}}, []bool{a.again})
	}
}

func TestLossLedger(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arrivals             []arrival
		lost, restarts, high uint64
	}{
		"no gap":                       {[]arrival{{seq: 1}, {seq: 2, second: 1}, {seq: 3, second: 2}}, 0, 0, 3},
		"first number is no gap":       {[]arrival{{seq: 500}}, 0, 0, 500},
		"a gap":                        {[]arrival{{seq: 1}, {seq: 5, second: 1}}, 3, 0, 5},
		"filled late":                  {[]arrival{{seq: 1}, {seq: 5, second: 9}, {seq: 3, second: 5}}, 2, 0, 5},
		"filled wholly":                {[]arrival{{seq: 1}, {seq: 4, second: 9}, {seq: 2, second: 5}, {seq: 3, second: 6}}, 0, 0, 4},
		"filled twice":                 {[]arrival{{seq: 1}, {seq: 5, second: 9}, {seq: 3, second: 5}, {seq: 3, second: 5}}, 2, 0, 5},
		"filled by backfill":           {[]arrival{{seq: 1}, {seq: 3, second: 9}, {seq: 2, second: 5, backfill: true}}, 0, 0, 3},
		"redelivery":                   {[]arrival{{seq: 1}, {seq: 2, second: 1}, {seq: 1, again: true}, {seq: 2, second: 1, again: true}}, 0, 0, 2},
		"redelivery without a time":    {[]arrival{{seq: 1}, {seq: 2, second: 1}, {seq: 1, second: 9, again: true}}, 0, 0, 2},
		"restart at 1":                 {[]arrival{{seq: 80}, {seq: 1, second: 5}, {seq: 2, second: 6}}, 0, 1, 2},
		"restart at 1 in one second":   {[]arrival{{seq: 80}, {seq: 1, second: 0.5}, {seq: 2, second: 0.6}}, 0, 1, 2},
		"restart, first messages lost": {[]arrival{{seq: 80}, {seq: 7, second: 60}}, 0, 1, 7},
		"far backwards":                {[]arrival{{seq: 90_000}, {seq: 30, second: 60}}, 0, 1, 30},
		"far forwards":                 {[]arrival{{seq: 5}, {seq: 4_000_000_000, second: 60}}, 0, 1, 4_000_000_000},
		"gap after a restart":          {[]arrival{{seq: 80}, {seq: 1, second: 5}, {seq: 4, second: 6}}, 2, 1, 4},
		"old history is no restart":    {[]arrival{{seq: 80, second: 100}, {seq: 10, second: 1, backfill: true}}, 0, 0, 80},
		"retained is not counted":      {[]arrival{{seq: 1}, {seq: 9, second: 1, retained: true}}, 0, 0, 1},
		"no numbers":                   {[]arrival{{}, {second: 1}}, 0, 0, 0},
	} {
		l := newLedger(10, nil)
		feed(l, c.arrivals...)
		d := l.list()[0]
		if d.Lost != c.lost || d.Restarts != c.restarts || d.LastSeq != c.high {
			t.Errorf("%s: lost %d, restarts %d, last %d; want %d, %d, %d", name, d.Lost, d.Restarts, d.LastSeq, c.lost, c.restarts, c.high)
		}
	}
}

func TestManyGapsStayBounded(t *testing.T) {
	t.Parallel()
	l := newLedger(10, nil)
	for n := uint64(1); n < 2000; n += 2 {
		feed(l, arrival{seq: n, second: float64(n)})
	}
	a := l.devices[event.DeviceKey{Site: "s", Device: "d"}]
	if a.lost != 999 || len(a.gaps) > maxGaps {
		t.Fatalf("lost %d, %d gaps", a.lost, len(a.gaps))
	}
	feed(l, arrival{seq: 1998, second: 1998}, arrival{seq: 2, second: 2})
	if a.lost != 998 {
		t.Fatalf("lost %d: the last gap can be filled, the first is forgotten", a.lost)
	}
}

func TestClockSkew(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		skew  func(n int) time.Duration
		wrong bool
		want  time.Duration
	}{
		"right":              {func(int) time.Duration { return 80 * time.Millisecond }, false, 80 * time.Millisecond},
		"an hour slow":       {func(n int) time.Duration { return time.Hour + time.Duration(n)*time.Second }, true, time.Hour + 12*time.Second},
		"an hour fast":       {func(int) time.Duration { return -time.Hour }, true, -time.Hour},
		"once delayed":       {func(n int) time.Duration { return time.Duration(n/19) * time.Hour }, false, 0},
		"drained backlog":    {func(n int) time.Duration { return time.Duration(20-n) * 20 * time.Minute }, false, 160 * time.Minute},
		"slow with outliers": {func(n int) time.Duration { return time.Hour + time.Duration(n%10/9)*time.Hour }, true, time.Hour},
	} {
		l := newLedger(10, nil)
		for n := range 20 {
			received := noon.Add(time.Duration(n) * time.Minute)
			e := event.Event{Site: "s", Device: "d", ReceivedAt: received}
			if skew := c.skew(n); skew < 0 {
				e.ObservedAt, e.Skew = received, skew
			} else {
				e.ObservedAt = received.Add(-skew)
			}
			l.observe([]event.Event{e}, []bool{false})
		}
		if d := l.list()[0]; d.ClockWrong != c.wrong || d.Skew != c.want {
			t.Errorf("%s: skew %s, wrong %v", name, d.Skew, d.ClockWrong)
		}
	}
}

func TestLedgerIsBoundedSortedAndSaved(t *testing.T) {
	t.Parallel()
	known := func(s event.SiteID, _ event.DeviceID) bool { return s != "b" }
	l := newLedger(3, known)
	var events []event.Event
	for _, name := range []string{"b/1", "a/2", "a/1", "c/1", "a/2"} {
		site, device, _ := strings.Cut(name, "/")
		events = append(events, event.Event{Site: event.SiteID(site), Device: event.DeviceID(device), ObservedAt: noon, ReceivedAt: noon, Seq: 4})
	}
	if unknown := l.observe(events, make([]bool, len(events))); unknown != 1 {
		t.Fatalf("%d of unknown devices", unknown)
	}
	feedGap := events[4]
	feedGap.Seq = 9
	l.observe([]event.Event{feedGap}, []bool{false})
	path := filepath.Join(t.TempDir(), "ledger.json")
	if err := l.save(path); err != nil {
		t.Fatal(err)
	}
	again := newLedger(3, known)
	if aside, err := again.load(path, noon); err != nil || aside != "" {
		t.Fatal(aside, err)
	}
	for which, got := range map[string][]DeviceStat{"made": l.list(), "loaded": again.list()} {
		if len(got) != 3 || got[0].Device != "1" || got[1].Device != "2" || got[2].Site != "b" || !got[2].Unknown ||
			got[1].Messages != 3 || got[1].Lost != 4 || got[1].LastSeq != 9 || !got[1].LastReceived.Equal(noon) {
			t.Errorf("%s: %+v", which, got)
		}
	}
	if tot := again.totals(); tot.untracked != 1 || tot.lost != 4 || tot.unknown != 1 {
		t.Errorf("%+v", tot)
	}
	feedGap.Seq = 7 // the gap was saved, too
	again.observe([]event.Event{feedGap}, []bool{false})
	if d := again.list()[1]; d.Lost != 3 {
		t.Errorf("late fill-in after loading: %+v", d)
	}
}

func TestDamagedStateIsSetAside(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.json")
	if err := os.WriteFile(path, []byte(`{"devices": [`), 0o600); err != nil {
		t.Fatal(err)
	}
	aside, err := newLedger(3, nil).load(path, noon)
	if err != nil || aside != path+".corrupt-20260901T120000" {
		t.Fatal(aside, err)
	}
	if b, err := os.ReadFile(aside); err != nil || string(b) != `{"devices": [` {
		t.Fatalf("%s %v", b, err)
	}
}
