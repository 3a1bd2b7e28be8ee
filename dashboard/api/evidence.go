package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/auth"
)

type pictureInput struct {
	ID      string `path:"id" maxLength:"64"`
	Rev     int64  `query:"rev" minimum:"0" doc:"The revision the decision was made on; 0: any."`
	Name    string `query:"name" maxLength:"200" doc:"Of the file."`
	Note    string `query:"note" maxLength:"2000"`
	Lat     string `query:"lat" maxLength:"20" doc:"WGS-84 degrees, with lon, or neither."`
	Lon     string `query:"lon" maxLength:"20"`
	RawBody []byte `contentType:"image/jpeg" doc:"A JPEG, PNG or WebP picture, at most 5 MiB."`
}

type positionInput struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Rev  int64   `json:"rev" minimum:"0" doc:"The revision the decision was made on; 0: any."`
		Lat  float64 `json:"lat" minimum:"-90" maximum:"90"`
		Lon  float64 `json:"lon" minimum:"-180" maximum:"180"`
		Note string  `json:"note,omitempty" maxLength:"2000"`
	}
}

type pictureID struct {
	ID string `path:"id" maxLength:"64"`
	N  int64  `path:"n" minimum:"1"`
}

type pictureOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// Attached is what was attached, and the alarm afterwards.
type Attached struct {
	Alarm      alarm.Alarm      `json:"alarm"`
	Attachment alarm.Attachment `json:"attachment"`
}

func (a *API) evidenceRoutes() {
	people := []auth.Role{auth.Admin, auth.Operator, auth.Guard}
	handle(a, http.MethodGet, "/alarms/{id}/attachments", "Pictures and positions of an alarm", everyone(), a.listAttachments)
	handle(a, http.MethodPost, "/alarms/{id}/attachments", "Attach a picture", people, a.attachPicture,
		func(op *huma.Operation) { op.MaxBodyBytes = alarm.MaxPicture })
	handle(a, http.MethodPost, "/alarms/{id}/position", "Attach a position", people,
		func(ctx context.Context, id auth.Identity, in *positionInput) (*body[Attached], error) {
			b := &in.Body
			return a.attach(ctx, id, alarm.Evidence{ID: in.ID, Rev: b.Rev, Note: b.Note, Lat: &b.Lat, Lon: &b.Lon})
		})
	handle(a, http.MethodGet, "/alarms/{id}/attachments/{n}", "A picture; who looks at it is written into the audit", everyone(), a.picture)
}

// visible returns an alarm that the caller may see.
func (a *API) visible(ctx context.Context, id auth.Identity, key string) error {
	row, _, err := a.deps.Alarms.Alarm(ctx, key)
	if err != nil {
		return err
	}
	if !id.Scope.Allows(row.Site) {
		return notFound()
	}
	return nil
}

func (a *API) listAttachments(ctx context.Context, id auth.Identity, in *alarmID) (*body[list[alarm.Attachment]], error) {
	if err := a.visible(ctx, id, in.ID); err != nil {
		return nil, err
	}
	rows, err := a.deps.Alarms.Attachments(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return page(rows, ""), nil
}

func (a *API) attachPicture(ctx context.Context, id auth.Identity, in *pictureInput) (*body[Attached], error) {
	e := alarm.Evidence{ID: in.ID, Rev: in.Rev, Name: in.Name, Note: in.Note, Data: in.RawBody}
	if len(in.RawBody) == 0 {
		return nil, invalid("body", "want a picture")
	}
	for _, c := range []struct {
		text, where string
		into        **float64
	}{{in.Lat, "query.lat", &e.Lat}, {in.Lon, "query.lon", &e.Lon}} {
		if c.text == "" {
			continue
		}
		v, err := strconv.ParseFloat(c.text, 64)
		if err != nil {
			return nil, invalid(c.where, "want degrees")
		}
		*c.into = &v
	}
	return a.attach(ctx, id, e)
}

func (a *API) attach(ctx context.Context, id auth.Identity, e alarm.Evidence) (*body[Attached], error) {
	e.By, e.Allows = id.Username, id.Scope.Allows
	row, att, err := a.deps.Alarms.AddEvidence(ctx, e, a.deps.Now())
	if err != nil {
		return nil, err
	}
	return &body[Attached]{Attached{row, att}}, nil
}

func (a *API) picture(ctx context.Context, id auth.Identity, in *pictureID) (*pictureOutput, error) {
	if err := a.visible(ctx, id, in.ID); err != nil {
		return nil, err
	}
	att, data, err := a.deps.Alarms.Picture(ctx, in.ID, in.N, id.Username, a.deps.Now())
	if errors.Is(err, alarm.ErrNotFound) {
		return nil, notFound()
	}
	if err != nil {
		return nil, err
	}
	// The name is the sender's word; the digest names the file as well and needs no quoting.
	name := fmt.Sprintf("inline; filename=%q", att.SHA256[:16]+map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}[att.Type])
	return &pictureOutput{att.Type, name, data}, nil
}
