package api

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/media"
	"github.com/campusgate/campusgate/gateway/event"
)

// PatrolPlan is what a list or a tour is made of.
type PatrolPlan struct {
	Name    string   `json:"name" maxLength:"240"`
	Cameras []string `json:"cameras" maxItems:"300" doc:"site/device, in the order of the tour."`
	DwellS  int      `json:"dwell_s" doc:"Seconds at each camera, 3 to 600."`
}

func (p *PatrolPlan) plan() media.Plan {
	return media.Plan{Name: p.Name, Cameras: p.Cameras, DwellS: p.DwellS}
}

type patrolListInput struct {
	Body struct {
		PatrolPlan
		ID  string `json:"id,omitempty" maxLength:"64" doc:"Empty: a new list."`
		Rev int64  `json:"rev,omitempty" minimum:"0"`
	}
}

type patrolRunInput struct{ Body PatrolPlan }

type patrolRuns struct {
	Mine  bool `query:"mine"`
	Open  bool `query:"open"`
	Limit int  `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type patrolFinding struct {
	LookID
	Body struct {
		Camera     string `json:"camera" maxLength:"140"`
		Result     string `json:"result" enum:"ok,bad,person,skipped"`
		Note       string `json:"note,omitempty" maxLength:"2000"`
		Look       string `json:"look,omitempty" maxLength:"64"`
		Inspection string `json:"inspection,omitempty" maxLength:"64"`
	}
}

type patrolRaise struct {
	LookID
	Body struct {
		Camera string `json:"camera" maxLength:"140"`
	}
}

// patrollers go on tours.
func patrollers() []auth.Role { return []auth.Role{auth.Admin, auth.Operator, auth.Inspector} }

func (a *API) patrolRoutes() {
	const runs = "/patrol/runs"
	plans := func(op *huma.Operation) { op.MaxBodyBytes = 128 << 10 }
	handle(a, http.MethodGet, "/patrol/lists", "Lists of cameras to go through", patrollers(), withMedia(a, a.patrolLists))
	handle(a, http.MethodPost, "/patrol/lists", "Keep a list, or change it", patrollers(), withMedia(a, a.putPatrolList), plans)
	handle(a, http.MethodPost, "/patrol/lists/{id}/remove", "Remove a list", patrollers(), withMedia(a, func(ctx context.Context, id auth.Identity, in *LookID) (*struct{}, error) {
		return nil, a.deps.Media.DeleteList(ctx, id.Username, in.ID, id.Scope.Allows)
	}))
	handle(a, http.MethodGet, runs, "Tours, the newest first; an operator's own, everybody's for others", patrollers(), withMedia(a, a.patrolRuns))
	handle(a, http.MethodPost, runs, "Begin a tour", patrollers(), withMedia(a, a.startPatrol), plans)
	handle(a, http.MethodGet, runs+"/{id}", "A tour", patrollers(), withMedia(a, a.patrolRun))
	handle(a, http.MethodGet, runs+"/{id}/export", "A tour as CSV", patrollers(), withMedia(a, a.exportPatrol))
	handle(a, http.MethodPost, runs+"/{id}/finding", "Note what was seen at a camera", patrollers(), withMedia(a, a.findPatrol))
	handle(a, http.MethodPost, runs+"/{id}/raise", "Raise an alarm about a finding", patrollers(), withMedia(a, a.raisePatrol))
	handle(a, http.MethodPost, runs+"/{id}/end", "End a tour", patrollers(), withMedia(a, func(ctx context.Context, id auth.Identity, in *LookID) (*body[media.Patrol], error) {
		return patrolBody(a.deps.Media.EndRun(ctx, id.Username, in.ID, id.Scope.Allows))
	}))
}

func patrolBody(p media.Patrol, err error) (*body[media.Patrol], error) {
	return &body[media.Patrol]{p}, err
}

func (a *API) patrolLists(ctx context.Context, id auth.Identity, _ *struct{}) (*body[list[media.Patrol]], error) {
	rows, err := a.deps.Media.Lists(ctx, id.Scope.Allows)
	return page(rows, ""), err
}

func (a *API) putPatrolList(ctx context.Context, id auth.Identity, in *patrolListInput) (*body[media.Patrol], error) {
	return patrolBody(a.deps.Media.PutList(ctx, id.Username, in.Body.ID, in.Body.Rev, in.Body.plan(), id.Scope.Allows))
}

func (a *API) patrolRuns(ctx context.Context, id auth.Identity, in *patrolRuns) (*body[list[media.Patrol]], error) {
	by := ""
	if in.Mine || id.Role == auth.Operator {
		by = id.Username
	}
	rows, err := a.deps.Media.Runs(ctx, by, in.Open, in.Limit, id.Scope.Allows)
	return page(rows, ""), err
}

func (a *API) startPatrol(ctx context.Context, id auth.Identity, in *patrolRunInput) (*body[media.Patrol], error) {
	return patrolBody(a.deps.Media.StartRun(ctx, id.Username, in.Body.plan(), id.Scope.Allows))
}

// tour is one that the caller may read: an operator's own, everybody's for others.
func (a *API) tour(ctx context.Context, id auth.Identity, key string) (media.Patrol, error) {
	p, err := a.deps.Media.Run(ctx, key, id.Scope.Allows)
	if err == nil && id.Role == auth.Operator && p.By != id.Username {
		return media.Patrol{}, media.ErrNone
	}
	return p, err
}

func (a *API) patrolRun(ctx context.Context, id auth.Identity, in *LookID) (*body[media.Patrol], error) {
	return patrolBody(a.tour(ctx, id, in.ID))
}

func (a *API) findPatrol(ctx context.Context, id auth.Identity, in *patrolFinding) (*body[media.Patrol], error) {
	b := &in.Body
	f := media.TourFinding{Camera: b.Camera, Result: b.Result, Note: b.Note, Look: b.Look, Inspection: b.Inspection}
	return patrolBody(a.deps.Media.Find(ctx, id.Username, in.ID, f, id.Scope.Allows))
}

// RulePatrol is the rule of alarms that a tour raises.
const RulePatrol = "patrol_finding"

func (a *API) raisePatrol(ctx context.Context, id auth.Identity, in *patrolRaise) (*body[media.Patrol], error) {
	if a.deps.Raise == nil || id.Role == auth.Inspector {
		return nil, problem(http.StatusForbidden, codeForbidden, "inspectors plan an inspection instead")
	}
	p, err := a.tour(ctx, id, in.ID)
	if err != nil {
		return nil, err
	}
	p, err = a.deps.Media.Mark(ctx, id.Username, in.ID, in.Body.Camera, id.Scope.Allows)
	if err != nil {
		return nil, err
	}
	now := a.deps.Now().UTC()
	site, device, _ := strings.Cut(in.Body.Camera, "/")
	text := event.Text{ZH: "视频巡检发现画面异常", EN: "A patrol found a bad picture"}
	severity := event.SeverityWarning
	for _, f := range p.Findings {
		if f.Camera == in.Body.Camera && f.Result == media.ResultPerson {
			text, severity = event.Text{ZH: "视频巡检发现情况，需人员到场", EN: "A patrol found something that somebody has to see to"}, event.SeverityHigh
		}
	}
	// What was written stays in the tour: alarms carry no words that may name people.
	anomaly := &event.Anomaly{
		ID: event.AnomalyID(event.SiteID(site), event.DeviceID(device), RulePatrol, now), Rule: RulePatrol, Site: event.SiteID(site), Device: event.DeviceID(device),
		Kind: event.KindCamera, Severity: severity, State: event.Raised, Revision: 1, StartedAt: now, UpdatedAt: now, Count: 1, Momentary: true, Text: text,
	}
	return &body[media.Patrol]{p}, a.deps.Raise(ctx, anomaly, now)
}

func (a *API) exportPatrol(ctx context.Context, id auth.Identity, in *LookID) (*huma.StreamResponse, error) {
	p, err := a.tour(ctx, id, in.ID)
	if err != nil {
		return nil, err
	}
	return csvFile("patrol-"+p.ID+".csv", func(out *csv.Writer) error {
		if err := out.Write([]string{"n", "site", "device", "name_zh", "name_en", "result", "note", "at", "account", "alarm", "inspection", "look"}); err != nil {
			return err
		}
		found := map[string]media.TourFinding{}
		for _, f := range p.Findings {
			found[f.Camera] = f
		}
		for i, c := range p.Cameras {
			site, device, _ := strings.Cut(c, "/")
			var name event.Text
			if d := a.present().Device(event.SiteID(site), event.DeviceID(device)); d != nil {
				name = d.Name
			}
			f, at := found[c], ""
			if !f.At.IsZero() {
				at = f.At.Format(time.RFC3339)
			}
			if err := out.Write([]string{strconv.Itoa(i + 1), site, device, plain(name.ZH), plain(name.EN), f.Result, plain(f.Note), at, p.By, yes(f.Alarm), f.Inspection, f.Look}); err != nil {
				return err
			}
		}
		return nil
	}), nil
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}
