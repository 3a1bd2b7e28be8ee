// Package adapters holds the contracts of adapters and the literal list of all of them.
//
//	message (topic or path, payload, received time) ──decoder──▶ events, or an error
//
// An adapter is a folder. To add one: copy adapters/gate, edit its files and cases, add it
// to the list below, and name it in the configuration of a subscription.
package adapters

import (
	"github.com/campusgate/campusgate/adapters/bus"
	"github.com/campusgate/campusgate/adapters/button"
	"github.com/campusgate/campusgate/adapters/camera"
	"github.com/campusgate/campusgate/adapters/chirpstack"
	"github.com/campusgate/campusgate/adapters/dahua"
	"github.com/campusgate/campusgate/adapters/frigate"
	"github.com/campusgate/campusgate/adapters/gate"
	"github.com/campusgate/campusgate/adapters/gb28181"
	"github.com/campusgate/campusgate/adapters/hikvision"
	"github.com/campusgate/campusgate/adapters/homeassistant"
	"github.com/campusgate/campusgate/adapters/jt808"
	"github.com/campusgate/campusgate/adapters/kitchen"
	"github.com/campusgate/campusgate/adapters/onvifmqtt"
	"github.com/campusgate/campusgate/adapters/owntracks"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/probe"
	"github.com/campusgate/campusgate/adapters/shelly"
	"github.com/campusgate/campusgate/adapters/sparkplug"
	"github.com/campusgate/campusgate/adapters/tasmota"
	"github.com/campusgate/campusgate/adapters/temperature"
	"github.com/campusgate/campusgate/adapters/traccar"
	"github.com/campusgate/campusgate/adapters/zigbee2mqtt"
	"github.com/campusgate/campusgate/adapters/zkteco"
)

// The contracts stand in adapters/payload, where each family can import them.
type (
	// Message is what a device sent, as it arrived.
	Message = payload.Message
	// Decoder turns messages of one family of devices into events.
	Decoder = payload.Decoder
)

// own lists the families of our own devices, each named by its kind.
func own() []Decoder {
	return []Decoder{
		gate.New(),
		temperature.New(),
		bus.New(),
		kitchen.New(),
		camera.New(),
		button.New(),
	}
}

// Campus returns the adapter "campus", which reads all of our own devices.
func Campus() Decoder { return &campus{families: own()} }

// vendors lists the families of other makers, each named by its folder.
func vendors() []Decoder {
	return []Decoder{
		jt808.New(),
		gb28181.New(),
		hikvision.New(),
		dahua.New(),
		zkteco.New(),
		probe.New(),
		owntracks.New(),
		traccar.New(),
		frigate.New(),
		onvifmqtt.New(),
		zigbee2mqtt.New(),
		tasmota.New(),
		shelly.New(),
		chirpstack.New(),
		homeassistant.New(),
		sparkplug.New(),
	}
}

// All returns every adapter. Names are unique.
func All() []Decoder {
	return append(append([]Decoder{Campus()}, own()...), vendors()...)
}

// ByName returns the adapter of that name, nil when there is none.
func ByName(name string) Decoder {
	for _, d := range All() {
		if d.Name() == name {
			return d
		}
	}
	return nil
}
