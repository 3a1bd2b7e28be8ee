package recording

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Span is [From, To).
type Span struct{ From, To time.Time }

// Coverage is what a window's recordings amount to.
type Coverage struct {
	Expected time.Duration // of the window within the service hours
	Covered  time.Duration // of that, what is recorded
	// Open is how long nothing had been recorded when the window ended; 0 when something
	// was, and when nothing was expected then.
	Open time.Duration
	Gaps []Span // oldest first
}

// Judge compares recordings, in any order and overlapping as they may, with what a window
// should hold. Gaps of at most tolerance count as recorded.
func Judge(window Span, service, recorded []Span, tolerance time.Duration) Coverage {
	var c Coverage
	stored := union(recorded)
	for _, want := range union(service) {
		want = want.within(window)
		if !want.To.After(want.From) {
			continue
		}
		c.Expected += want.To.Sub(want.From)
		for _, gap := range want.without(stored) {
			if gap.To.Sub(gap.From) <= tolerance {
				continue
			}
			c.Gaps = append(c.Gaps, gap)
			c.Covered -= gap.To.Sub(gap.From)
			if gap.To.Equal(window.To) {
				c.Open = gap.To.Sub(gap.From)
			}
		}
	}
	c.Covered += c.Expected
	return c
}

// union sorts spans and joins those that touch. Empty and reversed ones are left out.
func union(in []Span) []Span {
	sorted := slices.Clone(in)
	slices.SortFunc(sorted, func(a, b Span) int { return a.From.Compare(b.From) })
	out := sorted[:0]
	for _, s := range sorted {
		if !s.To.After(s.From) {
			continue
		}
		if n := len(out); n > 0 && !s.From.After(out[n-1].To) {
			if s.To.After(out[n-1].To) {
				out[n-1].To = s.To
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

func (s Span) within(w Span) Span {
	if s.From.Before(w.From) {
		s.From = w.From
	}
	if s.To.After(w.To) {
		s.To = w.To
	}
	return s
}

// without returns what is left of s when others, oldest first and apart from one another,
// are taken away.
func (s Span) without(others []Span) []Span {
	var left []Span
	from, _ := slices.BinarySearchFunc(others, s.From, func(o Span, t time.Time) int {
		if o.To.After(t) {
			return 1
		}
		return -1
	})
	at := s.From
	for _, o := range others[from:] {
		if !o.From.Before(s.To) {
			break
		}
		if o.From.After(at) {
			left = append(left, Span{at, o.From})
		}
		at = o.To
	}
	if at.Before(s.To) {
		left = append(left, Span{at, s.To})
	}
	return left
}

// Day is the day of a time in its zone, from midnight to midnight.
func Day(at time.Time) Span {
	midnight := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location())
	return Span{midnight, midnight.AddDate(0, 0, 1)}
}

// Hours are the times of a day at which a camera should record.
type Hours []clockSpan

// clockSpan counts minutes from midnight, [from, to).
type clockSpan struct{ from, to int }

const maxHours = 8

// ParseHours reads "00:00-24:00", or up to eight such spans separated by commas. A span may
// not go over midnight: write it as two.
func ParseHours(s string) (Hours, error) {
	fault := &event.Fault{Key: "hours", Value: fmt.Sprintf("%.80q", s), Want: "HH:MM-HH:MM, up to 8 of them separated by commas, the first time before the second"}
	var h Hours
	for part := range strings.SplitSeq(s, ",") {
		from, to, ok := strings.Cut(strings.TrimSpace(part), "-")
		a, okA := minutes(from)
		b, okB := minutes(to)
		if !ok || !okA || !okB || a >= b || len(h) == maxHours {
			return nil, fault
		}
		h = append(h, clockSpan{a, b})
	}
	return h, nil
}

func minutes(s string) (int, bool) {
	if s == "24:00" {
		return 24 * 60, true
	}
	t, err := time.Parse("15:04", s)
	return t.Hour()*60 + t.Minute(), err == nil
}

// On returns the hours of a time's day, in its zone.
func (h Hours) On(day time.Time) []Span {
	at := func(minutes int) time.Time {
		return time.Date(day.Year(), day.Month(), day.Day(), 0, minutes, 0, 0, day.Location())
	}
	spans := make([]Span, len(h))
	for i, s := range h {
		spans[i] = Span{at(s.from), at(s.to)}
	}
	return spans
}
