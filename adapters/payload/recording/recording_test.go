package recording_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/adapters/payload/recording"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func second(n int) time.Time { return time.Date(2026, 11, 24, 0, 0, n, 0, time.UTC) }

func span(from, to int) recording.Span { return recording.Span{From: second(from), To: second(to)} }

// TestAgainstEverySecond compares with an oracle that looks at each second by itself.
func TestAgainstEverySecond(t *testing.T) {
	t.Parallel()
	const first, last = -50, 350
	rapid.Check(t, func(rt *rapid.T) {
		at := rapid.IntRange(first, last)
		list := func(name string, most int) []recording.Span {
			var out []recording.Span
			for range rapid.IntRange(0, most).Draw(rt, name) {
				out = append(out, span(at.Draw(rt, "from"), at.Draw(rt, "to")))
			}
			return out
		}
		window := span(0, rapid.IntRange(1, 300).Draw(rt, "length"))
		service, recorded := list("service", 3), list("recorded", 12)
		tolerance := time.Duration(rapid.IntRange(0, 20).Draw(rt, "tolerance")) * time.Second
		got := recording.Judge(window, service, recorded, tolerance)

		in := func(list []recording.Span, n int) bool {
			for _, s := range list {
				if !second(n).Before(s.From) && second(n).Before(s.To) {
					return true
				}
			}
			return false
		}
		var want recording.Coverage
		start := -1
		end := int(window.To.Sub(window.From).Seconds())
		for n := 0; n <= end; n++ {
			expected := n < end && in(service, n)
			if expected {
				want.Expected += time.Second
				want.Covered += time.Second
			}
			missing := expected && !in(recorded, n)
			if missing && start < 0 {
				start = n
			}
			if missing || start < 0 {
				continue
			}
			if length := time.Duration(n-start) * time.Second; length > tolerance {
				want.Gaps = append(want.Gaps, span(start, n))
				want.Covered -= length
				if n == end {
					want.Open = length
				}
			}
			start = -1
		}
		if got.Expected != want.Expected || got.Covered != want.Covered || got.Open != want.Open || len(got.Gaps) != len(want.Gaps) {
			rt.Fatalf("got %+v\nwant %+v", got, want)
		}
		for i := range got.Gaps {
			if got.Gaps[i] != want.Gaps[i] {
				rt.Fatalf("gap %d: got %v, want %v", i, got.Gaps[i], want.Gaps[i])
			}
		}
	})
}

func TestHours(t *testing.T) {
	t.Parallel()
	beijing := time.FixedZone("CST", 8*3600)
	h, err := recording.ParseHours("06:30-12:00, 13:00-24:00")
	if err != nil {
		t.Fatal(err)
	}
	day := recording.Day(time.Date(2026, 11, 24, 23, 30, 0, 0, beijing))
	if day.From.UTC().Format(time.RFC3339) != "2026-11-23T16:00:00Z" || day.To.Sub(day.From) != 24*time.Hour {
		t.Error(day)
	}
	on := h.On(day.From)
	if len(on) != 2 || on[0].From.Sub(day.From) != 6*time.Hour+30*time.Minute || !on[1].To.Equal(day.To) {
		t.Error(on)
	}
	for _, bad := range []string{"", "6-7", "12:00-11:00", "22:00-06:00", "00:00-24:01", "00:00-24:00,", strings.Repeat("00:00-01:00,", 9)} {
		if _, err := recording.ParseHours(bad); err == nil || len(err.Error()) > 300 {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	window, rules := span(0, 86400), recording.DefaultRules()
	for name, c := range map[string]struct {
		recorded []recording.Span
		result   string
		reason   string
		list     string
	}{
		"everything":    {[]recording.Span{span(-10, 86400)}, event.CheckPassed, "", ""},
		"nothing":       {nil, event.CheckFailed, "no recording", "2026-11-24T00:00:00Z/2026-11-25T00:00:00Z"},
		"stopped":       {[]recording.Span{span(0, 84000)}, event.CheckFailed, "not recording", "2026-11-24T23:20:00Z/2026-11-25T00:00:00Z"},
		"a little less": {[]recording.Span{span(0, 40000), span(41000, 86400)}, event.CheckPassed, "", "2026-11-24T11:06:40Z/2026-11-24T11:23:20Z"},
		"half":          {[]recording.Span{span(43200, 86400)}, event.CheckFailed, "gaps", "2026-11-24T00:00:00Z/2026-11-24T12:00:00Z"},
	} {
		got := rules.Check(window, c.recorded)
		if got.Result != c.result || got.Reason != c.reason || got.GapList != c.list || got.ExpectedS != 86400 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	var many []recording.Span
	for i := range 200 {
		many = append(many, span(i*400, i*400+200))
	}
	got := rules.Check(window, many)
	if got.Gaps != 200 || strings.Count(got.GapList, "/") != 20 {
		t.Errorf("%+v", got)
	}
	text, err := json.Marshal(got)
	if err != nil || len(text) > recording.MaxJSON {
		t.Fatal(len(text), err)
	}
	if back, err := recording.Read(text); err != nil || *back != *got {
		t.Error(back, err)
	}
	for _, bad := range []string{
		"", "{}", `{"check":"image","result":"passed"}`, `{"check":"recording","result":"fine"}`, `{"check":"recording","result":"passed"}`,
		`{"check":"recording","result":"unknown","covered_s":1}`, `{"check":"recording","result":"unknown","reason":"a\u0000"}`,
		`{"check":"recording","result":"unknown","evidence":"ab"}`, `{"check":"recording","result":"unknown","gaps":-1}`, strings.Repeat(" ", 5000),
	} {
		if _, err := recording.Read([]byte(bad)); err == nil || len(err.Error()) > 300 {
			t.Errorf("%.100s: %v", bad, err)
		}
	}
}

func TestWindows(t *testing.T) {
	t.Parallel()
	beijing := time.FixedZone("", 8*3600)
	at := func(hour, minute int) time.Time { return time.Date(2026, 11, 24, hour, minute, 0, 7, beijing) }
	today := recording.Day(at(0, 0))
	yesterday := recording.Day(today.From.Add(-time.Second))
	for _, c := range []struct {
		now     time.Time
		settled time.Time
		want    int
	}{
		{at(0, 5), time.Time{}, 1}, {at(0, 5), yesterday.From, 0}, {at(0, 30), time.Time{}, 2}, {at(12, 0), yesterday.From, 1}, {at(12, 0), today.From, 2},
	} {
		got := recording.Windows(c.now, c.settled)
		if len(got) != c.want {
			t.Errorf("%v: %v", c.now, got)
		}
		if n := len(got); n == 2 && (got[0] != yesterday || !got[1].From.Equal(today.From) || got[1].To.After(c.now)) {
			t.Errorf("%v: %v", c.now, got)
		}
	}
	if recording.Settled(yesterday, at(0, 59)) || !recording.Settled(yesterday, at(1, 0)) {
		t.Error("settled")
	}
	if err := (recording.Rules{}).Validate(); err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"check":"recording","result":"passed","from":"2026-11-22T16:00:00Z","to":"2026-11-23T16:00:00Z","expected_s":86400,"covered_s":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := recording.Read(b)
		if err == nil && (c.CoveredS > c.ExpectedS || c.To.Before(c.From)) {
			t.Fatalf("%+v", c)
		}
	})
}

func BenchmarkJudge(b *testing.B) {
	var recorded []recording.Span
	for i := range 96 {
		recorded = append(recorded, span(i*900, i*900+898))
	}
	b.ReportAllocs()
	for b.Loop() {
		recording.Judge(span(0, 86400), []recording.Span{span(0, 86400)}, recorded, time.Minute)
	}
}
