package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/campusgate/campusgate/gateway/event"
)

// Rules say what should be recorded.
type Rules struct {
	// Hours are when cameras should record: HH:MM-HH:MM, up to 8 separated by commas;
	// "00:00-24:00".
	Hours string `yaml:"hours"`
	// Share is how much of that must be recorded; 0.95, 0.01 to 1.
	Share float64 `yaml:"share"`
	// Within is how old the last recording may be; 30m, 1m to 24h. Recorders list a file
	// only when it is finished.
	Within time.Duration `yaml:"within"`
	// GapTolerance is the longest gap between two files that is none; 10s, 0s to 10m.
	GapTolerance time.Duration `yaml:"gap_tolerance"`
}

// DefaultRules want a recording of the whole day.
func DefaultRules() Rules {
	return Rules{Hours: "00:00-24:00", Share: 0.95, Within: 30 * time.Minute, GapTolerance: 10 * time.Second}
}

// Validate returns every setting that is not allowed.
func (r Rules) Validate() error {
	var faults []error
	if _, err := ParseHours(r.Hours); err != nil {
		faults = append(faults, err)
	}
	if !(r.Share >= 0.01 && r.Share <= 1) {
		faults = append(faults, &event.Fault{Key: "share", Value: r.Share, Want: "0.01 to 1"})
	}
	if r.Within < time.Minute || r.Within > 24*time.Hour {
		faults = append(faults, &event.Fault{Key: "within", Value: r.Within, Want: "1m to 24h"})
	}
	if r.GapTolerance < 0 || r.GapTolerance > 10*time.Minute {
		faults = append(faults, &event.Fault{Key: "gap_tolerance", Value: r.GapTolerance, Want: "0s to 10m"})
	}
	return errors.Join(faults...)
}

// Days begin when recorders have written what the last one ended with.
const (
	dayBegins  = 10 * time.Minute // before that, today has nothing to say
	daySettles = time.Hour        // after that, yesterday is what it will be
)

// Windows are the spans whose recordings are to be looked for at a time, in its zone:
// yesterday, until it is settled, and today so far. settled is the beginning of the last
// day that is.
func Windows(now, settled time.Time) []Span {
	today := Day(now)
	yesterday := Day(today.From.Add(-time.Hour))
	var out []Span
	if !settled.Equal(yesterday.From) {
		out = append(out, yesterday)
	}
	if now.Sub(today.From) >= dayBegins {
		out = append(out, Span{today.From, now.Truncate(time.Second)})
	}
	return out
}

// Settled tells whether what is found of a window now is what will be found later.
func Settled(window Span, now time.Time) bool { return now.Sub(window.To) >= daySettles }

// maxGaps is how many gaps a check lists.
const maxGaps = 20

// Check judges what was found of a window that lies within one day. It fails when too
// little is recorded, or nothing for too long.
func (r Rules) Check(window Span, found []Span) *event.CameraCheck {
	hours, err := ParseHours(r.Hours)
	if err != nil { // Validate has seen them
		return &event.CameraCheck{Check: event.CheckRecording, Result: event.CheckUnknown, Reason: "hours"}
	}
	c := Judge(window, hours.On(window.From), found, r.GapTolerance)
	out := &event.CameraCheck{
		Check: event.CheckRecording, Result: event.CheckPassed, From: window.From.UTC(), To: window.To.UTC(),
		ExpectedS: c.Expected.Seconds(), CoveredS: c.Covered.Seconds(), OpenGapS: c.Open.Seconds(), Gaps: len(c.Gaps),
	}
	switch {
	case c.Expected > 0 && c.Covered == 0:
		out.Result, out.Reason = event.CheckFailed, "no recording"
	case c.Open > r.Within:
		out.Result, out.Reason = event.CheckFailed, "not recording"
	case out.CoveredS < r.Share*out.ExpectedS:
		out.Result, out.Reason = event.CheckFailed, "gaps"
	}
	var b strings.Builder
	for i, gap := range c.Gaps[:min(len(c.Gaps), maxGaps)] {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(gap.From.UTC().Format(time.RFC3339) + "/" + gap.To.UTC().Format(time.RFC3339))
	}
	out.GapList = b.String()
	return out
}

// MaxJSON bounds the JSON of a check in bytes.
const MaxJSON = 4 << 10

// Read reads the JSON of a check of recordings, as a listener hands it to its decoder, and
// refuses what no check can be.
func Read(b []byte) (*event.CameraCheck, error) {
	if len(b) > MaxJSON {
		return nil, fmt.Errorf("the check has %d bytes, %d are allowed", len(b), MaxJSON)
	}
	var c event.CameraCheck
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("the check is no JSON: %.100s", strings.ToValidUTF8(err.Error(), "?"))
	}
	c.From, c.To = c.From.UTC(), c.To.UTC()
	return &c, Valid(&c)
}

// Valid returns what is wrong with a check of recordings.
func Valid(c *event.CameraCheck) error {
	const longest = 31 * 86400.0
	if c.Check != event.CheckRecording {
		return fmt.Errorf("field \"check\": %.80q is not recording", c.Check)
	}
	if c.Result != event.CheckPassed && c.Result != event.CheckFailed && c.Result != event.CheckUnknown {
		return fmt.Errorf("field \"result\": %.80q is none of passed, failed, unknown", c.Result)
	}
	for _, n := range []struct {
		field       string
		value, high float64
	}{
		{"latency_ms", c.LatencyMS, 1e9},
		{"period", c.Period.Seconds(), longest},
		{"expected_s", c.ExpectedS, longest},
		{"covered_s", c.CoveredS, c.ExpectedS},
		{"open_gap_s", c.OpenGapS, c.ExpectedS},
		{"gaps", float64(c.Gaps), 1e6},
	} {
		if !(n.value >= 0 && n.value <= n.high) {
			return fmt.Errorf("field %q: %v is not 0 to %v", n.field, n.value, n.high)
		}
	}
	for _, t := range []struct {
		field, value string
		most         int
	}{{"reason", c.Reason, 256}, {"gap_list", c.GapList, 2 << 10}} {
		if len(t.value) > t.most || !utf8.ValidString(t.value) || strings.ContainsFunc(t.value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return fmt.Errorf("field %q: is not a text of at most %d bytes", t.field, t.most)
		}
	}
	if c.Score != 0 || c.Limit != 0 || c.Evidence != "" {
		return errors.New("field \"score\": is of images only")
	}
	if c.Result == event.CheckUnknown {
		return nil
	}
	if span := c.To.Sub(c.From); c.From.Year() < 1970 || c.To.Year() > 2200 || span <= 0 || span.Seconds() > longest {
		return errors.New("field \"to\": is not after \"from\", by at most 31 days")
	}
	return nil
}
