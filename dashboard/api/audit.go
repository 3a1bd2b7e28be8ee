package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/export"
	"github.com/campusgate/campusgate/gateway/event"
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

// AuditFilter selects rows of the audit.
type AuditFilter struct {
	By   string    `query:"by" maxLength:"64"`
	Area string    `query:"area" maxLength:"40" doc:"alarm, registry, rules, notify … : what stands before the dot of an action."`
	Text string    `query:"q" maxLength:"100" doc:"In subject or detail."`
	From time.Time `query:"from"`
	To   time.Time `query:"to"`
}

type auditLogInput struct {
	AuditFilter
	Cursor string `query:"cursor" maxLength:"20" pattern:"^[0-9]*$"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

// Administrator is what only those ask for who answer for the whole installation.
type Administrator struct {
	// Audit lists who did what; nil: 503.
	Audit func(context.Context, AuditQuery) ([]AuditEntry, error)
	// Settings are those in force, as YAML without secrets.
	Settings       string
	AlarmRetention time.Duration
}

// AuditExportInput is the filter of the audit and the wishes for the file.
type AuditExportInput struct {
	AuditFilter
	ExportOptions
}

// ServeAdministrator adds GET /audit, its export and GET /config. Call it once, before the API serves.
func (a *API) ServeAdministrator(d Administrator) {
	handle(a, http.MethodGet, "/audit", "Who did what, the newest first", admins(),
		func(ctx context.Context, id auth.Identity, in *auditLogInput) (*body[list[AuditEntry]], error) {
			if !id.Scope.All() {
				return nil, countyOnly()
			}
			return auditLog(ctx, d.Audit, in)
		})
	handle(a, http.MethodPost, "/exports/audit", "Write the audit into a file; the filter is that of GET /audit", admins(),
		func(ctx context.Context, id auth.Identity, in *AuditExportInput) (*body[export.Export], error) {
			if !id.Scope.All() {
				return nil, countyOnly()
			}
			return a.exportAudit(ctx, id, d.Audit, in)
		}, accepted)
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
	q := in.query(in.Limit)
	q.Before = before
	rows, err := read(ctx, q)
	next := ""
	if n := len(rows); n == in.Limit {
		next = strconv.FormatInt(rows[n-1].Seq, 10)
	}
	return page(rows, next), err
}

func (f *AuditFilter) query(limit int) AuditQuery {
	return AuditQuery{Actor: f.By, Area: f.Area, Text: f.Text, From: f.From, To: f.To, Limit: limit}
}

// exportAudit writes the audit, newest first; what is noted meanwhile, the export's own
// beginning too where it is later than the first page, is not in it.
func (a *API) exportAudit(ctx context.Context, id auth.Identity, read func(context.Context, AuditQuery) ([]AuditEntry, error), in *AuditExportInput) (*body[export.Export], error) {
	if read == nil {
		return nil, a.unavailable("the audit", errors.New("no audit is kept here"))
	}
	o, q := &in.ExportOptions, in.query(500)
	return a.begin(ctx, id, o, export.Request{
		List: "audit", Title: o.pick(event.Text{ZH: "操作审计", EN: "Audit"}),
		Header: o.header("序号|Number,时间|Time,操作人|By,操作|Action,对象|Subject,详情|Detail"),
		Rows: func(ctx context.Context, yield func([]any) error) error {
			for {
				rows, err := read(ctx, q)
				if err != nil {
					return err
				}
				for i := range rows {
					r := &rows[i]
					if err := yield([]any{r.Seq, r.At, r.By, r.Action, r.Subject, string(r.Detail)}); err != nil {
						return err
					}
				}
				if len(rows) < q.Limit {
					return nil
				}
				q.Before = rows[len(rows)-1].Seq
			}
		},
	})
}
