package detect_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/goccy/go-yaml"
)

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	limits := func(name string, value float64) detect.Config {
		c := detect.DefaultConfig()
		c.Limits = map[string]float64{name: value}
		return c
	}
	for _, c := range []struct {
		name string
		cfg  detect.Config
		want []string
	}{
		{"unknown limit", limits("fever_celcius", 37.3), []string{"limits.fever_celcius", "did you mean fever_celsius?"}},
		{"nothing near", limits("zzz", 1), []string{"limits.zzz", "the name of a limit"}},
		{"too high", limits("fever_celsius", 50), []string{"limits.fever_celsius", "36 to 42 °C"}},
		{"contradiction", func() detect.Config {
			c := detect.DefaultConfig()
			c.Limits = map[string]float64{"gas_lel": 5}
			return c
		}(), []string{"limits.gas_clear_lel", "less than gas_lel (5)"}},
		{"site", func() detect.Config {
			c := detect.DefaultConfig()
			c.Sites = map[event.SiteID]map[string]float64{"s1": {"silent_period": 3}}
			return c
		}(), []string{"sites.s1.silent_period", "did you mean silent_periods?"}},
		{"site against county", func() detect.Config {
			c := detect.DefaultConfig()
			c.Limits = map[string]float64{"gas_clear_lel": 8}
			c.Sites = map[event.SiteID]map[string]float64{"s1": {"gas_lel": 7}}
			return c
		}(), []string{"sites.s1.gas_clear_lel"}},
		{"route", func() detect.Config {
			c := detect.DefaultConfig()
			c.Routes = map[string]map[string]float64{"r1": {"bus_speed_kmh": 300}}
			return c
		}(), []string{"routes.r1.bus_speed_kmh", "5 to 120 km/h"}},
		{"rule and severity", func() detect.Config {
			c := detect.DefaultConfig()
			c.Rules = map[string]detect.Rule{"fevr": {}, "gas": {Severity: "grave"}}
			return c
		}(), []string{"rules.fevr", "did you mean fever?", "rules.gas.severity", "one of info"}},
		{"bound", detect.Config{MaxUnknownDevices: -1}, []string{"max_unknown_devices"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.cfg.Validate()
			var fault *event.Fault
			if !errors.As(err, &fault) {
				t.Fatalf("no fault but %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if _, err := detect.New(c.cfg, nil); err == nil {
				t.Error("New takes it")
			}
		})
	}
}

func TestDeviceLimits(t *testing.T) {
	t.Parallel()
	c := county(t)
	c.Sites[0].Devices[2].Limits = map[string]float64{"fever_celsius": 38}
	e, err := detect.New(detect.DefaultConfig(), c)
	if err != nil {
		t.Fatal(err)
	}
	out := play(e, script(check("07:30", temp("p1", 37.9)), gate("07:31", "g1", pupilIn("p2", 37.4)), check("07:32", temp("p3", 38))))
	want := []string{"07:31:00 raised fever s1/g1 37.4 x1 momentary", "07:32:00 raised fever s1/t1 38 x1 momentary"}
	if got := told(out); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	c.Sites[0].Devices[2].Limits["fever_celsuis"] = 38
	if _, err := detect.New(detect.DefaultConfig(), c); err == nil || !strings.Contains(err.Error(), "county.s1.t1.limits.fever_celsuis") {
		t.Errorf("a device's unknown limit: %v", err)
	}
}

func TestConfigYAML(t *testing.T) {
	t.Parallel()
	cfg := detect.DefaultConfig()
	err := yaml.UnmarshalWithOptions([]byte(`
limits: {fever_celsius: 37.5}
sites:
  s1: {fever_celsius: 37.4}
rules:
  camera_flapping: {disabled: true}
  fever: {severity: critical}
`), &cfg, yaml.Strict())
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	if cfg.MaxUnknownDevices != detect.DefaultConfig().MaxUnknownDevices {
		t.Error("a default is lost")
	}
	out := play(newEngine(t, cfg), script(check("07:30", temp("p1", 37.4))))
	if len(out) != 1 || out[0].Severity != event.SeverityCritical || out[0].Limit != 37.4 {
		t.Errorf("%+v", out)
	}
}

// TestNames holds the names that other parts and county files rely on.
func TestNames(t *testing.T) {
	t.Parallel()
	want := strings.Fields(`fever fever_cluster thermometer_fault gate_forced gate_denied_repeatedly entry_out_of_hours
		visitor_unregistered visitor_unmeasured visitor_items_unchecked visitor_overstay pupil_out_unapproved emergency_call
		bus_overspeed bus_overcapacity bus_off_route bus_sos bus_pupil_left_behind bus_silent cold_store freezer gas smoke
		kitchen_silent camera_down camera_flapping camera_mass_outage camera_image_unusable recording_gap device_silent clock_wrong sequence_gap switch_outage site_outage`)
	if got := detect.Rules(); !slices.Equal(got, want) {
		t.Errorf("rules %q", got)
	}
	seen := map[string]bool{}
	for _, l := range detect.Limits() {
		if l.Name == "" || seen[l.Name] || l.Doc == "" || l.Default < l.Min || l.Default > l.Max {
			t.Errorf("%+v", l)
		}
		seen[l.Name] = true
	}
}

func TestUnknownDevicesAreBounded(t *testing.T) {
	t.Parallel()
	cfg := detect.DefaultConfig()
	cfg.MaxUnknownDevices = 1
	e := newEngine(t, cfg)
	forced := func(site string) step {
		return evAt(clock("09:00"), site+"/g1", event.KindGate, event.TypeGateAccess, func(e *event.Event) {
			e.Gate = &event.GateAccess{Result: event.ResultForced}
		})
	}
	out := play(e, script(forced("x1"), forced("x2"), forced("s1")))
	if got, want := told(out), []string{"09:00:00 raised gate_forced x1/g1 0 x1 momentary", "09:00:00 raised gate_forced s1/g1 0 x1 momentary"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if e.Skipped() != 1 {
		t.Errorf("%d skipped, want 1", e.Skipped())
	}
	// A week without a message makes room, and takes the state with it.
	store := stored{}
	store.save(e)
	if store["d/x1/g1"] == nil {
		t.Errorf("x1 is not stored among %d keys", len(store))
	}
	for at := clock("09:00"); at.Before(clock("+7 09:01")); at = at.Add(detect.MaxStep) {
		e.Advance(at, nil)
	}
	store.save(e)
	if store["d/x1/g1"] != nil {
		t.Error("x1 is still stored")
	}
	if out := e.Process(evAt(clock("+7 09:01"), "x2/g1", event.KindGate, event.TypeGateAccess, func(e *event.Event) {
		e.Gate = &event.GateAccess{Result: event.ResultForced}
	}).ev, nil); len(out) != 1 {
		t.Errorf("%q", told(out))
	}
}

// TestForgotten: strangers that went away are forgotten after a week, and what stood of
// them with them.
func TestForgotten(t *testing.T) {
	t.Parallel()
	strangers := []string{"x1/g1", "x1/g2", "x1/c1"}
	e := newEngine(t, detect.DefaultConfig())
	out := play(e, script(beats("09:00", "09:10", time.Minute, strangers...), until("09:20")))
	if n := len(e.Open()); n != 4 {
		t.Fatalf("%d stand, want the outage and its three: %q", n, told(out))
	}
	for at := clock("09:20"); at.Before(clock("+7 09:20")); at = at.Add(detect.MaxStep) {
		out = e.Advance(at, out)
	}
	checkStream(t, out)
	if open := e.Open(); len(open) != 0 {
		t.Errorf("%q", told(open))
	}
	store := stored{}
	store.save(e)
	if len(store) != 1 {
		t.Errorf("%d keys are stored, want the clock alone", len(store))
	}
	// And they may come again.
	play(e, script(beats("+7 09:30", "+7 09:40", time.Minute, strangers...)))
	if open := e.Open(); len(open) != 0 {
		t.Errorf("%q", told(open))
	}
}
