package mapping

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/valyala/fastjson"
	"github.com/valyala/fastjson/fastfloat"

	"github.com/campusgate/campusgate/gateway/event"
)

// maxText is the length of a text of an event in bytes.
const maxText = 200

type valueKind uint8

const (
	absent valueKind = iota
	text
	number
	truth
	compound // an object or list, which no field takes
)

// value is what stands at a place of a record.
type value struct {
	kind valueKind
	text string
	num  float64 // of a number; 1 for true
	raw  *fastjson.Value
}

func ofJSON(v *fastjson.Value) value {
	if v == nil {
		return value{}
	}
	switch v.Type() {
	case fastjson.TypeNull:
		return value{}
	case fastjson.TypeString:
		return value{kind: text, text: string(v.GetStringBytes())}
	case fastjson.TypeNumber:
		n, err := v.Float64()
		if err != nil {
			n = math.NaN()
		}
		return value{kind: number, num: n, raw: v}
	case fastjson.TypeTrue:
		return value{kind: truth, text: "true", num: 1}
	case fastjson.TypeFalse:
		return value{kind: truth, text: "false"}
	}
	return value{kind: compound}
}

func ofText(s string) value { return value{kind: text, text: s} }

// String is the value as the device wrote it.
func (v value) String() string {
	switch {
	case v.raw != nil:
		var room [64]byte
		return string(v.raw.MarshalTo(room[:0]))
	case v.kind == number:
		return strconv.FormatFloat(v.num, 'f', -1, 64)
	}
	return v.text
}

// float reads a number or a numeric text. NaN and infinities are none.
func (v value) float() (float64, bool) {
	n := v.num
	switch v.kind {
	case text:
		var err error
		if n, err = fastfloat.Parse(strings.TrimSpace(v.text)); err != nil {
			return 0, false
		}
	case number, truth:
	default:
		return 0, false
	}
	return n, !math.IsNaN(n) && !math.IsInf(n, 0)
}

// tri reads true, false, yes, no, on, off, 1 and 0.
func (v value) tri() (event.Tri, bool) {
	if n, ok := v.float(); ok && (n == 0 || n == 1) {
		return event.TriOf(n == 1), true
	}
	switch strings.ToLower(strings.TrimSpace(v.text)) {
	case "true", "yes", "on":
		return event.Yes, true
	case "false", "no", "off":
		return event.No, true
	}
	return event.Unknown, false
}

// unknown reports whether a device wrote that it does not know.
func (v value) unknown() bool {
	switch v.kind {
	case absent:
		return true
	case text:
		if len(v.text) > len("unavailable")+8 {
			return false
		}
		switch strings.ToLower(strings.TrimSpace(v.text)) {
		case "", "null", "nil", "none", "nan", "unknown", "unavailable", "n/a", "-", "--", "---":
			return true
		}
	}
	return false
}

// clean makes a text fit for an event: valid UTF-8 without control characters, at most
// maxText bytes.
func clean(s string) string {
	s = strings.TrimSpace(s)
	for len(s) > maxText {
		s = s[:maxText]
		for i := 1; i < utf8.UTFMax && !utf8.ValidString(s[len(s)-i:]); i++ {
			if utf8.RuneStart(s[len(s)-i]) {
				s = s[:len(s)-i]
				break
			}
		}
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return strings.Map(func(r rune) rune {
				if r < ' ' || r == 0x7f || r == utf8.RuneError {
					return -1
				}
				return r
			}, s)
		}
	}
	return s
}
