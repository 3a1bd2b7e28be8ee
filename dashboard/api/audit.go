package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
)

// AuditQuery selects rows of the audit, the newest first. Empty fields select everything.
type AuditQuery struct {
	Actor, Area, Text string
	From, To          time.Time
	Before            int64
	Limit             int
}

// AuditEntry is one thing that somebody did, with its number in the chain of the audit.
type AuditEntry struct {
	Seq     int64           `json:"seq"`
	At      time.Time       `json:"at"`
	By      string          `json:"by"`
	Action  string          `json:"action" doc:"alarm.ack, registry.update, rules.put …"`
	Subject string          `json:"subject"`
	Detail  json.RawMessage `json:"detail,omitempty"`
}

// Settings are what this process runs with.
type Settings struct {
	Text            string  `json:"text" doc:"YAML; of secrets the names of their files only."`
	AlarmRetentionS float64 `json:"alarm_retention_s" doc:"How long closed alarms and their audit are kept, in seconds."`
	Build           string  `json:"build"`
}

type auditLogInput struct {
	By     string    `query:"by" maxLength:"64"`
	Area   string    `query:"area" maxLength:"40" doc:"alarm, registry, rules, notify … : what stands before the dot of an action."`
	Text   string    `query:"q" maxLength:"100" doc:"In subject or detail."`
	From   time.Time `query:"from"`
	To     time.Time `query:"to"`
	Cursor string    `query:"cursor" maxLength:"20" pattern:"^[0-9]*$"`
	Limit  int       `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

// Administrator is what only those ask for who answer for the whole installation.
type Administrator struct {
	// Audit lists who did what; nil: 503.
	Audit func(context.Context, AuditQuery) ([]AuditEntry, error)
	// Settings are those in force, as YAML without secrets.
	Settings       string
	AlarmRetention time.Duration
}

// ServeAdministrator adds GET /audit and GET /config. Call it once, before the API serves.
func (a *API) ServeAdministrator(d Administrator) {
	handle(a, http.MethodGet, "/audit", "Who did what, the newest first", admins(),
		func(ctx context.Context, id auth.Identity, in *auditLogInput) (*body[list[AuditEntry]], error) {
			if !id.Scope.All() {
				return nil, countyOnly()
			}
			return auditLog(ctx, d.Audit, in)
		})
	handle(a, http.MethodGet, "/config", "The settings in force, without secrets", admins(),
		func(_ context.Context, id auth.Identity, _ *nothing) (*body[Settings], error) {
			if !id.Scope.All() {
				return nil, countyOnly()
			}
			return &body[Settings]{Settings{Text: d.Settings, AlarmRetentionS: d.AlarmRetention.Seconds(), Build: a.deps.Build}}, nil
		})
}

func auditLog(ctx context.Context, read func(context.Context, AuditQuery) ([]AuditEntry, error), in *auditLogInput) (*body[list[AuditEntry]], error) {
	if read == nil {
		return nil, problem(http.StatusServiceUnavailable, codeUnavailable, "the audit is not kept here")
	}
	before := int64(0)
	if in.Cursor != "" {
		var err error
		if before, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil {
			return nil, invalid("query.cursor", "want the cursor of the page before")
		}
	}
	rows, err := read(ctx, AuditQuery{Actor: in.By, Area: in.Area, Text: in.Text, From: in.From, To: in.To, Before: before, Limit: in.Limit})
	next := ""
	if n := len(rows); n == in.Limit {
		next = strconv.FormatInt(rows[n-1].Seq, 10)
	}
	return page(rows, next), err
}
