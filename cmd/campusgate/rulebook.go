package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/campusgate/campusgate/dashboard/rulebook"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
	"github.com/campusgate/campusgate/gateway/rules"
)

// language lets the dashboard check and try the county's own rules, whose language the
// gateways own.
type language struct {
	reader *influx.Reader
}

var _ rulebook.Language = language{}

// Check reads a document as a gateway does.
func (language) Check(text string) (int, []rulebook.RuleFault) {
	set, err := rules.Parse(event.RulesDocument, []byte(text))
	if err == nil {
		return set.Rules(), nil
	}
	var faults rules.Faults
	if !errors.As(err, &faults) {
		return 0, []rulebook.RuleFault{{Message: err.Error()}}
	}
	out := make([]rulebook.RuleFault, len(faults))
	for i, f := range faults {
		out[i] = rulebook.RuleFault{Line: f.Line, Column: f.Column, Key: f.Key, Message: f.Message}
	}
	return 0, out
}

// Backtest runs a document over what InfluxDB has.
func (l language) Backtest(ctx context.Context, text string, q rulebook.Trial, progress func(rulebook.Progress)) (json.RawMessage, error) {
	set, err := rules.Parse(event.RulesDocument, []byte(text))
	if err != nil {
		return nil, err
	}
	b := rules.Backtest{
		Set: set, County: q.County, From: q.From, To: q.To, Operators: q.Operators,
		Progress: func(p rules.Progress) { progress(rulebook.Progress(p)) },
	}
	report, err := b.Run(ctx, rules.Recorded(set.Types(), q.From, q.To, l.reader.EachEvent))
	counted, encode := json.Marshal(report)
	return counted, errors.Join(err, encode)
}
