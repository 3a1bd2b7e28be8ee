package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/gateway/event"
)

type gateLogInput struct {
	Site       string    `query:"site" maxLength:"64"`
	Device     string    `query:"device" maxLength:"64"`
	From       time.Time `query:"from" doc:"Default: midnight, county time."`
	To         time.Time `query:"to" doc:"Default: now and a little more."`
	PersonKind string    `query:"person_kind" enum:"pupil,staff,visitor,vehicle,unknown"`
	Direction  string    `query:"direction" enum:"in,out"`
	Result     string    `query:"result" enum:"granted,denied,forced"`
	Text       string    `query:"q" maxLength:"64" doc:"Part of a pseudonym, card, plate or registration."`
	Limit      int       `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Cursor     string    `query:"cursor" maxLength:"200"`
}

type historyInput struct {
	Site     string    `query:"site" required:"true" minLength:"1" maxLength:"64"`
	Device   string    `query:"device" required:"true" minLength:"1" maxLength:"64"`
	Type     string    `query:"type" required:"true" enum:"gate_access,temperature_check,vehicle_position,kitchen_reading,device_status,emergency_call,camera_check"`
	Quantity string    `query:"quantity" maxLength:"64"`
	From     time.Time `query:"from"`
	To       time.Time `query:"to"`
	Limit    int       `query:"limit" minimum:"1" maximum:"5000" default:"500"`
	Cursor   string    `query:"cursor" maxLength:"200"`
}

func (a *API) historyRoutes() {
	handle(a, http.MethodGet, "/gate-log", "Passages at gates, newest first", everyone(), a.gateLog)
	handle(a, http.MethodGet, "/history", "Events of one device, newest first", everyone(), a.history)
	a.uptimeRoutes()
}

// midnight is the beginning of the day, county time.
func (a *API) midnight(now time.Time) time.Time {
	local := now.In(a.present().Location())
	y, m, d := local.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, local.Location())
}

func (a *API) gateLog(ctx context.Context, id auth.Identity, in *gateLogInput) (*body[list[event.Event]], error) {
	sites, err := sitesOf(id, in.Site)
	if err != nil {
		return nil, err
	}
	if in.From.IsZero() {
		in.From = a.midnight(a.deps.Now())
	}
	if !in.To.IsZero() && !in.To.After(in.From) {
		return nil, invalid("query.to", "want a time after from")
	}
	if sites != nil && len(sites) == 0 {
		return page[event.Event](nil, ""), nil
	}
	if a.deps.History == nil {
		return nil, a.unavailable("the history", errors.New("no history is configured"))
	}
	rows, next, err := a.deps.History.GateLog(ctx, GateLogQuery{
		Sites: sites, From: in.From, To: in.To, PersonKind: in.PersonKind, Direction: in.Direction, Result: in.Result,
		Device: in.Device, Text: in.Text, Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return nil, a.historyError(err)
	}
	return page(rows, next), nil
}

func (a *API) history(ctx context.Context, id auth.Identity, in *historyInput) (*body[list[event.Event]], error) {
	if _, err := sitesOf(id, in.Site); err != nil {
		return nil, err
	}
	if a.deps.History == nil {
		return nil, a.unavailable("the history", errors.New("no history is configured"))
	}
	rows, next, err := a.deps.History.History(ctx, HistoryQuery{
		Site: event.SiteID(in.Site), Device: event.DeviceID(in.Device), Type: event.Type(in.Type), Quantity: in.Quantity,
		From: in.From, To: in.To, Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return nil, a.historyError(err)
	}
	return page(rows, next), nil
}

// historyError tells a wrong question from a database that does not answer. The reader's
// sentinel is of a package that this one may not import, hence the word.
func (a *API) historyError(err error) error {
	var fault *event.Fault
	if errors.As(err, &fault) {
		return invalid("query."+fault.Key, fault.Error())
	}
	if strings.Contains(err.Error(), "cursor") {
		return invalid("query.cursor", "want what the answer before this one said")
	}
	if errors.Is(err, context.Canceled) {
		return problem(http.StatusServiceUnavailable, codeUnavailable, "the caller left")
	}
	return a.unavailable("the history", err)
}
