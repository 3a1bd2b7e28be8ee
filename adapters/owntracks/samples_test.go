package owntracks_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/adapters/owntracks"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestSamples reads the messages of real devices beside the repository: what a second
// reader of the same JSON finds must come out.
func TestSamples(t *testing.T) {
	t.Parallel()
	payloadtest.EachSample(t, "owntracks", func(name string, body []byte) ([]event.Event, string, error) {
		m := payload.Message{Topic: "owntracks/user/d1", Payload: body, Received: payloadtest.Received()}
		events, err := owntracks.New().Decode(nil, m, event.Clock{})
		return events, compare(name, body, events, err), err
	})
}

func compare(file string, body []byte, events []event.Event, err error) string {
	var want struct {
		Type          string `json:"_type"`
		Tst           any
		Lat, Lon, Vel float64
	}
	if json.Unmarshal(body, &want) != nil || strings.Contains(file, ".notjson.") {
		if err == nil {
			return "malformed, and taken"
		}
		return ""
	}
	switch {
	case err != nil:
		return "refused"
	case want.Type == "location":
		if len(events) != 1 || events[0].Position == nil {
			return "no position"
		}
		p := events[0].Position
		if p.Lat != want.Lat || p.Lon != want.Lon || p.SpeedKMH != max(want.Vel, 0) {
			return fmt.Sprintf("is %+v", *p)
		}
		if tst, _ := want.Tst.(float64); events[0].ObservedAt.Unix() != int64(tst) {
			return fmt.Sprintf("at %v", events[0].ObservedAt)
		}
	case want.Type == "lwt":
		if len(events) != 1 || events[0].Status == nil || events[0].Status.Status != event.StatusDown {
			return "no status down"
		}
	case len(events) != 0:
		return fmt.Sprintf("%d events", len(events))
	}
	return ""
}
