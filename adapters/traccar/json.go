package traccar

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload/foreign"
)

// pooledBytes is the payload above which a parser's memory is not kept.
const pooledBytes = 64 << 10

// parse reads a payload that may be an array, and hands its value to read.
func (d *Decoder) parse(b []byte, read func(*fastjson.Value) error) error {
	if !utf8.Valid(b) {
		return errors.New("payload is not valid UTF-8")
	}
	// The parser alone takes what is no JSON where it expects a number.
	if err := fastjson.ValidateBytes(b); err != nil {
		return fmt.Errorf("payload is no JSON: %.120s", strings.ToValidUTF8(err.Error(), "?"))
	}
	p, _ := d.parsers.Get().(*fastjson.Parser)
	if p == nil {
		p = new(fastjson.Parser)
	}
	if len(b) <= pooledBytes {
		defer d.parsers.Put(p)
	}
	v, err := p.ParseBytes(b)
	if err != nil {
		return fmt.Errorf("payload is no JSON: %.120s", strings.ToValidUTF8(err.Error(), "?"))
	}
	return read(v)
}

// number reads a JSON number or a numeric text.
func number(v *fastjson.Value) (float64, bool) {
	n, ok, err := foreign.Number(v, "", -math.MaxFloat64, math.MaxFloat64)
	return n, ok && err == nil
}

// when reads a time. Older servers write the zone without a colon: +0800.
func when(field string, v *fastjson.Value) (time.Time, time.Duration, error) {
	if v != nil && v.Type() == fastjson.TypeString {
		const layout = "2006-01-02T15:04:05.000Z0700"
		if t, err := time.Parse(layout, string(v.GetStringBytes())); err == nil && t.Year() >= 2000 && t.Year() <= 2200 {
			return t, time.Millisecond, nil
		}
	}
	return foreign.Time(v, field)
}
