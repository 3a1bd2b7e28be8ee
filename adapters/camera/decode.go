package camera

import (
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// New returns the adapter "camera". Cameras have the two channels of every kind, and no
// other.
func New() payload.Decoder { return payload.NewFamily(event.KindCamera) }
