package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/guard"
	"github.com/campusgate/campusgate/gateway/event"
)

// Stamp is what every change of a guard's page says of itself.
type Stamp struct {
	ID string    `json:"id" doc:"Made by the browser, used once: sent again it changes nothing."`
	At time.Time `json:"at,omitempty" doc:"When it happened; default now."`
}

func (s Stamp) change(id auth.Identity) guard.Change {
	return guard.Change{ID: s.ID, At: s.At, By: id.Username}
}

// placed is a change at a site.
type placed[T any] struct {
	Body struct {
		Stamp
		Site  string `json:"site" maxLength:"64"`
		Entry T      `json:"entry"`
	}
}

// ended is a change that ends a record.
type ended struct {
	Record string `path:"record" maxLength:"64"`
	Body   Stamp
}

type guardList struct {
	Site   string    `query:"site" maxLength:"64"`
	From   time.Time `query:"from"`
	To     time.Time `query:"to"`
	Open   bool      `query:"open" doc:"Only what has not ended."`
	Text   string    `query:"q" maxLength:"64" doc:"Part of a name, a plate or a host."`
	Limit  int       `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Cursor string    `query:"cursor" maxLength:"120"`
}

type siteInput struct {
	Site string `query:"site" maxLength:"64" required:"true"`
}

// gatekeepers work at the gate.
func gatekeepers() []auth.Role { return []auth.Role{auth.Admin, auth.Operator, auth.Guard} }

func (a *API) guardRoutes() {
	const visitors = "/guard/visitors"
	handle(a, http.MethodGet, visitors, "Visitors, the newest first; names, plates and numbers are masked", gatekeepers(), withGuards(a, a.visitors))
	handle(a, http.MethodPost, visitors, "Register a visitor", gatekeepers(), withGuards(a, a.register))
	handle(a, http.MethodPost, visitors+"/{record}/out", "Sign a visitor out", gatekeepers(), withGuards(a, a.signOut))
	handle(a, http.MethodPost, visitors+"/{record}/reveal", "A visitor unmasked, for a reason that is written down", gatekeepers(), withGuards(a, a.reveal))
	handle(a, http.MethodGet, "/guard/inside", "Who is inside now", gatekeepers(), withGuards(a, a.inside))
	handle(a, http.MethodGet, "/guard/duty", "Posts of today, and who is on duty", everyone(), withGuards(a, a.duties))
	handle(a, http.MethodGet, "/guard/posts", "The police posts of today, of every site in the scope", everyone(), withGuards(a, a.posts))
	handle(a, http.MethodPost, "/guard/duty", "Come on duty", gatekeepers(), withGuards(a, a.checkIn))
	handle(a, http.MethodPost, "/guard/duty/{record}/out", "Go off duty", gatekeepers(), withGuards(a, a.checkOut))
	handle(a, http.MethodPost, "/guard/help", "Call for help", gatekeepers(), withGuards(a, a.callHelp))
	handle(a, http.MethodGet, "/guard/certificates", "Guards' certificates, by the day on which they expire", everyone(), withGuards(a, a.certificates))
	handle(a, http.MethodPost, "/guard/certificates", "Write a certificate down", admins(), withGuards(a, a.certify))
	handle(a, http.MethodPost, "/guard/certificates/{record}/withdraw", "Withdraw a certificate", admins(), withGuards(a, a.withdraw))
	a.guardPeopleRoutes()
}

// withGuards answers the guards' own errors.
func withGuards[I, O any](a *API, fn func(context.Context, auth.Identity, *I) (*O, error)) func(context.Context, auth.Identity, *I) (*O, error) {
	return func(ctx context.Context, id auth.Identity, in *I) (*O, error) {
		if a.deps.Guards == nil {
			return nil, problem(http.StatusServiceUnavailable, codeUnavailable, "guards' records are not kept here")
		}
		out, err := fn(ctx, id, in)
		var bad *guard.Invalid
		var not *guard.NotAllowed
		switch {
		case errors.Is(err, guard.ErrNone):
			return nil, notFound()
		case errors.Is(err, guard.ErrReused):
			return nil, problem(http.StatusConflict, codeConflict, err.Error())
		case errors.As(err, &not):
			return nil, problem(http.StatusConflict, codeNotAllowed, not.Error())
		case errors.As(err, &bad):
			p := invalid(guardField(bad.Field), bad.Error())
			p.Errors = guardFaults(err)
			return nil, p
		}
		return out, err
	}
}

func guardField(field string) string {
	switch field {
	case "id", "at":
		return "body." + field
	case "cursor":
		return "query.cursor"
	}
	return "body.entry." + field
}

func guardFaults(err error) (out []*huma.ErrorDetail) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // the error itself, not one that it wraps
		for _, e := range joined.Unwrap() {
			out = append(out, guardFaults(e)...)
		}
		return out
	}
	if bad := (*guard.Invalid)(nil); errors.As(err, &bad) {
		out = append(out, &huma.ErrorDetail{Location: guardField(bad.Field), Message: bad.Error()})
	}
	return out
}

// gateSite is a site that the caller may work at.
func (a *API) gateSite(id auth.Identity, site string) (*event.Site, error) {
	s := a.present().Site(event.SiteID(site))
	if s == nil || !id.Scope.Allows(s.ID) {
		return nil, notFound()
	}
	return s, nil
}

// records are rows of one kind within the caller's sites.
func records[T any](ctx context.Context, a *API, id auth.Identity, in *guardList, kind guard.Kind) ([]guard.Row[T], string, error) {
	sites, err := sitesOf(id, in.Site)
	if err != nil {
		return nil, "", err
	}
	if strings.ContainsFunc(in.Text, func(r rune) bool { return r < ' ' }) {
		return nil, "", invalid("query.q", "want text on one line")
	}
	return guard.Rows[T](ctx, a.deps.Guards, guard.Query{
		Kinds: []guard.Kind{kind}, Sites: sites, From: in.From, To: in.To, OpenOnly: in.Open, Text: in.Text, Before: in.Cursor, Limit: in.Limit,
	})
}

func maskVisit(r *guard.Row[guard.Visit]) { r.Entry.VisitorEntry = r.Entry.Masked() }

func (a *API) visitors(ctx context.Context, id auth.Identity, in *guardList) (*body[list[guard.Row[guard.Visit]]], error) {
	rows, next, err := records[guard.Visit](ctx, a, id, in, guard.KindVisitor)
	for i := range rows {
		maskVisit(&rows[i])
	}
	return page(rows, next), err
}

func (a *API) register(ctx context.Context, id auth.Identity, in *placed[guard.VisitorEntry]) (*body[guard.Row[guard.Visit]], error) {
	s, err := a.gateSite(id, in.Body.Site)
	if err != nil {
		return nil, err
	}
	row, err := a.deps.Guards.Register(ctx, in.Body.change(id), s.ID, in.Body.Entry)
	maskVisit(&row)
	return &body[guard.Row[guard.Visit]]{row}, err
}

func (a *API) signOut(ctx context.Context, id auth.Identity, in *ended) (*body[guard.Row[guard.Visit]], error) {
	row, err := a.deps.Guards.SignOut(ctx, in.Body.change(id), in.Record, id.Scope.Allows)
	maskVisit(&row)
	return &body[guard.Row[guard.Visit]]{row}, err
}

type revealInput struct {
	Record string `path:"record" maxLength:"64"`
	Body   struct {
		Reason string `json:"reason"`
	}
}

func (a *API) reveal(ctx context.Context, id auth.Identity, in *revealInput) (*body[guard.Row[guard.Visit]], error) {
	row, err := a.deps.Guards.Reveal(ctx, id.Username, in.Body.Reason, in.Record, id.Scope.Allows)
	return &body[guard.Row[guard.Visit]]{row}, err
}

// Inside is who is inside a site.
type Inside struct {
	At       time.Time                `json:"at"`
	Counts   map[string]int           `json:"counts" doc:"By kind of person, from today's passages."`
	Known    bool                     `json:"known" doc:"False: the passages are out of reach, and only registered visitors are told."`
	Others   []guard.Presence         `json:"others" doc:"Visitors, vehicles and unknown people by the gate."`
	Visitors []guard.Row[guard.Visit] `json:"visitors" doc:"Registered and not signed out."`
	Left     []string                 `json:"left" doc:"Ids of those whom the gate saw going out."`
	// FeverCelsius is the limit that the form warns at.
	FeverCelsius float64 `json:"fever_celsius" doc:"From here up a visitor has a fever, °C."`
}

// passagesPage and maxPassages bound what is read of a day.
const (
	passagesPage = 5000
	maxPassages  = 20
)

func (a *API) inside(ctx context.Context, id auth.Identity, in *siteInput) (*body[Inside], error) {
	s, err := a.gateSite(id, in.Site)
	if err != nil {
		return nil, err
	}
	now := a.deps.Now()
	out := Inside{At: now.UTC(), Counts: map[string]int{}, Others: []guard.Presence{}, Left: []string{}, FeverCelsius: a.deps.Guards.FeverCelsius()}
	out.Visitors, _, err = guard.Rows[guard.Visit](ctx, a.deps.Guards, guard.Query{Kinds: []guard.Kind{guard.KindVisitor}, Sites: []event.SiteID{s.ID}, OpenOnly: true, Limit: 500})
	if err != nil {
		return nil, err
	}
	passages, err := a.passages(ctx, s.ID, now)
	if err == nil {
		out.Known = true
		out.Counts, out.Others = passages.Inside(out.Visitors)
	}
	for i := range out.Visitors {
		maskVisit(&out.Visitors[i])
		if v := &out.Visitors[i]; passages.Left(v.ID, v.At) {
			out.Left = append(out.Left, v.ID)
		}
	}
	return &body[Inside]{out}, nil
}

func (a *API) passages(ctx context.Context, site event.SiteID, now time.Time) (*guard.Passages, error) {
	p := &guard.Passages{}
	if a.deps.History == nil {
		return p, errors.New("no history is configured")
	}
	q := GateLogQuery{Sites: []event.SiteID{site}, From: a.midnight(now), To: now.Add(time.Minute), Limit: passagesPage}
	for range maxPassages {
		rows, next, err := a.deps.History.GateLog(ctx, q)
		if err != nil {
			a.deps.Log.Warn().Err(err).Msg("cannot read who is inside")
			return &guard.Passages{}, err
		}
		for i := range rows {
			p.Add(&rows[i])
		}
		if q.Cursor = next; next == "" {
			break
		}
	}
	return p, nil
}

// Duties are the posts of a site and who is on duty.
type Duties struct {
	Posts []guard.Post                 `json:"posts"`
	Items []guard.Row[guard.DutyEntry] `json:"items" doc:"Since midnight, and whoever still is; the newest first."`
}

func (a *API) duties(ctx context.Context, id auth.Identity, in *siteInput) (*body[Duties], error) {
	s, err := a.gateSite(id, in.Site)
	if err != nil {
		return nil, err
	}
	rows, _, err := guard.Rows[guard.DutyEntry](ctx, a.deps.Guards, guard.Query{
		Kinds: []guard.Kind{guard.KindDuty}, Sites: []event.SiteID{s.ID}, From: a.midnight(a.deps.Now()), Limit: 200,
	})
	if err != nil {
		return nil, err
	}
	if !atGates(id) {
		for i := range rows {
			rows[i].Entry = rows[i].Entry.Masked()
		}
	}
	return &body[Duties]{Duties{a.deps.Guards.Posts(s, rows), rows}}, nil
}

// SitePosts are the posts of one site.
type SitePosts struct {
	Site  event.SiteID `json:"site"`
	Posts []guard.Post `json:"posts" doc:"Empty on a day without school."`
	// OnDuty counts who is on duty now, at whatever post.
	OnDuty int `json:"on_duty"`
}

func (a *API) posts(ctx context.Context, id auth.Identity, _ *nothing) (*body[list[SitePosts]], error) {
	sites, err := sitesOf(id, "")
	if err != nil {
		return nil, err
	}
	now := a.deps.Now()
	rows, _, err := guard.Rows[guard.DutyEntry](ctx, a.deps.Guards, guard.Query{Kinds: []guard.Kind{guard.KindDuty}, Sites: sites, From: a.midnight(now)})
	if err != nil {
		return nil, err
	}
	duties := map[event.SiteID][]guard.Row[guard.DutyEntry]{}
	for i := range rows {
		duties[rows[i].Site] = append(duties[rows[i].Site], rows[i])
	}
	out := []SitePosts{}
	county := a.present()
	for i := range county.Sites {
		s := &county.Sites[i]
		if !s.PolicePost || !id.Scope.Allows(s.ID) {
			continue
		}
		p := SitePosts{Site: s.ID, Posts: a.deps.Guards.Posts(s, duties[s.ID])}
		for _, d := range duties[s.ID] {
			if d.EndedAt == nil {
				p.OnDuty++
			}
		}
		out = append(out, p)
	}
	return page(out, ""), nil
}

func (a *API) checkIn(ctx context.Context, id auth.Identity, in *placed[guard.DutyEntry]) (*body[guard.Row[guard.DutyEntry]], error) {
	s, err := a.gateSite(id, in.Body.Site)
	if err != nil {
		return nil, err
	}
	row, err := a.deps.Guards.CheckIn(ctx, in.Body.change(id), s.ID, in.Body.Entry)
	return &body[guard.Row[guard.DutyEntry]]{row}, err
}

func (a *API) checkOut(ctx context.Context, id auth.Identity, in *ended) (*body[guard.Row[guard.DutyEntry]], error) {
	row, err := a.deps.Guards.CheckOut(ctx, in.Body.change(id), in.Record, id.Scope.Allows)
	return &body[guard.Row[guard.DutyEntry]]{row}, err
}

func (a *API) callHelp(ctx context.Context, id auth.Identity, in *placed[guard.HelpEntry]) (*body[guard.Row[guard.HelpEntry]], error) {
	s, err := a.gateSite(id, in.Body.Site)
	if err != nil {
		return nil, err
	}
	row, err := a.deps.Guards.Help(ctx, in.Body.change(id), s.ID, in.Body.Entry)
	return &body[guard.Row[guard.HelpEntry]]{row}, err
}
