package gateway

import (
	"errors"
	"net"
	"path/filepath"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
	"github.com/campusgate/campusgate/gateway/ingest"
	"github.com/campusgate/campusgate/gateway/journal"
	"github.com/campusgate/campusgate/gateway/uplink"
)

// Config sets up one gateway.
type Config struct {
	// ID names the gateway in the county: 1 to 64 of a-z, 0-9, '-', '_'.
	ID string `yaml:"id"`
	// DataDir is the folder of everything the gateway keeps, made when missing.
	DataDir string `yaml:"data_dir"`
	// HTTP is where health, metrics and dead letters are served, host:port on loopback;
	// empty serves nothing.
	HTTP string `yaml:"http"`
	// LateAfter is the age at which an event is late: stored and shown, never sounded;
	// 1m to 24h.
	LateAfter time.Duration `yaml:"late_after"`
	// MaxFuture is how far ahead a device's clock may be before it counts as wrong; 1s to 1h.
	MaxFuture time.Duration `yaml:"max_future"`
	// ReportEvery is how often the gateway reports itself as a device; 1s to 10m.
	ReportEvery time.Duration `yaml:"report_every"`

	// Ingest: where messages come from. Its state_dir is data_dir/ingest when empty.
	Ingest ingest.Config `yaml:"ingest"`
	// Journal: its dir is data_dir/journal when empty.
	Journal journal.Config `yaml:"journal"`
	// Influx: where events are stored.
	Influx influx.WriterConfig `yaml:"influx"`
	// Detect: the limits of the detectors.
	Detect detect.Config `yaml:"detect"`
	// RulesFile is the path of the county's own rules (YAML, see configs/rules); empty: none.
	// A document of the command centre takes its place.
	RulesFile string `yaml:"rules_file"`
	// Uplink: how records reach the command centre. Its gateway is id when empty.
	Uplink UplinkConfig `yaml:"uplink"`
}

// UplinkConfig is the uplink, which a gateway without a command centre does without.
type UplinkConfig struct {
	// Enabled connects the gateway to the bus.
	Enabled       bool `yaml:"enabled"`
	uplink.Config `yaml:",inline"`
}

// DefaultConfig returns every default. Brokers have none.
func DefaultConfig() Config {
	return Config{
		ID: "gw1", DataDir: "data/gateway", HTTP: "127.0.0.1:9101",
		LateAfter: event.DefaultLateAfter, MaxFuture: event.DefaultMaxFuture, ReportEvery: 30 * time.Second,
		Ingest: ingest.DefaultConfig(), Journal: journal.DefaultConfig(), Influx: influx.DefaultWriterConfig(),
		Detect: detect.DefaultConfig(), Uplink: UplinkConfig{Enabled: true, Config: uplink.DefaultConfig()},
	}
}

// complete fills what follows from other settings.
func (c Config) complete() Config {
	if c.Journal.Dir == "" {
		c.Journal.Dir = filepath.Join(c.DataDir, "journal")
	}
	if c.Ingest.StateDir == "" {
		c.Ingest.StateDir = filepath.Join(c.DataDir, "ingest")
	}
	if c.Uplink.Gateway == "" {
		c.Uplink.Gateway = c.ID
	}
	return c
}

// Validate returns every wrong setting.
func (c Config) Validate() error {
	var faults []error
	fault := func(ok bool, key string, value any, want string) {
		if !ok {
			faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
		}
	}
	c = c.complete()
	fault(event.ValidName(c.ID), "id", c.ID, "1 to 64 of a-z, 0-9, '-', '_'")
	fault(c.DataDir != "", "data_dir", `""`, "the path of a folder")
	fault(c.HTTP == "" || loopback(c.HTTP), "http", c.HTTP, "host:port on loopback (the page has no log-in), or nothing")
	fault(c.LateAfter >= time.Minute && c.LateAfter <= 24*time.Hour, "late_after", c.LateAfter, "1m to 24h")
	fault(c.MaxFuture >= time.Second && c.MaxFuture <= time.Hour, "max_future", c.MaxFuture, "1s to 1h")
	fault(c.ReportEvery >= time.Second && c.ReportEvery <= 10*time.Minute, "report_every", c.ReportEvery, "1s to 10m")
	faults = append(faults,
		event.Under("ingest", c.Ingest.Validate()),
		event.Under("journal", c.Journal.Validate()),
		event.Under("influx", c.Influx.Validate()),
		event.Under("detect", c.Detect.Validate()))
	if c.Uplink.Enabled {
		faults = append(faults, event.Under("uplink", c.Uplink.Validate()))
	}
	return errors.Join(faults...)
}

func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
