package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/guard"
	"github.com/campusgate/campusgate/gateway/event"
)

func (a *API) guardPeopleRoutes() {
	handle(a, http.MethodGet, "/guard/passes", "Pupils who leave in class hours", gatekeepers(), withGuards(a, a.passes))
	handle(a, http.MethodPost, "/guard/passes", "Ask that a pupil may leave", gatekeepers(), withGuards(a, a.askPass))
	handle(a, http.MethodPost, "/guard/passes/{record}/guardian", "The guardian says yes", gatekeepers(), withGuards(a, a.confirmPass(guard.ByGuardian)))
	handle(a, http.MethodPost, "/guard/passes/{record}/teacher", "The class teacher says yes", gatekeepers(), withGuards(a, a.confirmPass(guard.ByTeacher)))
	handle(a, http.MethodPost, "/guard/passes/{record}/deny", "Deny a pupil's leaving", gatekeepers(), withGuards(a, a.denyPass))
	handle(a, http.MethodPost, "/guard/passes/{record}/leave", "The pupil went out", gatekeepers(), withGuards(a, a.leavePass))
	handle(a, http.MethodPost, "/guard/passes/{record}/settle", "An open alarm of a pupil who went out is explained by this leave", gatekeepers(), withGuards(a, a.settlePass))
	handle(a, http.MethodPost, "/guard/passes/{record}/reveal", "A leave unmasked, for a reason that is written down", gatekeepers(), withGuards(a, a.revealPass))
	handle(a, http.MethodGet, "/guard/warnings", "Who or what of the watch list was at the gates of a site in the last 24 hours", gatekeepers(), withGuards(a, a.warnings))
	handle(a, http.MethodPost, "/guard/find", "Who of a site has exactly this name, with the pseudonym at the gate; it is written down that somebody asked", gatekeepers(), withGuards(a, a.findPerson))
	handle(a, http.MethodGet, "/guard/watch", "The watch list, masked", []auth.Role{auth.Admin, auth.Operator}, withGuards(a, a.watchList))
	handle(a, http.MethodPost, "/guard/watch", "Put somebody on the watch list; site empty: of the county", admins(), withGuards(a, a.watchPerson))
	handle(a, http.MethodPost, "/guard/watch/{record}/end", "Take somebody off the watch list", admins(), withGuards(a, a.unwatch))
	handle(a, http.MethodPost, "/guard/watch/{record}/reveal", "An entry of the watch list unmasked, for a reason that is written down", []auth.Role{auth.Admin, auth.Operator}, withGuards(a, a.revealWatched))
	handle(a, http.MethodGet, "/guard/care", "Pupils to mind at the gate: symbols", gatekeepers(), withGuards(a, a.careList))
	handle(a, http.MethodPost, "/guard/care", "Write down what to mind of a pupil", admins(), withGuards(a, a.mind))
	handle(a, http.MethodPost, "/guard/care/{record}/look", "What to mind; every look is written down", gatekeepers(), withGuards(a, a.lookCare))
	handle(a, http.MethodPost, "/guard/care/{record}/end", "There is nothing more to mind", admins(), withGuards(a, a.unmind))
}

// atGates reports whether the caller works at gates, and knows by name who else does.
func atGates(id auth.Identity) bool { return id.May(auth.PermissionFor("guard", gatekeepers())) }

func (a *API) certificates(ctx context.Context, id auth.Identity, in *guardList) (*body[list[guard.Row[guard.CertificateEntry]]], error) {
	all := *in
	all.Open, all.Limit, all.Cursor = true, 0, "" // sorted by what is in them, and few
	rows, _, err := records[guard.CertificateEntry](ctx, a, id, &all, guard.KindCertificate)
	slices.SortStableFunc(rows, func(x, y guard.Row[guard.CertificateEntry]) int {
		return strings.Compare(x.Entry.Expires, y.Entry.Expires)
	})
	for i := range rows {
		e := &rows[i].Entry
		masked := e.Masked()
		if !atGates(id) {
			e.Person = masked.Person
		}
		if !id.May(auth.PermissionFor("guard", admins())) { // who renews a certificate writes its number
			e.Number = masked.Number
		}
	}
	return page(rows, ""), err
}

func (a *API) certify(ctx context.Context, id auth.Identity, in *placed[guard.CertificateEntry]) (*body[guard.Row[guard.CertificateEntry]], error) {
	s, err := a.gateSite(id, in.Body.Site)
	if err != nil {
		return nil, err
	}
	row, err := a.deps.Guards.Certify(ctx, in.Body.change(id), s.ID, in.Body.Entry)
	return &body[guard.Row[guard.CertificateEntry]]{row}, err
}

func (a *API) withdraw(ctx context.Context, id auth.Identity, in *ended) (*body[guard.Row[guard.CertificateEntry]], error) {
	row, err := a.deps.Guards.Withdraw(ctx, in.Body.change(id), in.Record, id.Scope.Allows)
	return &body[guard.Row[guard.CertificateEntry]]{row}, err
}

func (a *API) passes(ctx context.Context, id auth.Identity, in *guardList) (*body[list[guard.Row[guard.Pass]]], error) {
	rows, next, err := records[guard.Pass](ctx, a, id, in, guard.KindPass)
	for i := range rows {
		rows[i].Entry = rows[i].Entry.Masked()
	}
	return page(rows, next), err
}

func maskPass(row guard.Row[guard.Pass], err error) (*body[guard.Row[guard.Pass]], error) {
	row.Entry = row.Entry.Masked()
	return &body[guard.Row[guard.Pass]]{row}, err
}

func (a *API) askPass(ctx context.Context, id auth.Identity, in *placed[guard.PassEntry]) (*body[guard.Row[guard.Pass]], error) {
	s, err := a.gateSite(id, in.Body.Site)
	if err != nil {
		return nil, err
	}
	return maskPass(a.deps.Guards.Ask(ctx, in.Body.change(id), s.ID, in.Body.Entry))
}

// Word is that of a guardian or of a class teacher.
type Word struct {
	Name string `json:"name"`
	How  string `json:"how" enum:"phone,present,written"`
}

// Refusal says why.
type Refusal struct {
	Reason string `json:"reason"`
}

type confirmInput struct {
	Record string `path:"record" maxLength:"64"`
	Body   struct {
		Stamp
		Entry Word `json:"entry"`
	}
}

func (a *API) confirmPass(who string) func(context.Context, auth.Identity, *confirmInput) (*body[guard.Row[guard.Pass]], error) {
	return func(ctx context.Context, id auth.Identity, in *confirmInput) (*body[guard.Row[guard.Pass]], error) {
		word := guard.Confirmation{Name: strings.TrimSpace(in.Body.Entry.Name), How: in.Body.Entry.How}
		return maskPass(a.deps.Guards.Confirm(ctx, in.Body.change(id), in.Record, who, id.Scope.Allows, word))
	}
}

type denyInput struct {
	Record string `path:"record" maxLength:"64"`
	Body   struct {
		Stamp
		Entry Refusal `json:"entry"`
	}
}

func (a *API) denyPass(ctx context.Context, id auth.Identity, in *denyInput) (*body[guard.Row[guard.Pass]], error) {
	return maskPass(a.deps.Guards.Deny(ctx, in.Body.change(id), in.Record, strings.TrimSpace(in.Body.Entry.Reason), id.Scope.Allows))
}

func (a *API) leavePass(ctx context.Context, id auth.Identity, in *ended) (*body[guard.Row[guard.Pass]], error) {
	return maskPass(a.deps.Guards.Leave(ctx, in.Body.change(id), in.Record, id.Scope.Allows))
}

type settleInput struct {
	Record string `path:"record" maxLength:"64"`
	Body   struct {
		Stamp
		Entry struct {
			Alarm string `json:"alarm" maxLength:"64"`
		} `json:"entry"`
	}
}

func (a *API) settlePass(ctx context.Context, id auth.Identity, in *settleInput) (*body[guard.Row[guard.Pass]], error) {
	return maskPass(a.deps.Guards.SettleBy(ctx, in.Body.change(id), in.Record, in.Body.Entry.Alarm, id.Scope.Allows))
}

func (a *API) revealPass(ctx context.Context, id auth.Identity, in *revealInput) (*body[guard.Row[guard.Pass]], error) {
	row, err := a.deps.Guards.RevealPass(ctx, id.Username, in.Body.Reason, in.Record, id.Scope.Allows)
	return &body[guard.Row[guard.Pass]]{row}, err
}

func (a *API) warnings(ctx context.Context, id auth.Identity, in *siteInput) (*body[list[guard.Warning]], error) {
	s, err := a.gateSite(id, in.Site)
	if err != nil {
		return nil, err
	}
	rows, err := a.deps.Guards.Warnings(ctx, s.ID, a.deps.Now().Add(-24*time.Hour))
	return page(rows, ""), err
}

// watching are the sites whose watch lists the caller may see: those of the scope, and the
// county's, which counts at all of them.
func watching(id auth.Identity) func(event.SiteID) bool {
	return func(s event.SiteID) bool { return id.Scope.Allows(s) && (s != event.CountySite || id.Scope.All()) }
}

func (a *API) watchList(ctx context.Context, id auth.Identity, in *guardList) (*body[list[guard.Row[guard.WatchEntry]]], error) {
	rows, next, err := records[guard.WatchEntry](ctx, a, id, in, guard.KindWatch)
	for i := range rows {
		rows[i].Entry = rows[i].Entry.Masked()
	}
	return page(rows, next), err
}

func (a *API) watchPerson(ctx context.Context, id auth.Identity, in *placed[guard.WatchEntry]) (*body[guard.Row[guard.WatchEntry]], error) {
	site := event.CountySite
	if in.Body.Site != "" {
		s, err := a.gateSite(id, in.Body.Site)
		if err != nil {
			return nil, err
		}
		site = s.ID
	} else if !id.Scope.All() {
		return nil, countyOnly()
	}
	row, err := a.deps.Guards.Watch(ctx, in.Body.change(id), site, in.Body.Entry)
	row.Entry = row.Entry.Masked()
	return &body[guard.Row[guard.WatchEntry]]{row}, err
}

func (a *API) unwatch(ctx context.Context, id auth.Identity, in *ended) (*body[guard.Row[guard.WatchEntry]], error) {
	row, err := a.deps.Guards.Unwatch(ctx, in.Body.change(id), in.Record, watching(id))
	row.Entry = row.Entry.Masked()
	return &body[guard.Row[guard.WatchEntry]]{row}, err
}

func (a *API) revealWatched(ctx context.Context, id auth.Identity, in *revealInput) (*body[guard.Row[guard.WatchEntry]], error) {
	row, err := a.deps.Guards.RevealWatched(ctx, id.Username, in.Body.Reason, in.Record, watching(id))
	return &body[guard.Row[guard.WatchEntry]]{row}, err
}

func (a *API) careList(ctx context.Context, id auth.Identity, in *guardList) (*body[list[guard.Row[guard.CareEntry]]], error) {
	open := *in
	open.Open = true
	rows, next, err := records[guard.CareEntry](ctx, a, id, &open, guard.KindCare)
	for i := range rows {
		maskCare(&rows[i])
	}
	return page(rows, next), err
}

// maskCare leaves the symbol; the rest is for whoever looks, which is written down.
func maskCare(r *guard.Row[guard.CareEntry]) {
	r.Entry.Name, r.Entry.Instruction = guard.MaskName(r.Entry.Name), ""
}

func (a *API) mind(ctx context.Context, id auth.Identity, in *placed[guard.CareEntry]) (*body[guard.Row[guard.CareEntry]], error) {
	s, err := a.gateSite(id, in.Body.Site)
	if err != nil {
		return nil, err
	}
	row, err := a.deps.Guards.Mind(ctx, in.Body.change(id), s.ID, in.Body.Entry)
	maskCare(&row)
	return &body[guard.Row[guard.CareEntry]]{row}, err
}

func (a *API) lookCare(ctx context.Context, id auth.Identity, in *struct {
	Record string `path:"record" maxLength:"64"`
	Body   struct{}
},
) (*body[guard.Row[guard.CareEntry]], error) {
	row, err := a.deps.Guards.Look(ctx, id.Username, in.Record, id.Scope.Allows)
	return &body[guard.Row[guard.CareEntry]]{row}, err
}

func (a *API) unmind(ctx context.Context, id auth.Identity, in *ended) (*body[guard.Row[guard.CareEntry]], error) {
	row, err := a.deps.Guards.Unmind(ctx, in.Body.change(id), in.Record, id.Scope.Allows)
	maskCare(&row)
	return &body[guard.Row[guard.CareEntry]]{row}, err
}

// Found is somebody who is found by name.
type Found struct {
	Key   string `json:"key" doc:"What the gate log knows the person by: a pseudonym, or a visit's number."`
	Kind  string `json:"kind" enum:"pupil,staff,visitor,driver"`
	Name  string `json:"name" doc:"Masked."`
	Class string `json:"class"`
}

type findInput struct {
	Body struct {
		Site string `json:"site" maxLength:"64"`
		Name string `json:"name" minLength:"2" maxLength:"60"`
	}
}

// findVisits is how long back visitors are found.
const findVisits = 7 * 24 * time.Hour

func (a *API) findPerson(ctx context.Context, id auth.Identity, in *findInput) (*body[list[Found]], error) {
	s, err := a.gateSite(id, in.Body.Site)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSpace(in.Body.Name)
	if strings.ContainsFunc(name, unicode.IsControl) || name == "" {
		return nil, invalid("body.name", "want a name on one line")
	}
	out := []Found{}
	if a.deps.Edits != nil {
		for _, p := range a.deps.Edits.Named(s.ID, name) {
			out = append(out, Found{p.Person, p.Kind, p.Name, p.Class})
		}
	}
	visits, _, err := guard.Rows[guard.Visit](ctx, a.deps.Guards, guard.Query{
		Kinds: []guard.Kind{guard.KindVisitor}, Sites: []event.SiteID{s.ID}, From: a.deps.Now().Add(-findVisits), Text: name, Limit: 100,
	})
	if err != nil {
		return nil, err
	}
	for i := range visits {
		if v := &visits[i]; strings.EqualFold(v.Entry.Name, name) {
			out = append(out, Found{v.ID, event.PersonVisitor, guard.MaskName(v.Entry.Name), ""})
		}
	}
	if err := a.deps.Guards.Asked(ctx, id.Username, s.ID, len(out)); err != nil {
		return nil, err
	}
	return page(out, ""), nil
}
