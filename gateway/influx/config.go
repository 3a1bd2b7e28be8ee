package influx

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// ServerConfig says which InfluxDB, and as whom. Writer and Reader share it.
type ServerConfig struct {
	// URL of the server, http or https, without a path or with the path of a proxy.
	URL string `yaml:"url"`
	// Database of 1.x; bucket of 2.x, where the database of the same name is mapped to it.
	// 1 to 64 letters, digits, '-', '_' and '.'; no '/'.
	Database string `yaml:"database"`
	// Org is the organization of 2.x, by name; 1.x ignores it.
	Org string `yaml:"org"`
	// TokenFile holds the API token of 2.x. Empty: user and password, or none at all.
	TokenFile string `yaml:"token_file"`
	// Username and PasswordFile sign in at 1.x.
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file"`
	// CAFile holds the certificates (PEM) that may have signed the server's; empty takes
	// the system's.
	CAFile string `yaml:"ca_file"`
	// Retention is how long the points of a measurement are kept, 1h or more; 0 is for
	// ever. The key "default" stands for the measurements that are not named. A named
	// measurement lives in a retention policy of its own name (bucket "database/measurement"
	// of 2.x): naming one later leaves its old points where they were.
	Retention map[string]time.Duration `yaml:"retention"`
}

// defaultRetention is the key of Retention for measurements that are not named.
const defaultRetention = "default"

// WriterConfig are the settings of a Writer.
type WriterConfig struct {
	ServerConfig `yaml:",inline"`
	// Setup creates what is missing at the server: database or bucket, retention, mapping.
	Setup bool `yaml:"setup"`
	// Workers write at the same time, 1 to 16. With more than one, backlog never takes all.
	Workers int `yaml:"workers"`
	// BatchLines is the largest batch in lines, 1 to 50000.
	BatchLines int `yaml:"batch_lines"`
	// FlushInterval is the least time between two batches that are not full, 0 to 1s. A
	// line that comes after a pause is written at once.
	FlushInterval time.Duration `yaml:"flush_interval"`
	// RequestTimeout ends a request that hangs, 1s to 10m.
	RequestTimeout time.Duration `yaml:"request_timeout"`
	// RetryMin and RetryMax bound the wait between tries while the server is not there,
	// 10ms to 10m; the wait doubles and is drawn at random below that.
	RetryMin time.Duration `yaml:"retry_min"`
	RetryMax time.Duration `yaml:"retry_max"`
	// Gzip packs requests: for a network that is slower than the processor.
	Gzip bool `yaml:"gzip"`
}

// ReaderConfig are the settings of a Reader.
type ReaderConfig struct {
	ServerConfig `yaml:",inline"`
	// QueryTimeout ends a query, 1s to 10m.
	QueryTimeout time.Duration `yaml:"query_timeout"`
	// MaxRows bounds the rows of one answer that is not paged, 1000 to 10 million.
	MaxRows int `yaml:"max_rows"`
	// LookBack is how far before a time line's begin the last state of a device is looked
	// for, 1h to 1 year.
	LookBack time.Duration `yaml:"look_back"`
}

// DefaultServerConfig is the embedded server's address and no retention.
func DefaultServerConfig() ServerConfig {
	return ServerConfig{URL: "http://127.0.0.1:8086", Database: "campusgate", Org: "campusgate", Retention: map[string]time.Duration{}}
}

// DefaultWriterConfig suits a server on the same machine or in the same room.
func DefaultWriterConfig() WriterConfig {
	return WriterConfig{
		ServerConfig: DefaultServerConfig(), Setup: true, Workers: 3, BatchLines: 5000,
		FlushInterval: 10 * time.Millisecond, RequestTimeout: 30 * time.Second,
		RetryMin: 250 * time.Millisecond, RetryMax: 30 * time.Second,
	}
}

// DefaultReaderConfig suits the dashboard.
func DefaultReaderConfig() ReaderConfig {
	return ReaderConfig{
		ServerConfig: DefaultServerConfig(), QueryTimeout: 30 * time.Second, MaxRows: 500_000,
		LookBack: 62 * 24 * time.Hour,
	}
}

// Validate returns every setting that is not allowed as *event.Fault.
func (c ServerConfig) Validate() error {
	var faults []error
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.User != nil {
		faults = append(faults, &event.Fault{Key: "url", Value: redact(c.URL), Want: "http://host:port or https://host:port, user and password by username and password_file"})
	}
	if !validDatabase(c.Database) {
		faults = append(faults, &event.Fault{Key: "database", Value: c.Database, Want: "1 to 64 letters, digits, '-', '_' and '.'"})
	}
	if c.TokenFile != "" && c.Username != "" {
		faults = append(faults, &event.Fault{Key: "username", Value: c.Username, Want: "nothing beside token_file"})
	}
	if c.Username != "" && c.PasswordFile == "" {
		faults = append(faults, &event.Fault{Key: "password_file", Value: "nothing", Want: "a file, because username is set"})
	}
	names := append(Measurements(), defaultRetention)
	for name, keep := range c.Retention {
		if !slices.Contains(names, name) {
			faults = append(faults, &event.Fault{Key: "retention." + name, Value: keep, Want: "one of the keys " + strings.Join(names, ", ")})
		} else if keep != 0 && keep < time.Hour {
			faults = append(faults, &event.Fault{Key: "retention." + name, Value: keep, Want: "1h or more, or 0 for ever"})
		}
	}
	return errors.Join(faults...)
}

// Validate returns every setting that is not allowed as *event.Fault.
func (c WriterConfig) Validate() error {
	return errors.Join(
		c.ServerConfig.Validate(),
		between("workers", c.Workers, 1, 16),
		between("batch_lines", c.BatchLines, 1, 50_000),
		between("flush_interval", c.FlushInterval, 0, time.Second),
		between("request_timeout", c.RequestTimeout, time.Second, 10*time.Minute),
		between("retry_min", c.RetryMin, 10*time.Millisecond, 10*time.Minute),
		between("retry_max", c.RetryMax, c.RetryMin, 10*time.Minute),
	)
}

// Validate returns every setting that is not allowed as *event.Fault.
func (c ReaderConfig) Validate() error {
	return errors.Join(
		c.ServerConfig.Validate(),
		between("query_timeout", c.QueryTimeout, time.Second, 10*time.Minute),
		between("max_rows", c.MaxRows, 1000, 10_000_000),
		between("look_back", c.LookBack, time.Hour, 366*24*time.Hour),
	)
}

func between[T int | int64 | time.Duration](key string, value, least, most T) error {
	if value >= least && value <= most {
		return nil
	}
	return &event.Fault{Key: key, Value: value, Want: sprint(least) + " to " + sprint(most)}
}

func validDatabase(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// redact takes user and password out of an address before it is shown.
func redact(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "an address that cannot be read"
	}
	return u.Redacted()
}

// retention of a measurement, 0 for ever.
func (c ServerConfig) retention(measurement string) time.Duration {
	if keep, ok := c.Retention[measurement]; ok {
		return keep
	}
	return c.Retention[defaultRetention]
}

// bucket is the target of a write to the measurement: "db", or "db/rp" where the
// measurement has a retention of its own. 1.8 and 2.x read it the same.
func (c ServerConfig) bucket(measurement string) string {
	if _, own := c.Retention[measurement]; own {
		return c.Database + "/" + measurement
	}
	return c.Database
}

// source is the measurement in a FROM clause. Names are our own words and need no escaping.
func (c ServerConfig) source(measurement string) string {
	if _, own := c.Retention[measurement]; own {
		return `"` + c.Database + `"."` + measurement + `"."` + measurement + `"`
	}
	return `"` + measurement + `"`
}
