package payloadtest

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

//nolint:gochecknoglobals // the flag of a test
var update = flag.Bool("update", false, "write want.jsonl and want_error.txt from what the adapter says")

// Received is when the messages of all cases arrive.
func Received() time.Time { return time.Date(2026, 11, 24, 0, 0, 0, 500_000_000, time.UTC) }

// Case is one folder.
type Case struct {
	Name    string
	Dir     string
	Message payload.Message
}

// Load reads the cases of a folder such as "testdata/cases".
func Load(tb testing.TB, dir string) []Case {
	tb.Helper()
	folders, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	cases := make([]Case, 0, len(folders))
	for _, folder := range folders {
		c := Case{Name: folder.Name(), Dir: filepath.Join(dir, folder.Name())}
		c.Message.Received = Received()
		c.Message.Payload = read(tb, filepath.Join(c.Dir, "payload.json"))
		lines := strings.Split(strings.TrimSpace(string(read(tb, filepath.Join(c.Dir, "topic.txt")))), "\n")
		c.Message.Topic = lines[0]
		for _, line := range lines[1:] {
			key, value, _ := strings.Cut(line, ": ")
			switch key {
			case "site":
				c.Message.Site = event.SiteID(value)
			case "device":
				c.Message.Device = event.DeviceID(value)
			case "quantity":
				c.Message.Quantity = value
			case "retained":
				c.Message.Retained = true
			default:
				tb.Fatalf("%s: topic.txt: unknown line %q", c.Dir, line)
			}
		}
		cases = append(cases, c)
	}
	return cases
}

func read(tb testing.TB, path string) []byte {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// Run decodes every case of testdata/cases and compares events or error.
func Run(t *testing.T, d payload.Decoder) {
	t.Helper()
	for _, c := range Load(t, filepath.Join("testdata", "cases")) {
		t.Run(c.Name, func(t *testing.T) { runCase(t, d, c) })
	}
}

func runCase(t *testing.T, d payload.Decoder, c Case) {
	before := bytes.Clone(c.Message.Payload)
	first := event.Event{ID: "already there"}
	events, err := d.Decode([]event.Event{first}, c.Message, event.Clock{})
	if !bytes.Equal(before, c.Message.Payload) {
		t.Error("the payload was changed")
	}
	if len(events) == 0 || events[0] != first {
		t.Fatal("what stood in dst is gone")
	}
	if err != nil && len(events) != 1 {
		t.Errorf("an error, and %d events", len(events)-1)
	}
	var got, file, other string
	if err != nil {
		got, file, other = err.Error()+"\n", "want_error.txt", "want.jsonl"
	} else {
		file, other = "want.jsonl", "want_error.txt"
		for i := range events[1:] {
			Check(t, &events[i+1], c.Message, event.Clock{})
			got += string(events[i+1].AppendJSON(nil)) + "\n"
		}
	}
	path := filepath.Join(c.Dir, file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(c.Dir, other)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("got %s%v", got, err)
	}
	if got != string(want) {
		t.Errorf("%s\ngot  %s\nwant %s", c.Message.Topic, got, want)
	}
}

// Fuzz feeds a decoder from its cases and checks what holds for every event. A message
// without an error must give an event.
func Fuzz(f *testing.F, d payload.Decoder) { fuzz(f, d, false) }

// FuzzVendor is Fuzz for families that also send messages without an observation.
func FuzzVendor(f *testing.F, d payload.Decoder) { fuzz(f, d, true) }

func fuzz(f *testing.F, d payload.Decoder, silent bool) {
	for _, c := range Load(f, filepath.Join("testdata", "cases")) {
		f.Add(c.Message.Topic, c.Message.Payload, c.Message.Retained)
	}
	f.Fuzz(func(t *testing.T, topic string, body []byte, retained bool) {
		m := payload.Message{Topic: topic, Payload: bytes.Clone(body), Received: Received(), Retained: retained}
		events, err := d.Decode(nil, m, event.Clock{})
		if err != nil {
			if events != nil {
				t.Errorf("an error, and %d events", len(events))
			}
			if s := err.Error(); s == "" || len(s) > 2000 {
				t.Errorf("an error text of %d bytes", len(s))
			}
			return
		}
		if len(events) == 0 && !silent {
			t.Error("neither an event nor an error")
		}
		for i := range m.Payload {
			m.Payload[i] = 0xff // no event may point into it
		}
		for i := range events {
			Check(t, &events[i], m, event.Clock{})
		}
	})
}

// Check tests what holds for every event that an adapter makes of a message.
func Check(t testing.TB, e *event.Event, m payload.Message, clock event.Clock) {
	t.Helper()
	fault := func(format string, args ...any) {
		t.Helper()
		t.Errorf(format+" in %s", append(args, e.AppendJSON(nil))...)
	}
	if len(e.ID) != 24 {
		fault("id of %d digits", len(e.ID))
	}
	if !event.ValidName(string(e.Site)) || !event.ValidName(string(e.Device)) {
		fault("bad name")
	}
	future := clock.MaxFuture
	if future == 0 {
		future = event.DefaultMaxFuture
	}
	if e.ObservedAt.Sub(m.Received) > future+time.Second || e.ObservedAt.Unix() < 0 {
		fault("time out of range")
	}
	if !e.ReceivedAt.Equal(m.Received) || e.Retained != m.Retained {
		fault("receipt not as in the message")
	}
	b, err := e.AppendBinary(nil)
	if err != nil {
		fault("%v", err)
	}
	var again event.Event
	if err := again.UnmarshalBinary(b); err != nil || !bytes.Equal(e.AppendJSON(nil), again.AppendJSON(nil)) {
		fault("the journal changes it (%v)", err)
	}
	if bytes.Contains(e.AppendJSON(nil), []byte(`\ufffd`)) {
		fault("invalid UTF-8")
	}
	checkBody(fault, e)
}

func checkBody(fault func(string, ...any), e *event.Event) {
	bodies := 0
	for _, set := range []bool{e.Gate != nil, e.Temperature != nil, e.Position != nil, e.Reading != nil, e.Status != nil, e.Call != nil, e.Check != nil} {
		if set {
			bodies++
		}
	}
	if bodies != 1 {
		fault("%d bodies", bodies)
	}
	within := func(name string, v, low, high float64) {
		if math.IsNaN(v) || v < low || v > high {
			fault("%s %v out of range", name, v)
		}
	}
	switch {
	case e.Gate != nil:
		within("celsius", e.Gate.Celsius, -273.15, 1000)
	case e.Temperature != nil:
		within("celsius", e.Temperature.Celsius, -273.15, 1000)
	case e.Position != nil:
		within("lat", e.Position.Lat, -90, 90)
		within("lon", e.Position.Lon, -180, 180)
		within("speed", e.Position.SpeedKMH, 0, 300)
		within("heading", e.Position.Heading, 0, 359.999999999)
		within("passengers", float64(e.Position.Passengers), -1, 300)
	case e.Reading != nil:
		if !event.ValidName(e.Reading.Quantity) {
			fault("bad quantity")
		}
		if e.Reading.Unit == "%" || e.Reading.Unit == "%LEL" {
			if q := e.Reading.Quantity; q == event.QuantityHumidity || q == event.QuantityGas {
				within("value", e.Reading.Value, 0, 100)
			}
		}
		within("value", e.Reading.Value, -1e12, 1e12)
	case e.Status != nil:
		within("latency", e.Status.LatencyMS, 0, 1e9)
		if e.Status.Period < 0 {
			fault("negative period")
		}
	case e.Check != nil:
		within("score", e.Check.Score, 0, 1)
		within("latency", e.Check.LatencyMS, 0, 1e9)
		within("covered", e.Check.CoveredS, 0, e.Check.ExpectedS)
		if e.Check.Check != event.CheckImage && e.Check.Check != event.CheckRecording {
			fault("bad check")
		}
	}
}

// Benchmark decodes one canonical message.
func Benchmark(b *testing.B, d payload.Decoder, topic, body string) {
	b.ReportAllocs()
	m := payload.Message{Topic: topic, Payload: []byte(body), Received: Received()}
	var room [4]event.Event
	b.SetBytes(int64(len(m.Payload)))
	for b.Loop() {
		if _, err := d.Decode(room[:0], m, event.Clock{}); err != nil {
			b.Fatal(err)
		}
	}
}
