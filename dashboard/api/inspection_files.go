package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/inspection"
	"github.com/campusgate/campusgate/gateway/event"
)

type casePictureInput struct {
	ID      string `path:"id" maxLength:"64"`
	Item    string `query:"item" maxLength:"64" doc:"Of an inspection: which item it shows."`
	Note    string `query:"note" maxLength:"200"`
	RawBody []byte `contentType:"image/jpeg" doc:"A JPEG, PNG or WebP picture, at most 5 MiB."`
}

type hazardInput struct {
	Body struct {
		Site   event.SiteID      `json:"site" maxLength:"64"`
		Text   string            `json:"text" maxLength:"2000" doc:"What is dangerous; no names of persons."`
		Place  string            `json:"place,omitempty" maxLength:"200"`
		Weight inspection.Weight `json:"weight" enum:"general,serious,major"`
	}
}

// CasePicture is a picture that was added, and the case afterwards.
type CasePicture struct {
	Case    inspection.Case    `json:"case"`
	Picture inspection.Picture `json:"picture"`
}

func (a *API) reportHazard(ctx context.Context, id auth.Identity, in *hazardInput) (*body[inspection.Case], error) {
	if a.deps.Inspect == nil {
		return nil, noInspections()
	}
	b := &in.Body
	c, err := a.deps.Inspect.ReportHazard(ctx, person(id), b.Site, inspection.Hazard{Text: b.Text, Place: b.Place, Weight: b.Weight}, a.deps.Now())
	return &body[inspection.Case]{c}, err
}

func (a *API) casePictureRoutes(kind inspection.Kind, path string, roles []auth.Role) {
	handle(a, http.MethodPost, path+"/{id}/attachments", "Attach a picture: "+string(kind), roles,
		func(ctx context.Context, id auth.Identity, in *casePictureInput) (*body[CasePicture], error) {
			if a.deps.Inspect == nil {
				return nil, noInspections()
			}
			c, pic, err := a.deps.Inspect.AddPicture(ctx, person(id), kind, in.ID, inspection.Picture{Item: in.Item, Note: in.Note}, in.RawBody, a.deps.Now())
			return &body[CasePicture]{CasePicture{c, pic}}, err
		}, func(op *huma.Operation) { op.MaxBodyBytes = inspection.MaxPicture })
	handle(a, http.MethodGet, path+"/{id}/attachments/{n}", "A picture; who looks at it is written into the audit: "+string(kind), everyone(),
		func(ctx context.Context, id auth.Identity, in *pictureID) (*pictureOutput, error) {
			if _, _, err := a.visibleCase(ctx, id, kind, in.ID, a.deps.Now()); err != nil {
				return nil, err
			}
			pic, data, err := a.deps.Inspect.Picture(ctx, in.ID, in.N, id.Username, a.deps.Now())
			if err != nil {
				return nil, err
			}
			end := map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}[pic.Type]
			return &pictureOutput{pic.Type, fmt.Sprintf("inline; filename=%q", pic.SHA256[:16]+end), data}, nil
		})
}
