// Package foreign holds what the adapters of other makers' messages share: JSON read as
// such devices write it, times with and without a zone, names made of topics, and events
// stamped all in one way. A family keeps only its own vocabulary.
package foreign

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/valyala/fastjson"
	"github.com/valyala/fastjson/fastfloat"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// pooledBytes is the payload size above which a parser is not kept: it holds 50 bytes and
// more for each value it ever read at once.
const pooledBytes = 64 << 10

// Temperatures that matter can have, in °C: whether a value is plausible is for the
// detectors to judge.
const (
	minCelsius = -273.15
	maxCelsius = 1000
)

// Parsers lends JSON parsers. The zero value is ready; it is safe for concurrent use.
type Parsers struct{ pool sync.Pool }

// Object parses a payload and hands its object to read. The value is valid only there.
// The parser alone takes [...] for a number that nobody reads, so the payload is validated
// too: only then, for the validator does not bound its depth, as the parser does.
func (p *Parsers) Object(body []byte, read func(root *fastjson.Value) error) error {
	if !utf8.Valid(body) {
		return errors.New("payload is not valid UTF-8")
	}
	parser, _ := p.pool.Get().(*fastjson.Parser)
	if parser == nil {
		parser = new(fastjson.Parser)
	}
	if len(body) <= pooledBytes {
		defer p.pool.Put(parser)
	}
	root, err := parser.ParseBytes(body)
	if err != nil {
		return fmt.Errorf("payload is no JSON: %.120s", strings.ToValidUTF8(err.Error(), "?"))
	}
	if err := fastjson.ValidateBytes(body); err != nil {
		return fmt.Errorf("payload is no JSON: %.120s", strings.ToValidUTF8(err.Error(), "?"))
	}
	if root.Type() != fastjson.TypeObject {
		return fmt.Errorf("payload is a JSON %s, not an object", root.Type())
	}
	return read(root)
}

// Absent reports whether a value says nothing: not there, null, or a word for "not known".
func Absent(v *fastjson.Value) bool {
	if v == nil || v.Type() == fastjson.TypeNull {
		return true
	}
	if v.Type() != fastjson.TypeString {
		return false
	}
	switch strings.ToLower(string(v.GetStringBytes())) {
	case "", "unknown", "unavailable", "null", "none", "n/a", "nan":
		return true
	}
	return false
}

// Number reads a number or a numeric text from low to high, both included; ok is false
// when it is absent.
func Number(v *fastjson.Value, field string, low, high float64) (n float64, ok bool, err error) {
	if Absent(v) {
		return 0, false, nil
	}
	switch v.Type() {
	case fastjson.TypeNumber:
		n, err = v.Float64()
	case fastjson.TypeString:
		n, err = fastfloat.Parse(string(v.GetStringBytes()))
	default:
		return 0, false, fmt.Errorf("field %.80q is a JSON %s, not a number", field, v.Type())
	}
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, false, fmt.Errorf("field %.80q: %.80q is no number", field, v.String())
	}
	if n < low || n > high {
		return 0, false, fmt.Errorf("field %.80q: %.80q is out of range: want %s to %s", field, v.String(), plain(low), plain(high))
	}
	return n, true, nil
}

func plain(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// Celsius reads a temperature, in °F where fahrenheit is set, as °C.
func Celsius(v *fastjson.Value, field string, fahrenheit bool) (c float64, ok bool, err error) {
	if !fahrenheit {
		return Number(v, field, minCelsius, maxCelsius)
	}
	f, ok, err := Number(v, field, minCelsius*9/5+32, maxCelsius*9/5+32)
	if !ok || err != nil {
		return 0, false, err
	}
	return math.Round((f-32)*500/9) / 100, true, nil
}

// Truth reads a truth: a JSON boolean, 0 or 1, or a word for one of them.
func Truth(v *fastjson.Value, field string) (truth, ok bool, err error) {
	if Absent(v) {
		return false, false, nil
	}
	switch v.Type() {
	case fastjson.TypeTrue:
		return true, true, nil
	case fastjson.TypeFalse:
		return false, true, nil
	case fastjson.TypeNumber:
		if n, err := v.Float64(); err == nil && (n == 0 || n == 1) {
			return n == 1, true, nil
		}
	case fastjson.TypeString:
		switch strings.ToLower(string(v.GetStringBytes())) {
		case "true", "1", "on", "yes":
			return true, true, nil
		case "false", "0", "off", "no":
			return false, true, nil
		}
	}
	return false, false, fmt.Errorf("field %.80q: %.80q is neither true nor false", field, v.String())
}

// Online reads the word of a last will or birth as a status, in any case and quoted or not;
// ok is false for any other word.
func Online(word string) (status string, ok bool) {
	switch strings.ToLower(strings.Trim(word, "\" \t\r\n")) {
	case "online", "true":
		return event.StatusUp, true
	case "offline", "false":
		return event.StatusDown, true
	}
	return "", false
}

// Device names a device: as the mapping says, else after what it calls itself. Where
// payload.CleanName would drop what tells two names apart (letters outside of ASCII, and
// what exceeds 64 bytes), a digest of the whole name stands at the end.
func Device(m *payload.Message, name string) (event.DeviceID, error) {
	if m.Device != "" {
		return m.Device, nil
	}
	return Clean(name)
}

// Clean is Device without a mapping.
func Clean(name string) (event.DeviceID, error) {
	const room, digits = 64, 8
	whole := len(name) <= room
	for i := 0; whole && i < len(name); i++ {
		whole = name[i] < utf8.RuneSelf
	}
	id := payload.CleanName(name)
	if whole {
		if id == "" {
			return "", fmt.Errorf("topic: %.80q makes no device name", name)
		}
		return id, nil
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	head := strings.TrimRight(string(id[:min(len(id), room-1-digits)]), "-")
	if head != "" {
		head += "-"
	}
	return event.DeviceID(fmt.Sprintf("%s%0*x", head, digits, h.Sum32())), nil
}

// Part names a sensor of a device: the device itself for an empty part.
func Part(device event.DeviceID, part string) (event.DeviceID, error) {
	if part == "" {
		return device, nil
	}
	return Clean(string(device) + "-" + part)
}
