package api

import (
	"context"
	"net/http"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/gateway/event"
)

// AlarmsInput is the filter of the alarms.
type AlarmsInput struct {
	State    string `query:"state" enum:"open,all,normal,unack,acked,rtn_unack,shelved,suppressed,oos" default:"open"`
	Site     string `query:"site" maxLength:"64"`
	Severity string `query:"severity" enum:"info,warning,high,critical"`
	Rule     string `query:"rule" maxLength:"64"`
	Device   string `query:"device" maxLength:"64"`
	CausedBy string `query:"caused_by" maxLength:"64"`
	Priority string `query:"priority" enum:"high,medium,low"`
	Why      string `query:"suppression" enum:"cause,maintenance,chatter"`
	Assignee string `query:"assignee" maxLength:"64"`
	Group    string `query:"group" maxLength:"80"`
	Sort     string `query:"sort" enum:"start,rank,shelved_until,suppressed_until" default:"start" doc:"rank: what to do first; …_until: what comes back first, with state=shelved or suppressed."`
	Limit    int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Cursor   string `query:"cursor" maxLength:"200"`
}

type alarmID struct {
	ID string `path:"id" maxLength:"64"`
}

// AlarmAndAudit is an alarm with everything that was done about it.
type AlarmAndAudit struct {
	Alarm alarm.Alarm   `json:"alarm"`
	Audit []alarm.Entry `json:"audit" doc:"Oldest first."`
	// Sources are the anomalies that raised it.
	Sources []alarm.Source `json:"sources" doc:"The anomalies that it is made of, by id, at most a thousand."`
}

type decision struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Rev  int64  `json:"rev" minimum:"0" doc:"The revision the decision was made on."`
		Note string `json:"note,omitempty" maxLength:"2000"`
	}
}

type shelving struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Rev   int64     `json:"rev" minimum:"0"`
		Until time.Time `json:"until" doc:"At most 24 hours ahead."`
		Note  string    `json:"note" minLength:"1" maxLength:"2000"`
	}
}

type assignment struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Rev      int64  `json:"rev" minimum:"0"`
		Assignee string `json:"assignee" maxLength:"64" doc:"Account; empty: nobody."`
		Note     string `json:"note,omitempty" maxLength:"2000"`
	}
}

func (a *API) alarmRoutes() {
	handle(a, http.MethodGet, "/alarms", "List alarms, newest started first", everyone(), a.listAlarms)
	handle(a, http.MethodGet, "/alarms/{id}", "One alarm with its audit", everyone(), a.oneAlarm)
	handle(a, http.MethodPost, "/alarms/{id}/shelve", "Put an alarm aside", []auth.Role{auth.Admin, auth.Operator},
		func(ctx context.Context, id auth.Identity, in *shelving) (*body[alarm.Alarm], error) {
			return a.act(ctx, id, alarm.Command{ID: in.ID, Action: alarm.Shelve, Rev: in.Body.Rev, Note: in.Body.Note, Until: in.Body.Until})
		})
	handle(a, http.MethodPost, "/alarms/{id}/assign", "Say who looks after an alarm", []auth.Role{auth.Admin, auth.Operator},
		func(ctx context.Context, id auth.Identity, in *assignment) (*body[alarm.Alarm], error) {
			if err := a.mayWork(ctx, id, in.ID, in.Body.Assignee); err != nil {
				return nil, err
			}
			return a.act(ctx, id, alarm.Command{ID: in.ID, Action: alarm.Assign, Rev: in.Body.Rev, Note: in.Body.Note, Assignee: in.Body.Assignee})
		})
	handle(a, http.MethodGet, "/assignees", "Who may be asked to look after alarms and hidden dangers of a site", []auth.Role{auth.Admin, auth.Operator, auth.Inspector}, a.assignees)
	for _, s := range []struct {
		path    string
		action  alarm.Action
		summary string
		roles   []auth.Role
	}{
		{"ack", alarm.Ack, "Acknowledge an alarm", []auth.Role{auth.Admin, auth.Operator, auth.Guard}},
		{"comment", alarm.Comment, "Write a note", []auth.Role{auth.Admin, auth.Operator, auth.Guard}},
		{"close", alarm.Close, "Close an alarm", []auth.Role{auth.Admin, auth.Operator, auth.Guard}},
		{"false-alarm", alarm.FalseAlarm, "Say that it was a false alarm", []auth.Role{auth.Admin, auth.Operator, auth.Guard}},
		{"need-help", alarm.NeedHelp, "Call for help", []auth.Role{auth.Admin, auth.Operator, auth.Guard}},
		{"confirm", alarm.Confirm, "Say that it is true", []auth.Role{auth.Admin, auth.Operator, auth.Guard}},
		{"unshelve", alarm.Unshelve, "Bring an alarm back", []auth.Role{auth.Admin, auth.Operator}},
		{"out-of-service", alarm.OutOfService, "Take an alarm out of service", []auth.Role{auth.Admin, auth.Operator}},
		{"in-service", alarm.InService, "Put an alarm back into service", []auth.Role{auth.Admin, auth.Operator}},
	} {
		handle(a, http.MethodPost, "/alarms/{id}/"+s.path, s.summary, s.roles,
			func(ctx context.Context, id auth.Identity, in *decision) (*body[alarm.Alarm], error) {
				return a.act(ctx, id, alarm.Command{ID: in.ID, Action: s.action, Rev: in.Body.Rev, Note: in.Body.Note})
			})
	}
}

func (a *API) listAlarms(ctx context.Context, id auth.Identity, in *AlarmsInput) (*body[list[alarm.Alarm]], error) {
	q, err := alarmsQuery(id, in)
	if err != nil {
		return nil, err
	}
	rows, next, err := a.deps.Alarms.Alarms(ctx, q)
	if err != nil {
		return nil, err
	}
	return page(rows, next), nil
}

func (a *API) oneAlarm(ctx context.Context, id auth.Identity, in *alarmID) (*body[AlarmAndAudit], error) {
	row, audit, err := a.deps.Alarms.Alarm(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if !id.Scope.Allows(row.Site) {
		return nil, notFound()
	}
	sources, err := a.deps.Alarms.Sources(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &body[AlarmAndAudit]{AlarmAndAudit{row, audit, sources}}, nil
}

type assigneesInput struct {
	Site string `query:"site" required:"true" maxLength:"64"`
}

// Assignee is an account that may work on alarms of a site.
type Assignee struct {
	Username string     `json:"username"`
	Name     event.Text `json:"name"`
	Role     auth.Role  `json:"role"`
}

func (a *API) assignees(ctx context.Context, id auth.Identity, in *assigneesInput) (*body[list[Assignee]], error) {
	if _, err := sitesOf(id, in.Site); err != nil {
		return nil, err
	}
	workers, err := a.deps.Auth.Workers(ctx, event.SiteID(in.Site))
	if err != nil {
		return nil, err
	}
	rows := []Assignee{}
	for i := range workers {
		rows = append(rows, Assignee{workers[i].Username, workers[i].Name, workers[i].Role})
	}
	return page(rows, ""), nil
}

// mayWork refuses an assignee who cannot work on the alarm.
func (a *API) mayWork(ctx context.Context, who auth.Identity, id, assignee string) error {
	if assignee == "" {
		return nil
	}
	row, _, err := a.deps.Alarms.Alarm(ctx, id)
	if err != nil {
		return err
	}
	if !who.Scope.Allows(row.Site) {
		return alarm.ErrNotFound
	}
	workers, err := a.deps.Auth.Workers(ctx, row.Site)
	if err != nil {
		return err
	}
	for i := range workers {
		if workers[i].Username == assignee {
			return nil
		}
	}
	return invalid("body.assignee", "want an account that may work on alarms of this site: see /assignees")
}

func (a *API) act(ctx context.Context, id auth.Identity, c alarm.Command) (*body[alarm.Alarm], error) {
	c.By, c.Allows = id.Username, id.Scope.Allows
	row, err := a.deps.Alarms.Act(ctx, c, a.deps.Now())
	if err != nil {
		return nil, err
	}
	return &body[alarm.Alarm]{row}, nil
}
