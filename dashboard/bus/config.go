package bus

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/nats-io/nats.go/jetstream"
)

// The streams of the bus.
const (
	EventStream   = "CAMPUS_EVENT"
	AnomalyStream = "CAMPUS_ANOMALY"
)

// StreamConfig bounds a stream. The dashboard's word counts: it updates a stream that a
// gateway has made with other limits.
type StreamConfig struct {
	// MaxAge is how long a record is kept, 1 h or more.
	MaxAge time.Duration `yaml:"max_age"`
	// MaxBytes is how much is kept in bytes, 16 MiB or more; the oldest goes first.
	MaxBytes int64 `yaml:"max_bytes"`
	// Replicas is how many servers of a cluster keep each record, 1, 3 or 5.
	Replicas int `yaml:"replicas"`
}

// Config sets up the dashboard's connection.
type Config struct {
	// URLs are the servers of the bus: "nats://host:port", or "tls://host:port".
	URLs []string `yaml:"urls"`
	// User and PasswordFile (a path, read at each connect), or TokenFile, are the
	// credentials; all empty sends none.
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
	TokenFile    string `yaml:"token_file"`
	// CAFile is the path of the authorities (PEM) to trust besides the system's.
	CAFile string `yaml:"ca_file"`
	// CertFile and KeyFile are the paths of the dashboard's own certificate (PEM).
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
	// BatchSize is the most records taken in at once, and anomalies stored in one
	// transaction, 1 to 10000.
	BatchSize int `yaml:"batch_size"`
	// RequestTimeout is how long a gateway may take to answer, 100 ms to 5 min.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// EventStream and AnomalyStream bound the streams.
	EventStream   StreamConfig `yaml:"event_stream"`
	AnomalyStream StreamConfig `yaml:"anomaly_stream"`
}

// DefaultConfig is the connection to an open bus on loopback.
func DefaultConfig() Config {
	return Config{
		URLs:           []string{"nats://127.0.0.1:4222"},
		BatchSize:      500,
		RequestTimeout: 10 * time.Second,
		EventStream:    StreamConfig{MaxAge: 72 * time.Hour, MaxBytes: 4 << 30, Replicas: 1},
		AnomalyStream:  StreamConfig{MaxAge: 365 * 24 * time.Hour, MaxBytes: 1 << 30, Replicas: 1},
	}
}

// Validate returns every wrong setting.
func (c *Config) Validate() error {
	var faults []error
	bad := func(key string, value any, want string) {
		faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
	}
	if len(c.URLs) == 0 {
		bad("urls", c.URLs, "at least one nats://host:port")
	}
	for i, s := range c.URLs {
		u, err := url.Parse(s)
		switch {
		case err != nil || u.Host == "" || (u.Scheme != "nats" && u.Scheme != "tls"):
			bad(fmt.Sprintf("urls[%d]", i), "(not shown)", "nats://host:port or tls://host:port")
		case u.User != nil:
			bad(fmt.Sprintf("urls[%d]", i), "(not shown)", "no credentials in the URL; use user and password_file, or token_file")
		}
	}
	if (c.User == "") != (c.PasswordFile == "") {
		bad("password_file", c.PasswordFile, "user and password_file together")
	}
	if c.User != "" && c.TokenFile != "" {
		bad("token_file", c.TokenFile, "user or token_file, not both")
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		bad("key_file", c.KeyFile, "cert_file and key_file together")
	}
	if c.BatchSize < 1 || c.BatchSize > 10_000 {
		bad("batch_size", c.BatchSize, "1 to 10000")
	}
	if c.RequestTimeout < 100*time.Millisecond || c.RequestTimeout > 5*time.Minute {
		bad("request_timeout", c.RequestTimeout, "100ms to 5m")
	}
	faults = append(faults,
		event.Under("event_stream", c.EventStream.validate()),
		event.Under("anomaly_stream", c.AnomalyStream.validate()))
	return errors.Join(faults...)
}

func (c StreamConfig) validate() error {
	var faults []error
	if c.MaxAge < time.Hour {
		faults = append(faults, &event.Fault{Key: "max_age", Value: c.MaxAge, Want: "1h or more"})
	}
	if c.MaxBytes < 16<<20 {
		faults = append(faults, &event.Fault{Key: "max_bytes", Value: c.MaxBytes, Want: "16 MiB or more, in bytes"})
	}
	if c.Replicas != 1 && c.Replicas != 3 && c.Replicas != 5 {
		faults = append(faults, &event.Fault{Key: "replicas", Value: c.Replicas, Want: "1, 3 or 5"})
	}
	return errors.Join(faults...)
}

// StreamConfigs returns the streams as they are made or updated. The gateway's uplink
// makes the same ones where it comes first.
func (c *Config) StreamConfigs() []jetstream.StreamConfig {
	return []jetstream.StreamConfig{
		streamConfig(EventStream, "event", c.EventStream),
		streamConfig(AnomalyStream, "anomaly", c.AnomalyStream),
	}
}

func streamConfig(name, word string, c StreamConfig) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:               name,
		Description:        "campusgate: " + word + " records of all gateways, and their marks",
		Subjects:           []string{"campus." + word + ".>", "campus.mark." + word + ".>"},
		Retention:          jetstream.LimitsPolicy,
		Discard:            jetstream.DiscardOld,
		Storage:            jetstream.FileStorage,
		MaxAge:             c.MaxAge,
		MaxBytes:           c.MaxBytes,
		Replicas:           c.Replicas,
		AllowDirect:        true,
		AllowAtomicPublish: true,
	}
}
