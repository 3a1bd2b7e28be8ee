package foreign

import (
	"fmt"
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

// firstTime is the earliest time that a device with a set clock can state, 2000-01-01: a
// clock that was never set begins at 0 or in 1970.
const firstTime = 946684800

// Shanghai is the zone of times that state none. It has had no summer time since 1991.
func Shanghai() *time.Location { return time.FixedZone("CST", 8*3600) }

// Time reads a device's time and the size of its last digit: Unix seconds or milliseconds
// as a number or numeric text, or a date and time with a zone or in Shanghai's. Absent, and
// a clock that was never set, are the zero time.
func Time(v *fastjson.Value, field string) (time.Time, time.Duration, error) {
	if Absent(v) {
		return time.Time{}, 0, nil
	}
	var s string
	switch v.Type() {
	case fastjson.TypeString:
		s = string(v.GetStringBytes())
	case fastjson.TypeNumber:
		s = v.String()
	default:
		return time.Time{}, 0, fmt.Errorf("field %.80q is a JSON %s, not a time", field, v.Type())
	}
	t, resolution, ok := parseTime(strings.TrimSpace(s))
	if !ok {
		return time.Time{}, 0, fmt.Errorf("field %.80q: %.80q is no time", field, s)
	}
	if t.Unix() < firstTime {
		return time.Time{}, 0, nil
	}
	return t, resolution, nil
}

func parseTime(s string) (t time.Time, resolution time.Duration, ok bool) {
	if len(s) > 10 && s[4] == '-' {
		return parseDate(s)
	}
	if strings.ContainsAny(s, "eE") {
		return parseFloat(s)
	}
	whole, frac, _ := strings.Cut(s, ".")
	n, err := strconv.ParseUint(whole, 10, 63)
	if err != nil || n >= millisTo {
		return time.Time{}, 0, false
	}
	unit := time.Second
	if n >= millisFrom {
		unit = time.Millisecond
	}
	// The fraction is read digit by digit: a float64 holds microseconds at best.
	rest := time.Duration(0)
	resolution = unit
	for i := range len(frac) {
		if frac[i] < '0' || frac[i] > '9' {
			return time.Time{}, 0, false
		}
		if resolution >= 10 {
			resolution /= 10
			rest += time.Duration(frac[i]-'0') * resolution
		}
	}
	if unit == time.Second {
		return time.Unix(int64(n), int64(rest)), resolution, true
	}
	return time.UnixMilli(int64(n)).Add(rest), resolution, true
}

// parseFloat reads what some languages print for large numbers: 1.764e9. Milliseconds are
// all it can be trusted with.
func parseFloat(s string) (time.Time, time.Duration, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 1 && f < millisTo) {
		return time.Time{}, 0, false
	}
	if f < millisFrom {
		f *= 1000
	}
	return time.UnixMilli(int64(math.Round(f))), time.Millisecond, true
}

func parseDate(s string) (time.Time, time.Duration, bool) {
	const zone = "Z07:00"
	layout := "2006-01-02" + s[10:11] + "15:04:05"
	if s[10] != 'T' && s[10] != ' ' {
		return time.Time{}, 0, false
	}
	t, err := time.ParseInLocation(layout, s, Shanghai())
	if err != nil {
		t, err = time.Parse(layout+zone, s)
	}
	if err != nil || t.Year() > 2200 {
		return time.Time{}, 0, false
	}
	resolution := time.Second
	if _, frac, found := strings.Cut(s, "."); found {
		for i := 0; i < len(frac) && frac[i] >= '0' && frac[i] <= '9' && resolution >= 10; i++ {
			resolution /= 10
		}
	}
	return t, resolution, true
}
