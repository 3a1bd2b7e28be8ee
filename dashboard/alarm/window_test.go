package alarm_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/gateway/event"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestWeeklyWindowKeepsItsWords(t *testing.T) {
	t.Parallel()
	night := alarm.Window{Days: []string{"sat"}, Start: "22:00", End: "06:00"}
	jump := alarm.Window{Days: []string{"sun"}, Start: "02:30", End: "03:30"}
	for name, c := range map[string]struct {
		w        alarm.Window
		zone     string
		day      string // around which to look
		from, to string
		length   time.Duration
	}{
		"without changes":           {night, "Asia/Shanghai", "2026-03-28", "2026-03-28T22:00:00+08:00", "2026-03-29T06:00:00+08:00", 8 * time.Hour},
		"clocks go forward":         {night, "Europe/Berlin", "2026-03-28", "2026-03-28T22:00:00+01:00", "2026-03-29T06:00:00+02:00", 7 * time.Hour},
		"clocks go back":            {night, "Europe/Berlin", "2026-10-24", "2026-10-24T22:00:00+02:00", "2026-10-25T06:00:00+01:00", 9 * time.Hour},
		"begins in the gap":         {jump, "Europe/Berlin", "2026-03-29", "2026-03-29T03:30:00+02:00", "2026-03-29T03:30:00+02:00", 0},
		"begins in the double hour": {jump, "Europe/Berlin", "2026-10-25", "2026-10-25T02:30:00+01:00", "2026-10-25T03:30:00+01:00", time.Hour},
		"a zone with half an hour":  {night, "Australia/Lord_Howe", "2026-10-03", "2026-10-03T22:00:00+10:30", "2026-10-04T06:00:00+11:00", 7*time.Hour + 30*time.Minute},
	} {
		z := zone(t, c.zone)
		day, err := time.ParseInLocation("2006-01-02", c.day, z)
		if err != nil {
			t.Fatal(err)
		}
		spans := c.w.Spans(day, day.Add(24*time.Hour), z)
		if c.length == 0 {
			if len(spans) != 0 {
				t.Errorf("%s: %v", name, spans)
			}
			continue
		}
		if len(spans) != 1 || spans[0].From.In(z).Format(time.RFC3339) != c.from || spans[0].To.In(z).Format(time.RFC3339) != c.to || spans[0].To.Sub(spans[0].From) != c.length {
			t.Errorf("%s: %v", name, spans)
		}
	}
}

func TestWindowBounds(t *testing.T) {
	t.Parallel()
	z := zone(t, "Asia/Shanghai")
	w := alarm.Window{Days: []string{"mon", "tue"}, Start: "20:00", End: "21:00", First: "2026-11-24", Last: "2026-11-30"}
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, z)
	if spans := w.Spans(from, from.AddDate(0, 2, 0), z); len(spans) != 2 || spans[0].From.In(z).Day() != 24 || spans[1].From.In(z).Day() != 30 {
		t.Errorf("between first and last: %v", spans)
	}
	ended := time.Date(2026, 11, 24, 20, 30, 0, 0, z)
	w.EndedAt = &ended
	if spans := w.Spans(from, from.AddDate(0, 2, 0), z); len(spans) != 1 || !spans[0].To.Equal(ended) {
		t.Errorf("ended: %v", spans)
	}
}

// Until and Spans are the same question, whatever window, zone and time.
func TestUntilAgreesWithSpans(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		z := zone(t, rapid.SampledFrom([]string{"Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"}).Draw(rt, "zone"))
		clock := rapid.Custom(func(rt *rapid.T) string {
			return time.Date(2026, 1, 1, rapid.IntRange(0, 23).Draw(rt, "hour"), rapid.IntRange(0, 59).Draw(rt, "minute"), 0, 0, time.UTC).Format("15:04")
		})
		w := alarm.Window{
			Kind: event.KindCamera, Reason: "r", Start: clock.Draw(rt, "start"), End: clock.Draw(rt, "end"),
			Days: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}), 1, 7, rapid.ID).Draw(rt, "days"),
		}
		if w.Start == w.End {
			if w.Validate() == nil {
				rt.Fatal("a window without length is accepted")
			}
			return
		}
		if err := w.Validate(); err != nil {
			rt.Fatal(err)
		}
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, z)
		at := begin.Add(time.Duration(rapid.Int64Range(0, 365*24*3600).Draw(rt, "second")) * time.Second)
		end, on := w.Until(at, z)
		spans := w.Spans(at.Add(-48*time.Hour), at.Add(48*time.Hour), z)
		within := false
		for i, s := range spans {
			if !s.To.After(s.From) || s.To.Sub(s.From) > 25*time.Hour || i > 0 && s.From.Before(spans[i-1].From) {
				rt.Fatalf("spans %v", spans)
			}
			within = within || !at.Before(s.From) && at.Before(s.To)
		}
		if on != within || on && !end.After(at) {
			rt.Fatalf("at %s: on %v until %s, spans %v", at, on, end, spans)
		}
	})
}

func TestWindowFaults(t *testing.T) {
	t.Parallel()
	now := start()
	later := now.Add(time.Hour)
	good := func() alarm.Window { return alarm.Window{Site: "s001", Reason: "r", From: &now, To: &later} }
	for field, change := range map[string]func(*alarm.Window){
		"reason": func(w *alarm.Window) { w.Reason = " " },
		"site":   func(w *alarm.Window) { w.Site = "" },
		"device": func(w *alarm.Window) { w.Device = "C 1" },
		"to":     func(w *alarm.Window) { w.To = &now },
		"from":   func(w *alarm.Window) { w.From = nil },
		"start":  func(w *alarm.Window) { w.From, w.To, w.Days, w.Start, w.End = nil, nil, []string{"mon"}, "8", "09:00" },
		"days":   func(w *alarm.Window) { w.From, w.To, w.Start, w.End = nil, nil, "08:00", "09:00" },
		"last": func(w *alarm.Window) {
			w.From, w.To, w.Days, w.Start, w.End, w.First, w.Last = nil, nil, []string{"mon"}, "08:00", "09:00", "2026-02-02", "2026-01-01"
		},
	} {
		w := good()
		change(&w)
		if err := w.Validate(); err == nil || !strings.Contains(err.Error(), field+": want") {
			t.Errorf("%s: %v", field, err)
		}
	}
	w := good()
	if err := w.Validate(); err != nil {
		t.Error(err)
	}
}
