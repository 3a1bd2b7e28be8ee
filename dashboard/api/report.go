package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/report"
)

type reportInput struct {
	Month string `path:"month" maxLength:"7"`
	Rev   int64  `query:"rev" minimum:"0" doc:"0: the newest of the month."`
}

type reportFileInput struct {
	Month  string `path:"month" maxLength:"7"`
	Rev    int64  `query:"rev" minimum:"0" doc:"0: the newest of the month."`
	Format string `query:"format" enum:"csv,xlsx,bundle" default:"xlsx" doc:"bundle: the inputs with their seal, to verify with campusgate check --report."`
}

type makeReportInput struct {
	Body struct {
		Month string `json:"month" maxLength:"7" doc:"YYYY-MM; of the present month the report is preliminary."`
	}
}

// MonthlyReport is a report, computed from its frozen inputs.
type MonthlyReport struct {
	Head   report.Head     `json:"head"`
	Report *report.Monthly `json:"report"`
}

func (a *API) reportRoutes() {
	readers := []auth.Role{auth.Admin, auth.Inspector, auth.Operator}
	handle(a, http.MethodGet, "/reports", "Monthly reports, the newest first", readers,
		func(ctx context.Context, id auth.Identity, _ *nothing) (*body[list[report.Head]], error) {
			s, err := a.reports(id)
			if err != nil {
				return nil, err
			}
			rows, err := s.List(ctx)
			return page(rows, ""), err
		})
	handle(a, http.MethodPost, "/reports", "Make the report of a month; it is kept as it is, also when a later one is made", []auth.Role{auth.Admin, auth.Inspector}, a.makeReport)
	handle(a, http.MethodGet, "/reports/{month}", "A report, computed again from its inputs", readers,
		func(ctx context.Context, id auth.Identity, in *reportInput) (*body[MonthlyReport], error) {
			s, err := a.reports(id)
			if err != nil {
				return nil, err
			}
			head, r, err := s.Read(ctx, in.Month, in.Rev)
			return &body[MonthlyReport]{MonthlyReport{head, r}}, reportError(err)
		})
	handle(a, http.MethodGet, "/reports/{month}/file", "A report as it was handed out: CSV, XLSX, or the bundle to verify", readers, a.reportFile)
}

// reports is the service for somebody who sees the whole county.
func (a *API) reports(id auth.Identity) (*report.Service, error) {
	if !id.Scope.All() {
		return nil, countyOnly()
	}
	if a.deps.Reports == nil {
		return nil, a.unavailable("the history", errors.New("no history is configured"))
	}
	return a.deps.Reports, nil
}

func reportError(err error) error {
	switch {
	case errors.Is(err, report.ErrNotFound):
		return notFound()
	case errors.Is(err, report.ErrMonth):
		return invalid("body.month", err.Error())
	}
	return err
}

func (a *API) makeReport(ctx context.Context, id auth.Identity, in *makeReportInput) (*body[report.Head], error) {
	s, err := a.reports(id)
	if err != nil {
		return nil, err
	}
	head, err := s.Make(ctx, in.Body.Month, id.Username)
	return &body[report.Head]{head}, a.rollupError(reportError(err))
}

func (a *API) reportFile(ctx context.Context, id auth.Identity, in *reportFileInput) (*file, error) {
	s, err := a.reports(id)
	if err != nil {
		return nil, err
	}
	kept, err := s.Stored(ctx, in.Month, in.Rev)
	if err != nil {
		return nil, reportError(err)
	}
	name := fmt.Sprintf("report-%s-%d.", kept.Month, kept.Rev)
	switch in.Format {
	case "csv":
		return &file{"text/csv; charset=utf-8", `attachment; filename="` + name + `csv"`, kept.Files.CSV}, nil
	case "bundle":
		return &file{"application/json", `attachment; filename="` + name + `json"`, kept.Bundle}, nil
	}
	return &file{xlsxType, `attachment; filename="` + name + `xlsx"`, kept.Files.XLSX}, nil
}
