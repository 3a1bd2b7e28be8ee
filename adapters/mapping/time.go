package mapping

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The names of time formats; any other is a layout as Go writes it.
const (
	formatRFC3339 = "rfc3339"
	formatUnix    = "unix"
	formatMillis  = "unix_ms"
	formatMicros  = "unix_us"
	formatNanos   = "unix_ns"
	formatAny     = "any" // Unix seconds or milliseconds, whichever the size says
)

// Unix times below millisFrom are seconds, until the year 5138.
const millisFrom = 1e11

// endOfTime is the end of the year 9999, in Unix seconds.
const endOfTime = 253402300800

// times reads times in the first of its formats that fits.
type times struct {
	formats []string
	zone    *time.Location
}

// read returns the time and the size of its last digit. A Unix time of 0 or -1 is none: a
// device whose clock is not set.
func (t *times) read(s string) (time.Time, time.Duration, error) {
	s = strings.TrimSpace(s)
	for _, format := range t.formats {
		at, resolution, ok := t.try(s, format)
		switch {
		case !ok:
		case resolution != 0 && at.Unix() < 0:
			return time.Time{}, 0, fmt.Errorf("time: %.80q is before 1970", s)
		default:
			return at, resolution, nil
		}
	}
	return time.Time{}, 0, fmt.Errorf("time: %.80q is none of %.100s", s, strings.Join(t.formats, ", "))
}

func (t *times) try(s, format string) (time.Time, time.Duration, bool) {
	switch format {
	case formatUnix:
		return unix(s, time.Second)
	case formatMillis:
		return unix(s, time.Millisecond)
	case formatMicros:
		return unix(s, time.Microsecond)
	case formatNanos:
		return unix(s, time.Nanosecond)
	case formatAny:
		if n, err := strconv.ParseFloat(s, 64); err == nil && n >= millisFrom {
			return unix(s, time.Millisecond)
		}
		return unix(s, time.Second)
	case formatRFC3339:
		format = time.RFC3339
	}
	at, err := time.ParseInLocation(format, s, t.zone)
	if err != nil || at.Year() > 9999 {
		return time.Time{}, 0, false
	}
	if !strings.Contains(format, "5") && !strings.Contains(format, time.Kitchen) {
		return at, time.Minute, true // no seconds
	}
	return at, fraction(s), true
}

// fraction is the size of the last digit of a time's seconds: of the digits behind the
// last colon's "05." or, without colons, the last point.
func fraction(s string) time.Duration {
	point := strings.LastIndexAny(s, ".,")
	if point < 0 || strings.IndexByte(s[point:], ':') >= 0 && !strings.ContainsAny(s[point:], "+-") ||
		strings.LastIndexByte(s[:point], ':') < 0 {
		return time.Second
	}
	resolution := time.Second
	for i := point + 1; i < len(s) && s[i] >= '0' && s[i] <= '9' && resolution > 1; i++ {
		resolution /= 10
	}
	return resolution
}

// unix reads a number of units since 1970, digit by digit: a float64 holds microseconds at
// best.
func unix(s string, unit time.Duration) (time.Time, time.Duration, bool) {
	if strings.ContainsAny(s, "eE") {
		return unixFloat(s, unit)
	}
	whole, frac, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	switch {
	case err != nil:
		return time.Time{}, 0, false
	case n == 0, n == -1:
		return time.Time{}, 0, true
	}
	rest, resolution := time.Duration(0), unit
	for i := 0; i < len(frac); i++ {
		if frac[i] < '0' || frac[i] > '9' {
			return time.Time{}, 0, false
		}
		if resolution > 1 {
			resolution /= 10
			rest += time.Duration(frac[i]-'0') * resolution
		}
	}
	perSecond := int64(time.Second / unit)
	seconds := n / perSecond
	if seconds >= endOfTime {
		return time.Time{}, 0, false
	}
	return time.Unix(seconds, n%perSecond*int64(unit)+int64(rest)), resolution, true
}

// unixFloat reads what some languages print for large numbers: 1.764e9. Milliseconds are
// all it can be trusted with.
func unixFloat(s string, unit time.Duration) (time.Time, time.Duration, bool) {
	f, err := strconv.ParseFloat(s, 64)
	f *= float64(unit) / float64(time.Millisecond)
	if err != nil || !(f >= 1 && f < endOfTime*1000) {
		return time.Time{}, 0, false
	}
	return time.UnixMilli(int64(f)), time.Millisecond, true
}

// location finds the zone of times that have none.
func location(zone string) (*time.Location, error) {
	if zone == "" || zone == "Asia/Shanghai" {
		return time.FixedZone("CST", 8*3600), nil
	}
	if at, err := time.Parse("-07:00", zone); err == nil {
		return at.Location(), nil
	}
	// The host's own zone would make decoding depend on the host.
	if zone == "Local" {
		return nil, fmt.Errorf("unknown zone")
	}
	return time.LoadLocation(zone)
}
