package payloadtest

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// Samples reads the messages of real devices that lie beside the repository, where they
// are present, each as it came on the topic. It compares those that want names, by file:
// a summary of each event, "nothing" or "refused".
func Samples(t *testing.T, d payload.Decoder, family, topic string, want map[string]string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", family, "[0-9]*"))
	if err != nil || len(files) == 0 {
		t.Skip("no samples beside the repository")
	}
	decoded, nothing, refused, wrong := 0, 0, 0, 0
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := payload.Message{Topic: topic, Payload: body, Received: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)}
		events, err := d.Decode(nil, m, event.Clock{})
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
				Check(t, &events[i], m, event.Clock{})
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

// summary says of an event what samples are compared by.
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
