package event_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/gateway/event"
)

func TestValidName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"s012": true, "g-1_a": true, "0": true, strings.Repeat("a", 64): true,
		"": false, strings.Repeat("a", 65): false, "S1": false, "a.b": false, "a/b": false, "a b": false,
		"学校": false, "a\x00": false, "+": false, "#": false, "*": false, ">": false,
	} {
		if event.ValidName(name) != want {
			t.Errorf("%q: got %v", name, !want)
		}
	}
}

// A valid name is safe as a bus token, an MQTT level, a tag and a path segment.
func TestValidNameHasNoSpecialByte(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "name")
		if event.ValidName(s) && strings.ContainsAny(s, " ./+#*>,=\\\"'%?&\t\n") {
			t.Fatalf("%q is accepted", s)
		}
	})
}

func TestCountyIndex(t *testing.T) {
	t.Parallel()
	c := event.County{
		Sites: []event.Site{{
			ID: "s001", Hours: event.Hours{ClassFrom: "07:50"},
			Devices: []event.Device{
				{ID: "g1", Kind: event.KindGate},
				{ID: "b1", Kind: event.KindBus, Route: "r1"},
				{ID: "k1", Kind: event.KindKitchen, Duty: event.DutyService, Period: 5 * time.Minute},
			},
		}},
		Routes: []event.Route{{ID: "r1"}},
	}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	if got := c.Location().String(); got != "Asia/Shanghai" {
		t.Errorf("zone %s", got)
	}
	if d := c.Device("s001", "g1"); d == nil || d.Period != time.Minute || d.Duty != event.DutyAlways {
		t.Errorf("gate: %+v", d)
	}
	if d := c.Device("s001", "b1"); d == nil || d.Period != 30*time.Second || d.Duty != event.DutyTrip {
		t.Errorf("bus: %+v", d)
	}
	if d := c.Device("s001", "k1"); d == nil || d.Period != 5*time.Minute || d.Duty != event.DutyService {
		t.Errorf("kitchen: %+v", d)
	}
	if h := c.Site("s001").Hours; h.ClassFrom != "07:50" || h.ClassTo != "16:30" || len(h.Days) != 5 {
		t.Errorf("hours: %+v", h)
	}
	if r := c.Route("r1"); r == nil || r.CorridorM != 200 {
		t.Errorf("route: %+v", r)
	}
	if c.Site("s002") != nil || c.Device("s001", "g2") != nil || c.Route("r2") != nil {
		t.Error("something unknown is found")
	}
}

func TestCountyIndexReportsEveryFault(t *testing.T) {
	t.Parallel()
	c := event.County{
		Zone: "Mars/Olympus",
		Sites: []event.Site{
			{ID: "s001", Devices: []event.Device{{ID: "g1"}, {ID: "g1"}, {ID: "G2"}, {ID: "b1", Route: "r9"}}},
			{ID: "s001"},
			{ID: "school 3", Hours: event.Hours{Open: "6.30", Days: []string{"monday"}}},
		},
		Routes: []event.Route{{ID: "r1"}, {ID: "r1"}, {}},
	}
	err := c.Index()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		`zone: "Mars/Olympus" is no IANA time zone`,
		`sites[0] (s001).devices[1].id: "g1"`,
		`sites[0] (s001).devices[2].id: "G2"`,
		`sites[0] (s001).devices[3] (b1).route: no route "r9"`,
		`sites[1].id: "s001"`,
		`sites[2].id: "school 3"`,
		`open: "6.30" is no time of day`,
		`days: "monday"`,
		`routes[1].id: "r1"`,
		`routes[2].id: ""`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %s in:\n%v", want, err)
		}
	}
}

func TestHours(t *testing.T) {
	t.Parallel()
	c := event.County{Sites: []event.Site{{ID: "s001"}}}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	h := c.Site("s001").Hours
	at := func(clock string) time.Time { // a Tuesday
		v, err := time.ParseInLocation("2006-01-02 15:04:05", "2026-11-24 "+clock, c.Location())
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, x := range []struct {
		at             string
		class, kitchen bool
	}{
		{"00:00:00", false, false},
		{"05:29:59", false, false},
		{"05:30:00", false, true},
		{"07:59:59", false, true},
		{"08:00:00", true, true},
		{"11:29:59", true, true},
		{"11:30:00", false, true},
		{"13:59:59", false, true},
		{"14:00:00", true, true},
		{"16:29:59", true, true},
		{"16:30:00", false, true},
		{"18:30:00", false, false},
	} {
		if got := h.InClass(at(x.at)); got != x.class {
			t.Errorf("%s: in class %v", x.at, got)
		}
		if got := h.Kitchen(at(x.at)); got != x.kitchen {
			t.Errorf("%s: kitchen %v", x.at, got)
		}
	}
	saturday := at("09:00:00").AddDate(0, 0, 4)
	if h.SchoolDay(saturday) || h.InClass(saturday) || h.Kitchen(saturday) {
		t.Error("school on a Saturday")
	}
	if got := h.On(at("23:00:00"), "16:30"); !got.Equal(at("16:30:00")) {
		t.Errorf("On: %v", got)
	}
	if !h.On(at("23:00:00"), "25:00").IsZero() || h.Between(at("09:00:00"), "x", "10:00") {
		t.Error("a wrong time of day is accepted")
	}
}

func TestCountyByAddress(t *testing.T) {
	t.Parallel()
	county := event.County{Sites: []event.Site{{ID: "s001", Devices: []event.Device{
		{ID: "b1", Kind: event.KindBus, Addresses: []string{"jt808:013800138000"}},
		{ID: "c1", Kind: event.KindCamera, Addresses: []string{"gb28181:34020000001320000001", "probe:c1"}},
	}}}}
	if err := county.Index(); err != nil {
		t.Fatal(err)
	}
	if key, ok := county.ByAddress("probe", "c1"); !ok || key != (event.DeviceKey{Site: "s001", Device: "c1"}) {
		t.Errorf("found %v, %v", key, ok)
	}
	if key, ok := county.ByAddress("jt808", "34020000001320000001"); ok {
		t.Errorf("an address of another adapter found %v", key)
	}
	for _, wrong := range []string{"jt808:013800138000", "jt808", "jt808:", ":x"} {
		county.Sites[0].Devices[1].Addresses = []string{wrong}
		if err := county.Index(); err == nil || !strings.Contains(err.Error(), "addresses[0]") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
