package api

import (
	"context"
	"encoding/csv"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/media"
	"github.com/campusgate/campusgate/gateway/event"
)

// CameraPath names a camera.
type CameraPath struct {
	Site   string `path:"site" maxLength:"64"`
	Device string `path:"device" maxLength:"64"`
}

type lookInput struct {
	CameraPath
	Body struct {
		Kind   string `json:"kind" enum:"live,snapshot"`
		Reason string `json:"reason" maxLength:"1200" doc:"Why; 2 to 300 characters."`
		Unit   string `json:"unit" maxLength:"240" doc:"Of the person; 1 to 60 characters."`
		Person string `json:"person,omitempty" maxLength:"240" doc:"Who looks; default the name of the account."`
		Alarm  string `json:"alarm,omitempty" maxLength:"64" doc:"The alarm it is about."`
	}
}

// LookID names a look-up, or a tour.
type LookID struct {
	ID string `path:"id" maxLength:"64"`
}

type lookOffer struct {
	LookID
	Body struct {
		SDP string `json:"sdp" maxLength:"65536"`
	}
}

// SessionDescription is what the media server answers to a WebRTC offer.
type SessionDescription struct {
	SDP string `json:"sdp"`
}

// KeptLook is a look that lives on.
type KeptLook struct {
	Until time.Time `json:"until"`
	Last  time.Time `json:"last"`
}

type lookEnd struct {
	LookID
	Body struct {
		Why string `json:"why" enum:"left,hidden,done,failed"`
	}
}

type lookQuery struct {
	Site   string    `query:"site" maxLength:"64"`
	Device string    `query:"device" maxLength:"64"`
	By     string    `query:"by" maxLength:"64" doc:"The account."`
	Kind   string    `query:"kind" enum:",live,snapshot"`
	Text   string    `query:"q" maxLength:"100" doc:"Part of reason, unit or person."`
	From   time.Time `query:"from"`
	To     time.Time `query:"to"`
	Open   bool      `query:"open"`
	Limit  int       `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Cursor string    `query:"cursor" maxLength:"120"`
}

// CameraView is what a camera can be looked at by, and who did.
type CameraView struct {
	Ways  []string     `json:"ways" doc:"whep, hls, snapshot; empty: no media server shows it."`
	Looks []media.Look `json:"looks" doc:"The latest ten; whoever may see the camera sees who looked."`
}

func registrars() []auth.Role { return []auth.Role{auth.Admin, auth.Inspector} }

func (a *API) mediaRoutes(r chi.Router) {
	small := func(op *huma.Operation) { op.MaxBodyBytes = 80 << 10 }
	handle(a, http.MethodGet, "/cameras/{site}/{device}", "How a camera can be looked at, and who looked last", everyone(), withMedia(a, a.cameraView))
	handle(a, http.MethodPost, "/cameras/{site}/{device}/look", "Look at a camera, for a reason that is written into the register", everyone(), withMedia(a, a.look))
	handle(a, http.MethodPost, "/looks/{id}/whep", "Exchange WebRTC descriptions with the media server", everyone(), withMedia(a, a.offer), small)
	handle(a, http.MethodPost, "/looks/{id}/keep", "Say that the page is still there", everyone(), withMedia(a, a.keepLook))
	handle(a, http.MethodPost, "/looks/{id}/end", "End a look", everyone(), withMedia(a, a.endLook))
	handle(a, http.MethodGet, "/looks/{id}/snapshot", "A single picture", everyone(), withMedia(a, a.snapshot))
	handle(a, http.MethodPost, "/looks/{id}/attach", "Attach a single picture to the alarm that the look is about", gatekeepers(), withMedia(a, a.attachSnapshot))
	handle(a, http.MethodGet, "/looks", "The register of look-ups, the newest first", registrars(), withMedia(a, a.looks))
	handle(a, http.MethodGet, "/looks/export", "The register of look-ups as CSV", registrars(), withMedia(a, a.exportLooks))
	r.Get("/api/v1/looks/{id}/hls/*", a.hls)
	a.patrolRoutes()
}

// withMedia answers the errors of live pictures.
func withMedia[I, O any](a *API, fn func(context.Context, auth.Identity, *I) (*O, error)) func(context.Context, auth.Identity, *I) (*O, error) {
	return func(ctx context.Context, id auth.Identity, in *I) (*O, error) {
		if a.deps.Media == nil {
			return nil, problem(http.StatusServiceUnavailable, codeUnavailable, "live pictures are not served here")
		}
		out, err := fn(ctx, id, in)
		return out, a.mediaError(err)
	}
}

func (a *API) mediaError(err error) error {
	var (
		bad      *media.Invalid
		busy     *media.Busy
		upstream *media.Upstream
		conflict *media.Conflict
	)
	switch {
	case errors.Is(err, media.ErrNone):
		return notFound()
	case errors.Is(err, media.ErrNoWay):
		return problem(http.StatusConflict, codeNotAllowed, err.Error())
	case errors.As(err, &bad):
		at := "body."
		if bad.Field == "cursor" {
			at = "query."
		}
		return invalid(at+bad.Field, bad.Error())
	case errors.As(err, &busy):
		return problem(http.StatusTooManyRequests, codeLimit, busy.Error())
	case errors.As(err, &upstream):
		a.deps.Log.Warn().Err(err).Msg("no picture")
		return problem(http.StatusBadGateway, codeUpstream, upstream.Error())
	case errors.As(err, &conflict):
		out := problem(http.StatusConflict, codeConflict, conflict.Error())
		out.Conflict = &Conflict{Rev: conflict.Patrol.Rev, By: conflict.Patrol.By, At: conflict.Patrol.At}
		return out
	}
	return err
}

// camera is one that the caller may see.
func (a *API) camera(id auth.Identity, p *CameraPath) (*event.Device, error) {
	d := a.present().Device(event.SiteID(p.Site), event.DeviceID(p.Device))
	if d == nil || d.Kind != event.KindCamera || !id.Scope.Allows(event.SiteID(p.Site)) {
		return nil, notFound()
	}
	return d, nil
}

func (a *API) cameraView(ctx context.Context, id auth.Identity, in *CameraPath) (*body[CameraView], error) {
	d, err := a.camera(id, in)
	if err != nil {
		return nil, err
	}
	rows, _, err := a.deps.Media.Looks(ctx, media.Query{Sites: []event.SiteID{event.SiteID(in.Site)}, Device: d.ID, Limit: 10})
	if rows == nil {
		rows = []media.Look{}
	}
	for i := range rows {
		rows[i].ID = "" // it opens the picture for its session, and is nobody else's
	}
	return &body[CameraView]{CameraView{a.deps.Media.Ways(d, event.SiteID(in.Site)), rows}}, err
}

func (a *API) look(ctx context.Context, id auth.Identity, in *lookInput) (*body[media.Grant], error) {
	d, err := a.camera(id, &in.CameraPath)
	if err != nil {
		return nil, err
	}
	b := &in.Body
	if b.Person == "" {
		if b.Person = id.Name.ZH; b.Person == "" {
			b.Person = id.Username
		}
	}
	if b.Alarm != "" {
		if err := a.visible(ctx, id, b.Alarm); err != nil {
			return nil, err
		}
	}
	g, err := a.deps.Media.Open(ctx, media.Ask{
		Site: event.SiteID(in.Site), Device: d.ID, Kind: b.Kind, Reason: b.Reason, Unit: b.Unit, Person: b.Person, Alarm: b.Alarm,
		By: id.Username, Role: string(id.Role), Session: id.Session,
	})
	return &body[media.Grant]{g}, err
}

// granted checks an open look against the scope of now.
func (a *API) granted(id auth.Identity, look string) error {
	site, err := a.deps.Media.Site(look, id.Session)
	if err == nil && !id.Scope.Allows(site) {
		return media.ErrNone
	}
	return err
}

func (a *API) offer(ctx context.Context, id auth.Identity, in *lookOffer) (*body[SessionDescription], error) {
	if err := a.granted(id, in.ID); err != nil {
		return nil, err
	}
	answer, err := a.deps.Media.Offer(ctx, in.ID, id.Session, in.Body.SDP)
	return &body[SessionDescription]{SessionDescription{answer}}, err
}

func (a *API) keepLook(_ context.Context, id auth.Identity, in *LookID) (*body[KeptLook], error) {
	if err := a.granted(id, in.ID); err != nil {
		return nil, err
	}
	until, last, err := a.deps.Media.KeepOpen(in.ID, id.Session)
	return &body[KeptLook]{KeptLook{until, last}}, err
}

func (a *API) endLook(_ context.Context, id auth.Identity, in *lookEnd) (*struct{}, error) {
	return nil, a.deps.Media.End(in.ID, id.Session, in.Body.Why)
}

func (a *API) snapshot(ctx context.Context, id auth.Identity, in *LookID) (*pictureOutput, error) {
	if err := a.granted(id, in.ID); err != nil {
		return nil, err
	}
	p, err := a.deps.Media.Snapshot(ctx, in.ID, id.Session)
	return &pictureOutput{ContentType: p.Type, Disposition: "inline", Body: p.Data}, err
}

func (a *API) attachSnapshot(ctx context.Context, id auth.Identity, in *LookID) (*body[Attached], error) {
	if err := a.granted(id, in.ID); err != nil {
		return nil, err
	}
	look, p, err := a.deps.Media.Evidence(ctx, in.ID, id.Session)
	if err != nil {
		return nil, err
	}
	name := string(look.Site) + "-" + string(look.Device) + "-" + p.At.Format("20060102T150405Z") + map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}[p.Type]
	return a.attach(ctx, id, alarm.Evidence{ID: look.Alarm, Name: name, Note: look.Reason, Data: p.Data})
}

// hls passes playlists and pieces of a stream on. They are read by the player's own code.
func (a *API) hls(w http.ResponseWriter, r *http.Request) {
	id, ok := auth.From(r.Context())
	if !ok {
		problem(http.StatusUnauthorized, codeUnauthenticated, auth.ErrUnauthenticated.Error()).write(w)
		return
	}
	if a.deps.Media == nil {
		notFound().write(w)
		return
	}
	look := chi.URLParam(r, "id")
	err := a.granted(id, look)
	if err == nil {
		file := chi.URLParam(r, "*")
		if file == "index.m3u8" && r.URL.Query().Get("first") == "1" {
			err = a.deps.Media.HLS(r.Context(), w, look, id.Session, "", "")
		} else {
			err = a.deps.Media.HLS(r.Context(), w, look, id.Session, file, r.URL.RawQuery)
		}
	}
	if err != nil {
		var p *Problem
		if errors.As(a.explain(a.mediaError(err)), &p) {
			p.write(w)
		}
	}
}

func (a *API) lookRows(ctx context.Context, id auth.Identity, in *lookQuery) ([]media.Look, string, error) {
	sites, err := sitesOf(id, in.Site)
	if err != nil {
		return nil, "", err
	}
	if !event.ValidLine(in.Text, 100) {
		return nil, "", invalid("query.q", "want text on one line")
	}
	return a.deps.Media.Looks(ctx, media.Query{
		Sites: sites, Device: event.DeviceID(in.Device), By: in.By, Kind: in.Kind, Text: in.Text, From: in.From, To: in.To,
		Open: in.Open, Limit: in.Limit, Before: in.Cursor,
	})
}

func (a *API) looks(ctx context.Context, id auth.Identity, in *lookQuery) (*body[list[media.Look]], error) {
	rows, next, err := a.lookRows(ctx, id, in)
	return page(rows, next), err
}

func (a *API) exportLooks(ctx context.Context, id auth.Identity, in *lookQuery) (*huma.StreamResponse, error) {
	in.Limit, in.Cursor = 1000, ""
	rows, next, err := a.lookRows(ctx, id, in)
	if err != nil {
		return nil, err
	}
	return csvFile("looks.csv", func(out *csv.Writer) error {
		if err := out.Write([]string{"at", "ended_at", "ended", "site", "device", "kind", "reason", "unit", "person", "account", "role", "alarm"}); err != nil {
			return err
		}
		for {
			for i := range rows {
				l := &rows[i]
				ended := ""
				if l.EndedAt != nil {
					ended = l.EndedAt.Format(time.RFC3339)
				}
				line := []string{l.At.Format(time.RFC3339), ended, l.Ended, string(l.Site), string(l.Device), l.Kind, plain(l.Reason), plain(l.Unit), plain(l.Person), l.By, l.Role, l.Alarm}
				if err := out.Write(line); err != nil {
					return err
				}
			}
			if next == "" {
				return nil
			}
			in.Cursor = next
			if rows, next, err = a.lookRows(ctx, id, in); err != nil {
				// A file that ends early must not look whole.
				a.deps.Log.Error().Err(err).Msg("export of look-ups broke off")
				panic(http.ErrAbortHandler)
			}
		}
	}), nil
}

// csvFile streams a CSV file in UTF-8 with a mark that spreadsheets take it by.
func csvFile(name string, write func(*csv.Writer) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "text/csv; charset=utf-8")
		hc.SetHeader("Content-Disposition", `attachment; filename="`+name+`"`)
		hc.SetStatus(http.StatusOK)
		w := hc.BodyWriter()
		_, _ = w.Write([]byte("\ufeff"))
		out := csv.NewWriter(w)
		if write(out) == nil { // else the caller has gone
			out.Flush()
		}
	}}
}
