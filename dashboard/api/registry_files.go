package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/registry"
)

// maxImportBody holds the longest file as base64.
const maxImportBody = registry.MaxFile/3*4 + 64<<10

type importInput struct {
	Body struct {
		Sheet string `json:"sheet" enum:"sites,routes,devices,vehicles,people"`
		Mode  string `json:"mode" enum:"check,all,good" default:"check" required:"false" doc:"check changes nothing; all takes every line or none; good takes the lines without a fault."`
		Data  []byte `json:"data" doc:"The file, base64: CSV (UTF-8 or GB18030), XLSX, of routes also GeoJSON; at most 8 MiB."`
	}
}

type exportInput struct {
	Sheet  string `query:"sheet" enum:"sites,routes,devices,vehicles,people" required:"true"`
	Format string `query:"format" enum:"csv,xlsx,geojson" default:"csv" doc:"GeoJSON of routes only."`
}

// file is an answer to keep.
type file struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (a *API) registryFiles() {
	handle(a, http.MethodPost, "/registry/import", "Take a file into the registry, or say what it would do", admins(), a.importFile,
		func(op *huma.Operation) { op.MaxBodyBytes = maxImportBody })
	handle(a, http.MethodGet, "/registry/export", "The registry as a file; names are masked", []auth.Role{auth.Admin, auth.Operator, auth.Inspector},
		func(_ context.Context, id auth.Identity, in *exportInput) (*file, error) {
			r, err := a.edits()
			if err != nil {
				return nil, err
			}
			if in.Format == registry.FormatGeoJSON && in.Sheet != registry.SheetRoutes {
				return nil, invalid("query.format", "only routes are exported as GeoJSON")
			}
			text, err := r.Export(in.Sheet, in.Format, func(e registry.Entry) bool { return a.sees(id, e) })
			types := map[string]string{
				registry.FormatCSV: "text/csv; charset=utf-8", registry.FormatGeoJSON: "application/geo+json",
				registry.FormatXLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
			}
			return &file{types[in.Format], `attachment; filename="` + in.Sheet + "." + in.Format + `"`, text}, err
		})
}

func (a *API) importFile(ctx context.Context, id auth.Identity, in *importInput) (*body[registry.Report], error) {
	r, err := a.edits()
	if err != nil {
		return nil, err
	}
	if !id.Scope.All() {
		return nil, countyOnly()
	}
	report, err := r.Import(ctx, id.Username, in.Body.Sheet, in.Body.Mode, in.Body.Data)
	var unreadable *registry.Unreadable
	if errors.As(err, &unreadable) {
		return nil, invalid("body.data", unreadable.Error())
	}
	return &body[registry.Report]{report}, registryError(err)
}
