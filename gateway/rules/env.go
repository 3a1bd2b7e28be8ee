package rules

import (
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// environment is what an expression sees: the event at hand under the names of its JSON,
// facts of the registry, and functions. Its pointers are never nil.
type environment struct {
	ID     string       `expr:"id"`
	Type   string       `expr:"type"`
	Kind   string       `expr:"kind"`
	Seq    int          `expr:"seq"`
	Site   *siteFacts   `expr:"site"`
	Device *deviceFacts `expr:"device"`

	Gate        *gateFields        `expr:"gate"`
	Temperature *temperatureFields `expr:"temperature"`
	Position    *positionFields    `expr:"position"`
	Reading     *readingFields     `expr:"reading"`
	Status      *statusFields      `expr:"status"`
	Call        *callFields        `expr:"call"`
	Check       *checkFields       `expr:"check"`

	Local *localTime `expr:"local"`

	// Of texts only.
	Value   float64 `expr:"value"`
	Limit   float64 `expr:"limit"`
	Seen    int     `expr:"seen"`
	Minutes float64 `expr:"minutes"`

	// As the county writes them: their types are checked, then a call becomes one of those
	// below, with the number of what the rule keeps for it.
	Count        func(filter, window string) int         `expr:"count"`
	Rate         func(filter, window string) float64     `expr:"rate"`
	Sum          func(expression, window string) float64 `expr:"sum"`
	Avg          func(expression, window string) float64 `expr:"avg"`
	Min          func(expression, window string) float64 `expr:"min"`
	Max          func(expression, window string) float64 `expr:"max"`
	Absence      func(duration string) bool              `expr:"absence"`
	Previous     func(expression string) float64         `expr:"previous"`
	PreviousText func(expression string) string          `expr:"previous_text"`
	Gap          func() float64                          `expr:"gap"`
	InHours      func(hours string) bool                 `expr:"in_hours"`
	SchoolDay    func() bool                             `expr:"school_day"`
	ExamDay      func() bool                             `expr:"exam_day"`
	Inside       func(fence string) bool                 `expr:"inside"`
	Distance     func(lat, lon float64) float64          `expr:"distance"`
	OffRoute     func(metres float64) bool               `expr:"off_route"`
	FromSite     func() float64                          `expr:"distance_from_site"`
	WindowOf     func(i int) float64                     `expr:"__window"`
	CountOf      func(i int) int                         `expr:"__count"`
	AbsenceOf    func(i int) bool                        `expr:"__absence"`
	PreviousOf   func(i int) float64                     `expr:"__previous"`
	TextBefore   func(i int) string                      `expr:"__previous_text"`
	InHoursOf    func(i int) bool                        `expr:"__in_hours"`
	InsideOf     func(i int) bool                        `expr:"__inside"`
}

// siteFacts is what the registry knows of a site.
type siteFacts struct {
	ID         string  `expr:"id"`
	NameZH     string  `expr:"name_zh"`
	NameEN     string  `expr:"name_en"`
	Kind       string  `expr:"kind"`
	Township   string  `expr:"township"`
	Lat        float64 `expr:"lat"`
	Lon        float64 `expr:"lon"`
	Pupils     int     `expr:"pupils"`
	PolicePost bool    `expr:"police_post"`
	Known      bool    `expr:"known"`
}

// deviceFacts is what the registry knows of a device.
type deviceFacts struct {
	ID       string  `expr:"id"`
	NameZH   string  `expr:"name_zh"`
	NameEN   string  `expr:"name_en"`
	Kind     string  `expr:"kind"`
	Place    string  `expr:"place"`
	Parent   string  `expr:"parent"`
	Duty     string  `expr:"duty"`
	PeriodS  float64 `expr:"period_s"`
	Plate    string  `expr:"plate"`
	Capacity int     `expr:"capacity"`
	Route    string  `expr:"route"`
	Known    bool    `expr:"known"`
}

type gateFields struct {
	Direction    string  `expr:"direction"`
	PersonKind   string  `expr:"person_kind"`
	Method       string  `expr:"method"`
	Result       string  `expr:"result"`
	Person       string  `expr:"person"`
	Credential   string  `expr:"credential"`
	Registration string  `expr:"registration"`
	EscortedBy   string  `expr:"escorted_by"`
	Guardian     string  `expr:"guardian"`
	ClassTeacher string  `expr:"class_teacher"`
	ItemsChecked string  `expr:"items_checked"`
	Celsius      float64 `expr:"celsius"`
}

type temperatureFields struct {
	PersonKind string  `expr:"person_kind"`
	Celsius    float64 `expr:"celsius"`
	Person     string  `expr:"person"`
	DeviceFlag string  `expr:"device_flag"`
}

type positionFields struct {
	Lat          float64 `expr:"lat"`
	Lon          float64 `expr:"lon"`
	Fix          bool    `expr:"fix"`
	SpeedKMH     float64 `expr:"speed_kmh"`
	Heading      float64 `expr:"heading"`
	AltitudeM    float64 `expr:"altitude_m"`
	Satellites   int     `expr:"satellites"`
	Passengers   int     `expr:"passengers"`
	Trip         string  `expr:"trip"`
	TripState    string  `expr:"trip_state"`
	EmptyChecked string  `expr:"empty_checked"`
	DoorsOpen    string  `expr:"doors_open"`
	Ignition     string  `expr:"ignition"`
	SOS          bool    `expr:"sos"`
	AlarmBits    int     `expr:"alarm_bits"`
}

type readingFields struct {
	Quantity string  `expr:"quantity"`
	Value    float64 `expr:"value"`
	Unit     string  `expr:"unit"`
}

type statusFields struct {
	Status    string  `expr:"status"`
	Heartbeat bool    `expr:"heartbeat"`
	Reason    string  `expr:"reason"`
	LatencyMS float64 `expr:"latency_ms"`
	Recording string  `expr:"recording"`
	PeriodS   float64 `expr:"period_s"`
}

type callFields struct {
	State string `expr:"state"`
	Place string `expr:"place"`
}

type checkFields struct {
	Check     string  `expr:"check"`
	Result    string  `expr:"result"`
	Reason    string  `expr:"reason"`
	Score     float64 `expr:"score"`
	Limit     float64 `expr:"limit"`
	LatencyMS float64 `expr:"latency_ms"`
	ExpectedS float64 `expr:"expected_s"`
	CoveredS  float64 `expr:"covered_s"`
	OpenGapS  float64 `expr:"open_gap_s"`
	Gaps      int     `expr:"gaps"`
}

// localTime is the moment of judgement in the county's zone.
type localTime struct {
	Clock   string `expr:"clock"`
	Hour    int    `expr:"hour"`
	Minute  int    `expr:"minute"`
	Weekday string `expr:"weekday"`
	Date    string `expr:"date"`
}

// newEnvironment returns one in which every pointer leads somewhere.
func newEnvironment() *environment {
	return &environment{
		Site: &siteFacts{}, Device: &deviceFacts{}, Gate: &gateFields{}, Temperature: &temperatureFields{},
		Position: &positionFields{}, Reading: &readingFields{}, Status: &statusFields{}, Call: &callFields{},
		Check: &checkFields{}, Local: &localTime{},
	}
}

func word(t event.Tri) string {
	switch t {
	case event.Yes:
		return "yes"
	case event.No:
		return "no"
	}
	return "unknown"
}

// show makes ev the event at hand. Bodies that it does not have are zero.
func (v *environment) show(ev *event.Event) {
	if v.Type != string(ev.Type) {
		v.hide()
	}
	v.ID, v.Type, v.Kind, v.Seq = ev.ID, string(ev.Type), string(ev.Kind), int(ev.Seq)
	switch {
	case ev.Gate != nil:
		g := ev.Gate
		*v.Gate = gateFields{
			g.Direction, g.PersonKind, g.Method, g.Result, g.Person, g.Credential, g.Registration, g.EscortedBy,
			g.Guardian, g.ClassTeacher, word(g.ItemsChecked), g.Celsius,
		}
	case ev.Temperature != nil:
		*v.Temperature = temperatureFields(*ev.Temperature)
	case ev.Position != nil:
		p := ev.Position
		*v.Position = positionFields{
			p.Lat, p.Lon, p.Fix, p.SpeedKMH, p.Heading, p.AltitudeM, p.Satellites, p.Passengers, p.Trip, p.TripState,
			word(p.EmptyChecked), word(p.DoorsOpen), word(p.Ignition), p.SOS, int(p.AlarmBits),
		}
	case ev.Reading != nil:
		*v.Reading = readingFields(*ev.Reading)
	case ev.Status != nil:
		s := ev.Status
		*v.Status = statusFields{s.Status, s.Heartbeat, s.Reason, s.LatencyMS, word(s.Recording), s.Period.Seconds()}
	case ev.Call != nil:
		*v.Call = callFields(*ev.Call)
	case ev.Check != nil:
		c := ev.Check
		*v.Check = checkFields{c.Check, c.Result, c.Reason, c.Score, c.Limit, c.LatencyMS, c.ExpectedS, c.CoveredS, c.OpenGapS, c.Gaps}
	}
}

// hide empties the body of the event that was at hand.
func (v *environment) hide() {
	switch event.Type(v.Type) {
	case event.TypeGateAccess:
		*v.Gate = gateFields{}
	case event.TypeTemperatureCheck:
		*v.Temperature = temperatureFields{}
	case event.TypeVehiclePosition:
		*v.Position = positionFields{}
	case event.TypeKitchenReading:
		*v.Reading = readingFields{}
	case event.TypeDeviceStatus:
		*v.Status = statusFields{}
	case event.TypeEmergencyCall:
		*v.Call = callFields{}
	case event.TypeCameraCheck:
		*v.Check = checkFields{}
	}
}

// at sets the moment of judgement.
func (l *localTime) at(local time.Time) {
	h, m, _ := local.Clock()
	*l = localTime{Clock: local.Format("15:04"), Hour: h, Minute: m, Weekday: weekdays[local.Weekday()], Date: local.Format(time.DateOnly)}
}

//nolint:gochecknoglobals // a table, never written
var weekdays = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// words lists what a field can say, where that is a closed list; a comparison with another
// word is a mistake.
func words(field string) []string {
	three := []string{"yes", "no", "unknown"}
	switch field {
	case "type":
		return texts(event.Types())
	case "kind", "device.kind":
		return texts(event.Kinds())
	case "site.kind":
		return []string{event.SiteSchool, event.SiteKindergarten, event.SiteDepot, event.SiteCentre}
	case "gate.direction":
		return []string{event.In, event.Out}
	case "gate.person_kind", "temperature.person_kind":
		return []string{event.PersonPupil, event.PersonStaff, event.PersonVisitor, event.PersonVehicle, event.PersonUnknown}
	case "gate.method":
		return []string{"card", "face", "qr", "plate", "manual"}
	case "gate.result":
		return []string{event.ResultGranted, event.ResultDenied, event.ResultForced}
	case "gate.items_checked", "position.empty_checked", "position.doors_open", "position.ignition", "status.recording":
		return three
	case "position.trip_state":
		return []string{event.TripRunning, event.TripEnded, ""}
	case "status.status":
		return []string{event.StatusUp, event.StatusDown, event.StatusDegraded, event.StatusUnknown}
	case "call.state":
		return []string{event.CallPressed, event.CallReleased, event.CallTest}
	case "check.check":
		return []string{event.CheckImage, event.CheckRecording}
	case "check.result":
		return []string{event.CheckPassed, event.CheckFailed, event.CheckUnknown}
	case "local.weekday":
		return weekdays[:]
	}
	return nil
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}
