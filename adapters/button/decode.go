package button

import (
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// New returns the adapter "button".
func New() payload.Decoder {
	return payload.NewFamily(event.KindButton,
		payload.Channel{Name: "call", Type: event.TypeEmergencyCall, Read: readCall})
}

func readCall(o *payload.Object, e *event.Event) {
	e.Call = &event.EmergencyCall{
		State: o.Word("state", "", event.CallPressed, event.CallReleased, event.CallTest),
		Place: o.Text("place"),
	}
}
