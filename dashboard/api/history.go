package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/gateway/event"
)

// GateLogInput is the filter of the gate log.
type GateLogInput struct {
	Site       string    `query:"site" maxLength:"64"`
	Township   string    `query:"township" maxLength:"64"`
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

// HistoryInput is the filter of the events of one device.
type HistoryInput struct {
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
	handle(a, http.MethodGet, "/gate-log/count", "How many passages a filter of the gate log has", everyone(), a.gateLogCount)
	a.seriesRoutes()
	a.exportRoutes()
	a.uptimeRoutes()
}

// midnight is the beginning of the day, county time.
func (a *API) midnight(now time.Time) time.Time {
	local := now.In(a.present().Location())
	y, m, d := local.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, local.Location())
}

// GateLogPage is a page of the gate log. A search that finds little ends after a moment
// with what it has: then Next is set although there are fewer rows than asked for.
type GateLogPage struct {
	Items []event.Event `json:"items"`
	Next  string        `json:"next" doc:"Cursor of the next page, empty at the end."`
	// SearchedTo is set where Next is: everything from then on has been looked at.
	SearchedTo *time.Time `json:"searched_to"`
}

// How long a page of the gate log looks for rows before it shows those it has. A reader
// waits for the first page; the ones behind it, asked for in turn while little is found,
// cover more time each and still say every second how far they are.
const (
	pageBudget     = 150 * time.Millisecond
	nextPageBudget = 600 * time.Millisecond
)

// gateLogQuery is the filter of the gate log within a scope; the list, its count and the
// file use it. Sites that are empty, not nil, have no rows.
func (a *API) gateLogQuery(id auth.Identity, in *GateLogInput) (GateLogQuery, error) {
	sites, err := sitesOf(id, in.Site)
	if err != nil {
		return GateLogQuery{}, err
	}
	if in.From.IsZero() {
		in.From = a.midnight(a.deps.Now())
	}
	if !in.To.IsZero() && !in.To.After(in.From) {
		return GateLogQuery{}, invalid("query.to", "want a time after from")
	}
	if in.Township != "" {
		sites = a.ofTownship(sites, in.Township)
	}
	budget := pageBudget
	if in.Cursor != "" {
		budget = nextPageBudget
	}
	return GateLogQuery{
		Sites: sites, From: in.From, To: in.To, PersonKind: in.PersonKind, Direction: in.Direction, Result: in.Result,
		Device: in.Device, Text: in.Text, Budget: budget, Limit: in.Limit, Cursor: in.Cursor,
	}, nil
}

// ofTownship keeps those of sites, where nil is every one, that lie in a township.
func (a *API) ofTownship(sites []event.SiteID, township string) []event.SiteID {
	out := []event.SiteID{}
	county := a.present()
	for i := range county.Sites {
		s := &county.Sites[i]
		if s.Township == township && (sites == nil || slices.Contains(sites, s.ID)) {
			out = append(out, s.ID)
		}
	}
	return out
}

// past is the history, or the problem that there is none.
func (a *API) past() (History, error) {
	if a.deps.History == nil {
		return nil, a.unavailable("the history", errors.New("no history is configured"))
	}
	return a.deps.History, nil
}

func (a *API) gateLog(ctx context.Context, id auth.Identity, in *GateLogInput) (*body[GateLogPage], error) {
	q, err := a.gateLogQuery(id, in)
	if err != nil {
		return nil, err
	}
	if q.Sites != nil && len(q.Sites) == 0 {
		return &body[GateLogPage]{GateLogPage{Items: []event.Event{}}}, nil
	}
	h, err := a.past()
	if err != nil {
		return nil, err
	}
	rows, next, err := h.GateLog(ctx, q)
	if err != nil {
		return nil, a.historyError(err)
	}
	out := GateLogPage{Items: rows, Next: next}
	if rows == nil {
		out.Items = []event.Event{}
	}
	if ns, _, ok := strings.Cut(next, "."); ok {
		if n, err := strconv.ParseInt(ns, 10, 64); err == nil {
			at := time.Unix(0, n).UTC()
			out.SearchedTo = &at
		}
	}
	return &body[GateLogPage]{out}, nil
}

// GateLogCount is how many rows a filter has.
type GateLogCount struct {
	N int64 `json:"n"`
}

// countTime is how long rows are counted before nobody waits for the number any more.
const countTime = 20 * time.Second

func (a *API) gateLogCount(ctx context.Context, id auth.Identity, in *GateLogInput) (*body[GateLogCount], error) {
	q, err := a.gateLogQuery(id, in)
	if err != nil {
		return nil, err
	}
	if q.Sites != nil && len(q.Sites) == 0 {
		return &body[GateLogCount]{}, nil
	}
	h, err := a.past()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	n, err := h.GateLogCount(ctx, q)
	if err != nil {
		return nil, a.historyError(err)
	}
	return &body[GateLogCount]{GateLogCount{n}}, nil
}

// historyQuery is the filter of a device's events; the list and the file use it.
func (a *API) historyQuery(id auth.Identity, in *HistoryInput) (HistoryQuery, error) {
	if _, err := sitesOf(id, in.Site); err != nil {
		return HistoryQuery{}, err
	}
	if _, err := a.past(); err != nil {
		return HistoryQuery{}, err
	}
	return HistoryQuery{
		Site: event.SiteID(in.Site), Device: event.DeviceID(in.Device), Type: event.Type(in.Type), Quantity: in.Quantity,
		From: in.From, To: in.To, Limit: in.Limit, Cursor: in.Cursor,
	}, nil
}

func (a *API) history(ctx context.Context, id auth.Identity, in *HistoryInput) (*body[list[event.Event]], error) {
	q, err := a.historyQuery(id, in)
	if err != nil {
		return nil, err
	}
	rows, next, err := a.deps.History.History(ctx, q)
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
