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
	"github.com/campusgate/campusgate/adapters/gate"
	"github.com/campusgate/campusgate/adapters/kitchen"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/temperature"
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

// All returns every adapter. Names are unique.
func All() []Decoder {
	return append([]Decoder{Campus()}, own()...)
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
