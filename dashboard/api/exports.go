package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/export"
	"github.com/campusgate/campusgate/gateway/event"
)

// ExportOptions go with the filter of a list, in the query, when it is exported.
type ExportOptions struct {
	Format string `query:"format" enum:"csv,xlsx" default:"csv"`
	Lang   string `query:"lang" enum:"zh,en" default:"zh" doc:"Language of headers and words."`
	raw    string
}

// Resolve keeps the filter as it was asked for.
func (o *ExportOptions) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	q := u.Query()
	q.Del("format")
	q.Del("lang")
	q.Del("limit")
	q.Del("cursor")
	o.raw = q.Encode()
	return nil
}

// pick is the text in the language of the file.
func (o *ExportOptions) pick(t event.Text) string {
	if o.Lang == "en" && t.EN != "" || t.ZH == "" {
		return t.EN
	}
	return t.ZH
}

type exportID struct {
	ID string `path:"id" maxLength:"64"`
}

// accepted marks an operation that begins a job.
func accepted(op *huma.Operation) { op.DefaultStatus = http.StatusAccepted }

func (a *API) exportRoutes() {
	handle(a, http.MethodPost, "/exports/gate-log", "Write the gate log into a file; the filter is that of GET /gate-log", everyone(), a.exportGateLog, accepted)
	handle(a, http.MethodPost, "/exports/alarms", "Write alarms into a file; the filter is that of GET /alarms", everyone(), a.exportAlarms, accepted)
	handle(a, http.MethodPost, "/exports/history", "Write the events of a device into a file; the filter is that of GET /history", everyone(), a.exportHistory, accepted)
	handle(a, http.MethodPost, "/exports/availability", "Write availability into a file; the filter is that of GET /availability?group=", everyone(), a.exportAvailability, accepted)
	handle(a, http.MethodGet, "/exports", "Your exports, newest first", everyone(),
		func(_ context.Context, id auth.Identity, _ *nothing) (*body[list[export.Export]], error) {
			if a.deps.Exports == nil {
				return page[export.Export](nil, ""), nil
			}
			return page(a.deps.Exports.Jobs(viewer(id)), ""), nil
		})
	handle(a, http.MethodGet, "/exports/{id}", "How one of your exports fares", everyone(),
		func(_ context.Context, id auth.Identity, in *exportID) (*body[export.Export], error) {
			s, err := a.exports()
			if err != nil {
				return nil, err
			}
			j, err := s.Job(viewer(id), in.ID)
			return &body[export.Export]{j}, exportError(err)
		})
	handle(a, http.MethodPost, "/exports/{id}/cancel", "Call an export off, or remove its file", everyone(),
		func(_ context.Context, id auth.Identity, in *exportID) (*body[export.Export], error) {
			s, err := a.exports()
			if err != nil {
				return nil, err
			}
			j, err := s.Cancel(viewer(id), in.ID)
			return &body[export.Export]{j}, exportError(err)
		})
	handle(a, http.MethodGet, "/exports/{id}/file", "The file of an export; ranges are answered", everyone(), a.exportFile)
}

func (a *API) exports() (*export.Service, error) {
	if a.deps.Exports == nil {
		return nil, problem(http.StatusServiceUnavailable, codeUnavailable, "no exports are made here")
	}
	return a.deps.Exports, nil
}

func viewer(id auth.Identity) export.Viewer {
	return export.Viewer{By: id.Username, All: id.Scope.All(), Allows: id.Scope.Allows}
}

func exportError(err error) error {
	switch {
	case errors.Is(err, export.ErrNotFound):
		return notFound()
	case errors.Is(err, export.ErrTooMany):
		return problem(http.StatusTooManyRequests, codeTooManyTries, err.Error())
	case errors.Is(err, export.ErrState):
		return problem(http.StatusConflict, codeNotAllowed, err.Error())
	}
	return err
}

// begin starts a job for the one who asks.
func (a *API) begin(ctx context.Context, id auth.Identity, o *ExportOptions, r export.Request) (*body[export.Export], error) {
	s, err := a.exports()
	if err != nil {
		return nil, err
	}
	r.By, r.Format, r.Query, r.Zone = id.Username, o.Format, o.raw, a.present().Location()
	r.Name = r.List + "-" + a.deps.Now().In(r.Zone).Format("20060102-150405")
	j, err := s.Begin(ctx, r)
	return &body[export.Export]{j}, exportError(err)
}

// exportFile answers with the file, or with a range of it where a download was broken off.
func (a *API) exportFile(ctx context.Context, id auth.Identity, in *exportID) (*huma.StreamResponse, error) {
	s, err := a.exports()
	if err != nil {
		return nil, err
	}
	j, file, err := s.Open(ctx, viewer(id), in.ID)
	if err != nil {
		return nil, exportError(err)
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer func() { _ = file.Close() }()
		r, w := humachi.Unwrap(hc)
		kind := "text/csv; charset=utf-8"
		if j.Format == export.XLSX {
			kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		}
		h := w.Header()
		h.Set("Content-Type", kind)
		h.Set("Content-Disposition", `attachment; filename="`+j.Name+`"`)
		h.Set("ETag", `"`+j.SHA256+`"`) // a download goes on only with the same file
		// A long file on a slow line outlasts the time that an answer has otherwise.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
		http.ServeContent(w, r, j.Name, *j.FinishedAt, file)
	}}, nil
}

// placeNames names a site and a device for people.
type placeNames struct {
	county *event.County
	pick   func(event.Text) string
}

func (p placeNames) site(id event.SiteID) (name, township string) {
	if s := p.county.Site(id); s != nil {
		return p.pick(s.Name), s.Township
	}
	return "", ""
}

func (p placeNames) device(site event.SiteID, id event.DeviceID) string {
	if d := p.county.Device(site, id); d != nil {
		return p.pick(d.Name)
	}
	return ""
}

// header picks the language of titles written as "中文|English".
func (o *ExportOptions) header(titles string) []string {
	var out []string
	for t := range strings.SplitSeq(titles, ",") {
		zh, en, _ := strings.Cut(t, "|")
		out = append(out, o.pick(event.Text{ZH: zh, EN: en}))
	}
	return out
}
