package push

import (
	"errors"
	"net"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Config is how a listener for pushes is set.
type Config struct {
	// Listen is host:port; a loopback host unless devices are to reach it without a proxy.
	Listen string `yaml:"listen"`
	// CredentialsFile holds one device a line: "<address> <secret> [in|out|camera]…". The
	// address is what the registry knows it by. Lines that begin with # are left out.
	CredentialsFile string `yaml:"credentials_file"`
	// MaxConnections is how many connections are open at once, 1 to 100000; the next is
	// closed at once.
	MaxConnections int `yaml:"max_connections"`
	// MaxBodyBytes is the largest body, with its pictures, 1 KiB to 64 MiB.
	MaxBodyBytes int64 `yaml:"max_body_bytes"`
	// MaxBodies is how many bodies are held at once, 1 to 1000; further devices wait.
	MaxBodies int `yaml:"max_bodies"`
	// HeaderTimeout is how long a request's header may take, 100ms to 5m.
	HeaderTimeout time.Duration `yaml:"header_timeout"`
	// BodyTimeout is how long a whole request may take, 100ms to 10m.
	BodyTimeout time.Duration `yaml:"body_timeout"`
	// IdleTimeout is how long a connection may stay open between requests, 100ms to 1h.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
}

// Defaults is a configuration that lacks only its credentials.
func Defaults(listen string) Config {
	return Config{
		Listen: listen, MaxConnections: 1000, MaxBodyBytes: 4 << 20, MaxBodies: 16,
		HeaderTimeout: 10 * time.Second, BodyTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
	}
}

// Validate names every setting that is out of range.
func (c Config) Validate() error {
	var faults []error
	check := func(ok bool, key string, value any, want string) {
		if !ok {
			faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
		}
	}
	between := func(d, low, high time.Duration, key, want string) {
		check(d >= low && d <= high, key, d, want)
	}
	_, _, err := net.SplitHostPort(c.Listen)
	check(err == nil, "listen", c.Listen, "host:port")
	check(c.CredentialsFile != "", "credentials_file", c.CredentialsFile, "the path of a file")
	check(c.MaxConnections >= 1 && c.MaxConnections <= 100_000, "max_connections", c.MaxConnections, "1 to 100000")
	check(c.MaxBodyBytes >= 1<<10 && c.MaxBodyBytes <= 64<<20, "max_body_bytes", c.MaxBodyBytes, "1 KiB to 64 MiB")
	check(c.MaxBodies >= 1 && c.MaxBodies <= 1000, "max_bodies", c.MaxBodies, "1 to 1000")
	between(c.HeaderTimeout, 100*time.Millisecond, 5*time.Minute, "header_timeout", "100ms to 5m")
	between(c.BodyTimeout, 100*time.Millisecond, 10*time.Minute, "body_timeout", "100ms to 10m")
	between(c.IdleTimeout, 100*time.Millisecond, time.Hour, "idle_timeout", "100ms to 1h")
	return errors.Join(faults...)
}
