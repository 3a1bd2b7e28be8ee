package scenario_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/simulator"
	"github.com/campusgate/campusgate/gateway/event"
)

// town is nine schools of one township, and one of another.
func town(t testing.TB) *event.County {
	c := demo(t)
	c.Sites = c.Sites[:10]
	for i := range c.Sites {
		c.Sites[i].Township = "石桥镇"
	}
	c.Sites[9].Township = "北沟乡"
	index(t, c)
	return c
}

// cameras60 is a county of three schools, in the first of which 60 cameras hang on one
// switch.
func cameras60(t testing.TB) *event.County {
	c := demo(t)
	c.Sites = c.Sites[:3]
	s := &c.Sites[0]
	s.Devices = slices.DeleteFunc(s.Devices, func(d event.Device) bool { return d.Parent == "sw3" })
	for i := range 60 {
		s.Devices = append(s.Devices, event.Device{ID: event.DeviceID(fmt.Sprintf("x%02d", i+1)), Kind: event.KindCamera, Parent: "sw3", Place: "field"})
	}
	index(t, c)
	return c
}

// play plays a scenario as it is, and then with both programs restarted at random points:
// people must be told the same at the same time.
func play(t *testing.T, c *event.County, from, to string, check func(*world), incidents ...simulator.Incident) {
	t.Helper()
	plain := newWorld(t, c, 1, from, incidents...).run(to)
	told, list, suppressed := slices.Clone(plain.announced), plain.list(), plain.suppressed()
	check(plain)
	for seed := range uint64(3) {
		w := newWorld(t, c, 1, from, incidents...)
		w.restarts = rand.New(rand.NewPCG(seed, 7))
		w.run(to)
		if !slices.Equal(w.announced, told) || !slices.Equal(w.list(), list) || w.suppressed() != suppressed {
			t.Errorf("restarted %d times (seed %d): told %v, want %v; list %q, want %q", w.restarted, seed, w.announced, told, w.list(), list)
		}
	}
}

func TestSwitchWith60Cameras(t *testing.T) {
	t.Parallel()
	c := cameras60(t)
	site := c.Sites[0].ID
	fails := simulator.Incident{What: "switch_outage", At: 3 * time.Minute, For: 20 * time.Minute, Site: site, Device: "x07"}
	play(t, c, "10:00:00", "10:20:00", func(w *world) {
		w.wantTold("switch_outage")
		w.wantList("while it lasts", fmt.Sprintf("switch_outage %s/sw3", site))
		if w.suppressed() < 60 {
			t.Errorf("%d suppressed under it", w.suppressed())
		}
		t.Logf("told %v, %d suppressed, %.0f s after the failure", w.announced, w.suppressed(), w.announced[0].at.Sub(clock(t, "10:03:00")).Seconds())
		w.run("10:30:00")
		w.wantTold("switch_outage")
		w.wantList("after it", fmt.Sprintf("switch_outage %s/sw3", site))
	}, fails)
}

func TestPowerCutOfNineSchools(t *testing.T) {
	t.Parallel()
	c := town(t)
	var cut []simulator.Incident
	for i := range 9 {
		cut = append(cut, simulator.Incident{What: "site_outage", At: 5 * time.Minute, For: 25 * time.Minute, Site: c.Sites[i].ID})
	}
	play(t, c, "10:00:00", "10:25:00", func(w *world) {
		w.wantTold("township_outage")
		w.wantList("while it lasts", "township_outage county/石桥镇")
		t.Logf("told %v, %d suppressed, %.0f s after the cut", w.announced, w.suppressed(), w.announced[0].at.Sub(clock(t, "10:05:00")).Seconds())
		w.run("10:45:00")
		w.wantTold("township_outage")
		w.wantList("after it", "township_outage county/石桥镇")
		if w.suppressed() != 0 {
			t.Errorf("%d are suppressed under what is over", w.suppressed())
		}
	}, cut...)
}

// TestFlappingCamera: a camera that comes and goes for half an hour is one alarm, whether
// it does so faster than a loss is told or slower.
func TestFlappingCamera(t *testing.T) {
	t.Parallel()
	c := town(t)
	camera := c.Sites[0].Devices[slices.IndexFunc(c.Sites[0].Devices, func(d event.Device) bool { return d.Kind == event.KindCamera })]
	on := fmt.Sprintf("camera_flapping %s/%s", c.Sites[0].ID, camera.ID)
	fast := simulator.Incident{What: "camera_flapping", At: 3 * time.Minute, Count: 36, Site: c.Sites[0].ID, Device: camera.ID}
	play(t, c, "10:00:00", "10:30:00", func(w *world) {
		w.wantTold("camera_flapping")
		w.wantList("fast", on)
	}, fast)
	var slow []simulator.Incident
	for i := range 20 {
		slow = append(slow, simulator.Incident{
			What: "camera_down", At: 3*time.Minute + time.Duration(i)*80*time.Second, For: 40 * time.Second, Site: c.Sites[0].ID, Device: camera.ID,
		})
	}
	play(t, c, "10:00:00", "10:28:00", func(w *world) {
		w.wantTold("camera_down", "camera_flapping") // its first loss was told before it flapped
		w.wantList("slow", on)
	}, slow...)
}
