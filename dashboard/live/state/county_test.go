package state_test

import (
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/live/state"
	"github.com/campusgate/campusgate/gateway/event"
)

func edition(t *testing.T, sites ...event.Site) *event.County {
	t.Helper()
	c := &event.County{Sites: sites}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	return c
}

// consistent checks that the tallies of the sites are those of the devices.
func consistent(t *testing.T, w *world) {
	t.Helper()
	everything := func(event.SiteID) bool { return true }
	devices, _ := w.Devices(state.Filter{Allows: everything})
	for _, s := range w.Sites(everything) {
		var all, cameras state.Tally
		for _, d := range devices {
			if d.Site != s.ID {
				continue
			}
			tallies := []*state.Tally{&all}
			if d.Kind == event.KindCamera {
				tallies = append(tallies, &cameras)
			}
			for _, tally := range tallies {
				tally.Total++
				switch {
				case d.Stale:
					tally.Stale++
				case d.Status == event.StatusUp:
					tally.Up++
				case d.Status == event.StatusDown:
					tally.Down++
				default:
					tally.Unknown++
				}
			}
		}
		if s.Devices != all || s.Cameras != cameras {
			t.Errorf("%s: devices %+v and cameras %+v, counted %+v and %+v", s.ID, s.Devices, s.Cameras, all, cameras)
		}
	}
}

func TestModelFollowsTheRegistry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := noon()
	w.Apply(status("c1", now, event.StatusUp), nil, false, now)
	w.Apply(status("c9", now, event.StatusUp), nil, false, now) // a stranger at the site
	stranger := status("jt808-7", now, event.StatusUp)
	stranger.Site = event.CountySite
	w.Apply(stranger, nil, false, now)
	if w.device(t, "s1/c9").Assigned || w.device(t, "county/jt808-7").Assigned {
		t.Fatal("strangers are assigned")
	}
	consistent(t, w)

	w.SetCounty(edition(t,
		event.Site{ID: "s1", Name: event.Text{ZH: "新名"}, Devices: []event.Device{
			{ID: "c1", Kind: event.KindGate, Name: event.Text{ZH: "其实是门"}},                           // another kind
			{ID: "c9", Kind: event.KindCamera, Period: 2 * time.Minute},                              // adopted where it is
			{ID: "b7", Kind: event.KindBus, Plate: "川A7", Addresses: []string{"unassigned:jt808-7"}}, // adopted from the county
		}},
		event.Site{ID: "s3", Kind: event.SiteSchool},
	), now)
	w.Flush()
	if d := w.device(t, "s1/c1"); d.Kind != event.KindGate || d.Status != event.StatusUp || d.Name.ZH != "其实是门" {
		t.Errorf("changed device %+v", d)
	}
	if d := w.device(t, "s1/c9"); !d.Assigned || d.PeriodS != 120 || d.Status != event.StatusUp {
		t.Errorf("adopted device %+v", d)
	}
	for _, gone := range []string{"s1/g1", "county/jt808-7"} {
		if row := w.devices.rows[gone]; row != nil {
			t.Errorf("%s is still shown: %s", gone, row)
		}
	}
	if w.sites.rows["s2"] != nil || w.sites.rows["county"] != nil || w.sites.rows["s3"] == nil {
		t.Error("sites do not follow")
	}
	consistent(t, w)
	// What the bus still holds of before does not bring the stranger back; a removed device
	// that reports is one.
	w.Apply(stranger, nil, true, now)
	w.Apply(passage(now, event.In, event.PersonPupil, event.ResultGranted, 0), nil, false, now)
	w.Flush()
	if w.devices.rows["county/jt808-7"] != nil {
		t.Error("the adopted stranger is back")
	}
	if d := w.device(t, "s1/g1"); d.Assigned {
		t.Errorf("a removed device is assigned: %+v", d)
	}
	consistent(t, w)

	w.SetCounty(edition(t), now) // everything is removed
	consistent(t, w)
	if rows, _ := w.Devices(state.Filter{Allows: func(event.SiteID) bool { return true }}); len(rows) != 1 {
		t.Errorf("%d devices left, want the stranger g1", len(rows))
	}
}
