// Package config reads the one configuration file of campusgate.
//
// The order is: defaults, file, environment. Everything wrong is reported at once, each
// with file and line (or the name of the variable), key, value and what is allowed.
package config

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/campusgate/campusgate/adapters/mapping"
	"github.com/campusgate/campusgate/dashboard"
	"github.com/campusgate/campusgate/dashboard/bus"
	"github.com/campusgate/campusgate/gateway"
	"github.com/campusgate/campusgate/gateway/broker"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
)

// Config is the whole file. A process reads the sections that it needs.
type Config struct {
	// County is the path of the registry (YAML), relative to the configuration file.
	County string `yaml:"county"`
	// Log goes to standard error.
	Log Log `yaml:"log"`
	// Gateway is read by `campusgate gateway`.
	Gateway gateway.Config `yaml:"gateway"`
	// Listeners of the gateway take in devices that connect to it themselves.
	Listeners Listeners `yaml:"listeners"`
	// Mappings are adapters described here instead of written in Go: each says how one
	// vendor's messages are read. A subscription names one by its name.
	Mappings []mapping.Config `yaml:"mappings"`
	// Dashboard is read by `campusgate dashboard`.
	Dashboard dashboard.Config `yaml:"dashboard"`
	// Bus is where the dashboard finds the gateways' records.
	Bus bus.Config `yaml:"bus"`
	// History is where the dashboard reads events.
	History influx.ReaderConfig `yaml:"history"`
	// Embedded are servers that a process may run itself.
	Embedded Embedded `yaml:"embedded"`
}

// Log sets up the log.
type Log struct {
	// Level: debug, info, warn or error.
	Level string `yaml:"level"`
	// Format: json, or console for people.
	Format string `yaml:"format"`
}

// Embedded are servers for a demo or a small school.
type Embedded struct {
	// Bus is run by the dashboard.
	Bus EmbeddedBus `yaml:"bus"`
	// MQTT is run by the gateway.
	MQTT EmbeddedMQTT `yaml:"mqtt"`
	// Influx is run by the gateway.
	Influx EmbeddedInflux `yaml:"influx"`
}

// EmbeddedBus is a NATS JetStream server in the dashboard's process.
type EmbeddedBus struct {
	// Enabled runs it.
	Enabled          bool `yaml:"enabled"`
	broker.BusConfig `yaml:",inline"`
}

// EmbeddedMQTT is an MQTT 3.1.1 broker in the gateway's process.
type EmbeddedMQTT struct {
	// Enabled runs it.
	Enabled           bool `yaml:"enabled"`
	broker.MQTTConfig `yaml:",inline"`
}

// EmbeddedInflux is InfluxDB 1.8.10 in the gateway's process.
type EmbeddedInflux struct {
	// Enabled runs it.
	Enabled               bool `yaml:"enabled"`
	influx.EmbeddedConfig `yaml:",inline"`
}

// Default returns every default.
func Default() Config {
	c := Config{
		County: "counties/demo.yaml", Log: Log{Level: "info", Format: "json"},
		Gateway: gateway.DefaultConfig(), Listeners: DefaultListeners(), Dashboard: dashboard.DefaultConfig(), Bus: bus.DefaultConfig(), History: influx.DefaultReaderConfig(),
		Embedded: Embedded{
			Bus:    EmbeddedBus{Enabled: true, BusConfig: broker.DefaultBusConfig()},
			MQTT:   EmbeddedMQTT{MQTTConfig: broker.DefaultMQTTConfig()},
			Influx: EmbeddedInflux{EmbeddedConfig: influx.DefaultEmbeddedConfig()},
		},
	}
	c.Dashboard.DataDir = "data/dashboard"
	c.Embedded.Bus.DataDir, c.Embedded.MQTT.DataDir, c.Embedded.Influx.DataDir = "data/bus", "data/mqtt", "data/influxdb"
	return c
}

// Part says which sections of the file a process uses, and so must be right.
type Part int

// The parts.
const (
	PartGateway Part = 1 << iota
	PartDashboard
	PartAll = PartGateway | PartDashboard
	// PartPresent is whatever the file has a section for.
	PartPresent Part = 0
)

// sections are the keys of the file that a part cannot do without.
func (p Part) sections() []string {
	var names []string
	if p&PartGateway != 0 {
		names = append(names, "gateway")
	}
	if p&PartDashboard != 0 {
		names = append(names, "dashboard")
	}
	return names
}

// Error is a wrong configuration, told in full.
type Error struct{ Err error }

// Error lists every fault, one a line.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the faults.
func (e *Error) Unwrap() error { return e.Err }

// elsewhere are variables with our prefix that are no settings of the file.
func elsewhere() []string { return []string{"CAMPUSGATE_DEMO_PASSWORD", "CAMPUSGATE_TEST_*"} }

// Load reads the file, applies the environment, and checks the sections of part. Every
// error is an *Error. Paths in the file are relative to the process's folder, but for
// county, which is relative to the file.
func Load(path string, environ []string, part Part) (Config, *event.County, error) {
	return load(path, environ, part, (*Config).validate)
}

// Check is Load that also opens every file of secrets, certificates and keys which the
// sections of part name, as their parts will when they start or connect.
func Check(path string, environ []string, part Part) (Config, *event.County, error) {
	return load(path, environ, part, func(c *Config, part Part) error {
		return errors.Join(c.validate(part), c.unreadable(part))
	})
}

func load(path string, environ []string, part Part, validate func(*Config, Part) error) (Config, *event.County, error) {
	c := Default()
	doc, err := loadFile(path, &c)
	if err != nil {
		return c, nil, &Error{err}
	}
	source, err := applyEnv(&c, environ, elsewhere())
	if err != nil {
		return c, nil, &Error{err}
	}
	if part == PartPresent {
		part = doc.parts()
	}
	for _, name := range part.sections() {
		if doc.line(name) == 0 {
			return c, nil, &Error{fmt.Errorf("%s: has no section %s: is it the right file?", path, name)}
		}
	}
	county, countyErr := LoadCounty(c.countyPath(path))
	if err := errors.Join(doc.locate(validate(&c, part), source), countyErr); err != nil {
		return c, nil, &Error{err}
	}
	return c, county, nil
}

// parts says which parts the file has a section for; all of them where it has none.
func (d *document) parts() Part {
	var present Part
	for _, p := range []Part{PartGateway, PartDashboard} {
		if d.line(p.sections()[0]) > 0 {
			present |= p
		}
	}
	if present == 0 {
		return PartAll
	}
	return present
}

func (c *Config) countyPath(file string) string {
	if filepath.IsAbs(c.County) {
		return c.County
	}
	return filepath.Join(filepath.Dir(file), c.County)
}

// LoadCounty reads and indexes a registry.
func LoadCounty(path string) (*event.County, error) {
	var county event.County
	doc, err := loadFile(path, &county)
	if err != nil {
		return nil, fmt.Errorf("county: %w", err)
	}
	if err := doc.locate(county.Index(), nil); err != nil {
		return nil, err
	}
	return &county, nil
}

// ParseCounty reads and indexes a registry that the program carries.
func ParseCounty(name string, text []byte) (*event.County, error) {
	var county event.County
	doc, err := parse(name, text)
	if err != nil {
		return nil, err
	}
	if err := doc.decode(&county); err != nil {
		return nil, err
	}
	if err := doc.locate(county.Index(), nil); err != nil {
		return nil, err
	}
	return &county, nil
}

func (c *Config) validate(part Part) error {
	var faults []error
	oneOf := func(key, value string, allowed ...string) {
		for _, a := range allowed {
			if value == a {
				return
			}
		}
		faults = append(faults, &event.Fault{Key: key, Value: value, Want: fmt.Sprintf("one of %q", allowed)})
	}
	oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	oneOf("log.format", c.Log.Format, "json", "console")
	if part&PartGateway != 0 {
		faults = append(faults, event.Under("gateway", c.Gateway.Validate()), event.Under("listeners", c.Listeners.Validate()))
		if c.Embedded.MQTT.Enabled {
			faults = append(faults, event.Under("embedded.mqtt", c.Embedded.MQTT.Validate()))
		}
		if c.Embedded.Influx.Enabled {
			faults = append(faults, event.Under("embedded.influx", c.Embedded.Influx.Validate()))
		}
	}
	if part&PartDashboard != 0 {
		faults = append(faults, event.Under("dashboard", c.Dashboard.Validate()), event.Under("bus", c.Bus.Validate()), event.Under("history", c.History.Validate()))
		if c.Embedded.Bus.Enabled {
			faults = append(faults, event.Under("embedded.bus", c.Embedded.Bus.Validate()))
		}
	}
	return errors.Join(faults...)
}
