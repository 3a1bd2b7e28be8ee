package influx

import (
	"math"
	"strconv"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// MeasurementAnomaly is the measurement of anomalies; those of events are their types.
const MeasurementAnomaly = "anomaly"

// Measurements lists every measurement that this package writes.
func Measurements() []string {
	out := make([]string, 0, len(event.Types())+1)
	for _, t := range event.Types() {
		out = append(out, string(t))
	}
	return append(out, MeasurementAnomaly)
}

// AppendEvent appends the event as one line of line protocol, with '\n', and reports
// whether it did: an event without the body that its type names gives no line.
//
// Tags come in sorted order, which spares the server the sorting. The types of the fields
// are fixed for ever, because InfluxDB refuses a second type for a field: s string,
// f float, i integer, b boolean.
//
//	every point        event_id s, received_at i (ns), late b; where set: seq i, skew_ns i,
//	                   backfill b, retained b, source_kind s (a kind that is not the usual one)
//	gate_access        person s, credential s, registration s, escorted_by s, guardian s,
//	                   class_teacher s, approval s, items_checked b, celsius f
//	temperature_check  celsius f, person s, device_flag s
//	vehicle_position   lat f, lon f (only with a fix), fix b, speed_kmh f, heading f,
//	                   altitude_m f, satellites i, passengers i, trip s, trip_state s,
//	                   ignition b, doors_open b, empty_checked b, sos b, alarm_bits i
//	kitchen_reading    value f, unit s
//	device_status      heartbeat b, reason s, latency_ms f, recording b, period_ns i
//	emergency_call     place s
//	camera_check       reason s, score f, limit f, evidence s, latency_ms f, period_ns i,
//	                   from i (ns), to i (ns), expected_s f, covered_s f, open_gap_s f (these
//	                   three of every recording), gaps i, gap_list s
//
// What was not said or not measured (empty text, 0 °C, unknown passengers) is left out.
func AppendEvent(dst []byte, e *event.Event) ([]byte, bool) {
	start := len(dst)
	var usual event.Kind
	switch {
	case e.Type == event.TypeGateAccess && e.Gate != nil:
		dst, usual = appendGate(dst, e), event.KindGate
	case e.Type == event.TypeTemperatureCheck && e.Temperature != nil:
		dst, usual = appendTemperature(dst, e), event.KindTemperature
	case e.Type == event.TypeVehiclePosition && e.Position != nil:
		dst, usual = appendPosition(dst, e), event.KindBus
	case e.Type == event.TypeKitchenReading && e.Reading != nil:
		dst, usual = appendReading(dst, e), event.KindKitchen
	case e.Type == event.TypeDeviceStatus && e.Status != nil:
		dst, usual = appendStatus(dst, e), e.Kind
	case e.Type == event.TypeEmergencyCall && e.Call != nil:
		dst, usual = appendCall(dst, e), event.KindButton
	case e.Type == event.TypeCameraCheck && e.Check != nil:
		dst, usual = appendCheck(dst, e), event.KindCamera
	default:
		return dst[:start], false
	}
	dst = append(dst, "event_id="...)
	dst = appendText(dst, e.ID)
	dst = append(dst, ",received_at="...)
	dst = strconv.AppendInt(dst, nanos(e.ReceivedAt), 10)
	dst = append(dst, "i,late="...)
	dst = appendBool(dst, e.Late)
	if e.Seq != 0 {
		dst = appendIntField(dst, ",seq=", int64(e.Seq&math.MaxInt64))
	}
	if e.Skew != 0 {
		dst = appendIntField(dst, ",skew_ns=", int64(e.Skew))
	}
	if e.Backfill {
		dst = append(dst, ",backfill=t"...)
	}
	if e.Retained {
		dst = append(dst, ",retained=t"...)
	}
	if e.Kind != usual && e.Kind != "" {
		dst = append(dst, ",source_kind="...)
		dst = appendText(dst, string(e.Kind))
	}
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, nanos(e.ObservedAt), 10)
	return append(dst, '\n'), true
}

func appendGate(dst []byte, e *event.Event) []byte {
	g := e.Gate
	dst = append(dst, "gate_access"...)
	dst = appendTag(dst, ",device=", string(e.Device))
	dst = appendTag(dst, ",direction=", g.Direction)
	dst = appendTag(dst, ",method=", g.Method)
	dst = appendTag(dst, ",person_kind=", g.PersonKind)
	dst = appendTag(dst, ",result=", g.Result)
	dst = appendTag(dst, ",site=", string(e.Site))
	dst = append(dst, ' ')
	dst = appendTextField(dst, "person=", g.Person)
	dst = appendTextField(dst, "credential=", g.Credential)
	dst = appendTextField(dst, "registration=", g.Registration)
	dst = appendTextField(dst, "escorted_by=", g.EscortedBy)
	dst = appendTextField(dst, "guardian=", g.Guardian)
	dst = appendTextField(dst, "class_teacher=", g.ClassTeacher)
	dst = appendTextField(dst, "approval=", approval(g))
	dst = appendTriField(dst, "items_checked=", g.ItemsChecked)
	if g.Celsius != 0 {
		dst = appendFloatField(dst, "celsius=", g.Celsius)
	}
	return dst
}

// approval says who agreed to a pupil's leaving.
func approval(g *event.GateAccess) string {
	switch {
	case g.Guardian != "" && g.ClassTeacher != "":
		return "guardian+class_teacher"
	case g.Guardian != "":
		return "guardian"
	case g.ClassTeacher != "":
		return "class_teacher"
	}
	return ""
}

func appendTemperature(dst []byte, e *event.Event) []byte {
	t := e.Temperature
	dst = append(dst, "temperature_check"...)
	dst = appendTag(dst, ",device=", string(e.Device))
	dst = appendTag(dst, ",person_kind=", t.PersonKind)
	dst = appendTag(dst, ",site=", string(e.Site))
	dst = append(dst, ' ')
	if t.Celsius != 0 {
		dst = appendFloatField(dst, "celsius=", t.Celsius)
	}
	dst = appendTextField(dst, "person=", t.Person)
	return appendTextField(dst, "device_flag=", t.DeviceFlag)
}

func appendPosition(dst []byte, e *event.Event) []byte {
	p := e.Position
	dst = append(dst, "vehicle_position"...)
	dst = appendTag(dst, ",device=", string(e.Device))
	dst = appendTag(dst, ",site=", string(e.Site))
	dst = append(dst, ' ')
	if p.Fix {
		dst = appendFloatField(dst, "lat=", p.Lat)
		dst = appendFloatField(dst, "lon=", p.Lon)
	}
	dst = append(dst, "fix="...)
	dst = append(appendBool(dst, p.Fix), ',')
	dst = appendFloatField(dst, "speed_kmh=", p.SpeedKMH)
	dst = appendFloatField(dst, "heading=", p.Heading)
	if p.AltitudeM != 0 {
		dst = appendFloatField(dst, "altitude_m=", p.AltitudeM)
	}
	if p.Satellites != 0 {
		dst = append(appendIntField(dst, "satellites=", int64(p.Satellites)), ',')
	}
	if p.Passengers >= 0 {
		dst = append(appendIntField(dst, "passengers=", int64(p.Passengers)), ',')
	}
	dst = appendTextField(dst, "trip=", p.Trip)
	dst = appendTextField(dst, "trip_state=", p.TripState)
	dst = appendTriField(dst, "ignition=", p.Ignition)
	dst = appendTriField(dst, "doors_open=", p.DoorsOpen)
	dst = appendTriField(dst, "empty_checked=", p.EmptyChecked)
	if p.SOS {
		dst = append(dst, "sos=t,"...)
	}
	if p.AlarmBits != 0 {
		dst = append(appendIntField(dst, "alarm_bits=", int64(p.AlarmBits)), ',')
	}
	return dst
}

func appendReading(dst []byte, e *event.Event) []byte {
	r := e.Reading
	dst = append(dst, "kitchen_reading"...)
	dst = appendTag(dst, ",device=", string(e.Device))
	dst = appendTag(dst, ",quantity=", r.Quantity)
	dst = appendTag(dst, ",site=", string(e.Site))
	dst = append(dst, ' ')
	dst = appendFloatField(dst, "value=", r.Value)
	return appendTextField(dst, "unit=", r.Unit)
}

func appendStatus(dst []byte, e *event.Event) []byte {
	s := e.Status
	dst = append(dst, "device_status"...)
	dst = appendTag(dst, ",device=", string(e.Device))
	dst = appendTag(dst, ",kind=", string(e.Kind))
	dst = appendTag(dst, ",site=", string(e.Site))
	dst = appendTag(dst, ",status=", s.Status)
	dst = append(dst, " heartbeat="...)
	dst = append(appendBool(dst, s.Heartbeat), ',')
	dst = appendTextField(dst, "reason=", s.Reason)
	if s.LatencyMS != 0 {
		dst = appendFloatField(dst, "latency_ms=", s.LatencyMS)
	}
	dst = appendTriField(dst, "recording=", s.Recording)
	if s.Period != 0 {
		dst = append(appendIntField(dst, "period_ns=", int64(s.Period)), ',')
	}
	return dst
}

func appendCall(dst []byte, e *event.Event) []byte {
	dst = append(dst, "emergency_call"...)
	dst = appendTag(dst, ",device=", string(e.Device))
	dst = appendTag(dst, ",site=", string(e.Site))
	dst = appendTag(dst, ",state=", e.Call.State)
	dst = append(dst, ' ')
	return appendTextField(dst, "place=", e.Call.Place)
}

func appendCheck(dst []byte, e *event.Event) []byte {
	c := e.Check
	dst = append(dst, "camera_check"...)
	dst = appendTag(dst, ",check=", c.Check)
	dst = appendTag(dst, ",device=", string(e.Device))
	dst = appendTag(dst, ",result=", c.Result)
	dst = appendTag(dst, ",site=", string(e.Site))
	dst = append(dst, ' ')
	dst = appendTextField(dst, "reason=", c.Reason)
	if c.Score != 0 || c.Limit != 0 {
		dst = appendFloatField(dst, "score=", c.Score)
		dst = appendFloatField(dst, "limit=", c.Limit)
	}
	dst = appendTextField(dst, "evidence=", c.Evidence)
	if c.LatencyMS != 0 {
		dst = appendFloatField(dst, "latency_ms=", c.LatencyMS)
	}
	if c.Period != 0 {
		dst = append(appendIntField(dst, "period_ns=", int64(c.Period)), ',')
	}
	if !c.From.IsZero() || !c.To.IsZero() {
		dst = append(appendIntField(dst, "from=", nanos(c.From)), ',')
		dst = append(appendIntField(dst, "to=", nanos(c.To)), ',')
		dst = appendFloatField(dst, "expected_s=", c.ExpectedS)
		dst = appendFloatField(dst, "covered_s=", c.CoveredS)
		dst = appendFloatField(dst, "open_gap_s=", c.OpenGapS)
	}
	if c.Gaps != 0 {
		dst = append(appendIntField(dst, "gaps=", int64(c.Gaps)), ',')
	}
	return appendTextField(dst, "gap_list=", c.GapList)
}

// AppendAnomaly appends the anomaly as one line of the measurement "anomaly", with '\n',
// at the time of its last change.
//
//	tags    device (none: the whole site), rule, severity, site
//	fields  id s, state s, text s (Chinese), text_en s, value f, limit f, unit s, count i,
//	        revision i, started_at i (ns), momentary b, kind s, caused_by s, cause s,
//	        devices s (joined by commas), event_id s (of the event that changed it, else
//	        its id), received_at i (ns, the time of the change), late b
func AppendAnomaly(dst []byte, a *event.Anomaly) []byte {
	dst = append(dst, MeasurementAnomaly...)
	dst = appendTag(dst, ",device=", string(a.Device))
	dst = appendTag(dst, ",rule=", a.Rule)
	dst = appendTag(dst, ",severity=", string(a.Severity))
	dst = appendTag(dst, ",site=", string(a.Site))
	dst = append(dst, ' ')
	dst = appendTextField(dst, "id=", a.ID)
	dst = appendTextField(dst, "state=", string(a.State))
	dst = appendTextField(dst, "text=", a.Text.ZH)
	dst = appendTextField(dst, "text_en=", a.Text.EN)
	if a.Value != 0 {
		dst = appendFloatField(dst, "value=", a.Value)
	}
	if a.Limit != 0 {
		dst = appendFloatField(dst, "limit=", a.Limit)
	}
	dst = appendTextField(dst, "unit=", a.Unit)
	if a.Count != 0 {
		dst = append(appendIntField(dst, "count=", int64(a.Count)), ',')
	}
	dst = append(appendIntField(dst, "revision=", int64(a.Revision)), ',')
	dst = append(appendIntField(dst, "started_at=", nanos(a.StartedAt)), ',')
	if a.Momentary {
		dst = append(dst, "momentary=t,"...)
	}
	dst = appendTextField(dst, "kind=", string(a.Kind))
	dst = appendTextField(dst, "caused_by=", a.CausedBy)
	dst = appendTextField(dst, "cause=", a.Cause)
	dst = appendTextField(dst, "devices=", joinDevices(a.Devices))
	id := a.EventID
	if id == "" {
		id = a.ID
	}
	at := nanos(a.UpdatedAt)
	dst = append(dst, "event_id="...)
	dst = appendText(dst, id)
	dst = appendIntField(dst, ",received_at=", at)
	dst = append(dst, ",late="...)
	dst = append(appendBool(dst, a.Late), ' ')
	dst = strconv.AppendInt(dst, at, 10)
	return append(dst, '\n')
}

func joinDevices(ids []event.DeviceID) string {
	if len(ids) == 0 {
		return ""
	}
	var b []byte
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, id...)
	}
	return string(b)
}

// Bounds of the times that InfluxDB can store, in Unix nanoseconds (models.MinNanoTime,
// MaxNanoTime).
const (
	minNanos = math.MinInt64 + 2
	maxNanos = math.MaxInt64 - 1
)

// nanos is UnixNano held inside what InfluxDB can store; UnixNano itself is undefined
// outside the years 1678 to 2262.
func nanos(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, minNanos)):
		return minNanos
	case t.After(time.Unix(0, maxNanos)):
		return maxNanos
	}
	return t.UnixNano()
}
