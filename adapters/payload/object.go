package payload

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/valyala/fastjson"
	"github.com/valyala/fastjson/fastfloat"

	"github.com/campusgate/campusgate/gateway/event"
)

// MaxText is the length of a text or identifier in bytes.
const MaxText = 256

// Object reads the fields of one JSON object. It keeps the first fault and goes on, so that
// a reader of a body is a plain list of fields.
type Object struct {
	members []member
	present uint64 // a bit for each member's key, so that most absent ones cost nothing
	last    int    // where the field read last stands
	size    int    // of all texts of the object
	texts   strings.Builder
	err     error
}

type member struct {
	key   []byte
	value *fastjson.Value
}

// reset makes the reader ready for another object.
func (o *Object) reset(object *fastjson.Object) {
	o.members, o.present, o.last, o.size, o.err = o.members[:0], 0, 0, 0, nil
	o.texts.Reset()
	object.Visit(func(key []byte, v *fastjson.Value) {
		o.members = append(o.members, member{key, v})
		if v.Type() == fastjson.TypeString {
			o.size += len(v.GetStringBytes())
		}
		if len(key) > 0 {
			o.present |= keyBit(key[0], len(key))
		}
	})
}

func keyBit(first byte, length int) uint64 { return 1 << ((int(first) + 7*length) & 63) }

// Fault records what is wrong with a field, unless an earlier field was wrong already.
func (o *Object) Fault(field, format string, args ...any) {
	if o.err == nil {
		o.err = fmt.Errorf("field %q: %s", field, fmt.Sprintf(format, args...))
	}
}

// get returns a field's value, nil when it is absent or null. Fields are asked for in the
// order in which devices write them, so the search begins where the last one ended: it
// finds a field that is there at once.
func (o *Object) get(field string) *fastjson.Value {
	if o.present&keyBit(field[0], len(field)) == 0 {
		return nil
	}
	for i := o.last; i < len(o.members); i++ {
		if string(o.members[i].key) == field {
			return o.found(i)
		}
	}
	for i := 0; i < o.last; i++ {
		if string(o.members[i].key) == field {
			return o.found(i)
		}
	}
	return nil
}

func (o *Object) found(i int) *fastjson.Value {
	o.last = i
	if v := o.members[i].value; v.Type() != fastjson.TypeNull {
		return v
	}
	return nil
}

// Has reports whether a field is there and not null.
func (o *Object) Has(field string) bool { return o.get(field) != nil }

// Text reads a text of at most MaxText bytes without control characters; a number is
// taken as it is written. Absent is empty.
func (o *Object) Text(field string) string {
	v := o.get(field)
	if v == nil {
		return ""
	}
	switch v.Type() {
	case fastjson.TypeString:
		return o.checkText(field, v.GetStringBytes())
	case fastjson.TypeNumber:
		var room [64]byte
		return o.checkText(field, v.MarshalTo(room[:0]))
	}
	o.Fault(field, "is a JSON %s, not a text", v.Type())
	return ""
}

func (o *Object) checkText(field string, b []byte) string {
	if len(b) > MaxText {
		o.Fault(field, "has %d bytes, more than %d", len(b), MaxText)
		return ""
	}
	// An escape can smuggle in what the payload's own check has not seen.
	if !utf8.Valid(b) {
		o.Fault(field, "is not valid UTF-8")
		return ""
	}
	for _, c := range b {
		if c < ' ' || c == 0x7f {
			o.Fault(field, "%q has a control character", briefly(string(b)))
			return ""
		}
	}
	return o.keep(b)
}

// keep makes a string of a text. All texts of an object share one piece of memory, which
// is taken when the first is read.
func (o *Object) keep(b []byte) string {
	if o.texts.Len()+len(b) > o.texts.Cap() {
		o.texts.Reset() // what was read before keeps its memory
		o.texts.Grow(max(len(b), min(o.size, MaxText*8)))
	}
	from := o.texts.Len()
	o.texts.Write(b)
	return o.texts.String()[from:]
}

// Word reads one of the allowed words, in any case, and returns the word of the list. An
// absent field takes the value absent; where that is empty, the field is required.
func (o *Object) Word(field, absent string, allowed ...string) string {
	v := o.get(field)
	if v == nil {
		if absent == "" {
			o.Fault(field, "is missing")
		}
		return absent
	}
	if v.Type() != fastjson.TypeString {
		o.Fault(field, "is a JSON %s, not one of %s", v.Type(), strings.Join(allowed, ", "))
		return absent
	}
	b := v.GetStringBytes()
	for _, word := range allowed {
		if string(b) == word {
			return word
		}
	}
	for _, word := range allowed {
		if strings.EqualFold(string(b), word) {
			return word
		}
	}
	o.Fault(field, "%q is none of %s", briefly(string(b)), strings.Join(allowed, ", "))
	return absent
}

// Name reads a required word as event.ValidName wants it.
func (o *Object) Name(field string) string {
	if !o.Has(field) {
		o.Fault(field, "is missing")
	}
	s := o.Text(field)
	if o.err == nil && !event.ValidName(s) {
		o.Fault(field, "%q is not 1 to 64 of a-z, 0-9, '-', '_'", briefly(s))
	}
	return s
}

// Bool reads true, false, 1, 0 or one of these as a text.
func (o *Object) Bool(field string, absent bool) bool {
	switch o.Tri(field) {
	case event.Yes:
		return true
	case event.No:
		return false
	}
	return absent
}

// Tri reads like Bool; absent is Unknown.
func (o *Object) Tri(field string) event.Tri {
	v := o.get(field)
	if v == nil {
		return event.Unknown
	}
	switch v.Type() {
	case fastjson.TypeTrue:
		return event.Yes
	case fastjson.TypeFalse:
		return event.No
	case fastjson.TypeString:
		switch s := string(v.GetStringBytes()); {
		case s == "1" || strings.EqualFold(s, "true"):
			return event.Yes
		case s == "0" || strings.EqualFold(s, "false"):
			return event.No
		default:
			o.Fault(field, "%q is neither true nor false", briefly(s))
			return event.Unknown
		}
	case fastjson.TypeNumber:
		if n, err := v.Float64(); err == nil && (n == 0 || n == 1) {
			return event.TriOf(n == 1)
		}
	}
	o.Fault(field, "%s is neither true nor false", briefly(v.String()))
	return event.Unknown
}

// Number reads a number or a numeric text from low to high, both included. Absent is
// the value absent.
func (o *Object) Number(field string, absent, low, high float64) float64 {
	v := o.get(field)
	if v == nil {
		return absent
	}
	n, ok := number(v)
	if !ok {
		o.Fault(field, "%s is no number", briefly(v.String()))
		return absent
	}
	if !(n >= low && n <= high) {
		o.Fault(field, "%s is out of range: want %s to %s", briefly(v.String()), plain(low), plain(high))
		return absent
	}
	return n
}

// Required reads like Number; absent is a fault.
func (o *Object) Required(field string, low, high float64) float64 {
	if !o.Has(field) {
		o.Fault(field, "is missing")
	}
	return o.Number(field, 0, low, high)
}

// Int reads like Number and wants a whole number.
func (o *Object) Int(field string, absent, low, high int64) int64 {
	n := o.Number(field, float64(absent), float64(low), float64(high))
	if n != math.Trunc(n) {
		o.Fault(field, "%s is no whole number", plain(n))
		return absent
	}
	return int64(n)
}

// sequence reads a device's counter, 1 to 2^64-1 without loss of digits; 0 when absent.
func (o *Object) sequence(field string) uint64 {
	v := o.get(field)
	if v == nil {
		return 0
	}
	if v.Type() == fastjson.TypeNumber {
		if n, err := v.Uint64(); err == nil && n > 0 {
			return n
		}
	} else if v.Type() == fastjson.TypeString {
		if n, err := strconv.ParseUint(string(v.GetStringBytes()), 10, 64); err == nil && n > 0 {
			return n
		}
	}
	o.Fault(field, "%s is no whole number of 1 or more", briefly(v.String()))
	return 0
}

// number reads a JSON number or a numeric text. NaN and infinities, which the parser lets
// through, are none.
func number(v *fastjson.Value) (float64, bool) {
	var n float64
	var err error
	switch v.Type() {
	case fastjson.TypeNumber:
		n, err = v.Float64()
	case fastjson.TypeString:
		n, err = fastfloat.Parse(string(v.GetStringBytes()))
	default:
		return 0, false
	}
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

func plain(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
