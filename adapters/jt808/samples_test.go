package jt808_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/jt808"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/gateway/event"
)

// location is a position as an independent decoder reads it.
type location struct {
	Alarm, Status string
	Lat, Lon      float64
	AltM          float64 `json:"alt_m"`
	Speed         float64 `json:"speed_kmh"`
	Course        int     `json:"course"`
	Time          string  `json:"device_time_gmt8"`
	Satellites    int
	Recorder      *float64 `json:"recorder_speed_kmh"`
	Positioned    bool
}

type sample struct {
	Given    string          `json:"given_hex"`
	Expected json.RawMessage `json:"expected_from_source"`
	Decode   struct {
		Form    string
		Wire    string `json:"wire_hex"`
		Decoded struct {
			ChecksumOK bool   `json:"checksum_ok"`
			LengthOK   bool   `json:"body_len_ok"`
			ID         string `json:"msg_id"`
			Length     int    `json:"body_len"`
			Encrypt    uint8
			Fragment   bool
			Version    bool   `json:"ver2019"`
			Phone      string `json:"phone"`
			Serial     uint16
			Location   *location
			Batch      *struct {
				Type  int
				Items []location
			}
		}
	} `json:"independent_decode"`
}

// TestSamples reads frames of real terminals and of other programs' tests to what their
// sources say they mean.
func TestSamples(t *testing.T) {
	t.Parallel()
	payloadtest.EachSample(t, "jt808", func(name string, body []byte) (events []event.Event, wrong string, err error) {
		if filepath.Ext(name) == ".txt" {
			return text(t, name, body)
		}
		var s sample
		if err := json.Unmarshal(body, &s); err != nil {
			t.Fatal(err)
		}
		wire := s.Decode.Wire
		if wire == "" {
			wire = s.Given
		}
		return s.judge(t, name, unhex(t, wire))
	})
}

// text holds the frames of a terminal and what the platform answers: both must be read, and
// written again byte for byte.
func text(t *testing.T, name string, body []byte) (events []event.Event, wrong string, err error) {
	t.Helper()
	frames := 0
	var asked jt808.Header // what a terminal sent; the platform's answer follows
	for _, hex := range regexp.MustCompile(`(?m)^7e[0-9a-f]+7e$`).FindAllString(string(body), -1) {
		frame := unhex(t, hex)
		h, b, err := jt808.ParseMessage(frame, jt808.ChecksumStrict, nil)
		if err != nil {
			continue // the last line of each file is a header alone, under the name of a frame
		}
		frames++
		if again := jt808.AppendMessage(nil, h, b); !bytes.Equal(again, frame) {
			return nil, fmt.Sprintf("%x is written as %x", frame, again), nil
		}
		if h.ID < 0x8000 {
			asked = h
		} else if again := jt808.AppendMessage(nil, asked.Answer(h.ID, h.Serial), b); asked.ID != 0 && !bytes.Equal(again, frame) {
			return nil, fmt.Sprintf("the answer is %x, want %x", again, frame), nil
		}
		h.PhoneBytes = 0 // by its text
		if again := jt808.AppendMessage(nil, h, b); !bytes.Equal(again, frame) {
			return nil, fmt.Sprintf("%x is written as %x by its phone's text", frame, again), nil
		}
		more, err := decode(t, frame)
		if err != nil {
			return nil, "refused", err
		}
		events = append(events, more...)
	}
	want := 1 // what a terminal sends
	switch {
	case strings.Contains(name, "_0704_"):
		want = 2
	case strings.Contains(name, "_0200_"), strings.Contains(name, "_0002_"), strings.Contains(name, "_0102_"):
	default:
		want = 0
	}
	positions := 0
	for _, e := range events {
		if e.Position != nil || !strings.Contains(name, "_0200_") && !strings.Contains(name, "_0704_") {
			positions++
		}
	}
	if frames == 0 || positions != want {
		return events, fmt.Sprintf("%d frames, %d events, want %d", frames, positions, want), nil
	}
	return events, "", nil
}

func decode(t testing.TB, frame []byte) ([]event.Event, error) {
	t.Helper()
	m := payload.Message{Topic: "jt808/x", Payload: frame, Received: payloadtest.Received()}
	events, err := jt808.New().Decode(nil, m, event.Clock{})
	for i := range events {
		payloadtest.Check(t, &events[i], m, event.Clock{})
	}
	return events, err
}

func (s *sample) judge(t *testing.T, name string, frame []byte) (events []event.Event, wrong string, err error) {
	t.Helper()
	d := &s.Decode.Decoded
	h, body, err := jt808.ParseMessage(frame, jt808.ChecksumStrict, nil)
	damaged := d.ID == "" || !d.ChecksumOK || !d.LengthOK
	switch {
	case name == "smallchi_0200_05_Test5_4.json":
		// The flag of 2019 over the header of 2013: the other decoder went by the flag.
		return s.forced2013(t, h, body, frame, err)
	case damaged && err == nil:
		return nil, "a damaged frame is taken", nil
	case !damaged && err != nil:
		return nil, "a good frame is refused", err
	case d.ID == "":
		return nil, "", err
	case damaged && !jt808.IsDamage(err):
		return nil, "is damaged, and refused for something else", err
	}
	wantPhone := strings.TrimLeft(d.Phone, "0")
	if fmt.Sprintf("0x%04x", h.ID) != d.ID || h.Version2019 != d.Version || h.Fragment != d.Fragment || h.Encrypt != d.Encrypt ||
		h.Phone != wantPhone || h.Serial != d.Serial || h.Length != d.Length {
		return nil, fmt.Sprintf("header %+v", h), err
	}
	if err == nil {
		if again := jt808.AppendMessage(nil, h, body); !bytes.Equal(again, frame) {
			return nil, fmt.Sprintf("is written as %x", again), nil
		}
		if wrong := s.bodies(h, body); wrong != "" {
			return nil, wrong, nil
		}
	}
	// What a listener makes of it that does not mind damage.
	events, err = decode(t, frame)
	if d.Encrypt != 0 || d.Fragment {
		if err == nil {
			return events, "is taken", nil
		}
		return nil, "", err
	}
	if err != nil {
		return nil, "is refused", err
	}
	var want []location
	switch {
	case d.Location != nil:
		want = []location{*d.Location}
	case d.Batch != nil:
		want = d.Batch.Items
	}
	var positions []event.Event
	for _, e := range events {
		if e.Position != nil {
			positions = append(positions, e)
		}
	}
	if len(positions) != len(want) {
		return events, fmt.Sprintf("%d positions, want %d", len(positions), len(want)), nil
	}
	for i := range want {
		if d.Batch != nil && positions[i].Backfill != (d.Batch.Type == 1) {
			return events, "backfill", nil
		}
		if wrong := want[i].compare(&positions[i]); wrong != "" {
			return events, wrong, nil
		}
	}
	switch d.ID {
	case "0x0002", "0x0003", "0x0102":
		if len(events) != 1 || events[0].Status == nil {
			return events, "no status", nil
		}
	}
	return events, "", nil
}

func (s *sample) forced2013(t *testing.T, h jt808.Header, body, frame []byte, err error) ([]event.Event, string, error) {
	t.Helper()
	if err != nil || h.Version2019 || h.Phone != "10030000681" || len(body) != 0x6c {
		return nil, fmt.Sprintf("header %+v", h), err
	}
	events, err := decode(t, frame)
	if err != nil || len(events) != 1 {
		return events, "not one event", err
	}
	want := location{
		Status: "0x000c0003", Alarm: "0x00000000", Lat: 40.670063, Lon: 122.452300, AltM: 4,
		Speed: 86.7, Course: 215, Time: "2021-06-25 15:57:39", Satellites: 18, Positioned: true,
	}
	return events, want.compare(&events[0]), nil
}

// compare holds an event to a position. Where that is no place, or no speed of a bus, the
// event says that it has no fix.
func (l location) compare(e *event.Event) string {
	p := e.Position
	var alarms, status uint32
	if _, err := fmt.Sscanf(l.Alarm+" "+l.Status, "0x%x 0x%x", &alarms, &status); err != nil {
		return err.Error()
	}
	if status&jt808.StatusEncrypted != 0 || math.Abs(l.Lat) > 90 || math.Abs(l.Lon) > 180 {
		l.Lat, l.Lon, l.Positioned = 0, 0, false
	}
	if l.Speed > 220 {
		l.Speed, l.Positioned = 0, false
	}
	if l.AltM > 9000 {
		l.AltM = 0
	}
	at, err := time.ParseInLocation(time.DateTime, l.Time, time.FixedZone("", 8*3600))
	if err != nil {
		return err.Error()
	}
	switch {
	case math.Abs(p.Lat-l.Lat) > 1e-9 || math.Abs(p.Lon-l.Lon) > 1e-9:
		return fmt.Sprintf("is at %v, %v, want %v, %v", p.Lat, p.Lon, l.Lat, l.Lon)
	case p.Fix != l.Positioned || p.SpeedKMH != l.Speed || p.AltitudeM != l.AltM || p.Heading != float64(l.Course):
		return fmt.Sprintf("fix %v speed %v altitude %v heading %v, want %+v", p.Fix, p.SpeedKMH, p.AltitudeM, p.Heading, l)
	case p.AlarmBits != alarms || p.SOS != (alarms&1 != 0) || p.Ignition != event.TriOf(status&1 != 0) || p.Satellites != l.Satellites:
		return fmt.Sprintf("alarms %x ignition %v satellites %d, want %+v", p.AlarmBits, p.Ignition, p.Satellites, l)
	case !e.ObservedAt.Truncate(time.Second).Equal(at):
		return fmt.Sprintf("at %v, want %v", e.ObservedAt, at)
	}
	return ""
}

// bodies compares what sources say of registration, authentication and parameters.
func (s *sample) bodies(h jt808.Header, body []byte) string {
	source := string(s.Expected)
	says := func(values ...string) string {
		for _, v := range values {
			if v != "" && !strings.Contains(source, v) {
				return fmt.Sprintf("%q is not what the source says", v)
			}
		}
		return ""
	}
	silent := !strings.Contains(source, "go_struct") && !strings.Contains(source, "PlateNo") && !strings.Contains(source, "plateNo") &&
		!strings.Contains(source, "token")
	switch h.ID {
	case jt808.IDRegister:
		r, err := jt808.ParseRegister(h, body)
		if err != nil || r.Plate == "" || r.Model == "" || r.TerminalID == "" {
			return fmt.Sprintf("registration %+v, %v", r, err)
		}
		if !silent {
			return says(r.Plate, r.Model, r.TerminalID, r.Manufacturer)
		}
	case jt808.IDAuthenticate:
		a, err := jt808.ParseAuthenticate(h, body)
		if err != nil || a.Code == "" {
			return fmt.Sprintf("authentication %+v, %v", a, err)
		}
		if !silent {
			return says(a.Code, a.IMEI, a.Software)
		}
	case jt808.IDParametersAnswer:
		if h.Fragment {
			return ""
		}
		query, all, err := jt808.ParseParameters(body)
		if err != nil || len(all) != int(body[2]) {
			return fmt.Sprintf("query %d, %d parameters, %v", query, len(all), err)
		}
	case jt808.IDDriver:
		d, err := jt808.ParseDriver(body)
		if err != nil || d.Time.IsZero() {
			return fmt.Sprintf("driver %+v, %v", d, err)
		}
		if strings.Contains(source, "licenseNo") && d.Certificate != "" {
			return says(d.Certificate)
		}
	}
	return ""
}
