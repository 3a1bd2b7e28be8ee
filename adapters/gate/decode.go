package gate

import (
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// New returns the adapter "gate".
func New() payload.Decoder {
	return payload.NewFamily(event.KindGate,
		payload.Channel{Name: "access", Type: event.TypeGateAccess, Read: readAccess})
}

func readAccess(o *payload.Object, e *event.Event) {
	e.Gate = &event.GateAccess{
		Direction:    o.Word("direction", "", event.In, event.Out),
		PersonKind:   o.PersonKind("person_kind"),
		Method:       o.Word("method", "manual", "card", "face", "qr", "plate", "manual"),
		Result:       o.Word("result", "", event.ResultGranted, event.ResultDenied, event.ResultForced),
		Person:       o.Text("person"),
		Credential:   o.Text("credential"),
		Registration: o.Text("registration"),
		EscortedBy:   o.Text("escorted_by"),
		Guardian:     o.Text("guardian"),
		ClassTeacher: o.Text("class_teacher"),
		ItemsChecked: o.Tri("items_checked"),
		Celsius:      o.Celsius("celsius", payload.Celsius),
	}
}
