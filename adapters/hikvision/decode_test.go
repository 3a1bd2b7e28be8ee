package hikvision_test

import (
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/adapters/hikvision"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/gateway/event"
)

var _ payload.Decoder = hikvision.New()

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCases(t *testing.T) {
	t.Parallel()
	payloadtest.Run(t, hikvision.New())
}

func FuzzDecode(f *testing.F) { payloadtest.FuzzVendor(f, hikvision.New()) }

// TestSentAgainIsTheSameEvent: a terminal sends a numbered event again when it was offline,
// marked, and without its picture.
func TestSentAgainIsTheSameEvent(t *testing.T) {
	t.Parallel()
	id := func(body string) string {
		t.Helper()
		m := payload.Message{Topic: "hikvision/g1/in", Payload: []byte(body), Received: payloadtest.Received()}
		events, err := hikvision.New().Decode(nil, m, event.Clock{})
		if err != nil || len(events) != 1 {
			t.Fatal(events, err)
		}
		return events[0].ID + events[0].ObservedAt.String()
	}
	const before, after = `{"dateTime":"2026-11-24T07:30:00+08:00",`, `"AccessControllerEvent":{"majorEventType":5,"subEventType":75,"employeeNoString":"e1","serialNo":%d}}`
	live := id(before + fmt.Sprintf(after, 5))
	if late := id(before + `"currentEvent":false,` + fmt.Sprintf(after, 5)); late != live {
		t.Errorf("live %s, sent again %s", live, late)
	}
	if other := id(before + fmt.Sprintf(after, 6)); other == live {
		t.Error("two events are one")
	}
}
