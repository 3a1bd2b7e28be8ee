package gateway

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/rules"
)

// readRules reads the county's own rules from a file; none without a name.
func readRules(path string) (*rules.Set, error) {
	if path == "" {
		return nil, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("rules_file: %w", err)
	}
	if info.Size() > rules.MaxDocument {
		return nil, &event.Fault{Key: "rules_file", Value: path, Want: fmt.Sprintf("a file of at most %d bytes", rules.MaxDocument)}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("rules_file: %w", err)
	}
	return rules.Parse(path, text)
}

// setRules puts the rules that the command centre has published in force, whole or not at
// all: before the detectors' next event, in place of those of rules_file.
func (g *Gateway) setRules(doc []byte) error {
	var text event.RulesText
	if err := json.Unmarshal(doc, &text); err != nil {
		return fmt.Errorf("document %s: %w", event.RulesDocument, err)
	}
	set, err := rules.Parse(event.RulesDocument, []byte(text.Text))
	if err != nil {
		return err
	}
	g.detector.setRules(set)
	return nil
}

// setRules has the county's own rules followed soon.
func (d *detector) setRules(set *rules.Set) { d.nextRules.Store(set) }

// followRules puts rules that wait in force and appends what that clears.
func (d *detector) followRules(out []event.Anomaly) []event.Anomaly {
	set := d.nextRules.Swap(nil)
	if set == nil {
		return out
	}
	d.log.Info().Int("rules", set.Rules()).Msg("the county's own rules are in force")
	return d.rules.SetRules(set, out)
}

// restore gives a stored value to the engine that it is of. A county's rule that begins
// anew is a small loss, against a gateway that does not start.
func (d *detector) restore(key string, value []byte) error {
	if !strings.HasPrefix(key, rules.KeyPrefix) {
		return d.engine.Restore(key, value)
	}
	if err := d.rules.Restore(key, value); err != nil {
		d.log.Error().Err(err).Msg("state of a county's own rule is lost")
	}
	return nil
}

// dirty is what both engines have changed.
func (d *detector) dirty() (put map[string][]byte, del []string) {
	put, del = d.engine.Dirty()
	more, gone := d.rules.Dirty()
	if put == nil {
		return more, append(del, gone...)
	}
	for key, value := range more {
		put[key] = value
	}
	return put, append(del, gone...)
}

// RulesStatus is how the county's own rules fare.
type RulesStatus struct {
	InForce int `json:"in_force"`
	// Skipped counts events that were not judged, because there was too much to remember.
	Skipped uint64 `json:"skipped"`
	// Failures are the rules that could not be judged, with how often and why.
	Failures []rules.Failure `json:"failures"`
}

func (d *detector) rulesStatus() RulesStatus {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.fares
}

// complain tells the rules that could not be judged, each once, and notes how all fare.
func (d *detector) complain() {
	fares := RulesStatus{InForce: d.rules.Rules(), Skipped: d.rules.Skipped(), Failures: d.rules.Failures()}
	d.mu.Lock()
	d.fares = fares
	d.mu.Unlock()
	for _, f := range d.rules.NewFailures() {
		d.log.Warn().Str("rule", f.Rule).Str("reason", f.Error).Msg("a county's own rule cannot be judged; it counts as not fulfilled")
	}
}
