package config

import (
	"errors"

	"github.com/campusgate/campusgate/adapters/dahua"
	"github.com/campusgate/campusgate/adapters/gb28181"
	"github.com/campusgate/campusgate/adapters/hikvision"
	"github.com/campusgate/campusgate/adapters/jt808"
	"github.com/campusgate/campusgate/adapters/payload/push"
	"github.com/campusgate/campusgate/adapters/probe"
	"github.com/campusgate/campusgate/adapters/zkteco"
	"github.com/campusgate/campusgate/gateway/event"
)

// Listeners take in devices that connect to the gateway themselves. Each finds a device in
// the registry by its addresses; one that the registry does not know is taken in under the
// county.
type Listeners struct {
	// JT808 takes in the terminals of school buses by JT/T 808 (TCP and UDP).
	JT808 JT808Listener `yaml:"jt808"`
	// GB28181 takes in cameras and recorders by GB/T 28181 (SIP over UDP and TCP).
	GB28181 GB28181Listener `yaml:"gb28181"`
	// Hikvision takes in the HTTP pushes of Hikvision terminals (ISAPI events).
	Hikvision PushListener `yaml:"hikvision"`
	// Dahua takes in the HTTP pushes of Dahua access terminals.
	Dahua PushListener `yaml:"dahua"`
	// ZKTeco takes in ZKTeco terminals (ADMS push).
	ZKTeco PushListener `yaml:"zkteco"`
	// Probe asks cameras that say nothing by themselves: by RTSP, ONVIF, snapshots and the
	// search of recordings.
	Probe ProbeListener `yaml:"probe"`
}

// ProbeListener is what asks cameras.
type ProbeListener struct {
	// Enabled begins to ask.
	Enabled      bool `yaml:"enabled"`
	probe.Config `yaml:",inline"`
}

// JT808Listener is a platform for vehicle terminals.
type JT808Listener struct {
	// Enabled opens it.
	Enabled      bool `yaml:"enabled"`
	jt808.Config `yaml:",inline"`
}

// GB28181Listener is a SIP server.
type GB28181Listener struct {
	// Enabled opens it.
	Enabled        bool `yaml:"enabled"`
	gb28181.Config `yaml:",inline"`
}

// PushListener is an HTTP server for the pushes of one maker's devices.
type PushListener struct {
	// Enabled opens it.
	Enabled     bool `yaml:"enabled"`
	push.Config `yaml:",inline"`
}

// DefaultListeners returns every default: none listens.
func DefaultListeners() Listeners {
	return Listeners{
		JT808:     JT808Listener{Config: jt808.DefaultConfig()},
		GB28181:   GB28181Listener{Config: gb28181.DefaultConfig()},
		Hikvision: PushListener{Config: hikvision.DefaultConfig()},
		Dahua:     PushListener{Config: dahua.DefaultConfig()},
		ZKTeco:    PushListener{Config: zkteco.DefaultConfig()},
		Probe:     ProbeListener{Config: probe.DefaultConfig()},
	}
}

// Validate returns every wrong setting of the listeners that are enabled.
func (l Listeners) Validate() error {
	var faults []error
	if l.JT808.Enabled {
		faults = append(faults, event.Under("jt808", l.JT808.Config.Validate()))
	}
	if l.GB28181.Enabled {
		faults = append(faults, event.Under("gb28181", l.GB28181.Config.Validate()))
	}
	if l.Probe.Enabled {
		faults = append(faults, event.Under("probe", l.Probe.Config.Validate()))
	}
	for name, p := range map[string]PushListener{"hikvision": l.Hikvision, "dahua": l.Dahua, "zkteco": l.ZKTeco} {
		if p.Enabled {
			faults = append(faults, event.Under(name, p.Config.Validate()))
		}
	}
	return errors.Join(faults...)
}
