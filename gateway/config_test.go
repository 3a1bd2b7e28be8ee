package gateway

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// faultKeys are the keys of every fault of a joined error.
func faultKeys(err error) []string {
	var keys []string
	var walk func(error)
	walk = func(err error) {
		var f *event.Fault
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				walk(e)
			}
		} else if errors.As(err, &f) {
			keys = append(keys, f.Key)
		}
	}
	walk(err)
	return keys
}

func TestConfigDefaultsNeedOnlyABroker(t *testing.T) {
	t.Parallel()
	c := DefaultConfig()
	if got := faultKeys(c.Validate()); !slices.Equal(got, []string{"ingest.brokers"}) {
		t.Errorf("faults of the defaults %q, want only the missing brokers", got)
	}
	c.Ingest.Brokers = testConfig(t).Ingest.Brokers
	if err := c.Validate(); err != nil {
		t.Errorf("defaults with a broker: %v", err)
	}
}

func TestConfigNamesWrongKeys(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		key string
		set func(*Config)
	}{
		{"id", func(c *Config) { c.ID = "Gateway 1"; c.Uplink.Gateway = "gw1" }},
		{"data_dir", func(c *Config) { c.DataDir = "" }},
		{"http", func(c *Config) { c.HTTP = ":9101" }},
		{"http", func(c *Config) { c.HTTP = "0.0.0.0:9101" }},
		{"http", func(c *Config) { c.HTTP = "192.0.2.7:9101" }},
		{"http", func(c *Config) { c.HTTP = "localhost.example.com:9101" }},
		{"http", func(c *Config) { c.HTTP = "127.0.0.1" }},
		{"late_after", func(c *Config) { c.LateAfter = time.Minute - 1 }},
		{"late_after", func(c *Config) { c.LateAfter = 24*time.Hour + 1 }},
		{"max_future", func(c *Config) { c.MaxFuture = 0 }},
		{"max_future", func(c *Config) { c.MaxFuture = 2 * time.Hour }},
		{"report_every", func(c *Config) { c.ReportEvery = 0 }},
		{"report_every", func(c *Config) { c.ReportEvery = time.Hour }},
		{"ingest.max_in_flight", func(c *Config) { c.Ingest.MaxInFlight = 0 }},
		{"ingest.brokers[0].client_id", func(c *Config) { c.Ingest.Brokers[0].ClientID = "" }},
		{"ingest.brokers[0].subscriptions[0].filter", func(c *Config) { c.Ingest.Brokers[0].Subscriptions[0].Filter = "a#" }},
		{"journal.max_bytes", func(c *Config) { c.Journal.MaxBytes = 1 }},
		{"influx.url", func(c *Config) { c.Influx.URL = "somewhere" }},
		{"detect.limits.fever_celcius", func(c *Config) { c.Detect.Limits = map[string]float64{"fever_celcius": 37} }},
		{"uplink.urls", func(c *Config) { c.Uplink.Enabled = true; c.Uplink.URLs = nil }},
	} {
		c := testConfig(t)
		tc.set(&c)
		if got := faultKeys(c.Validate()); !slices.Equal(got, []string{tc.key}) {
			t.Errorf("faults %q, want %q", got, tc.key)
		}
		if _, err := New(c, Deps{County: newCounty(t)}); !slices.Contains(faultKeys(err), tc.key) {
			t.Errorf("New = %v, want the fault of %s", err, tc.key)
		}
	}
}

func TestConfigTakesLoopbackAndNoPage(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"", "localhost:9101", "127.0.0.1:0", "127.9.9.9:80", "[::1]:9101"} {
		c := testConfig(t)
		c.HTTP = addr
		if err := c.Validate(); err != nil {
			t.Errorf("http %q: %v", addr, err)
		}
	}
}

func TestConfigIgnoresTheUplinkThatIsOff(t *testing.T) {
	t.Parallel()
	c := testConfig(t)
	c.Uplink.URLs = nil
	if err := c.Validate(); err != nil {
		t.Errorf("uplink is off: %v", err)
	}
}
