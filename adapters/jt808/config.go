package jt808

import (
	"errors"
	"net"
	"strings"
	"time"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// Values of Config.Registration.
const (
	// RegistrationOpen lets every terminal register; one that the registry does not know is
	// taken in under the county and can be adopted.
	RegistrationOpen = "open"
	// RegistrationRegistry lets only terminals register that the registry knows.
	RegistrationRegistry = "registry"
)

// Values of Config.Checksum.
const (
	checksumStrict = "strict"
	checksumIgnore = "ignore"
)

// minSecret is the shortest secret that codes of authentication are made with, in bytes.
const minSecret = 16

// Config is the listener's section of the configuration.
type Config struct {
	// ListenTCP is host:port for terminals over TCP; 127.0.0.1:6808. Empty: no TCP.
	ListenTCP string `yaml:"listen_tcp"`
	// ListenUDP is host:port for terminals over UDP. Empty: no UDP.
	ListenUDP string `yaml:"listen_udp"`
	// CertFile and KeyFile hold a certificate and its key (PEM): TCP is then TLS. Both or
	// none.
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
	// Registration is open or registry: whether a terminal that the registry does not know
	// may register. The registry knows a terminal by its address jt808:<phone>.
	Registration string `yaml:"registration"`
	// RequireAuth takes nothing from a terminal that has not shown the code of its
	// registration; true. Terminals of test stands often skip it.
	RequireAuth bool `yaml:"require_auth"`
	// AuthSecretFile holds the secret, 16 bytes or more, that codes of authentication are
	// made with. A code is made of the secret and the terminal's phone, so it stays good
	// after a restart and at every gateway with the same secret. Required by RequireAuth.
	AuthSecretFile string `yaml:"auth_secret_file"`
	// AskParameters asks a terminal for its parameters when it has authenticated: how often it
	// reports tells how soon its silence is a fault; true.
	AskParameters bool `yaml:"ask_parameters"`
	// Checksum is strict or ignore: whether a message with a wrong checksum is refused.
	Checksum string `yaml:"checksum"`
	// ChecksumExceptions are the phones of terminals that are treated the other way.
	ChecksumExceptions []string `yaml:"checksum_exceptions"`
	// Datum is what the terminals' positions are of, wgs84 or gcj02; wgs84. JT/T 808 does not
	// say it. Those of GCJ-02 are taken to WGS-84.
	Datum string `yaml:"datum"`
	// DatumExceptions are the phones of terminals that send the other one.
	DatumExceptions []string `yaml:"datum_exceptions"`
	// MaxConnections is how many TCP connections may be open; 10000, 1 to 200000.
	MaxConnections int `yaml:"max_connections"`
	// MaxPerAddress is how many of them may come from one IP address: terminals behind a
	// mobile network's gateway share theirs; 10000, 1 to 200000.
	MaxPerAddress int `yaml:"max_per_address"`
	// MaxTerminals is how many terminals are known at once, over TCP and UDP, those that
	// are away for ReconnectGrace included; 20000, 1 to 200000.
	MaxTerminals int `yaml:"max_terminals"`
	// LoginTimeout closes a connection on which no terminal has made itself known; 30s, 1s
	// to 10m.
	LoginTimeout time.Duration `yaml:"login_timeout"`
	// IdleTimeout is after how long without a message a terminal is reported down and its
	// connection closed: three heartbeats or more; 10m, 1s to 24h.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// ReconnectGrace is how long a terminal whose connection ended may take to come back
	// before it is reported down: buses pass through tunnels; 2m, 0 to 24h.
	ReconnectGrace time.Duration `yaml:"reconnect_grace"`
	// MessageTimeout is how long a message may take from its first byte to its last, and a
	// write to a terminal; 30s, 100ms to 10m.
	MessageTimeout time.Duration `yaml:"message_timeout"`
	// MaxBatch is how many messages of one connection are taken into the journal at once;
	// no more is read until they are; 256, 1 to 4096.
	MaxBatch int `yaml:"max_batch"`
	// FragmentDelay is how long after its last packet a message that is not whole is asked
	// for its missing packets; 5s, 100ms to 5m.
	FragmentDelay time.Duration `yaml:"fragment_delay"`
	// FragmentRequests is how often they are asked for before the message is dropped; 3, 0
	// to 20.
	FragmentRequests int `yaml:"fragment_requests"`
	// MaxMessageBytes bounds a message that is put together from packets; 262144, 1024 to
	// 4194304. A terminal may have twice as much in the making.
	MaxMessageBytes int `yaml:"max_message_bytes"`
	// MaxFragmentBytes bounds what all terminals have in the making; 67108864, 65536 to
	// 4294967296.
	MaxFragmentBytes int64 `yaml:"max_fragment_bytes"`
}

// DefaultConfig returns the defaults; AuthSecretFile has none.
func DefaultConfig() Config {
	return Config{
		ListenTCP:        "127.0.0.1:6808",
		Registration:     RegistrationOpen,
		RequireAuth:      true,
		AskParameters:    true,
		Checksum:         checksumStrict,
		Datum:            payload.DatumWGS84,
		MaxConnections:   10_000,
		MaxPerAddress:    10_000,
		MaxTerminals:     20_000,
		LoginTimeout:     30 * time.Second,
		IdleTimeout:      10 * time.Minute,
		ReconnectGrace:   2 * time.Minute,
		MessageTimeout:   30 * time.Second,
		MaxBatch:         256,
		FragmentDelay:    5 * time.Second,
		FragmentRequests: 3,
		MaxMessageBytes:  256 << 10,
		MaxFragmentBytes: 64 << 20,
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
	count := func(key string, n, low, high int64, want string) {
		fault(n >= low && n <= high, key, n, want)
	}
	address := func(key, value string) {
		_, _, err := net.SplitHostPort(value)
		fault(value == "" || err == nil, key, value, "host:port")
	}
	fault(c.ListenTCP != "" || c.ListenUDP != "", "listen_tcp", `""`, "host:port, since listen_udp is empty, too")
	address("listen_tcp", c.ListenTCP)
	address("listen_udp", c.ListenUDP)
	fault((c.CertFile == "") == (c.KeyFile == ""), "key_file", c.KeyFile, "a file together with cert_file, or neither")
	fault(c.Registration == RegistrationOpen || c.Registration == RegistrationRegistry, "registration", c.Registration, "open or registry")
	fault(!c.RequireAuth || c.AuthSecretFile != "", "auth_secret_file", `""`, "a file, since require_auth is true")
	fault(c.Checksum == checksumStrict || c.Checksum == checksumIgnore, "checksum", c.Checksum, "strict or ignore")
	for _, phone := range c.ChecksumExceptions {
		fault(isPhone(phone), "checksum_exceptions", phone, "phones of 1 to 20 digits")
	}
	fault(c.Datum == payload.DatumWGS84 || c.Datum == payload.DatumGCJ02, "datum", c.Datum, "wgs84 or gcj02")
	for _, phone := range c.DatumExceptions {
		fault(isPhone(phone), "datum_exceptions", phone, "phones of 1 to 20 digits")
	}
	count("max_connections", int64(c.MaxConnections), 1, 200_000, "1 to 200000")
	count("max_per_address", int64(c.MaxPerAddress), 1, 200_000, "1 to 200000")
	count("max_terminals", int64(c.MaxTerminals), 1, 200_000, "1 to 200000")
	within("login_timeout", c.LoginTimeout, time.Second, 10*time.Minute)
	within("idle_timeout", c.IdleTimeout, time.Second, 24*time.Hour)
	within("reconnect_grace", c.ReconnectGrace, 0, 24*time.Hour)
	within("message_timeout", c.MessageTimeout, 100*time.Millisecond, 10*time.Minute)
	count("max_batch", int64(c.MaxBatch), 1, 4096, "1 to 4096")
	within("fragment_delay", c.FragmentDelay, 100*time.Millisecond, 5*time.Minute)
	count("fragment_requests", int64(c.FragmentRequests), 0, 20, "0 to 20")
	count("max_message_bytes", int64(c.MaxMessageBytes), 1024, 4<<20, "1024 to 4194304")
	count("max_fragment_bytes", c.MaxFragmentBytes, 64<<10, 4<<30, "65536 to 4294967296")
	return errors.Join(faults...)
}

// policy is what is done with damaged messages, exception what is done with those of
// ChecksumExceptions.
func (c Config) policy() ChecksumPolicy {
	if c.Checksum == checksumIgnore {
		return ChecksumIgnore
	}
	return ChecksumStrict
}

func (c Config) exception() ChecksumPolicy {
	if c.Checksum == checksumIgnore {
		return ChecksumStrict
	}
	return ChecksumIgnore
}

func isPhone(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, "0123456789") == ""
}
