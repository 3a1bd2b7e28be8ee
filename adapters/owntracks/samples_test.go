package owntracks_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/owntracks"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestSamples reads the messages of real devices beside the repository: what a second
// reader of the same JSON finds must come out.
func TestSamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", "owntracks", "*[^d]"))
	if err != nil || len(files) == 0 {
		t.Skip("no samples beside the repository")
	}
	samples, decoded, nothing, refused, wrong := 0, 0, 0, 0, 0
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		samples++
		m := payload.Message{Topic: "owntracks/user/d1", Payload: body, Received: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
		events, err := owntracks.New().Decode(nil, m, event.Clock{})
		switch {
		case err != nil:
			refused++
		case len(events) == 0:
			nothing++
		default:
			decoded++
		}
		if fault := compare(file, body, events, err); fault != "" {
			wrong++
			t.Errorf("%s: %s (%v)", filepath.Base(file), fault, err)
		}
	}
	t.Logf("%-12s samples %d decoded %d nothing %d refused %d wrong %d", "owntracks", samples, decoded, nothing, refused, wrong)
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
