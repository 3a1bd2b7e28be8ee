package gateway

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

// TestFirstStartWithoutInfluxDB holds that a new gateway keeps for InfluxDB what came
// before InfluxDB answered for the first time.
func TestFirstStartWithoutInfluxDB(t *testing.T) {
	t.Parallel()
	c := testConfig(t)
	g := build(t, c, &plain{})
	if err := g.Start(within(t)); err != nil {
		t.Fatal(err)
	}
	waits := func(name string) int64 {
		consumers := g.Status().Journal.Consumers
		i := slices.IndexFunc(consumers, func(s ConsumerStatus) bool { return s.Name == name })
		if i < 0 {
			t.Fatalf("the journal knows %+v, not %q", consumers, name)
		}
		return consumers[i].LagRecords
	}
	const events = 50
	now := time.Now()
	for i := range events {
		e := &event.Event{
			Type: event.TypeGateAccess, Kind: event.KindGate, Site: "s1", Device: "g1",
			Gate: &event.GateAccess{Direction: event.In, PersonKind: event.PersonStaff, Method: "card", Result: event.ResultGranted, Person: fmt.Sprint("early", i)},
		}
		event.Clock{}.Stamp(e, strconv.AppendInt(nil, int64(i), 10), 0, now, time.Second, now)
		if err := g.journal.Append(within(t), journal.Batch{Records: []journal.Record{{Event: e}}}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the detectors have read all", func() bool { return waits("detect") == 0 })
	if n := waits("influx"); n < events {
		t.Errorf("%d records wait for InfluxDB, want %d or more", n, events)
	}
	stop(t, g)

	db := newDatabase(t)
	c.Influx.URL = db.URL
	run(t, c, &plain{})
	eventually(t, "all is stored", func() bool { return db.count(`person="early`) == events })
}
