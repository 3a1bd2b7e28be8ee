package watch

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Config says what silence is.
type Config struct {
	// Gateways that must report, also when they never have. Those that ever did are watched
	// without being named.
	Gateways []string `yaml:"gateways"`
	// GatewaySilent is how long a gateway may say nothing, 30s to 1h; it reports every 5s.
	GatewaySilent time.Duration `yaml:"gateway_silent"`
	// ForgetAfter is how long after its last word a gateway is given up and no longer
	// watched unless it is named, 24h to 8760h.
	ForgetAfter time.Duration `yaml:"forget_after"`
	// AdapterSilent is how long an adapter in use may yield no event, 1m to 168h; 0 does not
	// watch adapters.
	AdapterSilent time.Duration `yaml:"adapter_silent"`
	// Hold is how long any other fault must last before it is an alarm, 5s to 1h.
	Hold time.Duration `yaml:"hold"`
	// MinFreeBytes that the disk of data_dir must have, 0 (not watched) to 1 TiB.
	MinFreeBytes int64 `yaml:"min_free_bytes"`
	// Heartbeat tells a second system that this one lives.
	Heartbeat HeartbeatConfig `yaml:"heartbeat"`
}

// HeartbeatConfig is a dead-man switch at a second system: it alarms when nothing comes.
type HeartbeatConfig struct {
	// URLFile holds the address to ask, a secret. Empty: no heartbeat.
	URLFile string `yaml:"url_file"`
	// Method is POST (with a small JSON) or GET.
	Method string `yaml:"method"`
	// Every is the pause between two beats, 5s to 1h.
	Every time.Duration `yaml:"every"`
	// Timeout of one beat, 1s to every.
	Timeout time.Duration `yaml:"timeout"`
	// Watchdog names a receiver of notify, of type alertmanager, that gets an alert
	// "Watchdog" at every beat, which ends when no beat follows. Empty: none.
	Watchdog string `yaml:"watchdog"`
}

// DefaultConfig watches, and has no heartbeat.
func DefaultConfig() Config {
	return Config{
		GatewaySilent: time.Minute, ForgetAfter: 30 * 24 * time.Hour, AdapterSilent: 2 * time.Hour, Hold: time.Minute,
		MinFreeBytes: 1 << 30, Heartbeat: HeartbeatConfig{Method: http.MethodPost, Every: 30 * time.Second, Timeout: 10 * time.Second},
	}
}

// Validate returns every wrong setting.
func (c Config) Validate() error {
	var faults []error
	check := func(ok bool, key string, value any, want string) {
		if !ok {
			faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
		}
	}
	within := func(d, low, high time.Duration) bool { return d >= low && d <= high }
	const day = 24 * time.Hour
	check(len(c.Gateways) <= 1000, "gateways", len(c.Gateways), "at most 1000")
	for i, g := range c.Gateways {
		check(event.ValidName(g), fmt.Sprintf("gateways[%d]", i), fmt.Sprintf("%q", g), "1 to 64 of a-z, 0-9, '-', '_'")
	}
	check(within(c.GatewaySilent, 30*time.Second, time.Hour), "gateway_silent", c.GatewaySilent, "30s to 1h")
	check(within(c.ForgetAfter, day, 365*day), "forget_after", c.ForgetAfter, "24h to 8760h")
	check(c.AdapterSilent == 0 || within(c.AdapterSilent, time.Minute, 7*day), "adapter_silent", c.AdapterSilent, "1m to 168h, or 0")
	check(within(c.Hold, 5*time.Second, time.Hour), "hold", c.Hold, "5s to 1h")
	check(c.MinFreeBytes >= 0 && c.MinFreeBytes <= 1<<40, "min_free_bytes", c.MinFreeBytes, "0 to 1 TiB")
	h := c.Heartbeat
	check(h.Method == http.MethodPost || h.Method == http.MethodGet, "heartbeat.method", fmt.Sprintf("%q", h.Method), "POST or GET")
	check(within(h.Every, 5*time.Second, time.Hour), "heartbeat.every", h.Every, "5s to 1h")
	check(within(h.Timeout, time.Second, h.Every), "heartbeat.timeout", h.Timeout, "1s to every")
	return errors.Join(faults...)
}
