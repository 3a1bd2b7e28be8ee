package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/inspection"
)

// Codes of problems, for the page's own words. Never rename.
const (
	codeUnauthenticated = "unauthenticated"
	codeBadCredentials  = "bad_credentials"
	codeTooManyTries    = "too_many_tries"
	codeTooManyRequests = "too_many_requests"
	codeSecondFactor    = "second_factor"   // the password is right, a code is needed too
	codeBadCode         = "bad_code"        // the code is wrong, or was used before
	codeBadPasskey      = "bad_passkey"     // and not why
	codePasswordChange  = "password_change" // the password is right, and must be replaced
	codeForbidden       = "forbidden"
	codeNotFound        = "not_found"
	codeConflict        = "conflict"
	codeNotAllowed      = "not_allowed"
	codeInvalid         = "invalid"
	codeUnavailable     = "unavailable"
	codeInternal        = "internal"
	codeLimit           = "limit"    // too many at once
	codeUpstream        = "upstream" // the media server gave nothing
)

// Problem is an error as RFC 9457 writes it.
type Problem struct {
	Type     string              `json:"type"`
	Title    string              `json:"title"`
	Status   int                 `json:"status"`
	Detail   string              `json:"detail"`
	Code     string              `json:"code" doc:"A word for programs."`
	Errors   []*huma.ErrorDetail `json:"errors,omitempty"`
	Conflict *Conflict           `json:"conflict,omitempty"`
}

// Conflict says who was first.
type Conflict struct {
	Rev    int64        `json:"rev"`
	State  alarm.State  `json:"state"`
	By     string       `json:"by"`
	At     time.Time    `json:"at"`
	Action alarm.Action `json:"action"`
}

// Error returns the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of problems.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

var _ huma.StatusError = (*Problem)(nil)

func problem(status int, code, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Code: code}
}

func notFound() *Problem { return problem(http.StatusNotFound, codeNotFound, "there is no such thing") }

func invalid(location, message string) *Problem {
	p := problem(http.StatusUnprocessableEntity, codeInvalid, message)
	p.Errors = []*huma.ErrorDetail{{Location: location, Message: message}}
	return p
}

// ownWords turns the framework's errors into Problems, so that all have a code.
func ownWords(_ huma.Context, _ string, v any) (any, error) {
	e, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	code := codeInvalid
	switch {
	case e.Status == http.StatusNotFound:
		code = codeNotFound
	case e.Status >= 500:
		code = codeInternal
	}
	p := problem(e.Status, code, e.Detail)
	p.Errors = e.Errors
	return p, nil
}

// explain turns an error of the parts below into what the caller may know. The rest is
// logged and called internal.
func (a *API) explain(err error) error {
	if err == nil {
		return nil
	}
	var (
		p          *Problem
		conflict   *alarm.Conflict
		notAllowed *alarm.NotAllowed
		bad        *alarm.Invalid
		window     *alarm.WindowConflict
		tries      *auth.TooManyTries
		overtaken  *inspection.Conflict
		impossible *inspection.NotAllowed
		field      *inspection.Invalid
		headers    huma.HeadersError
	)
	switch {
	case errors.As(err, &headers):
		return err
	case errors.As(err, &p):
		return p
	case errors.As(err, &overtaken):
		out := problem(http.StatusConflict, codeConflict, overtaken.Error())
		c := &overtaken.Case
		out.Conflict = &Conflict{Rev: c.Rev, State: alarm.State(c.State), By: c.UpdatedBy, At: c.UpdatedAt}
		return out
	case errors.As(err, &impossible):
		return problem(http.StatusConflict, codeNotAllowed, impossible.Error())
	case errors.As(err, &field):
		return invalid("body."+field.Field, field.Error())
	case errors.As(err, &conflict):
		out := problem(http.StatusConflict, codeConflict, conflict.Error())
		out.Conflict = &Conflict{
			Rev: conflict.Alarm.Rev, State: conflict.Alarm.State, By: conflict.Last.By, At: conflict.Last.At, Action: conflict.Last.Action,
		}
		return out
	case errors.As(err, &window):
		out := problem(http.StatusConflict, codeConflict, window.Error())
		out.Conflict = &Conflict{Rev: window.Window.Rev, By: window.Window.By, At: window.Window.At}
		return out
	case errors.As(err, &notAllowed):
		return problem(http.StatusConflict, codeNotAllowed, notAllowed.Error())
	case errors.As(err, &bad):
		out := invalid("body."+bad.Field, bad.Error())
		out.Errors = details(err, out.Errors)
		return out
	case errors.Is(err, alarm.ErrNotFound), errors.Is(err, inspection.ErrNotFound):
		return notFound()
	case errors.As(err, &tries):
		seconds := int(tries.Wait/time.Second) + 1
		return huma.ErrorWithHeaders(problem(http.StatusTooManyRequests, codeTooManyTries, err.Error()),
			http.Header{"Retry-After": {strconv.Itoa(seconds)}})
	}
	if p := explainAuth(err); p != nil {
		return p
	}
	if errors.Is(err, context.Canceled) {
		a.deps.Log.Debug().Err(err).Msg("whoever asked has left")
		return problem(http.StatusServiceUnavailable, codeUnavailable, "the request was called off")
	}
	a.deps.Log.Error().Err(err).Msg("request failed")
	return problem(http.StatusInternalServerError, codeInternal, "something went wrong here; it is in the log")
}

// details lists every fault of a joined error, or what there is.
func details(err error, single []*huma.ErrorDetail) []*huma.ErrorDetail {
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // the error itself, not one that it wraps
	if !ok {
		return single
	}
	var out []*huma.ErrorDetail
	for _, e := range joined.Unwrap() {
		var bad *alarm.Invalid
		if errors.As(e, &bad) {
			out = append(out, &huma.ErrorDetail{Location: "body." + bad.Field, Message: bad.Error()})
		}
	}
	return out
}

// unavailable is an error of something beyond this process.
func (a *API) unavailable(what string, err error) error {
	a.deps.Log.Warn().Err(err).Str("what", what).Msg("out of reach")
	return problem(http.StatusServiceUnavailable, codeUnavailable, what+" is out of reach")
}

// write answers with a problem where the framework is not at hand.
func (p *Problem) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the caller has gone if this fails
}
