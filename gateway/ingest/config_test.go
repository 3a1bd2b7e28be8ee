package ingest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
)

func TestEveryFaultNamesItsKey(t *testing.T) {
	t.Parallel()
	for key, spoil := range map[string]func(*ingest.Config){
		"state_dir":                           func(c *ingest.Config) { c.StateDir = "" },
		"max_in_flight":                       func(c *ingest.Config) { c.MaxInFlight = 0 },
		"max_in_flight_bytes":                 func(c *ingest.Config) { c.MaxInFlightBytes = 1 },
		"max_payload_bytes":                   func(c *ingest.Config) { c.MaxPayloadBytes = 1 << 40 },
		"batch_messages":                      func(c *ingest.Config) { c.BatchMessages = -1 },
		"reconnect_min":                       func(c *ingest.Config) { c.ReconnectMin = 0 },
		"reconnect_max":                       func(c *ingest.Config) { c.ReconnectMax = time.Millisecond },
		"duplicate_window":                    func(c *ingest.Config) { c.DuplicateWindow = -1 },
		"topic_cache":                         func(c *ingest.Config) { c.TopicCache = 1 },
		"max_devices":                         func(c *ingest.Config) { c.MaxDevices = 0 },
		"save_every":                          func(c *ingest.Config) { c.SaveEvery = 0 },
		"brokers":                             func(c *ingest.Config) { c.Brokers = nil },
		"brokers[0].name":                     func(c *ingest.Config) { c.Brokers[0].Name = "Main" },
		"brokers[1].name":                     func(c *ingest.Config) { c.Brokers = append(c.Brokers, brokerConfig("main", "tcp://other:1883")) },
		"brokers[1].client_id":                func(c *ingest.Config) { c.Brokers = append(c.Brokers, brokerConfig("two", "tcp://broker:1883")) },
		"brokers[0].url":                      func(c *ingest.Config) { c.Brokers[0].URL = "http://broker" },
		"brokers[0].client_id":                func(c *ingest.Config) { c.Brokers[0].ClientID = "" },
		"brokers[0].username":                 func(c *ingest.Config) { c.Brokers[0].PasswordFile = "x" },
		"brokers[0].key_file":                 func(c *ingest.Config) { c.Brokers[0].URL = "ssl://b:1"; c.Brokers[0].CertFile = "x" },
		"brokers[0].keep_alive":               func(c *ingest.Config) { c.Brokers[0].KeepAlive = time.Millisecond },
		"brokers[0].connect_timeout":          func(c *ingest.Config) { c.Brokers[0].ConnectTimeout = time.Hour },
		"brokers[0].subscriptions":            func(c *ingest.Config) { c.Brokers[0].Subscriptions = nil },
		"brokers[0].subscriptions[0].filter":  func(c *ingest.Config) { c.Brokers[0].Subscriptions[0].Filter = "a#" },
		"brokers[0].subscriptions[0].qos":     func(c *ingest.Config) { c.Brokers[0].Subscriptions[0].QoS = 2 },
		"brokers[0].subscriptions[0].adapter": func(c *ingest.Config) { c.Brokers[0].Subscriptions[0].Adapter = "nothing" },
		"brokers[0].subscriptions[0].site":    func(c *ingest.Config) { c.Brokers[0].Subscriptions[0].Site = "A B" },
		"brokers[0].subscriptions[0].device":  func(c *ingest.Config) { c.Brokers[0].Subscriptions[0].Device = "A B" },
		"brokers[0].subscriptions[0].site_level": func(c *ingest.Config) {
			c.Brokers[0].Subscriptions[0].Site, c.Brokers[0].Subscriptions[0].SiteLevel = "s", 2
		},
		"brokers[0].subscriptions[0].device_level": func(c *ingest.Config) { c.Brokers[0].Subscriptions[0].DeviceLevel = -1 },
	} {
		c := config(t, brokerConfig("main", "tcp://broker:1883"))
		deps := ingest.Deps{Sink: newMemory(), Decoders: []ingest.Decoder{reading{}}}
		if _, err := ingest.New(c, deps); err != nil {
			t.Fatal(err)
		}
		spoil(&c)
		_, err := ingest.New(c, deps)
		var f *event.Fault
		if err == nil || !errors.As(err, &f) || !strings.HasPrefix(err.Error(), key+": ") {
			t.Errorf("%s: got %v", key, err)
		}
	}
}

func TestConfigFromYAML(t *testing.T) {
	t.Parallel()
	c := ingest.DefaultConfig()
	err := yaml.UnmarshalWithOptions([]byte(`
state_dir: /var/lib/campusgate/ingest
max_in_flight: 2000
brokers:
  - name: school
    url: ssl://broker.school:8883
    client_id: gateway-s012
    username: gateway
    password_file: /etc/campusgate/mqtt-password
    keep_alive: 1m
    subscriptions:
      - {filter: "campus/+/gate/+/access", qos: 1, adapter: gate}
      - {filter: "vendor/+/door", qos: 1, adapter: vendor, site: s012, device_level: 2}
`), &c, yaml.Strict())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	b := c.Brokers[0]
	if c.MaxInFlight != 2000 || c.BatchMessages != 512 || b.KeepAlive != time.Minute || b.Subscriptions[1].DeviceLevel != 2 {
		t.Fatalf("%+v", c)
	}
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	c := config(t, brokerConfig("main", "tcp://127.0.0.1:1")) // nobody listens
	deps := ingest.Deps{Sink: newMemory(), Decoders: []ingest.Decoder{reading{}}}
	never, err := ingest.New(c, deps)
	if err != nil {
		t.Fatal(err)
	}
	if h := never.Health(); h.State != event.Starting {
		t.Errorf("health before Start: %+v", h)
	}
	for range 2 {
		if err := never.Stop(within(t)); err != nil {
			t.Errorf("stop without start: %v", err)
		}
	}
	if err := never.Start(context.Background()); err == nil {
		t.Error("started after it was stopped")
	}
	in := start(t, c, newMemory())
	eventually(t, "not connected", func() bool {
		h := in.Health()
		return h.State == event.Failed && strings.Contains(h.Reason, "main: not connected")
	})
	for range 2 {
		if err := in.Stop(within(t)); err != nil {
			t.Errorf("stop: %v", err)
		}
	}
	if h := in.Health(); h.State != event.Stopped {
		t.Errorf("health after Stop: %+v", h)
	}
}
