package gb28181

import (
	"errors"
	"net"
	"strings"
	"time"

	"github.com/campusgate/campusgate/adapters/payload/recording"
	"github.com/campusgate/campusgate/gateway/event"
)

// Config is the listener's section of the configuration.
type Config struct {
	// Listen is host:port for SIP over UDP and TCP; 127.0.0.1:5060.
	Listen string `yaml:"listen"`
	// Advertise is host:port under which devices reach us, for what we send them; the bound
	// address when empty, which is no answer if Listen names no address of its own.
	Advertise string `yaml:"advertise"`
	// ServerID is our own number in the network, 20 digits of Annex D.
	ServerID string `yaml:"server_id"`
	// Realm is named in the digest challenge; the first 10 digits of ServerID when empty.
	Realm string `yaml:"realm"`
	// PasswordFile has a line "<device's 20 digits> <password>" for each device; "*" stands
	// for all others.
	PasswordFile string `yaml:"password_file"`
	// KeepaliveInterval is how often devices are set to send keepalives; 60s, 1s to 1h.
	KeepaliveInterval time.Duration `yaml:"keepalive_interval"`
	// KeepaliveCount is how many keepalives in a row may be missed; 3, 1 to 100.
	KeepaliveCount int `yaml:"keepalive_count"`
	// MaxExpires is the longest registration that we grant; 24h, 1m to 720h.
	MaxExpires time.Duration `yaml:"max_expires"`
	// CatalogEvery is how often a device's catalogue is asked for; 10m, 10s to 24h.
	CatalogEvery time.Duration `yaml:"catalog_every"`
	// CatalogTimeout is how long a catalogue may take to arrive; 60s, 1s to 10m.
	CatalogTimeout time.Duration `yaml:"catalog_timeout"`
	// AskStatus asks every channel for its DeviceStatus after each complete catalogue, which
	// tells whether it records; true.
	AskStatus bool `yaml:"ask_status"`
	// RecordsEvery is how often every channel's recordings of the day are asked for
	// (RecordInfo), one channel of a device at a time; 5m to 24h, 1h is enough. 0, the
	// default, asks for none: cameras that are recorded elsewhere would have nothing to show.
	RecordsEvery time.Duration `yaml:"records_every"`
	// RecordsTimeout is how long the answer may take; 60s, 1s to 10m.
	RecordsTimeout time.Duration `yaml:"records_timeout"`
	// Recorded is what should be recorded.
	Recorded recording.Rules `yaml:"recorded"`
	// SubscribeExpires is how long a subscription to catalogue changes and alarms lasts
	// before it is renewed; 1h, 1m to 24h. 0 subscribes to nothing.
	SubscribeExpires time.Duration `yaml:"subscribe_expires"`
	// MaxDevices is how many devices may be registered; 4096, 1 to 100000.
	MaxDevices int `yaml:"max_devices"`
	// MaxConnections is how many TCP connections may be open; 1024, 1 to 100000.
	MaxConnections int `yaml:"max_connections"`
	// MaxMessageBytes bounds one message over TCP; 1048576, 4096 to 4194304.
	MaxMessageBytes int `yaml:"max_message_bytes"`
	// IdleTimeout closes a TCP connection that says nothing; 5m, 1s to 24h.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// MessageTimeout is how long a message over TCP may take from its first byte to its
	// last, and a write to any device; 10s, 1s to 5m.
	MessageTimeout time.Duration `yaml:"message_timeout"`
}

// DefaultConfig returns the defaults; ServerID and PasswordFile have none.
func DefaultConfig() Config {
	return Config{
		Listen:            "127.0.0.1:5060",
		KeepaliveInterval: time.Minute,
		KeepaliveCount:    3,
		MaxExpires:        24 * time.Hour,
		CatalogEvery:      10 * time.Minute,
		CatalogTimeout:    time.Minute,
		AskStatus:         true,
		RecordsTimeout:    time.Minute,
		Recorded:          recording.DefaultRules(),
		SubscribeExpires:  time.Hour,
		MaxDevices:        4096,
		MaxConnections:    1024,
		MaxMessageBytes:   1 << 20,
		IdleTimeout:       5 * time.Minute,
		MessageTimeout:    10 * time.Second,
	}
}

// Validate returns every setting that is not allowed.
func (c Config) Validate() error {
	var faults []error
	fault := func(ok bool, key string, value any, want string) {
		if !ok {
			faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
		}
	}
	within := func(key string, d, low, high time.Duration) {
		fault(d >= low && d <= high, key, d, low.String()+" to "+high.String())
	}
	count := func(key string, n, low, high int, want string) {
		fault(n >= low && n <= high, key, n, want)
	}
	host, _, err := net.SplitHostPort(c.Listen)
	fault(err == nil, "listen", c.Listen, "host:port")
	if c.Advertise != "" {
		_, _, err := net.SplitHostPort(c.Advertise)
		fault(err == nil && !strings.ContainsAny(c.Advertise, "<> \r\n"), "advertise", c.Advertise, "host:port")
	} else {
		everywhere := host == "" || net.ParseIP(host).IsUnspecified()
		fault(err != nil || !everywhere, "advertise", `""`, "host:port, since listen names no address")
	}
	fault(isID(c.ServerID), "server_id", c.ServerID, "20 digits")
	fault(safeRealm(c.Realm), "realm", c.Realm, "at most 64 letters, digits, '.', '-'")
	fault(c.PasswordFile != "", "password_file", c.PasswordFile, "a file")
	within("keepalive_interval", c.KeepaliveInterval, time.Second, time.Hour)
	count("keepalive_count", c.KeepaliveCount, 1, 100, "1 to 100")
	within("max_expires", c.MaxExpires, time.Minute, 720*time.Hour)
	within("catalog_every", c.CatalogEvery, 10*time.Second, 24*time.Hour)
	within("catalog_timeout", c.CatalogTimeout, time.Second, 10*time.Minute)
	if c.RecordsEvery != 0 {
		within("records_every", c.RecordsEvery, 5*time.Minute, 24*time.Hour)
	}
	within("records_timeout", c.RecordsTimeout, time.Second, 10*time.Minute)
	faults = append(faults, event.Under("recorded", c.Recorded.Validate()))
	if c.SubscribeExpires != 0 {
		within("subscribe_expires", c.SubscribeExpires, time.Minute, 24*time.Hour)
	}
	count("max_devices", c.MaxDevices, 1, 100000, "1 to 100000")
	count("max_connections", c.MaxConnections, 1, 100000, "1 to 100000")
	count("max_message_bytes", c.MaxMessageBytes, 4096, maxMessage, "4096 to 4194304")
	within("idle_timeout", c.IdleTimeout, time.Second, 24*time.Hour)
	within("message_timeout", c.MessageTimeout, time.Second, 5*time.Minute)
	return errors.Join(faults...)
}

// isID tells whether s is 20 digits.
func isID(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return len(s) == idLength
}

func safeRealm(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '.' && c != '-' {
			return false
		}
	}
	return len(s) <= 64
}
