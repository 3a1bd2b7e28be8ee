package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/rulebook"
)

// maxRulesBody holds the longest document, with every character escaped.
const maxRulesBody = 1 << 20

// RulesNow is the newest version of the county's own rules.
type RulesNow struct {
	rulebook.Version
	Published rulebook.Publication `json:"published"`
}

type rulesPut struct {
	Body struct {
		Text string `json:"text" maxLength:"262144" doc:"YAML"`
		Note string `json:"note,omitempty" maxLength:"500" doc:"What was changed, and why."`
		Base int64  `json:"base" minimum:"0" doc:"The version that was seen; 0 when there was none."`
	}
}

type rulesCheck struct {
	Body struct {
		Text string `json:"text" maxLength:"262144"`
	}
}

// RulesChecked is what a check found.
type RulesChecked struct {
	Rules  int                  `json:"rules"`
	Faults []rulebook.RuleFault `json:"faults"`
}

type rulesRollback struct {
	Body struct {
		Version int64  `json:"version" minimum:"1" doc:"The version to bring back."`
		Note    string `json:"note,omitempty" maxLength:"500"`
		Base    int64  `json:"base" minimum:"0"`
	}
}

type rulesList struct {
	Before int64 `query:"before" minimum:"0"`
	Limit  int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// RulesVersionKey names a version.
type RulesVersionKey struct {
	Version int64 `path:"version" minimum:"1"`
}

type rulesTrial struct {
	Body struct {
		Text      string    `json:"text,omitempty" maxLength:"262144" doc:"Empty: the newest version."`
		From      time.Time `json:"from"`
		To        time.Time `json:"to" doc:"At most 31 days after from."`
		Operators int       `json:"operators,omitempty" minimum:"0" maximum:"1000" doc:"Who would share the alarms; 0 means one."`
	}
}

func rulesBody(op *huma.Operation) { op.MaxBodyBytes = maxRulesBody }

// rulesRoutes are about the county's own rules. Writing them is for whoever may change what
// is alarmed in all of the county.
func (a *API) rulesRoutes() {
	readers := []auth.Role{auth.Admin, auth.Operator}
	handle(a, http.MethodGet, "/rules", "The county's own rules", readers, withRules(a, a.rulesNow))
	handle(a, http.MethodPut, "/rules", "Put rules in force, whole or not at all", admins(), withRules(a, a.putRules), rulesBody)
	handle(a, http.MethodPost, "/rules/check", "What is wrong with rules", readers, withRules(a, a.checkRules), rulesBody)
	handle(a, http.MethodGet, "/rules/versions", "Versions of the rules, the newest first", readers, withRules(a, a.rulesVersions))
	handle(a, http.MethodGet, "/rules/versions/{version}", "One version of the rules", readers, withRules(a, a.rulesVersion))
	handle(a, http.MethodPost, "/rules/rollback", "Put an old version of the rules in force again", admins(), withRules(a, a.rollbackRules))
	handle(a, http.MethodPost, "/rules/backtest", "Begin to run rules over recorded days", readers, withRules(a, a.beginBacktest), rulesBody)
	handle(a, http.MethodGet, "/rules/backtest", "The back-test that runs, or ran last", readers, withRules(a, a.backtest))
	handle(a, http.MethodDelete, "/rules/backtest", "Cancel the back-test that runs", readers, withRules(a, a.cancelBacktest))
}

// withRules refuses callers of less than the whole county, whom the rules of all of it are
// no business, and answers the rule book's own errors.
func withRules[I, O any](a *API, fn func(context.Context, auth.Identity, *I) (*O, error)) func(context.Context, auth.Identity, *I) (*O, error) {
	return func(ctx context.Context, id auth.Identity, in *I) (*O, error) {
		if a.deps.Rules == nil {
			return nil, problem(http.StatusServiceUnavailable, codeUnavailable, "rules are not kept here")
		}
		if !id.Scope.All() {
			return nil, problem(http.StatusForbidden, codeForbidden, "rules are for the whole county")
		}
		out, err := fn(ctx, id, in)
		var refused *rulebook.Refused
		switch {
		case errors.As(err, &refused):
			p := problem(http.StatusUnprocessableEntity, codeInvalid, refused.Error())
			for _, f := range refused.Faults {
				p.Errors = append(p.Errors, &huma.ErrorDetail{
					Location: fmt.Sprintf("body.text:%d:%d", f.Line, f.Column), Message: f.Message, Value: f,
				})
			}
			return nil, p
		case errors.Is(err, rulebook.ErrNone):
			return nil, problem(http.StatusNotFound, codeNotFound, err.Error())
		case errors.Is(err, rulebook.ErrOvertaken), errors.Is(err, rulebook.ErrBusy):
			return nil, problem(http.StatusConflict, codeConflict, err.Error())
		case errors.Is(err, rulebook.ErrSpan):
			return nil, invalid("body.to", err.Error())
		}
		return out, err
	}
}

// rulesNow answers version 0 where nothing was ever stored.
func (a *API) rulesNow(ctx context.Context, _ auth.Identity, _ *nothing) (*body[RulesNow], error) {
	v, published, err := a.deps.Rules.Current(ctx)
	if err != nil && !errors.Is(err, rulebook.ErrNone) {
		return nil, err
	}
	return &body[RulesNow]{RulesNow{v, published}}, nil
}

func (a *API) putRules(ctx context.Context, id auth.Identity, in *rulesPut) (*body[rulebook.Version], error) {
	v, err := a.deps.Rules.Put(ctx, in.Body.Text, in.Body.Note, id.Username, in.Body.Base)
	return &body[rulebook.Version]{v}, err
}

func (a *API) checkRules(_ context.Context, _ auth.Identity, in *rulesCheck) (*body[RulesChecked], error) {
	n, err := a.deps.Rules.Check(in.Body.Text)
	out := RulesChecked{Rules: n, Faults: []rulebook.RuleFault{}}
	if refused := (*rulebook.Refused)(nil); errors.As(err, &refused) {
		out.Faults, err = refused.Faults, nil
	}
	return &body[RulesChecked]{out}, err
}

func (a *API) rulesVersions(ctx context.Context, _ auth.Identity, in *rulesList) (*body[list[rulebook.Version]], error) {
	versions, err := a.deps.Rules.Versions(ctx, in.Before, in.Limit)
	next := ""
	if n := len(versions); n == in.Limit && versions[n-1].Version > 1 {
		next = fmt.Sprint(versions[n-1].Version)
	}
	return page(versions, next), err
}

func (a *API) rulesVersion(ctx context.Context, _ auth.Identity, in *RulesVersionKey) (*body[rulebook.Version], error) {
	v, err := a.deps.Rules.Version(ctx, in.Version)
	return &body[rulebook.Version]{v}, err
}

func (a *API) rollbackRules(ctx context.Context, id auth.Identity, in *rulesRollback) (*body[rulebook.Version], error) {
	v, err := a.deps.Rules.Rollback(ctx, in.Body.Version, in.Body.Note, id.Username, in.Body.Base)
	return &body[rulebook.Version]{v}, err
}

func (a *API) beginBacktest(ctx context.Context, id auth.Identity, in *rulesTrial) (*body[rulebook.Job], error) {
	text := in.Body.Text
	if text == "" {
		v, _, err := a.deps.Rules.Current(ctx)
		if err != nil {
			return nil, err
		}
		text = v.Text
	}
	job, err := a.deps.Rules.Backtest(text, id.Username, rulebook.Trial{From: in.Body.From, To: in.Body.To, Operators: in.Body.Operators, County: a.present()})
	return &body[rulebook.Job]{job}, err
}

func (a *API) backtest(context.Context, auth.Identity, *nothing) (*body[rulebook.Job], error) {
	job, ok := a.deps.Rules.Job()
	if !ok {
		job.State = rulebook.JobNone // an answer, so that pages can ask without an error on the console
	}
	return &body[rulebook.Job]{job}, nil
}

func (a *API) cancelBacktest(_ context.Context, _ auth.Identity, in *nothing) (*body[rulebook.Job], error) {
	a.deps.Rules.Cancel()
	return a.backtest(context.Background(), auth.Identity{}, in)
}
