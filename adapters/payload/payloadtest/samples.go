package payloadtest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// EachSample reads the messages of real devices of a family that lie beside the repository,
// where they are present, and lets judge decode each: what came out, and what is wrong with
// that, empty when nothing is. It logs the family's row of "make check-samples".
func EachSample(t *testing.T, family string, judge func(name string, body []byte) (events []event.Event, wrong string, err error)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", family, "*"))
	if err != nil || len(files) == 0 {
		t.Skip("no samples beside the repository")
	}
	samples, decoded, nothing, refused, wrong := 0, 0, 0, 0, 0
	for _, file := range files {
		if filepath.Ext(file) == ".md" {
			continue
		}
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		samples++
		events, fault, err := judge(filepath.Base(file), body)
		switch {
		case err != nil:
			refused++
		case len(events) == 0:
			nothing++
		default:
			decoded++
		}
		if fault != "" {
			wrong++
			t.Errorf("%s: %s (error %v)", filepath.Base(file), fault, err)
		}
	}
	t.Logf("samples| %-20s %8d %8d %8d %8d %8d", family, samples, decoded, nothing, refused, wrong)
}

// Samples compares the samples that want names, by file, each as it came on the topic: a
// summary of each event, "nothing" or "refused".
func Samples(t *testing.T, d payload.Decoder, family, topic string, want map[string]string) {
	t.Helper()
	EachSample(t, family, func(name string, body []byte) ([]event.Event, string, error) {
		m := payload.Message{Topic: topic, Payload: body, Received: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)}
		events, err := d.Decode(nil, m, event.Clock{})
		got := ""
		switch {
		case err != nil:
			got = "refused"
		case len(events) == 0:
			got = "nothing"
		}
		for i := range events {
			Check(t, &events[i], m, event.Clock{})
			got += summary(&events[i]) + "; "
		}
		if w, known := want[name]; known && got != w {
			return events, fmt.Sprintf("\ngot  %s\nwant %s\n", got, w), err
		}
		return events, "", err
	})
}

// SamplesAt compares every sample with those that want names by the beginning of its file
// name: each event in short, or "error"; one that is not named gives nothing. at divides a
// sample into topic and payload.
func SamplesAt(
	t *testing.T, d payload.Decoder, family string,
	at func(name string, body []byte) (topic string, payload []byte), want map[string][]string,
) {
	t.Helper()
	EachSample(t, family, func(name string, body []byte) ([]event.Event, string, error) {
		topic, body := at(name, body)
		events, err := d.Decode(nil, payload.Message{Topic: topic, Payload: body, Received: Received()}, event.Clock{})
		var got []string
		for i := range events {
			got = append(got, short(&events[i]))
		}
		if err != nil {
			got = []string{"error"}
		}
		if want := want[name[:3]]; !slices.Equal(got, want) {
			return events, fmt.Sprintf("%q, want %q", got, want), err
		}
		return events, "", err
	})
}

// FirstLine divides a sample whose first line is its topic.
func FirstLine(_ string, body []byte) (topic string, payload []byte) {
	line, body, _ := bytes.Cut(body, []byte("\n"))
	return string(bytes.TrimSpace(line)), bytes.TrimSpace(body)
}

func short(e *event.Event) string {
	switch {
	case e.Status != nil:
		return strings.TrimSpace(string(e.Device) + " " + e.Status.Status)
	case e.Reading != nil:
		return fmt.Sprint(e.Device, " ", e.Reading.Quantity, " ", e.Reading.Value)
	}
	return string(e.Type)
}

// Brief writes events in a line: type, device, what it says and, with times, when.
func Brief(events []event.Event, times bool) string {
	all := make([]string, len(events))
	for i := range events {
		e := &events[i]
		s := string(e.Type) + " " + string(e.Device)
		switch {
		case e.Status != nil:
			s += " " + e.Status.Status
		case e.Reading != nil:
			s += fmt.Sprint(" ", e.Reading.Quantity, " ", e.Reading.Value)
		case e.Position != nil:
			s += fmt.Sprint(" ", e.Position.Lat, " ", e.Position.Lon)
		}
		if times {
			s += e.ObservedAt.Format(" 2006-01-02T15:04:05")
		}
		all[i] = s
	}
	return strings.Join(all, "; ")
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
