package gb28181

import (
	"strings"
	"time"
)

func isOn(word string) bool {
	return strings.EqualFold(word, "ON") || strings.EqualFold(word, "OK") || strings.EqualFold(word, "ONLINE")
}

// isDevice tells channels and devices from what else stands in a catalogue: areas (2 to 8
// digits), business groups (215) and virtual organisations (216) of Annex D.
func isDevice(id string) bool {
	if len(id) <= 8 {
		return false
	}
	return len(id) != idLength || (id[10:13] != "215" && id[10:13] != "216" && id[10:13] != "200")
}

const idLength = 20

// parseTime reads a time as 9.10 writes it, in Beijing time, and what some devices write.
func parseTime(s string) (time.Time, time.Duration, bool) {
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", time.RFC3339, "2006-01-02T15:04:05Z"} {
		t, err := time.ParseInLocation(layout, s, time.FixedZone("CST", 8*3600))
		if err != nil || t.Unix() < 0 {
			continue
		}
		if t.Nanosecond() != 0 {
			return t, time.Millisecond, true
		}
		return t, time.Second, true
	}
	return time.Time{}, 0, false
}
