package dahua_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/dahua"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestSamples reads messages of real devices to what their sources say they mean. They lie
// beside the repository, where they are present.
func TestSamples(t *testing.T) {
	t.Parallel()
	const family = "dahua_access"
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", family, "[0-9]*"))
	if err != nil || len(files) == 0 {
		t.Skip("no samples beside the repository")
	}
	want := map[string]string{
		"001_batch_offline_json.json":    "gate d1 backfill 2023-11-14T22:13:20Z in face granted REDACTED_USER_ID/; ",
		"003_eventmanager_multiline.txt": "gate d1 in manual granted 1011/; ",
		"005_breakin.txt":                "gate d1 2026-09-29T20:50:00Z in manual forced /; ",
		"007_no_time.txt":                "gate d1 in manual granted 1001/; ",
		"009_nested_quotes.txt":          "gate d1 in card granted /000ABC; ",
		"011_cardrec_cgi.txt":            "gate d1 #1 36.5 normal; gate d1 #1 in face granted /; ",
	}
	decoded, nothing, refused, wrong := 0, 0, 0, 0
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := payload.Message{Topic: "dahua/d1", Payload: body, Received: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)}
		events, err := dahua.New().Decode(nil, m, event.Clock{})
		got := ""
		switch {
		case err != nil:
			got = "refused"
			refused++
		case len(events) == 0:
			got = "nothing"
			nothing++
		default:
			decoded++
			for i := range events {
				payloadtest.Check(t, &events[i], m, event.Clock{})
				got += summary(&events[i]) + "; "
			}
		}
		if w, known := want[filepath.Base(file)]; known && got != w {
			wrong++
			t.Errorf("%s\ngot  %s (%v)\nwant %s", file, got, err, w)
		}
	}
	t.Logf("%s samples %d decoded %d nothing %d refused %d wrong %d", family, len(files), decoded, nothing, refused, wrong)
}

func summary(e *event.Event) string {
	s := string(e.Kind) + " " + string(e.Device)
	if e.Backfill {
		s += " backfill"
	}
	if !e.ObservedAt.Truncate(time.Second).Equal(e.ReceivedAt) {
		s += " " + e.ObservedAt.Truncate(time.Second).Format(time.RFC3339)
	}
	if e.Seq != 0 {
		s += " #" + strconv.FormatUint(e.Seq, 10)
	}
	switch {
	case e.Gate != nil:
		return s + " " + e.Gate.Direction + " " + e.Gate.Method + " " + e.Gate.Result + " " + e.Gate.Person + "/" + e.Gate.Credential
	case e.Temperature != nil:
		return s + " " + strconv.FormatFloat(e.Temperature.Celsius, 'f', -1, 64) + " " + e.Temperature.DeviceFlag
	case e.Status != nil && e.Status.Heartbeat:
		return s + " heartbeat " + e.Status.Status
	case e.Status != nil:
		return s + " status " + e.Status.Status + " " + e.Status.Reason
	}
	return s
}
