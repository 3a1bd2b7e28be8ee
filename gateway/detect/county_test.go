package detect_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
	"pgregory.net/rapid"
)

// without returns the county of the tests as somebody has edited it.
func without(t testing.TB, change func(*event.County)) *event.County {
	t.Helper()
	c := county(t)
	change(c)
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	return c
}

func drop(c *event.County, site event.SiteID, devices ...event.DeviceID) {
	for i := range c.Sites {
		if s := &c.Sites[i]; s.ID == site {
			s.Devices = slices.DeleteFunc(s.Devices, func(d event.Device) bool { return slices.Contains(devices, d.ID) })
		}
	}
}

// editions are registries that follow one another.
func editions(t testing.TB) []*event.County {
	return []*event.County{
		county(t),
		without(t, func(c *event.County) { drop(c, "s1", "c01", "c02", "g2", "t1", "k2") }),
		without(t, func(c *event.County) {
			c.Sites = slices.DeleteFunc(c.Sites, func(s event.Site) bool { return s.ID == "s2" })
			c.Sites = append(c.Sites, event.Site{ID: "s9", Kind: event.SiteSchool, Devices: []event.Device{{ID: "g7", Kind: event.KindGate, Period: 2 * time.Minute}}})
		}),
		without(t, func(c *event.County) {
			for i := range c.Sites {
				c.Sites[i].Hours.Close = "17:00"
				for j := range c.Sites[i].Devices {
					c.Sites[i].Devices[j].Route = ""
					c.Sites[i].Devices[j].Period = 3 * time.Minute
				}
			}
			c.Routes = nil
		}),
	}
}

// TestEqualCounty: a registry equal to the present one changes nothing, neither what is
// told nor what is stored.
func TestEqualCounty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		plain, swapped := newEngine(t, detect.DefaultConfig()), newEngine(t, detect.DefaultConfig())
		var want, got []event.Anomaly
		for _, s := range drawStream(rt, true) {
			want, got = feed(plain, s, want), feed(swapped, s, got)
			if rapid.IntRange(0, 4).Draw(rt, "swap") == 0 {
				plain.Dirty()
				swapped.Dirty()
				var err error
				if got, err = swapped.SetCounty(county(t), got); err != nil {
					rt.Fatal(err)
				}
				if put, del := swapped.Dirty(); len(put)+len(del) != 0 {
					rt.Fatalf("put %d, deleted %q", len(put), del)
				}
			}
		}
		same(rt, t, got, want)
		same(rt, t, swapped.Open(), plain.Open())
	})
}

// TestEditedCounty: editions that follow one another leave an engine of which a restart
// makes the same one, with anomalies as receivers rely on, and none of what is removed.
func TestEditedCounty(t *testing.T) {
	t.Parallel()
	all := editions(t)
	rapid.Check(t, func(rt *rapid.T) {
		present := all[0]
		whole, cut := newEngine(t, detect.DefaultConfig()), newEngine(t, detect.DefaultConfig())
		store := stored{}
		var want, got []event.Anomaly
		for _, s := range drawStream(rt, true) {
			want, got = feed(whole, s, want), feed(cut, s, got)
			switch rapid.IntRange(0, 9).Draw(rt, "edit") {
			case 0, 1:
				before := present
				present = rapid.SampledFrom(all).Draw(rt, "edition")
				var err error
				if want, err = whole.SetCounty(present, want); err != nil {
					rt.Fatal(err)
				}
				if got, err = cut.SetCounty(present, got); err != nil {
					rt.Fatal(err)
				}
				for _, a := range whole.Open() {
					if a.Device != "" && present.Device(a.Site, a.Device) == nil && before.Device(a.Site, a.Device) != nil {
						rt.Fatalf("stands of a device that was removed: %+v", a)
					}
				}
			case 2:
				store.save(cut)
				var err error
				if cut, err = detect.New(detect.DefaultConfig(), present); err != nil {
					rt.Fatal(err)
				}
				for key, value := range store {
					if err := cut.Restore(key, value); err != nil {
						rt.Fatal(err)
					}
				}
			}
		}
		same(rt, t, got, want)
		checkStream(t, once(want))
		if t.Failed() {
			rt.Fatal("the stream of anomalies is not what receivers rely on")
		}
	})
}

// once leaves out raises that are told again, word for word: a device that was removed and
// came back has forgotten the message that a gateway delivers once more.
func once(out []event.Anomaly) []event.Anomaly {
	raised := map[string]event.Anomaly{}
	return slices.DeleteFunc(slices.Clone(out), func(a event.Anomaly) bool {
		if a.State != event.Raised {
			return false
		}
		before, known := raised[a.ID]
		raised[a.ID] = a
		before.UpdatedAt = a.UpdatedAt
		return known && reflect.DeepEqual(before, a)
	})
}

func TestFaultyCountyIsRefusedWhole(t *testing.T) {
	t.Parallel()
	e := newEngine(t, detect.DefaultConfig())
	out := play(e, script(beats("09:00", "09:10", time.Minute, "s1/c01"), until("09:15")))
	if len(out) == 0 {
		t.Fatal("nothing stands")
	}
	e.Dirty()
	bad := without(t, func(c *event.County) {
		drop(c, "s1", "c01")
		c.Sites[0].Devices[0].Limits = map[string]float64{"cold_store_max": 99}
	})
	got, err := e.SetCounty(bad, nil)
	if err == nil || !strings.Contains(err.Error(), "county.s1.g1.limits.cold_store_max") || len(got) != 0 {
		t.Errorf("SetCounty = %v, %v", got, err)
	}
	if put, del := e.Dirty(); len(put)+len(del) != 0 || len(e.Open()) == 0 {
		t.Errorf("a refused registry has changed something")
	}
}

func TestRemovedDeviceEndsItsAnomalies(t *testing.T) {
	t.Parallel()
	e := newEngine(t, detect.DefaultConfig())
	play(e, script(beats("09:00", "09:10", time.Minute, "s1/c01", "s1/g1"), beats("09:11", "09:20", time.Minute, "s1/g1"), until("09:20")))
	if open := e.Open(); len(open) != 1 || open[0].Device != "c01" {
		t.Fatalf("open %+v", open)
	}
	out, err := e.SetCounty(without(t, func(c *event.County) { drop(c, "s1", "c01") }), nil)
	if err != nil || len(out) != 1 || out[0].State != event.Cleared || out[0].Device != "c01" || out[0].Revision < 2 {
		t.Fatalf("told %+v, %v", out, err)
	}
	if _, del := e.Dirty(); !slices.Contains(del, "d/s1/c01") {
		t.Errorf("deleted %q", del)
	}
}

// TestRegistryChangedWhileAway: what was removed while the gateway did not run is
// forgotten soon after the start, and does not stand for a week.
func TestRegistryChangedWhileAway(t *testing.T) {
	t.Parallel()
	e := newEngine(t, detect.DefaultConfig())
	play(e, script(beats("09:00", "09:10", time.Minute, "s1/c01"), until("09:15")))
	put, _ := e.Dirty()
	after, err := detect.New(detect.DefaultConfig(), without(t, func(c *event.County) { drop(c, "s1", "c01") }))
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range put {
		if err := after.Restore(key, value); err != nil {
			t.Fatal(err)
		}
	}
	out := play(after, script(until("09:30"), until("09:35")))
	if len(out) != 1 || out[0].State != event.Cleared || len(after.Open()) != 0 {
		t.Errorf("told %v, open %v", told(out), told(after.Open()))
	}
}

// TestAdoptedDeviceIsMissedFromNow: an unknown device that enters the registry with a
// shorter period is not silent for the time before.
func TestAdoptedDeviceIsMissedFromNow(t *testing.T) {
	t.Parallel()
	e := newEngine(t, detect.DefaultConfig())
	play(e, script(beats("09:00", "09:40", 10*time.Minute, "s9/g7"), until("09:45")))
	adopted := without(t, func(c *event.County) {
		c.Sites = append(c.Sites, event.Site{ID: "s9", Kind: event.SiteSchool, Devices: []event.Device{{ID: "g7", Kind: event.KindGate, Period: time.Minute}}})
	})
	out, err := e.SetCounty(adopted, nil)
	if err != nil || len(out) != 0 {
		t.Fatalf("told %v, %v", told(out), err)
	}
	if out = e.Advance(clock("09:46"), nil); len(out) != 0 {
		t.Errorf("silent at once: %v", told(out))
	}
	out = play(e, script(until("09:47"), until("09:55")))
	if len(out) != 1 || out[0].Rule != "device_silent" || out[0].StartedAt.Before(clock("09:48")) {
		t.Errorf("told %v", told(out))
	}
}
