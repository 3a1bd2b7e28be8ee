package zkteco_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/adapters/zkteco"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestSamples reads messages of real devices to what their sources say they mean. They lie
// beside the repository, where they are present.
func TestSamples(t *testing.T) {
	t.Parallel()
	const family = "zkteco_push"
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", family, "[0-9]*"))
	if err != nil || len(files) == 0 {
		t.Skip("no samples beside the repository")
	}
	want := map[string]string{
		"001_rtlog_punch.txt":    "gate nyu7251601501 2026-09-09T04:09:10Z #40 in manual granted 445966/; ",
		"003_registry.txt":       "gate d1 status up registered; ",
		"005_attlog_11col.txt":   "gate cqug243160247 2026-01-18T07:31:30Z in manual granted 18/; gate cqug243160247 2026-01-18T08:45:20Z in manual granted 18/; gate cqug243160247 2026-01-18T01:00:15Z in manual granted 19/; ",
		"007_attlog_textpin.txt": "gate k40face001 2026-07-17T01:00:00Z in manual granted STU001/; ",
		"009_handshake_poll.txt": "gate device_serial heartbeat up; ",
	}
	decoded, nothing, refused, wrong := 0, 0, 0, 0
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := payload.Message{Topic: "zkteco/d1", Payload: body, Received: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)}
		events, err := zkteco.New().Decode(nil, m, event.Clock{})
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
