package hikvision

import (
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/push"
)

// Config is how the listener is set.
type Config = push.Config

// DefaultConfig listens on loopback.
func DefaultConfig() Config { return push.Defaults("127.0.0.1:7661") }

// Listener takes the devices' HTTP pushes. A device proves itself by Basic or Digest, or by
// its path, /hikvision/<address>/<secret>.
type Listener struct{ *push.Server }

var _ payload.Listener = (*Listener)(nil)

// NewListener checks the configuration and opens nothing.
func NewListener(cfg Config, deps payload.ListenerDeps) (*Listener, error) {
	s, err := push.NewServer(cfg, deps, push.Events(Name))
	if err != nil {
		return nil, err
	}
	return &Listener{s}, nil
}
