package uplink

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// maxBatch is the server's limit of 1,000 messages a batch, less the mark.
const maxBatch = 999

// StreamConfig bounds a stream. The bus carries and buffers; InfluxDB and the dashboard's
// store keep. The gateway uses it only to make a stream that is missing: afterwards the
// dashboard's word counts.
type StreamConfig struct {
	// MaxAge is how long a record is kept, 1 h or more.
	MaxAge time.Duration `yaml:"max_age"`
	// MaxBytes is how much is kept in bytes, 16 MiB or more; the oldest goes first.
	MaxBytes int64 `yaml:"max_bytes"`
	// Replicas is how many servers of a cluster keep each record, 1, 3 or 5.
	Replicas int `yaml:"replicas"`
}

// Config sets up the uplink of one gateway.
type Config struct {
	// URLs are the servers of the bus: "nats://host:port", or "tls://host:port". One
	// that answers is enough.
	URLs []string `yaml:"urls"`
	// Gateway is this gateway's id: 1 to 64 of a-z, 0-9, '-', '_', different for each.
	Gateway string `yaml:"gateway"`
	// User and PasswordFile (a path, read at each connect), or TokenFile, are the
	// credentials; all empty sends none.
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
	TokenFile    string `yaml:"token_file"`
	// CAFile is the path of the authorities (PEM) to trust besides the system's.
	CAFile string `yaml:"ca_file"`
	// CertFile and KeyFile are the paths of this gateway's own certificate (PEM).
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
	// MaxBatchRecords is the most records of one batch, 1 to 999. Large batches only form
	// when there is something to catch up.
	MaxBatchRecords int `yaml:"max_batch_records"`
	// MaxBatchBytes is the most bytes of records in one batch, 64 KiB to 64 MiB.
	MaxBatchBytes int64 `yaml:"max_batch_bytes"`
	// AckTimeout is how long a batch may take to be acknowledged, 1 s to 5 min. Batches
	// shrink on a link so slow that they come near it.
	AckTimeout time.Duration `yaml:"ack_timeout"`
	// StatusInterval is how often the gateway reports itself, 100 ms to 1 min.
	StatusInterval time.Duration `yaml:"status_interval"`
	// EventStream and AnomalyStream bound the streams, where this gateway makes them.
	EventStream   StreamConfig `yaml:"event_stream"`
	AnomalyStream StreamConfig `yaml:"anomaly_stream"`
}

// DefaultConfig is the uplink to an open bus on loopback. Gateway is left empty.
func DefaultConfig() Config {
	return Config{
		URLs:            []string{"nats://127.0.0.1:4222"},
		MaxBatchRecords: 900,
		MaxBatchBytes:   4 << 20,
		AckTimeout:      10 * time.Second,
		StatusInterval:  5 * time.Second,
		EventStream:     StreamConfig{MaxAge: 72 * time.Hour, MaxBytes: 4 << 30, Replicas: 1},
		AnomalyStream:   StreamConfig{MaxAge: 365 * 24 * time.Hour, MaxBytes: 1 << 30, Replicas: 1},
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
	if !event.ValidName(c.Gateway) {
		bad("gateway", fmt.Sprintf("%q", c.Gateway), "1 to 64 of a-z, 0-9, '-', '_'")
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
	if c.MaxBatchRecords < 1 || c.MaxBatchRecords > maxBatch {
		bad("max_batch_records", c.MaxBatchRecords, "1 to 999")
	}
	if c.MaxBatchBytes < 64<<10 || c.MaxBatchBytes > 64<<20 {
		bad("max_batch_bytes", c.MaxBatchBytes, "64 KiB to 64 MiB, in bytes")
	}
	if c.AckTimeout < time.Second || c.AckTimeout > 5*time.Minute {
		bad("ack_timeout", c.AckTimeout, "1s to 5m")
	}
	if c.StatusInterval < 100*time.Millisecond || c.StatusInterval > time.Minute {
		bad("status_interval", c.StatusInterval, "100ms to 1m")
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
