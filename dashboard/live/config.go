package live

import (
	"errors"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Limits that are the protocol's, not a setting.
const (
	maxInbound     = 32 << 10
	maxFrame       = 256 << 10
	maxTelemetry   = 256 << 10 // bytes queued before a client counts as lagging
	maxPendingFeed = 4096      // events of one flush
	readTimeout    = 45 * time.Second
	pingEvery      = 20 * time.Second
	catchUpEvery   = 250 * time.Millisecond
	inboundBurst   = 40 // messages, refilled at inboundRate a second
	inboundRate    = 5
)

// Config holds the hub's settings.
type Config struct {
	// FlushInterval is the shortest time between two frames of a channel, 1 ms to 1 s. What
	// comes after a pause is sent at once.
	FlushInterval time.Duration `yaml:"flush_interval"`
	// Heartbeat is the time between two "hb" frames, 1 s to 60 s. The page takes the
	// connection for dead after three.
	Heartbeat time.Duration `yaml:"heartbeat"`
	// WriteTimeout is how long one frame may take to reach a browser's socket, 1 s to 2 min.
	WriteTimeout time.Duration `yaml:"write_timeout"`
	// MaxClients is how many websockets are served at once, 1 to 100,000.
	MaxClients int `yaml:"max_clients"`
	// QueueOps is how many alarm changes may wait for a client before it is closed as slow,
	// 16 to 100,000.
	QueueOps int `yaml:"queue_ops"`
	// QueueBytes is how many bytes of alarm changes may wait for a client, 64 KiB to 64 MiB.
	QueueBytes int `yaml:"queue_bytes"`
	// RingOps is how many alarm changes are kept for clients that resume, 0 to 1,000,000.
	RingOps int `yaml:"ring_ops"`
	// RingAge is how long alarm changes are kept for clients that resume, 0 to 24 h.
	RingAge time.Duration `yaml:"ring_age"`
}

// DefaultConfig returns the settings of a county.
func DefaultConfig() Config {
	return Config{
		FlushInterval: 12 * time.Millisecond, Heartbeat: 5 * time.Second, WriteTimeout: 5 * time.Second, MaxClients: 2000,
		QueueOps: 1024, QueueBytes: 1 << 20, RingOps: 20_000, RingAge: 10 * time.Minute,
	}
}

// Validate returns every wrong setting.
func (c Config) Validate() error {
	var faults []error
	check := func(ok bool, key string, value any, want string) {
		if !ok {
			faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
		}
	}
	check(c.FlushInterval >= time.Millisecond && c.FlushInterval <= time.Second, "flush_interval", c.FlushInterval, "1ms to 1s")
	check(c.Heartbeat >= time.Second && c.Heartbeat <= time.Minute, "heartbeat", c.Heartbeat, "1s to 1m")
	check(c.WriteTimeout >= time.Second && c.WriteTimeout <= 2*time.Minute, "write_timeout", c.WriteTimeout, "1s to 2m")
	check(c.MaxClients >= 1 && c.MaxClients <= 100_000, "max_clients", c.MaxClients, "1 to 100000")
	check(c.QueueOps >= 16 && c.QueueOps <= 100_000, "queue_ops", c.QueueOps, "16 to 100000")
	check(c.QueueBytes >= 64<<10 && c.QueueBytes <= 64<<20, "queue_bytes", c.QueueBytes, "65536 to 67108864 bytes")
	check(c.RingOps >= 0 && c.RingOps <= 1_000_000, "ring_ops", c.RingOps, "0 to 1000000")
	check(c.RingAge >= 0 && c.RingAge <= 24*time.Hour, "ring_age", c.RingAge, "0s to 24h")
	return errors.Join(faults...)
}
