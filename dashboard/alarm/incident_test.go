package alarm_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/store"
	"github.com/campusgate/campusgate/gateway/event"
)

// towns is a county of one township of nine schools and one of two.
func towns(t testing.TB) *event.County {
	t.Helper()
	c := &event.County{}
	for i := range 11 {
		s := event.Site{
			ID: event.SiteID(fmt.Sprintf("s%03d", i+1)), Kind: event.SiteSchool, Township: "石桥镇",
			Name:    event.Text{ZH: fmt.Sprintf("第%d小学", i+1), EN: fmt.Sprintf("School %d", i+1)},
			Devices: []event.Device{{ID: "c1", Kind: event.KindCamera}, {ID: "gw", Kind: event.KindGateway, Addresses: []string{fmt.Sprintf("gateway:edge%d", i+1)}}},
		}
		if i >= 9 {
			s.Township = "北沟乡"
		}
		c.Sites = append(c.Sites, s)
	}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	return c
}

// timeDesk is an alarm desk on a clock of its own.
type timeDesk struct {
	t       testing.TB
	path    string
	county  *event.County
	service *alarm.Service
	seen    *recorder
	now     time.Time
	seq     uint64
	rev     map[string]uint32
	close   func()
}

func newTimeDesk(t testing.TB, county *event.County) *timeDesk {
	d := &timeDesk{t: t, path: filepath.Join(t.TempDir(), "dashboard.db"), county: county, seen: &recorder{}, now: start(), rev: map[string]uint32{}}
	d.open()
	t.Cleanup(func() { d.close() })
	return d
}

func (d *timeDesk) open() {
	s, err := store.Open(d.t.Context(), d.path)
	if err != nil {
		d.t.Fatal(err)
	}
	d.close = func() {
		if err := s.Close(); err != nil {
			d.t.Error(err)
		}
	}
	d.service = alarm.New(s, alarm.InCounty(func() *event.County { return d.county }))
	if err := d.service.Attach(d.t.Context(), d.seen); err != nil {
		d.t.Fatal(err)
	}
}

// restart is a new process on the same database.
func (d *timeDesk) restart() {
	d.close()
	d.open()
}

// pass lets time pass, a second at a time.
func (d *timeDesk) pass(length time.Duration) {
	for end := d.now.Add(length); d.now.Before(end); {
		d.now = d.now.Add(time.Second)
		if err := d.service.Expire(d.t.Context(), d.now); err != nil {
			d.t.Fatal(err)
		}
	}
}

func (d *timeDesk) apply(as ...*event.Anomaly) {
	var in []alarm.Incoming
	for _, a := range as {
		d.seq++
		in = append(in, alarm.Incoming{Seq: d.seq, Anomaly: a})
	}
	if err := d.service.Apply(d.t.Context(), "stream-1", in, d.now); err != nil {
		d.t.Fatal(err)
	}
}

// says makes an anomaly of a site by its id, one revision after the last.
func (d *timeDesk) says(rule, site, device string, state event.AnomalyState) *event.Anomaly {
	id := rule + site + device
	d.rev[id]++
	return anomaly(id, d.rev[id], state, func(a *event.Anomaly) {
		a.Rule, a.Site, a.Device, a.Severity, a.Cause = rule, event.SiteID(site), event.DeviceID(device), event.SeverityHigh, "power"
		a.StartedAt, a.UpdatedAt = d.now, d.now
	})
}

func (d *timeDesk) outage(site int, state event.AnomalyState) {
	d.apply(d.says("site_outage", fmt.Sprintf("s%03d", site), "", state))
}

// list is what operators have before them, and announced what was put there since the last
// call.
func (d *timeDesk) list() []string {
	var out []string
	for _, a := range d.seen.open {
		if a.State != alarm.Suppressed {
			out = append(out, fmt.Sprintf("%s %s/%s %s", a.Rule, a.Site, a.Device, a.State))
		}
	}
	slices.Sort(out)
	return out
}

func (d *timeDesk) announced() int {
	n := 0
	for _, c := range d.seen.changes {
		if c.Announces() {
			n++
		}
	}
	d.seen.changes = nil
	return n
}

func (d *timeDesk) want(what string, want ...string) {
	d.t.Helper()
	if got := d.list(); !slices.Equal(got, want) {
		d.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestPowerCutOfATownship(t *testing.T) {
	t.Parallel()
	for _, restarts := range []bool{false, true} {
		t.Run(fmt.Sprintf("restarts %v", restarts), func(t *testing.T) {
			t.Parallel()
			d := newTimeDesk(t, towns(t))
			pass := func(length time.Duration) {
				d.pass(length)
				if restarts {
					d.restart()
				}
			}
			for site := 1; site <= 9; site++ {
				d.outage(site, event.Raised)
				pass(5 * time.Second)
			}
			d.want("nine dark", "township_outage county/石桥镇 unack")
			if n := d.announced(); n != 1 {
				t.Errorf("%d announcements, want 1", n)
			}
			var incident alarm.Alarm
			for _, a := range d.seen.open {
				if a.Rule == alarm.RuleTownship {
					incident = a
				}
			}
			if incident.Count != 9 || incident.Value != 9 || incident.Limit != 9 || incident.Cause != "power" ||
				!strings.Contains(incident.Text.ZH, "石桥镇：9 所单位中 9 所") || !strings.Contains(incident.Text.EN, "School 3") {
				t.Errorf("%+v", incident)
			}
			pass(10 * time.Minute)
			// Power returns to six, then to two more; the last is told for itself.
			for site := 1; site <= 6; site++ {
				d.outage(site, event.Cleared)
				pass(2 * time.Second)
			}
			d.want("six are back", "township_outage county/石桥镇 unack")
			pass(90 * time.Second)
			for site := 7; site <= 8; site++ {
				d.outage(site, event.Cleared)
			}
			d.want("eight are back", "township_outage county/石桥镇 unack")
			pass(3 * time.Minute)
			d.want("one stays dark", "site_outage s009/ unack", "township_outage county/石桥镇 rtn_unack")
			d.outage(9, event.Cleared)
			d.want("all are back", "site_outage s009/ rtn_unack", "township_outage county/石桥镇 rtn_unack")
			if n := d.announced(); n != 1 {
				t.Errorf("%d announcements afterwards, want that of the last site", n)
			}
		})
	}
}

func TestSingleSiteOutage(t *testing.T) {
	t.Parallel()
	d := newTimeDesk(t, towns(t))
	d.outage(1, event.Raised)
	d.want("it waits for others")
	d.pass(44 * time.Second)
	d.want("it still waits")
	d.pass(time.Second)
	d.want("it stands alone", "site_outage s001/ unack")
	// A township of two schools has no incidents, and nothing to wait for.
	d.outage(10, event.Raised)
	d.want("the small township", "site_outage s001/ unack", "site_outage s010/ unack")
	d.outage(10, event.Cleared)
	d.outage(2, event.Raised)
	d.pass(20 * time.Second)
	d.outage(2, event.Cleared)
	d.pass(10 * time.Minute)
	d.want("over before it was told", "site_outage s001/ unack", "site_outage s010/ rtn_unack")
}

func TestOutagesApartAreNoIncident(t *testing.T) {
	t.Parallel()
	d := newTimeDesk(t, towns(t))
	for site := 1; site <= 9; site++ {
		d.outage(site, event.Raised)
		d.pass(3 * time.Minute)
	}
	if got := d.list(); len(got) != 9 || slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "township") }) {
		t.Errorf("%q", got)
	}
}

// TestDarkAgain: the same incident, when the township goes dark again shortly after.
func TestDarkAgain(t *testing.T) {
	t.Parallel()
	d := newTimeDesk(t, towns(t))
	all := func(state event.AnomalyState) {
		for site := 1; site <= 9; site++ {
			d.outage(site, state)
		}
	}
	all(event.Raised)
	first := d.list()
	all(event.Cleared)
	d.want("all are back", "township_outage county/石桥镇 rtn_unack")
	d.pass(3 * time.Minute)
	d.rev = map[string]uint32{}
	for site := 1; site <= 9; site++ {
		a := d.says("site_outage", fmt.Sprintf("s%03d", site), "", event.Raised)
		a.ID += "again"
		d.apply(a)
	}
	if got := d.list(); !slices.Equal(got, first) {
		t.Errorf("%q, want %q", got, first)
	}
	for _, a := range d.seen.open {
		if a.Rule == alarm.RuleTownship && a.Raises != 2 {
			t.Errorf("raised %d times", a.Raises)
		}
	}
}

// TestToldApart: what a site's outage explains goes under it also when another gateway
// tells it, before or after.
func TestToldApart(t *testing.T) {
	t.Parallel()
	d := newTimeDesk(t, towns(t))
	d.apply(d.says("camera_mass_outage", "s010", "", event.Raised), d.says("switch_outage", "s011", "sw1", event.Raised))
	d.want("before", "camera_mass_outage s010/ unack", "switch_outage s011/sw1 unack")
	d.outage(10, event.Raised)
	d.want("with it", "site_outage s010/ unack", "switch_outage s011/sw1 unack")
	d.apply(d.says("switch_outage", "s010", "sw1", event.Raised), d.says("camera_mass_outage", "s010", "", event.Updated))
	d.want("after it", "site_outage s010/ unack", "switch_outage s011/sw1 unack")
	d.outage(10, event.Cleared)
	d.want("without it", "camera_mass_outage s010/ unack", "site_outage s010/ rtn_unack", "switch_outage s010/sw1 unack", "switch_outage s011/sw1 unack")
}

// TestLostGateway: what a site loses while its gateway is silent is told when the gateway is
// back and it is still lost.
func TestLostGateway(t *testing.T) {
	t.Parallel()
	d := newTimeDesk(t, towns(t))
	d.apply(d.says("camera_down", "s002", "c1", event.Raised))
	d.pass(time.Hour)
	d.apply(d.says("gateway_silent", "county", "edge1", event.Raised))
	d.apply(d.says("camera_down", "s001", "c1", event.Raised), d.says("device_silent", "s001", "g1", event.Raised), d.says("camera_down", "s002", "c2", event.Raised))
	d.want("silent", "camera_down s002/c1 unack", "camera_down s002/c2 unack", "gateway_silent county/edge1 unack")
	d.apply(d.says("device_silent", "s001", "g1", event.Cleared))
	d.apply(d.says("gateway_silent", "county", "edge1", event.Cleared))
	d.want("back", "camera_down s001/c1 unack", "camera_down s002/c1 unack", "camera_down s002/c2 unack", "gateway_silent county/edge1 rtn_unack")
}
