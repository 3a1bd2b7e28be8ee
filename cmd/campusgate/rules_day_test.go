package main_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/simulator"
	"github.com/campusgate/campusgate/cmd/campusgate/config"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/rules"
)

// TestExampleRulesOverADay: the example's rules leave a simulated school day of a small
// county alone, but for what is theirs to find.
func TestExampleRulesOverADay(t *testing.T) {
	t.Parallel()
	county := &event.County{}
	if err := config.LoadYAML(filepath.Join("..", "..", "configs", "counties", "small.yaml"), county); err != nil {
		t.Fatal(err)
	}
	if err := county.Index(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "configs", "rules", "schools.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.Parse("schools.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 11, 24, 5, 0, 0, 0, county.Location())
	end := start.Add(19 * time.Hour)
	wanted, campus := set.Types(), adapters.Campus()
	source := func(ctx context.Context, yield func(*event.Event) error) error {
		traffic := simulator.NewTraffic(county, nil, simulator.TrafficConfig{Seed: 1, Speed: 1}, start)
		for ctx.Err() == nil {
			m, ok := traffic.Next(time.Time{})
			if !ok || m.At.After(end) {
				return nil
			}
			if !slices.Contains(wanted, m.Type) {
				continue
			}
			events, err := campus.Decode(nil, payload.Message{Topic: m.Topic, Payload: m.Payload, Received: m.At.Add(15 * time.Millisecond)}, event.Clock{})
			if err != nil {
				continue // what no adapter understands is part of a day
			}
			for i := range events {
				if err := yield(&events[i]); err != nil {
					return err
				}
			}
		}
		return ctx.Err()
	}
	began := time.Now()
	report, err := rules.Backtest{Set: set, County: county, To: end}.Run(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d events in %v: %+v", report.Events, time.Since(began), report.ByRule)
	for _, a := range report.Examples {
		t.Logf("%s %s", a.UpdatedAt.In(county.Location()).Format("15:04:05"), a.Text.EN)
	}
	if report.Events < 10_000 || len(report.Failures) > 0 {
		t.Errorf("%d events, failures %+v", report.Events, report.Failures)
	}
	if report.Load.PerHour > 6 || report.Load.FloodShare > 0 {
		t.Errorf("%+v", report.Load)
	}
}
