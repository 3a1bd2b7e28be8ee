package ingest

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Config says from which brokers a gateway takes what.
type Config struct {
	// StateDir is the folder for subscriptions.json and ledger.json. Required; made when
	// missing.
	StateDir string `yaml:"state_dir"`
	// MaxInFlight is how many messages of one broker may wait for the journal before the
	// socket is no longer read: 1 to 1,000,000.
	MaxInFlight int `yaml:"max_in_flight"`
	// MaxInFlightBytes is the same in bytes of packets: 64 KiB or more.
	MaxInFlightBytes int64 `yaml:"max_in_flight_bytes"`
	// MaxPayloadBytes is the largest payload kept whole: 1 KiB to 64 MiB. Of a larger one
	// the first 4 KiB go to the dead letters.
	MaxPayloadBytes int64 `yaml:"max_payload_bytes"`
	// BatchMessages is the most messages handed to the journal at once: 1 to 10,000.
	BatchMessages int `yaml:"batch_messages"`
	// ReconnectMin and ReconnectMax bound the jittered, doubling pause between two tries to
	// connect: 10 ms to 10 min.
	ReconnectMin time.Duration `yaml:"reconnect_min"`
	ReconnectMax time.Duration `yaml:"reconnect_max"`
	// DuplicateWindow is about how many of a broker's last events are remembered to drop
	// exact redeliveries: 0 (off) to 10,000,000. Keep it at four times max_in_flight. It
	// takes 32 to 64 bytes an event, for each broker.
	DuplicateWindow int `yaml:"duplicate_window"`
	// TopicCache is how many topics of a broker keep their route in memory: 16 to 1,000,000.
	TopicCache int `yaml:"topic_cache"`
	// MaxDevices bounds the ledger: 1 to 10,000,000. Devices beyond are ingested, not tracked.
	MaxDevices int `yaml:"max_devices"`
	// SaveEvery is the pause between two savings of the ledger: 100 ms to 1 h.
	SaveEvery time.Duration `yaml:"save_every"`
	// Brokers is the list of brokers, at least one.
	Brokers []BrokerConfig `yaml:"brokers"`
}

// BrokerConfig is one MQTT broker and what to take from it.
type BrokerConfig struct {
	// Name of the broker in logs, metrics and dead letters: lower-case letters, digits, '-', '_'.
	Name string `yaml:"name"`
	// URL is tcp://host:1883, ssl://host:8883, ws://host/path or wss://host/path (also
	// mqtt:// and mqtts://).
	URL string `yaml:"url"`
	// ClientID names the session that the broker keeps for this gateway. It must be the
	// same after every restart, and no other client of the broker may use it.
	ClientID string `yaml:"client_id"`
	// Username and the file that holds the password (first line); both may be empty.
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file"`
	// CAFile holds the certificates (PEM) that may sign the broker's; empty: the system's.
	CAFile string `yaml:"ca_file"`
	// CertFile and KeyFile are the gateway's own certificate and key (PEM), when the broker
	// asks for one.
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
	// KeepAlive is the pause between two signs of life: 1 s to 18 h; twice of it (and 5 s)
	// without a byte from the broker ends the connection. 30 s when 0.
	KeepAlive time.Duration `yaml:"keep_alive"`
	// ConnectTimeout bounds dialling, TLS and CONNACK, each: 100 ms to 5 min. 15 s when 0.
	ConnectTimeout time.Duration `yaml:"connect_timeout"`
	// Subscriptions is what to take, at least one. A topic that several filters match goes
	// to the first of them.
	Subscriptions []SubscriptionConfig `yaml:"subscriptions"`
}

// SubscriptionConfig routes the topics of one filter to an adapter.
type SubscriptionConfig struct {
	// Filter is the MQTT topic filter, for instance campus/+/gate/+/access or
	// $share/gateways/vendor/#.
	Filter string `yaml:"filter"`
	// QoS asked for: 0 or 1. With 0 a message may be lost on the way; it is never
	// acknowledged.
	QoS byte `yaml:"qos"`
	// Adapter is the name of the decoder.
	Adapter string `yaml:"adapter"`
	// Site and Device are fixed names, for adapters whose topics and payloads do not say.
	Site   string `yaml:"site"`
	Device string `yaml:"device"`
	// SiteLevel and DeviceLevel are the topic levels, counted from 1, that hold them: in
	// vendor/17/door the site is level 2. 0: none. Capitals become small letters, ':', '.'
	// and spaces become '-'.
	SiteLevel   int `yaml:"site_level"`
	DeviceLevel int `yaml:"device_level"`
	// Quantity is what a bare temperature of these devices measures: cold_store, freezer,
	// hot_holding, room, or another lower-case word; room when empty.
	Quantity string `yaml:"quantity"`
	// Ask lets the adapter publish questions to devices of this subscription, for instance
	// Sparkplug's rebirth command. The broker must allow the gateway to write there.
	Ask bool `yaml:"ask"`
}

// DefaultConfig returns every default; state_dir and brokers have none.
func DefaultConfig() Config {
	return Config{
		MaxInFlight:      16_384,
		MaxInFlightBytes: 32 << 20,
		MaxPayloadBytes:  1 << 20,
		BatchMessages:    512,
		ReconnectMin:     500 * time.Millisecond,
		ReconnectMax:     30 * time.Second,
		DuplicateWindow:  65_536,
		TopicCache:       16_384,
		MaxDevices:       100_000,
		SaveEvery:        30 * time.Second,
	}
}

// Defaults of a broker.
const (
	DefaultKeepAlive      = 30 * time.Second
	DefaultConnectTimeout = 15 * time.Second
)

// Validate returns all wrong settings, joined, each an *event.Fault.
func (c *Config) Validate() error {
	var faults []error
	fault := func(ok bool, key string, value any, want string) {
		if !ok {
			faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
		}
	}
	fault(c.StateDir != "", "state_dir", `""`, "a folder")
	fault(within(c.MaxInFlight, 1, 1_000_000), "max_in_flight", c.MaxInFlight, "1 to 1000000")
	fault(c.MaxInFlightBytes >= 64<<10, "max_in_flight_bytes", c.MaxInFlightBytes, "65536 or more")
	fault(within(c.MaxPayloadBytes, 1<<10, 64<<20), "max_payload_bytes", c.MaxPayloadBytes, "1024 to 67108864")
	fault(within(c.BatchMessages, 1, 10_000), "batch_messages", c.BatchMessages, "1 to 10000")
	fault(within(c.ReconnectMin, 10*time.Millisecond, 10*time.Minute), "reconnect_min", c.ReconnectMin, "10ms to 10m")
	fault(within(c.ReconnectMax, c.ReconnectMin, 10*time.Minute), "reconnect_max", c.ReconnectMax, "reconnect_min to 10m")
	fault(within(c.DuplicateWindow, 0, 10_000_000), "duplicate_window", c.DuplicateWindow, "0 to 10000000")
	fault(within(c.TopicCache, 16, 1_000_000), "topic_cache", c.TopicCache, "16 to 1000000")
	fault(within(c.MaxDevices, 1, 10_000_000), "max_devices", c.MaxDevices, "1 to 10000000")
	fault(within(c.SaveEvery, 100*time.Millisecond, time.Hour), "save_every", c.SaveEvery, "100ms to 1h")
	fault(len(c.Brokers) > 0, "brokers", "an empty list", "at least one broker")

	names, sessions := map[string]bool{}, map[string]bool{}
	for i := range c.Brokers {
		b := &c.Brokers[i]
		key := fmt.Sprintf("brokers[%d]", i)
		if err := event.Under(key, b.Validate()); err != nil {
			faults = append(faults, err)
		}
		fault(!names[b.Name], key+".name", b.Name, "a name that no other broker has")
		names[b.Name] = true
		session := b.URL + " " + b.ClientID
		fault(!sessions[session], key+".client_id", b.ClientID, "a client id used once for each url")
		sessions[session] = true
	}
	return errors.Join(faults...)
}

func within[T int | int64 | time.Duration](v, low, high T) bool { return v >= low && v <= high }

// Validate returns all wrong settings of one broker, joined, each an *event.Fault.
func (b *BrokerConfig) Validate() error {
	var faults []error
	fault := func(ok bool, key string, value any, want string) {
		if !ok {
			faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
		}
	}
	fault(event.ValidName(b.Name) && b.Name != ListenerBroker, "name", quoted(b.Name), "1 to 64 of a-z, 0-9, '-', '_', and not "+ListenerBroker)
	secure, ok := scheme(b.URL)
	fault(ok, "url", quoted(b.URL), "tcp://, ssl://, ws:// or wss:// with a host and a port")
	fault(secure || !ok || b.CAFile+b.CertFile+b.KeyFile == "", "url", quoted(b.URL), "ssl:// or wss:// with ca_file, cert_file or key_file")
	fault(b.ClientID != "" && len(b.ClientID) <= 128 && printable(b.ClientID), "client_id", quoted(b.ClientID), "1 to 128 printable characters")
	fault(b.PasswordFile == "" || b.Username != "", "username", quoted(b.Username), "a name when there is a password_file")
	fault((b.CertFile == "") == (b.KeyFile == ""), "key_file", quoted(b.KeyFile), "cert_file and key_file both, or neither")
	fault(b.KeepAlive == 0 || within(b.KeepAlive, time.Second, 18*time.Hour), "keep_alive", b.KeepAlive, "1s to 18h")
	fault(b.ConnectTimeout == 0 || within(b.ConnectTimeout, 100*time.Millisecond, 5*time.Minute), "connect_timeout", b.ConnectTimeout, "100ms to 5m")
	fault(len(b.Subscriptions) > 0, "subscriptions", "an empty list", "at least one filter")
	filters := map[string]bool{}
	for i, s := range b.Subscriptions {
		key := fmt.Sprintf("subscriptions[%d]", i)
		if err := event.Under(key, s.validate()); err != nil {
			faults = append(faults, err)
		}
		fault(!filters[s.Filter], key+".filter", quoted(s.Filter), "each filter once")
		filters[s.Filter] = true
	}
	return errors.Join(faults...)
}

func (s SubscriptionConfig) validate() error {
	var faults []error
	fault := func(ok bool, key string, value any, want string) {
		if !ok {
			faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
		}
	}
	fault(validFilter(s.Filter), "filter", quoted(s.Filter), "a topic filter: '+' and '#' alone in their level, '#' last")
	fault(s.QoS <= 1, "qos", s.QoS, "0 or 1")
	fault(s.Adapter != "", "adapter", quoted(s.Adapter), "the name of an adapter")
	fault(s.Site == "" || event.ValidName(s.Site), "site", quoted(s.Site), "1 to 64 of a-z, 0-9, '-', '_'")
	fault(s.Device == "" || event.ValidName(s.Device), "device", quoted(s.Device), "1 to 64 of a-z, 0-9, '-', '_'")
	fault(s.Quantity == "" || event.ValidName(s.Quantity), "quantity", quoted(s.Quantity), "1 to 64 of a-z, 0-9, '-', '_'")
	fault(within(s.SiteLevel, 0, 64), "site_level", s.SiteLevel, "0 to 64")
	fault(within(s.DeviceLevel, 0, 64), "device_level", s.DeviceLevel, "0 to 64")
	fault(s.Site == "" || s.SiteLevel == 0, "site_level", s.SiteLevel, "0 when site is set")
	fault(s.Device == "" || s.DeviceLevel == 0, "device_level", s.DeviceLevel, "0 when device is set")
	return errors.Join(faults...)
}

func quoted(s string) string { return fmt.Sprintf("%q", s) }

func printable(s string) bool {
	for _, r := range s {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return false
		}
	}
	return true
}

// scheme reports whether a broker's URL is one that we can dial, and whether by TLS.
func scheme(raw string) (secure, ok bool) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil {
		return false, false
	}
	switch u.Scheme {
	case "tcp", "mqtt":
		return false, u.Port() != ""
	case "ssl", "tls", "mqtts":
		return true, u.Port() != ""
	case "ws":
		return false, true
	case "wss":
		return true, true
	}
	return false, false
}

func (b *BrokerConfig) keepAlive() time.Duration {
	if b.KeepAlive == 0 {
		return DefaultKeepAlive
	}
	return b.KeepAlive
}

func (b *BrokerConfig) connectTimeout() time.Duration {
	if b.ConnectTimeout == 0 {
		return DefaultConnectTimeout
	}
	return b.ConnectTimeout
}

// unshared returns the filter that topics are matched with: $share/<group>/ is the
// broker's business.
func unshared(filter string) string {
	if rest, ok := strings.CutPrefix(filter, "$share/"); ok {
		if _, f, ok := strings.Cut(rest, "/"); ok {
			return f
		}
	}
	return filter
}
