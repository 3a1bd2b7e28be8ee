package dashboard

import (
	"context"

	"github.com/campusgate/campusgate/dashboard/rulebook"
)

// startRules opens the book of the county's own rules, where their language is known.
func (d *Dashboard) startRules(ctx context.Context) error {
	if d.deps.Rules == nil {
		return nil
	}
	deps := rulebook.Deps{
		Store: d.store, Language: d.deps.Rules, Now: d.deps.Now,
		Log: d.deps.Log.With().Str("component", "rules").Logger(),
	}
	if d.deps.Documents != nil {
		deps.Publish = d.deps.Documents.PublishDocument
	}
	var err error
	if d.rules, err = rulebook.New(deps); err != nil {
		return err
	}
	d.onStop = append(d.onStop, stopper{"rules", d.rules.Stop})
	return d.rules.Start(ctx)
}
