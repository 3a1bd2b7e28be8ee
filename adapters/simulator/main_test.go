package simulator_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/adapters/simulator"
	"github.com/campusgate/campusgate/configs/counties"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func county(tb testing.TB, b []byte) *event.County {
	tb.Helper()
	var c event.County
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(&c); err != nil {
		tb.Fatal(err)
	}
	if err := c.Index(); err != nil {
		tb.Fatal(err)
	}
	return &c
}

func script(tb testing.TB, c *event.County) *simulator.Script {
	tb.Helper()
	s, err := simulator.ReadScript(counties.Incidents())
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.Check(c); err != nil {
		tb.Fatal(err)
	}
	return s
}

// at is a time in the county's zone. 2026-11-24 is a Tuesday, 2026-11-29 a Sunday.
func at(tb testing.TB, s string) time.Time {
	tb.Helper()
	t, err := time.Parse(time.RFC3339, s+"+08:00")
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// until returns the messages of a time from start on.
func until(t *simulator.Traffic, end time.Time) []simulator.Message {
	var list []simulator.Message
	for {
		m, ok := t.Next(time.Time{})
		if !ok || m.At.After(end) {
			return list
		}
		list = append(list, m)
	}
}
