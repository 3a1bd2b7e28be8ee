package payload

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fastjson"
)

// Unix times below millisFrom are seconds (until the year 5138), below millisTo milliseconds.
const (
	millisFrom = 1e11
	millisTo   = 1e14
)

// timestamp reads a device's time and the size of its last digit: RFC 3339 with a zone, or
// Unix seconds or milliseconds as a number or numeric text, with or without a fraction.
// Absent, null and 0 (a device without a clock) are the zero time.
func (o *Object) timestamp(field string) (time.Time, time.Duration) {
	v := o.get(field)
	if v == nil {
		return time.Time{}, 0
	}
	var b []byte
	switch v.Type() {
	case fastjson.TypeString:
		b = v.GetStringBytes()
	case fastjson.TypeNumber:
		b = v.MarshalTo(nil)
	default:
		o.Fault(field, "is a JSON %s, not a time", v.Type())
		return time.Time{}, 0
	}
	t, resolution, ok := parseTime(string(b))
	if !ok {
		o.Fault(field, "%q is neither RFC 3339 with a zone nor Unix seconds or milliseconds from 1970", briefly(string(b)))
	}
	return t, resolution
}

func parseTime(s string) (t time.Time, resolution time.Duration, ok bool) {
	if len(s) > 10 && s[4] == '-' {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil || t.Unix() < 0 {
			return time.Time{}, 0, false
		}
		return t, digits(fraction(s)), true
	}
	whole, frac, _ := strings.Cut(s, ".")
	n, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || !allDigits(frac) {
		return parseFloatTime(s)
	}
	if n == 0 {
		return time.Time{}, 0, true
	}
	unit := time.Second
	switch {
	case n >= millisTo:
		return time.Time{}, 0, false
	case n >= millisFrom:
		unit = time.Millisecond
	}
	// The fraction is read digit by digit: a float64 holds microseconds at best.
	rest := time.Duration(0)
	resolution = unit
	for i := 0; i < len(frac) && resolution > 1; i++ {
		resolution /= 10
		rest += time.Duration(frac[i]-'0') * resolution
	}
	if unit == time.Second {
		return time.Unix(int64(n), int64(rest)), resolution, true
	}
	return time.UnixMilli(int64(n)).Add(rest), resolution, true
}

// parseFloatTime reads what some languages print for large numbers: 1.764e9. Milliseconds
// are all it can be trusted with.
func parseFloatTime(s string) (time.Time, time.Duration, bool) {
	if !strings.ContainsAny(s, "eE") {
		return time.Time{}, 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 1 && f < millisTo) {
		return time.Time{}, 0, false
	}
	if f < millisFrom {
		f *= 1000
	}
	return time.UnixMilli(int64(math.Round(f))), time.Millisecond, true
}

// fraction returns the digits of the seconds' fraction of an RFC 3339 time.
func fraction(s string) string {
	const seconds = len("2006-01-02T15:04:05")
	if len(s) <= seconds || (s[seconds] != '.' && s[seconds] != ',') {
		return ""
	}
	end := seconds + 1
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	return s[seconds+1 : end]
}

// digits is the size of the last of the given digits of a second.
func digits(frac string) time.Duration {
	resolution := time.Second
	for i := 0; i < len(frac) && resolution > 1; i++ {
		resolution /= 10
	}
	return resolution
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
