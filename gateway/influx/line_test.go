package influx

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/influxdata/line-protocol/v2/lineprotocol"
	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/gateway/event"
)

// point is a line as the reference decoder understands it.
type point struct {
	measurement string
	tags        map[string]string
	fields      map[string]any
	at          time.Time
}

func (p *point) nanos() int64 { return p.at.UnixNano() }

func (p *point) has(c string) bool { _, ok := p.fields[c]; return ok || p.tags[c] != "" }

func (p *point) text(c string) string {
	if v, ok := p.fields[c]; ok {
		return v.(string)
	}
	return p.tags[c]
}

func (p *point) float(c string) float64 {
	v, _ := p.fields[c].(float64)
	return v
}

func (p *point) integer(c string) int64 {
	v, _ := p.fields[c].(int64)
	return v
}

func (p *point) boolean(c string) (value, ok bool) {
	value, ok = p.fields[c].(bool)
	return value, ok
}

// decode reads exactly one line with the reference decoder.
func decode(line []byte) (*point, error) {
	d := lineprotocol.NewDecoderWithBytes(line)
	if !d.Next() {
		return nil, fmt.Errorf("no line in %q", line)
	}
	p := &point{tags: map[string]string{}, fields: map[string]any{}}
	name, err := d.Measurement()
	if err != nil {
		return nil, err
	}
	p.measurement = string(name)
	last := ""
	for {
		key, value, err := d.NextTag()
		if err != nil {
			return nil, err
		}
		if key == nil {
			break
		}
		if string(key) <= last {
			return nil, fmt.Errorf("tag %q after %q: not in sorted order", key, last)
		}
		last = string(key)
		p.tags[last] = string(value)
	}
	for {
		key, value, err := d.NextField()
		if err != nil {
			return nil, err
		}
		if key == nil {
			break
		}
		if _, twice := p.fields[string(key)]; twice {
			return nil, fmt.Errorf("field %q twice", key)
		}
		p.fields[string(key)] = value.Interface()
	}
	if p.at, err = d.Time(lineprotocol.Nanosecond, time.Time{}); err != nil {
		return nil, err
	}
	if d.Next() {
		return nil, fmt.Errorf("more than one line in %q", line)
	}
	return p, nil
}

// tagAsWritten is what a tag may lose on its way (see appendOddTag).
func tagAsWritten(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == '\\' || r == 0x7f {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(expandInvalid(s), "\uFFFD"))
}

// expandInvalid turns each invalid byte into one U+FFFD, as ranging over a string does.
func expandInvalid(s string) string { return string([]rune(s)) }

func textAsWritten(s string) string {
	return strings.ToValidUTF8(cut(s, maxText), "\uFFFD")
}

func floatAsWritten(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}

// asWritten is the event as the database is meant to hold it.
func asWritten(e event.Event) event.Event {
	tag := func(s *string) { *s = tagAsWritten(*s) }
	site, device, kind := string(e.Site), string(e.Device), string(e.Kind)
	tag(&site)
	tag(&device)
	e.Site, e.Device = event.SiteID(site), event.DeviceID(device)
	e.ID = textAsWritten(e.ID)
	switch {
	case e.Gate != nil:
		g := *e.Gate
		for _, s := range []*string{&g.Direction, &g.Method, &g.PersonKind, &g.Result} {
			tag(s)
		}
		for _, s := range []*string{&g.Person, &g.Credential, &g.Registration, &g.EscortedBy, &g.Guardian, &g.ClassTeacher} {
			*s = textAsWritten(*s)
		}
		g.Celsius = floatAsWritten(g.Celsius)
		e.Gate = &g
	case e.Temperature != nil:
		t := *e.Temperature
		tag(&t.PersonKind)
		t.Person, t.DeviceFlag, t.Celsius = textAsWritten(t.Person), textAsWritten(t.DeviceFlag), floatAsWritten(t.Celsius)
		e.Temperature = &t
	case e.Position != nil:
		p := *e.Position
		if !p.Fix {
			p.Lat, p.Lon = 0, 0
		}
		for _, f := range []*float64{&p.Lat, &p.Lon, &p.SpeedKMH, &p.Heading, &p.AltitudeM} {
			*f = floatAsWritten(*f)
		}
		p.Trip, p.TripState = textAsWritten(p.Trip), textAsWritten(p.TripState)
		p.Passengers = max(p.Passengers, -1)
		e.Position = &p
	case e.Reading != nil:
		r := *e.Reading
		tag(&r.Quantity)
		r.Unit, r.Value = textAsWritten(r.Unit), floatAsWritten(r.Value)
		e.Reading = &r
	case e.Status != nil:
		s := *e.Status
		tag(&s.Status)
		tag(&kind)
		e.Kind = event.Kind(kind)
		s.Reason, s.LatencyMS = textAsWritten(s.Reason), floatAsWritten(s.LatencyMS)
		e.Status = &s
	case e.Call != nil:
		c := *e.Call
		tag(&c.State)
		c.Place = textAsWritten(c.Place)
		e.Call = &c
	case e.Check != nil:
		c := *e.Check
		tag(&c.Check)
		tag(&c.Result)
		if c.From.IsZero() {
			c.ExpectedS, c.CoveredS, c.OpenGapS = 0, 0, 0
		}
		for _, f := range []*float64{&c.Score, &c.Limit, &c.LatencyMS, &c.ExpectedS, &c.CoveredS, &c.OpenGapS} {
			*f = floatAsWritten(*f)
		}
		for _, s := range []*string{&c.Reason, &c.Evidence, &c.GapList} {
			*s = textAsWritten(*s)
		}
		e.Check = &c
	}
	return e
}

var oddTexts = []string{
	"", "p-17", `\`, `\\`, `a\`, `"`, `\"`, `a"b\"`, "a\nb", "\n", "a\r\nb", ",", "=", " ", `\,`, `a\ b`, "张三",
	"\xff\xfe", "a\x00b", "tail\xe5\xbc", "#", "i", "1i", "t", strings.Repeat("长", 20000), "\u2028", "\x7f", "a=b,c d",
}

func textGen() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom(oddTexts),
		rapid.StringMatching(`[a-z0-9_-]{1,12}`),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 24), func(b []byte) string { return string(b) }),
		rapid.StringN(0, 16, -1),
	)
}

func floatGen() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Float64(),
		rapid.Map(rapid.IntRange(-400000, 400000), func(n int) float64 { return float64(n) / 100 }),
		rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64, 36.6, 0.1, 1e-7, 121.4737012, 999999999.5}),
	)
}

func drawEvent(t *rapid.T) event.Event {
	text := textGen()
	flag := rapid.Bool()
	three := rapid.SampledFrom([]event.Tri{event.Unknown, event.Yes, event.No})
	float := floatGen()
	when := rapid.Int64Range(math.MinInt64+2, math.MaxInt64-1)
	e := event.Event{
		ID: text.Draw(t, "id"), Type: rapid.SampledFrom(event.Types()).Draw(t, "type"),
		Site: event.SiteID(text.Draw(t, "site")), Device: event.DeviceID(text.Draw(t, "device")),
		ObservedAt: at(when.Draw(t, "observed")), ReceivedAt: at(when.Draw(t, "received")),
		Late: flag.Draw(t, "late"), Backfill: flag.Draw(t, "backfill"), Retained: flag.Draw(t, "retained"),
		Seq:  uint64(rapid.Int64Min(0).Draw(t, "seq")),
		Skew: time.Duration(rapid.Int64().Draw(t, "skew")),
		Kind: rapid.SampledFrom(event.Kinds()).Draw(t, "kind"),
	}
	switch e.Type {
	case event.TypeGateAccess:
		e.Gate = &event.GateAccess{
			Direction: text.Draw(t, "direction"), PersonKind: text.Draw(t, "person_kind"), Method: text.Draw(t, "method"),
			Result: text.Draw(t, "result"), Person: text.Draw(t, "person"), Credential: text.Draw(t, "credential"),
			Registration: text.Draw(t, "registration"), EscortedBy: text.Draw(t, "escorted_by"),
			Guardian: text.Draw(t, "guardian"), ClassTeacher: text.Draw(t, "class_teacher"),
			ItemsChecked: three.Draw(t, "items"), Celsius: float.Draw(t, "celsius"),
		}
	case event.TypeTemperatureCheck:
		e.Temperature = &event.TemperatureCheck{
			PersonKind: text.Draw(t, "person_kind"), Celsius: float.Draw(t, "celsius"),
			Person: text.Draw(t, "person"), DeviceFlag: text.Draw(t, "flag"),
		}
	case event.TypeVehiclePosition:
		e.Position = &event.VehiclePosition{
			Lat: float.Draw(t, "lat"), Lon: float.Draw(t, "lon"), Fix: flag.Draw(t, "fix"),
			SpeedKMH: float.Draw(t, "speed"), Heading: float.Draw(t, "heading"), AltitudeM: float.Draw(t, "altitude"),
			Satellites: rapid.IntRange(0, 64).Draw(t, "satellites"), Passengers: rapid.IntRange(-1, 80).Draw(t, "passengers"),
			Trip: text.Draw(t, "trip"), TripState: text.Draw(t, "trip_state"), EmptyChecked: three.Draw(t, "empty"),
			DoorsOpen: three.Draw(t, "doors"), Ignition: three.Draw(t, "ignition"), SOS: flag.Draw(t, "sos"),
			AlarmBits: rapid.Uint32().Draw(t, "alarm_bits"),
		}
	case event.TypeKitchenReading:
		e.Reading = &event.KitchenReading{Quantity: text.Draw(t, "quantity"), Value: float.Draw(t, "value"), Unit: text.Draw(t, "unit")}
	case event.TypeDeviceStatus:
		e.Status = &event.DeviceStatus{
			Status: text.Draw(t, "status"), Heartbeat: flag.Draw(t, "heartbeat"), Reason: text.Draw(t, "reason"),
			LatencyMS: float.Draw(t, "latency"), Recording: three.Draw(t, "recording"),
			Period: time.Duration(rapid.Int64Min(0).Draw(t, "period")),
		}
	case event.TypeEmergencyCall:
		e.Call = &event.EmergencyCall{State: text.Draw(t, "state"), Place: text.Draw(t, "place")}
	case event.TypeCameraCheck:
		e.Check = &event.CameraCheck{
			Check: text.Draw(t, "check"), Result: text.Draw(t, "result"), Reason: text.Draw(t, "reason"),
			Score: float.Draw(t, "score"), Limit: float.Draw(t, "limit"), Evidence: text.Draw(t, "evidence"),
			LatencyMS: float.Draw(t, "latency"), Period: time.Duration(rapid.Int64Min(0).Draw(t, "period")),
			ExpectedS: float.Draw(t, "expected"), CoveredS: float.Draw(t, "covered"), OpenGapS: float.Draw(t, "open"),
			Gaps: rapid.IntRange(0, 1000).Draw(t, "gaps"), GapList: text.Draw(t, "list"),
		}
		if flag.Draw(t, "span") {
			e.Check.From, e.Check.To = time.Unix(rapid.Int64Range(0, 1<<32).Draw(t, "from"), 0).UTC(), time.Unix(1<<32, 0).UTC()
		}
	}
	return e
}

// TestEveryTagAndFieldComesBack writes events full of odd bytes and reads the lines with
// the library's decoder.
func TestEveryTagAndFieldComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := drawEvent(t)
		line, ok := AppendEvent([]byte("x"), &e)
		if !ok || line[0] != 'x' || line[len(line)-1] != '\n' {
			t.Fatalf("line %q, %v", line, ok)
		}
		p, err := decode(line[1:])
		if err != nil {
			t.Fatalf("%v in %q", err, line[1:])
		}
		want := asWritten(e)
		if got := eventOf(p.measurement, p); !reflect.DeepEqual(got, want) {
			t.Fatalf("line %q\n got %+v\nwant %+v", line[1:], got, want)
		}
	})
}

func TestAnomalyComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := textGen()
		float := floatGen()
		when := rapid.Int64Range(math.MinInt64+2, math.MaxInt64-1)
		a := event.Anomaly{
			ID: text.Draw(t, "id"), Rule: text.Draw(t, "rule"), Site: event.SiteID(text.Draw(t, "site")),
			Device: event.DeviceID(text.Draw(t, "device")), Kind: rapid.SampledFrom(event.Kinds()).Draw(t, "kind"),
			Severity: rapid.SampledFrom(event.Severities()).Draw(t, "severity"), State: event.Raised,
			Revision: rapid.Uint32().Draw(t, "revision"), StartedAt: at(when.Draw(t, "started")), UpdatedAt: at(when.Draw(t, "updated")),
			Momentary: rapid.Bool().Draw(t, "momentary"), Count: rapid.IntRange(0, 9999).Draw(t, "count"),
			Value: float.Draw(t, "value"), Limit: float.Draw(t, "limit"), Unit: text.Draw(t, "unit"),
			Text:     event.Text{ZH: text.Draw(t, "zh"), EN: text.Draw(t, "en")},
			CausedBy: text.Draw(t, "caused_by"), Cause: text.Draw(t, "cause"), Late: rapid.Bool().Draw(t, "late"),
			Devices: rapid.SliceOfN(rapid.Map(rapid.StringMatching(`[a-z0-9_-]{1,9}`), func(s string) event.DeviceID { return event.DeviceID(s) }), 0, 3).Draw(t, "devices"),
		}
		if a.ID != "" { // an anomaly that no event changed is stored under its own id
			a.EventID = rapid.SampledFrom([]string{"", "e-1"}).Draw(t, "event_id")
		}
		line := AppendAnomaly(nil, &a)
		p, err := decode(line)
		if err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		want := a
		want.ID, want.Unit, want.CausedBy, want.Cause = textAsWritten(a.ID), textAsWritten(a.Unit), textAsWritten(a.CausedBy), textAsWritten(a.Cause)
		want.Text = event.Text{ZH: textAsWritten(a.Text.ZH), EN: textAsWritten(a.Text.EN)}
		want.Rule = tagAsWritten(a.Rule)
		want.Site, want.Device = event.SiteID(tagAsWritten(string(a.Site))), event.DeviceID(tagAsWritten(string(a.Device)))
		want.Value, want.Limit = floatAsWritten(a.Value), floatAsWritten(a.Limit)
		if len(want.Devices) == 0 {
			want.Devices = nil
		}
		got := anomalyOf(p)
		if p.measurement != MeasurementAnomaly || !reflect.DeepEqual(got, want) {
			t.Fatalf("line %q\n got %+v\nwant %+v", line, got, want)
		}
		if id := p.text("event_id"); id != got.EventID && id != got.ID {
			t.Fatalf("event_id %q is neither the event's nor the anomaly's", id)
		}
	})
}

// FuzzText checks the escaping alone, byte by byte.
func FuzzText(f *testing.F) {
	for _, s := range oddTexts {
		f.Add(s, s, 36.6)
	}
	f.Fuzz(func(t *testing.T, tag, text string, value float64) {
		e := event.Event{
			Type: event.TypeKitchenReading, Kind: event.KindKitchen, Site: event.SiteID(tag), ID: text,
			Reading: &event.KitchenReading{Quantity: tag, Unit: text, Value: value},
		}
		line, _ := AppendEvent(nil, &e)
		if !utf8.Valid(line) {
			t.Fatalf("line %q is not UTF-8", line)
		}
		p, err := decode(line)
		if err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		if got, want := p.tags["quantity"], tagAsWritten(tag); got != want {
			t.Fatalf("tag %q, want %q", got, want)
		}
		if got, want := p.text("unit"), textAsWritten(text); got != want {
			t.Fatalf("text %q, want %q", got, want)
		}
		if got, want := p.float("value"), floatAsWritten(value); got != want {
			t.Fatalf("value %v, want %v", got, want)
		}
	})
}

// TestLinesAreAsDocumented pins names and types: changing one breaks stored data.
func TestLinesAreAsDocumented(t *testing.T) {
	t.Parallel()
	when := time.Date(2026, 3, 2, 7, 41, 3, 123456789, time.UTC)
	base := event.Event{ID: "0123456789abcdef01234567", Site: "s012", ObservedAt: when, ReceivedAt: when.Add(time.Second)}
	with := func(change func(*event.Event)) event.Event { e := base; change(&e); return e }
	const end = `event_id="0123456789abcdef01234567",received_at=1772437264123456789i,late=f`
	for _, c := range []struct {
		want string
		e    event.Event
	}{
		{
			`gate_access,device=g1,direction=out,method=card,person_kind=pupil,result=granted,site=s012 person="p7",credential="c9",registration="r1",escorted_by="t2",guardian="q1",class_teacher="t1",approval="guardian+class_teacher",items_checked=t,celsius=36.6,` + end + ` 1772437263123456789`,
			with(func(e *event.Event) {
				e.Type, e.Kind, e.Device = event.TypeGateAccess, event.KindGate, "g1"
				e.Gate = &event.GateAccess{Direction: "out", Method: "card", PersonKind: "pupil", Result: "granted", Person: "p7", Credential: "c9", Registration: "r1", EscortedBy: "t2", Guardian: "q1", ClassTeacher: "t1", ItemsChecked: event.Yes, Celsius: 36.6}
			}),
		},
		{
			`temperature_check,device=t1,person_kind=pupil,site=s012 celsius=38.25,person="p7",device_flag="abnormal",` + end + `,source_kind="gate" 1772437263123456789`,
			with(func(e *event.Event) {
				e.Type, e.Kind, e.Device = event.TypeTemperatureCheck, event.KindGate, "t1"
				e.Temperature = &event.TemperatureCheck{PersonKind: "pupil", Celsius: 38.25, Person: "p7", DeviceFlag: "abnormal"}
			}),
		},
		{
			`vehicle_position,device=b1,site=s012 lat=31.230001,lon=121.4737,fix=t,speed_kmh=42.5,heading=180,altitude_m=4,satellites=9i,passengers=0i,trip="am1",trip_state="running",ignition=t,doors_open=f,empty_checked=f,sos=t,alarm_bits=3i,` + end + `,seq=9i,skew_ns=-5000000000i,backfill=t,retained=t 1772437263123456789`,
			with(func(e *event.Event) {
				e.Type, e.Kind, e.Device, e.Seq, e.Skew, e.Backfill, e.Retained = event.TypeVehiclePosition, event.KindBus, "b1", 9, -5*time.Second, true, true
				e.Position = &event.VehiclePosition{Lat: 31.230001, Lon: 121.4737, Fix: true, SpeedKMH: 42.5, Heading: 180, AltitudeM: 4, Satellites: 9, Trip: "am1", TripState: "running", Ignition: event.Yes, DoorsOpen: event.No, EmptyChecked: event.No, SOS: true, AlarmBits: 3}
			}),
		},
		{
			`kitchen_reading,device=k1,quantity=freezer,site=s012 value=-18.05,unit="°C",` + end + ` 1772437263123456789`,
			with(func(e *event.Event) {
				e.Type, e.Kind, e.Device = event.TypeKitchenReading, event.KindKitchen, "k1"
				e.Reading = &event.KitchenReading{Quantity: "freezer", Value: -18.05, Unit: "°C"}
			}),
		},
		{
			`device_status,device=c1,kind=camera,site=s012,status=down heartbeat=f,reason="no video",latency_ms=12.5,recording=f,period_ns=60000000000i,` + end + ` 1772437263123456789`,
			with(func(e *event.Event) {
				e.Type, e.Kind, e.Device = event.TypeDeviceStatus, event.KindCamera, "c1"
				e.Status = &event.DeviceStatus{Status: "down", Reason: "no video", LatencyMS: 12.5, Recording: event.No, Period: time.Minute}
			}),
		},
		{
			`emergency_call,device=e1,site=s012,state=pressed place="门卫室",` + end + ` 1772437263123456789`,
			with(func(e *event.Event) {
				e.Type, e.Kind, e.Device = event.TypeEmergencyCall, event.KindButton, "e1"
				e.Call = &event.EmergencyCall{State: "pressed", Place: "门卫室"}
			}),
		},
		{
			`camera_check,check=image,device=c1,result=failed,site=s012 reason="black",score=0.98,limit=0.9,evidence="ab",latency_ms=80,period_ns=60000000000i,` + end + ` 1772437263123456789`,
			with(func(e *event.Event) {
				e.Type, e.Kind, e.Device = event.TypeCameraCheck, event.KindCamera, "c1"
				e.Check = &event.CameraCheck{Check: "image", Result: "failed", Reason: "black", Score: 0.98, Limit: 0.9, Evidence: "ab", LatencyMS: 80, Period: time.Minute}
			}),
		},
		{
			`camera_check,check=recording,device=c1,result=passed,site=s012 from=1000000000i,to=2000000000i,expected_s=1,covered_s=1,open_gap_s=0,` + end + ` 1772437263123456789`,
			with(func(e *event.Event) {
				e.Type, e.Kind, e.Device = event.TypeCameraCheck, event.KindCamera, "c1"
				e.Check = &event.CameraCheck{Check: "recording", Result: "passed", From: time.Unix(1, 0), To: time.Unix(2, 0), ExpectedS: 1, CoveredS: 1}
			}),
		},
	} {
		line, ok := AppendEvent(nil, &c.e)
		if !ok || string(line) != c.want+"\n" {
			t.Errorf("\n got %s\nwant %s", line, c.want)
		}
	}
	if line, ok := AppendEvent(nil, &event.Event{Type: event.TypeGateAccess}); ok || len(line) != 0 {
		t.Errorf("an event without its body gave %q", line)
	}
}

func TestTimesOutsideInfluxAreHeldInside(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   time.Time
		want int64
	}{
		{time.Time{}, math.MinInt64 + 2},
		{time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), math.MaxInt64 - 1},
		{time.Unix(0, 0), 0},
	} {
		if got := nanos(c.in); got != c.want {
			t.Errorf("%v: %d, want %d", c.in, got, c.want)
		}
	}
}
