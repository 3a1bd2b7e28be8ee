package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/notify"
)

type notificationsInput struct {
	Alarm    string `query:"alarm" maxLength:"64"`
	Receiver string `query:"receiver" maxLength:"64"`
	Person   string `query:"person" maxLength:"64"`
	State    string `query:"state" enum:"queued,sending,sent,failed,dead,skipped"`
	Reason   string `query:"reason" enum:"raise,escalate,clear,handover,test"`
	Limit    int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Cursor   string `query:"cursor" maxLength:"200"`
}

type testInput struct {
	Body struct {
		Receiver string `json:"receiver" minLength:"1" maxLength:"64"`
		Person   string `json:"person,omitempty" maxLength:"64" doc:"Whose own address is taken."`
	}
}

type retryInput struct {
	ID string `path:"id" maxLength:"64"`
}

type rotaInput struct {
	Name string `path:"name" maxLength:"64"`
}

type rotaChange struct {
	Name string `path:"name" maxLength:"64"`
	Body struct {
		Rev  int64       `json:"rev" minimum:"0" doc:"The revision that was edited."`
		Rota notify.Rota `json:"rota"`
	}
}

type quietChange struct {
	Person string `path:"person" maxLength:"64"`
	Body   struct {
		Rev   int64        `json:"rev" minimum:"0" doc:"The revision that was edited."`
		Quiet notify.Quiet `json:"quiet"`
	}
}

// notifyRoutes are for those who see the whole county: receivers and rotas serve all of it.
func (a *API) notifyRoutes() {
	desk := []auth.Role{auth.Admin, auth.Operator}
	notifying(a, http.MethodGet, "/notifications", "Log of notifications, newest first", desk,
		func(ctx context.Context, _ auth.Identity, in *notificationsInput) (*body[list[notify.Notification]], error) {
			rows, next, err := a.deps.Notify.Log(ctx, notify.Query{
				AlarmID: in.Alarm, Receiver: in.Receiver, Person: in.Person, State: in.State, Reason: in.Reason, Limit: in.Limit, Cursor: in.Cursor,
			})
			return page(rows, next), err
		})
	notifying(a, http.MethodGet, "/notify", "Receivers, people, escalation policies and routes", desk,
		func(ctx context.Context, _ auth.Identity, _ *nothing) (*body[notify.Overview], error) {
			o, err := a.deps.Notify.Overview(ctx)
			return &body[notify.Overview]{o}, err
		})
	notifying(a, http.MethodPost, "/notify/test", "Send a test message", []auth.Role{auth.Admin},
		func(ctx context.Context, id auth.Identity, in *testInput) (*body[notify.Notification], error) {
			n, err := a.deps.Notify.Test(ctx, in.Body.Receiver, in.Body.Person, id.Username)
			a.deps.Log.Info().Str("user", id.Username).Str("receiver", in.Body.Receiver).Str("state", n.State).Msg("test message")
			return &body[notify.Notification]{n}, err
		})
	notifying(a, http.MethodPost, "/notifications/{id}/retry", "Send once more what was given up", desk,
		func(ctx context.Context, id auth.Identity, in *retryInput) (*nothing, error) {
			return nil, a.deps.Notify.Retry(ctx, in.ID, id.Username)
		})
	notifying(a, http.MethodGet, "/notify/rotas/{name}", "A rota, who is on call, and the gaps of the next 14 days", desk,
		func(ctx context.Context, _ auth.Identity, in *rotaInput) (*body[notify.RotaView], error) {
			v, err := a.deps.Notify.Rota(ctx, in.Name)
			return &body[notify.RotaView]{v}, err
		})
	notifying(a, http.MethodPut, "/notify/rotas/{name}", "Write a rota", desk,
		func(ctx context.Context, id auth.Identity, in *rotaChange) (*body[notify.RotaView], error) {
			v, err := a.deps.Notify.SetRota(ctx, in.Name, in.Body.Rev, in.Body.Rota, id.Username)
			return &body[notify.RotaView]{v}, err
		})
	notifying(a, http.MethodGet, "/notify/quiet-hours", "Quiet hours of the people who can be told", desk,
		func(ctx context.Context, _ auth.Identity, _ *nothing) (*body[list[notify.QuietView]], error) {
			rows, err := a.deps.Notify.QuietHours(ctx)
			return page(rows, ""), err
		})
	notifying(a, http.MethodPut, "/notify/quiet-hours/{person}", "Write quiet hours; one's own, or as admin anybody's", desk, a.setQuiet)
}

func (a *API) setQuiet(ctx context.Context, id auth.Identity, in *quietChange) (*body[list[notify.QuietView]], error) {
	if !id.May(auth.PermissionFor("notify", admins())) && id.Username != in.Person {
		return nil, problem(http.StatusForbidden, codeForbidden, "quiet hours of others are set by an administrator")
	}
	if err := a.deps.Notify.SetQuiet(ctx, in.Person, in.Body.Rev, in.Body.Quiet, id.Username); err != nil {
		return nil, err
	}
	rows, err := a.deps.Notify.QuietHours(ctx)
	return page(rows, ""), err
}

// notifying registers an operation of notification.
func notifying[I, O any](a *API, method, path, summary string, roles []auth.Role, fn func(context.Context, auth.Identity, *I) (*O, error)) {
	handle(a, method, path, summary, roles, func(ctx context.Context, id auth.Identity, in *I) (*O, error) {
		if !id.Scope.All() {
			return nil, countyOnly()
		}
		if a.deps.Notify == nil {
			return nil, problem(http.StatusServiceUnavailable, codeUnavailable, "notification is not set up")
		}
		out, err := fn(ctx, id, in)
		var refusal *notify.Refusal
		switch {
		case errors.As(err, &refusal):
			return nil, invalid("body."+refusal.Field, refusal.Error())
		case errors.Is(err, notify.ErrStale):
			return nil, problem(http.StatusConflict, codeConflict, err.Error())
		case errors.Is(err, notify.ErrUnknown), errors.Is(err, notify.ErrNotGivenUp):
			return nil, notFound()
		case err != nil:
			return nil, err
		}
		return out, nil
	})
}
