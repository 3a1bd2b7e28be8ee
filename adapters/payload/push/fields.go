package push

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// MaxText is the length in bytes to which texts of devices are cut.
const MaxText = 200

// Local is the zone of times that name none.
//
//nolint:gochecknoglobals // read only
var Local = time.FixedZone("CST", 8*3600)

// Clean returns a device's text without control characters and invalid UTF-8, cut to
// MaxText bytes.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) > MaxText {
		end := MaxText
		for !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return -1
		}
		return r
	}, s))
}

// Word is how a JSON value reads as a text: texts, numbers and truths as they are written,
// anything else empty.
func Word(v *fastjson.Value) string {
	if v == nil {
		return ""
	}
	switch v.Type() {
	case fastjson.TypeString:
		return Clean(string(v.GetStringBytes()))
	case fastjson.TypeNumber:
		var room [64]byte
		return Clean(string(v.MarshalTo(room[:0])))
	case fastjson.TypeTrue:
		return "true"
	case fastjson.TypeFalse:
		return "false"
	}
	return ""
}

// Number reads a finite number.
func Number(s string) (float64, bool) {
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// Code reads a vendor's code, a whole number of 0 or more; ok is false for any other text.
func Code(s string) (code int, ok bool) {
	n, ok := Number(s)
	if !ok || n != math.Trunc(n) || n < 0 || n > math.MaxInt32 {
		return 0, false
	}
	return int(n), true
}

// Truth reads true and false as firmwares write them.
func Truth(s string) event.Tri {
	switch strings.ToLower(s) {
	case "true", "1", "yes":
		return event.Yes
	case "false", "0", "no":
		return event.No
	}
	return event.Unknown
}

// Time reads a device's time and the size of its last digit: RFC 3339, also with a space,
// without a zone (then Local) or with an offset such as -8:00; or Unix seconds or
// milliseconds. An empty text, 0 and times of 1970 are the zero time: a device without a
// clock.
func Time(s string) (t time.Time, resolution time.Duration, ok bool) {
	if s == "" {
		return time.Time{}, 0, true
	}
	if len(s) < len("2006-01-02T15:04:05") || s[4] != '-' {
		return unix(s)
	}
	date, rest := s[:10], s[11:]
	if s[10] != 'T' && s[10] != ' ' {
		return time.Time{}, 0, false
	}
	zone := ""
	if i := strings.IndexAny(rest, "Z+-"); i >= 0 {
		rest, zone = rest[:i], rest[i:]
	}
	if len(zone) == len("-8:00") && zone[2] == ':' {
		zone = zone[:1] + "0" + zone[1:]
	}
	if zone == "" {
		t, err := time.ParseInLocation("2006-01-02T15:04:05", date+"T"+rest, Local)
		return known(t, fraction(rest), err == nil)
	}
	layout := time.RFC3339
	if len(zone) == len("+0800") {
		layout = "2006-01-02T15:04:05Z0700"
	}
	t, err := time.Parse(layout, date+"T"+rest+zone)
	return known(t, fraction(rest), err == nil)
}

func unix(s string) (time.Time, time.Duration, bool) {
	n, ok := Number(s)
	switch {
	case !ok || n < 0 || n >= 1e14:
		return time.Time{}, 0, false
	case n >= 1e11:
		return known(time.UnixMilli(int64(n)), time.Millisecond, true)
	case n != math.Trunc(n):
		return known(time.UnixMilli(int64(n*1000)), time.Millisecond, true)
	}
	return known(time.Unix(int64(n), 0), time.Second, true)
}

func known(t time.Time, resolution time.Duration, ok bool) (time.Time, time.Duration, bool) {
	const year = 366 * 24 * 3600
	if !ok || t.Unix() < year {
		return time.Time{}, 0, ok
	}
	return t, resolution, true
}

func fraction(clock string) time.Duration {
	resolution := time.Second
	for i := len("15:04:05.") - 1; i+1 < len(clock) && resolution > 1; i++ {
		resolution /= 10
	}
	return resolution
}

// Celsius turns a terminal's reading into °C. ok is false when it says "not measured": 0,
// below 0, or nothing at all. An error of range is the caller's to report: it gets NaN.
func Celsius(value, unit string) (celsius float64, ok bool) {
	n, isNumber := Number(value)
	if value == "" || isNumber && n <= 0 {
		return 0, false
	}
	if !isNumber {
		return math.NaN(), true
	}
	u, known := payload.TemperatureUnitOf(unit)
	switch {
	case !known:
		return math.NaN(), true
	case u == payload.Fahrenheit:
		n = math.Round((n-32)*500/9) / 100
	}
	if n < -100 || n > 1000 {
		return math.NaN(), true
	}
	return n, true
}

// Place is what a topic such as hikvision/g1/out says.
type Place struct {
	Device    event.DeviceID
	Direction string // event.In unless the topic ends in "out"
	Rest      []string
}

// PlaceOf reads a topic of a family. A topic of another form names the device by its last
// level that is not a direction.
func PlaceOf(family, topic string) Place {
	p := Place{Direction: event.In}
	levels := strings.Split(topic, "/")
	if len(levels) > 16 {
		levels = levels[:16]
	}
	for len(levels) > 0 {
		last := levels[len(levels)-1]
		if last != event.In && last != event.Out {
			break
		}
		p.Direction, levels = last, levels[:len(levels)-1]
	}
	switch {
	case len(levels) > 1 && levels[0] == family:
		p.Device, p.Rest = payload.CleanName(levels[1]), levels[2:]
	case len(levels) > 0 && levels[len(levels)-1] != family:
		p.Device = payload.CleanName(levels[len(levels)-1])
	}
	return p
}

// Base is an event of a message, without a body: site and device from the configuration,
// else the county and the given name.
func Base(m payload.Message, kind event.Kind, name event.DeviceID) event.Event {
	e := event.Event{Kind: kind, Site: m.Site, Device: m.Device, Retained: m.Retained}
	if e.Site == "" {
		e.Site = event.CountySite
	}
	if e.Device == "" {
		e.Device = name
	}
	return e
}

// Fresh is what to stamp a sign of life with that carries no time: its bytes are the same
// each time, and would be taken for one that was delivered again.
func Fresh(m payload.Message) []byte {
	return m.Received.UTC().AppendFormat(append([]byte(nil), m.Payload...), time.RFC3339Nano)
}
