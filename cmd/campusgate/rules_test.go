package main_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// TestCheckRules runs documents of rules through the built program.
func TestCheckRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t).write()
	example := filepath.Join("..", "..", "configs", "rules", "schools.yaml")
	bad := writeFile(t, filepath.Join(w.dir, "bad-rules.yaml"), "rules:\n  - name: a\n    on: {types: [gate_access]}\n    when: gate.reslt == \"denied\"\n    text: {zh: a, en: a}\n")
	rules := writeFile(t, filepath.Join(w.dir, "rules.yaml"), "rules:\n  - name: warm\n    on: {types: [kitchen_reading]}\n    when: reading.value > 8\n    value: reading.value\n    text: {zh: '{{value}} 度', en: 'at {{value}}'}\n")
	var recorded strings.Builder
	start := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for i := range 48 { // two days, warm in every fourth hour
		value := 5.0
		if i%4 == 0 {
			value = 9.5
		}
		at := start.Add(time.Duration(i) * time.Hour)
		ev := event.Event{
			ID: fmt.Sprintf("%024x", i), Type: event.TypeKitchenReading, Kind: event.KindKitchen, Site: "s001", Device: "k1",
			ObservedAt: at, ReceivedAt: at, Reading: &event.KitchenReading{Quantity: event.QuantityColdStore, Value: value, Unit: "°C"},
		}
		recorded.Write(ev.AppendJSON(nil))
		recorded.WriteByte('\n')
	}
	events := writeFile(t, filepath.Join(w.dir, "events.jsonl"), recorded.String())
	for _, c := range []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"right", []string{"--rules", example}, 0, []string{"is right", "rules"}},
		{"wrong", []string{"--rules", bad}, 2, []string{bad + ":4:16: rules[0].when: gate has no field reslt", `did you mean "result"?`}},
		{"back-test", []string{"--rules", rules, "--events", events, "--config", w.config}, 0, []string{
			"48 events, 1 rules, 12 anomalies raised, 0 of them", "county_warm", "2026-03-02", "2026-03-03", "most in an hour 1", "at 9.5", "9.5 度",
		}},
		{"no rules", []string{"--events", events}, 2, []string{"--rules"}},
		{"no days", []string{"--rules", rules, "--backtest"}, 2, []string{"--config", "--from"}},
		{"no day", []string{"--rules", rules, "--backtest", "--config", w.config, "--from", "soon", "--to", "2026-03-02"}, 2, []string{"--from", "2026-11-16"}},
		{"long", []string{"--rules", rules, "--backtest", "--config", w.config, "--from", "2025-03-02", "--to", "2026-03-02"}, 2, []string{"31 days"}},
		{"no operators", []string{"--rules", rules, "--operators", "0"}, 2, []string{"--operators"}},
	} {
		p := launch(t, c.name, builtAt, nil, append([]string{"check"}, c.args...)...)
		code := p.wait()
		text := p.stdout.String() + p.stderr.String()
		if code != c.code {
			t.Errorf("%s: exit code %d, want %d: %s", c.name, code, c.code, text)
		}
		for _, want := range c.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q: %s", c.name, want, text)
			}
		}
	}
}
