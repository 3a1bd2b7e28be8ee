package api

import (
	"context"
	"net/http"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/inspection"
	"github.com/campusgate/campusgate/gateway/event"
)

type drawsInput struct {
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"100"`
	Cursor string `query:"cursor" maxLength:"64"`
}

type drawInput struct {
	Body struct {
		Topic     inspection.Topic `json:"topic" enum:"camera,kitchen,guard"`
		Size      int              `json:"size" minimum:"1" maximum:"500" doc:"How many; at least one for each township."`
		Townships []string         `json:"townships,omitempty" maxItems:"200" doc:"To draw from; none: all."`
		Seed      string           `json:"seed,omitempty" maxLength:"64" doc:"Printable ASCII, for instance a lottery's number of a day to come; empty: a random one."`
		Note      string           `json:"note,omitempty" maxLength:"2000"`
	}
}

type caseID struct {
	ID string `path:"id" maxLength:"64"`
}

type casesInput struct {
	Site    string `query:"site" maxLength:"64"`
	State   string `query:"state" maxLength:"16" doc:"One state, or open: with something left to do."`
	Topic   string `query:"topic" enum:"camera,kitchen,guard," maxLength:"16"`
	Draw    string `query:"draw" maxLength:"64"`
	Overdue bool   `query:"overdue"`
	Limit   int    `query:"limit" default:"100" minimum:"1" maximum:"500"`
	Cursor  string `query:"cursor" maxLength:"64"`
}

type planInput struct {
	Body struct {
		Topic  inspection.Topic `json:"topic" enum:"camera,kitchen,guard"`
		Site   event.SiteID     `json:"site" maxLength:"64"`
		Device event.DeviceID   `json:"device,omitempty" maxLength:"64" doc:"Of a camera's inspection."`
	}
}

type answersInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Rev     int64               `json:"rev" minimum:"1"`
		Answers []inspection.Answer `json:"answers" maxItems:"100"`
		Note    string              `json:"note,omitempty" maxLength:"2000"`
	}
}

type issueInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Rev    int64  `json:"rev" minimum:"1"`
		Days   int    `json:"days" minimum:"1" maximum:"60" doc:"Working days; the day of issue does not count."`
		Demand string `json:"demand,omitempty" maxLength:"2000"`
	}
}

type caseAction struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Rev      int64  `json:"rev" minimum:"1" doc:"The revision the decision was made on."`
		Note     string `json:"note,omitempty" maxLength:"2000"`
		Days     int    `json:"days,omitempty" maximum:"60" doc:"Working days, of a new deadline."`
		Assignee string `json:"assignee,omitempty" maxLength:"64"`
	}
}

// CaseDetail is a case with its history.
type CaseDetail struct {
	Case     inspection.Case      `json:"case"`
	Steps    []inspection.Step    `json:"steps"`
	Pictures []inspection.Picture `json:"pictures"`
}

func (a *API) inspectionRoutes() {
	inspectors := []auth.Role{auth.Admin, auth.Inspector}
	readers := readers()
	school := []auth.Role{auth.Admin, auth.Inspector, auth.Guard}
	handle(a, http.MethodGet, "/inspection-forms", "The forms of inspections, every version", everyone(),
		func(_ context.Context, _ auth.Identity, _ *struct{}) (*body[list[inspection.Sheet]], error) {
			if a.deps.Inspect == nil {
				return nil, noInspections()
			}
			return page(a.deps.Inspect.Sheets(), ""), nil
		})
	handle(a, http.MethodGet, "/draws", "Random draws, the newest first", readers, a.draws)
	handle(a, http.MethodPost, "/draws", "Draw at random, and plan an inspection of each subject", inspectors, a.draw)
	handle(a, http.MethodGet, "/draws/{id}", "A draw with its population", readers, a.oneDraw)
	handle(a, http.MethodGet, "/draws/{id}/verify", "Do a draw again from what is recorded", readers, a.verifyDraw)
	handle(a, http.MethodPost, "/inspections", "Plan an inspection that was not drawn", inspectors, a.planInspection)
	handle(a, http.MethodPut, "/inspections/{id}/answers", "Keep what was found so far", inspectors, a.answer(inspection.Fill))
	handle(a, http.MethodPost, "/inspections/{id}/finish", "Finish an inspection; every item has an answer", inspectors, a.answer(inspection.Finish))
	handle(a, http.MethodPost, "/inspections/{id}/notice", "Issue a rectification notice of its findings", inspectors, a.issueNotice)
	handle(a, http.MethodPost, "/hazards", "Report a hidden danger", school, a.reportHazard)
	for _, k := range []struct {
		kind       inspection.Kind
		path, what string
		pictures   []auth.Role
	}{
		{inspection.KindInspection, "/inspections", "inspection", inspectors},
		{inspection.KindNotice, "/notices", "rectification notice", school},
		{inspection.KindHazard, "/hazards", "hidden danger", school},
	} {
		handle(a, http.MethodGet, k.path, "List: "+k.what, everyone(), a.cases(k.kind))
		handle(a, http.MethodGet, k.path+"/{id}", "One, with its history: "+k.what, everyone(), a.oneCase(k.kind))
		a.casePictureRoutes(k.kind, k.path, k.pictures)
	}
	for _, r := range []struct {
		kind   inspection.Kind
		path   string
		action inspection.Action
		roles  []auth.Role
	}{
		{inspection.KindInspection, "/inspections/{id}/void", inspection.Cancel, inspectors},
		{inspection.KindInspection, "/inspections/{id}/comment", inspection.Comment, inspectors},
		{inspection.KindNotice, "/notices/{id}/receive", inspection.Receive, school},
		{inspection.KindNotice, "/notices/{id}/reply", inspection.Reply, school},
		{inspection.KindNotice, "/notices/{id}/pass", inspection.Pass, inspectors},
		{inspection.KindNotice, "/notices/{id}/fail", inspection.Fail, inspectors},
		{inspection.KindNotice, "/notices/{id}/comment", inspection.Comment, school},
		{inspection.KindHazard, "/hazards/{id}/assign", inspection.Assign, inspectors},
		{inspection.KindHazard, "/hazards/{id}/reject", inspection.Reject, inspectors},
		{inspection.KindHazard, "/hazards/{id}/finish", inspection.Finish, school},
		{inspection.KindHazard, "/hazards/{id}/pass", inspection.Pass, inspectors},
		{inspection.KindHazard, "/hazards/{id}/fail", inspection.Fail, inspectors},
		{inspection.KindHazard, "/hazards/{id}/close", inspection.Close, inspectors},
		{inspection.KindHazard, "/hazards/{id}/comment", inspection.Comment, school},
	} {
		handle(a, http.MethodPost, r.path, string(r.kind)+": "+string(r.action), r.roles,
			func(ctx context.Context, id auth.Identity, in *caseAction) (*body[inspection.Case], error) {
				b := &in.Body
				return a.actOnCase(ctx, id, inspection.Command{
					Kind: r.kind, ID: in.ID, Rev: b.Rev, Action: r.action, Note: b.Note, Days: b.Days, Assignee: b.Assignee,
				})
			})
	}
}

func noInspections() error {
	return problem(http.StatusServiceUnavailable, codeUnavailable, "inspections are not kept here")
}

func person(id auth.Identity) inspection.Person {
	return inspection.Person{Name: id.Username, Allows: id.Scope.Allows}
}

func (a *API) draws(ctx context.Context, id auth.Identity, in *drawsInput) (*body[list[inspection.Draw]], error) {
	if a.deps.Inspect == nil {
		return nil, noInspections()
	}
	rows, next, err := a.deps.Inspect.Draws(ctx, in.Cursor, in.Limit, id.Scope.Allows)
	if err != nil {
		return nil, err
	}
	return page(rows, next), nil
}

func (a *API) draw(ctx context.Context, id auth.Identity, in *drawInput) (*body[inspection.Draw], error) {
	if a.deps.Inspect == nil {
		return nil, noInspections()
	}
	b := &in.Body
	d, err := a.deps.Inspect.Draw(ctx, person(id), inspection.Lot{
		Topic: b.Topic, Size: b.Size, Townships: b.Townships, Seed: b.Seed, Note: b.Note,
	}, a.deps.Now())
	return &body[inspection.Draw]{d}, err
}

func (a *API) oneDraw(ctx context.Context, id auth.Identity, in *caseID) (*body[inspection.Draw], error) {
	if a.deps.Inspect == nil {
		return nil, noInspections()
	}
	d, err := a.deps.Inspect.DrawOf(ctx, in.ID, id.Scope.Allows)
	return &body[inspection.Draw]{d}, err
}

func (a *API) verifyDraw(ctx context.Context, id auth.Identity, in *caseID) (*body[inspection.Verdict], error) {
	if a.deps.Inspect == nil {
		return nil, noInspections()
	}
	v, err := a.deps.Inspect.VerifyDraw(ctx, in.ID, id.Scope.Allows)
	return &body[inspection.Verdict]{v}, err
}

func (a *API) planInspection(ctx context.Context, id auth.Identity, in *planInput) (*body[inspection.Case], error) {
	if a.deps.Inspect == nil {
		return nil, noInspections()
	}
	b := &in.Body
	if !id.Scope.Allows(b.Site) {
		return nil, notFound()
	}
	c, err := a.deps.Inspect.PlanOne(ctx, person(id), b.Topic, b.Site, b.Device, a.deps.Now())
	return &body[inspection.Case]{c}, err
}

func (a *API) answer(action inspection.Action) func(context.Context, auth.Identity, *answersInput) (*body[inspection.Case], error) {
	return func(ctx context.Context, id auth.Identity, in *answersInput) (*body[inspection.Case], error) {
		return a.actOnCase(ctx, id, inspection.Command{
			Kind: inspection.KindInspection, ID: in.ID, Rev: in.Body.Rev, Action: action, Note: in.Body.Note, Answers: in.Body.Answers,
		})
	}
}

func (a *API) actOnCase(ctx context.Context, id auth.Identity, c inspection.Command) (*body[inspection.Case], error) {
	if a.deps.Inspect == nil {
		return nil, noInspections()
	}
	row, err := a.deps.Inspect.Act(ctx, person(id), c, a.deps.Now())
	return &body[inspection.Case]{row}, err
}

func (a *API) issueNotice(ctx context.Context, id auth.Identity, in *issueInput) (*body[inspection.Case], error) {
	if a.deps.Inspect == nil {
		return nil, noInspections()
	}
	c, err := a.deps.Inspect.IssueNotice(ctx, person(id), in.ID, in.Body.Rev, in.Body.Days, in.Body.Demand, a.deps.Now())
	return &body[inspection.Case]{c}, err
}

func (a *API) cases(kind inspection.Kind) func(context.Context, auth.Identity, *casesInput) (*body[list[inspection.Case]], error) {
	return func(ctx context.Context, id auth.Identity, in *casesInput) (*body[list[inspection.Case]], error) {
		if a.deps.Inspect == nil {
			return nil, noInspections()
		}
		sites, err := sitesOf(id, in.Site)
		if err != nil {
			return nil, err
		}
		now := a.deps.Now()
		q := inspection.Query{
			Kind: kind, Sites: sites, State: inspection.State(in.State), Topic: inspection.Topic(in.Topic), Draw: in.Draw,
			Limit: in.Limit, Before: in.Cursor, Unseen: kind == inspection.KindInspection && surprised(id),
		}
		if in.State == "open" {
			q.State, q.Open = "", true
		}
		if in.Overdue {
			q.OverdueAt = now
		}
		rows, next, err := a.deps.Inspect.Cases(ctx, q, now)
		if err != nil {
			return nil, err
		}
		return page(rows, next), nil
	}
}

// surprised tells that a person must not know which inspections are to come.
func surprised(id auth.Identity) bool { return !id.May(auth.PermissionFor("inspections", readers())) }

// readers are those who may know which inspections are to come.
func readers() []auth.Role { return []auth.Role{auth.Admin, auth.Inspector, auth.Operator} }

// visibleCase returns a case that the caller may see.
func (a *API) visibleCase(ctx context.Context, id auth.Identity, kind inspection.Kind, key string, now time.Time) (inspection.Case, []inspection.Step, error) {
	if a.deps.Inspect == nil {
		return inspection.Case{}, nil, noInspections()
	}
	c, steps, err := a.deps.Inspect.Case(ctx, kind, key, id.Scope.Allows, now)
	if err == nil && surprised(id) && kind == inspection.KindInspection && c.State != inspection.Done {
		return inspection.Case{}, nil, notFound()
	}
	return c, steps, err
}

func (a *API) oneCase(kind inspection.Kind) func(context.Context, auth.Identity, *caseID) (*body[CaseDetail], error) {
	return func(ctx context.Context, id auth.Identity, in *caseID) (*body[CaseDetail], error) {
		c, steps, err := a.visibleCase(ctx, id, kind, in.ID, a.deps.Now())
		if err != nil {
			return nil, err
		}
		pictures, err := a.deps.Inspect.Pictures(ctx, in.ID)
		return &body[CaseDetail]{CaseDetail{c, steps, pictures}}, err
	}
}
