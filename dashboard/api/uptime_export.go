package api

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/availability/rollup"
	"github.com/campusgate/campusgate/dashboard/report"
)

type uptimeExportInput struct {
	UptimeQuery
	Group  string `query:"group" enum:"county,township,site,device,day" default:"device"`
	Format string `query:"format" enum:"csv,xlsx" default:"csv"`
}

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// firstFigure is the column "devices": names stand before it.
const firstFigure = 7

// uptimeColumns are the columns of the file, never renamed.
func uptimeColumns() []string {
	return []string{
		"day", "township", "site", "device", "kind", "name_zh", "name_en", "devices", "days", "registered_s", "base_s",
		"up_pct", "online_pct", "recorded_pct", "usable_pct", "up_s", "degraded_s", "down_s", "maintenance_s", "off_hours_s", "elsewhere_s", "unobserved_s",
		"cause_device_s", "cause_power_s", "cause_gateway_s", "cause_network_s", "cause_centre_s", "cause_unobserved_s", "outages", "longest_s",
	}
}

func (a *API) exportUptime(ctx context.Context, id auth.Identity, in *uptimeExportInput) (*huma.StreamResponse, error) {
	q, err := a.query(id, &in.UptimeQuery)
	if err != nil {
		return nil, err
	}
	s, err := a.uptime()
	if err != nil {
		return nil, err
	}
	rows, err := s.Groups(ctx, q, in.Group)
	if err != nil {
		return nil, a.rollupError(err)
	}
	if in.Format == "xlsx" {
		return a.uptimeWorkbook(q, in.Group, rows)
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "text/csv; charset=utf-8")
		hc.SetHeader("Content-Disposition", `attachment; filename="availability-`+q.From+"-"+q.To+"-"+in.Group+`.csv"`)
		hc.SetStatus(http.StatusOK)
		w := hc.BodyWriter()
		_, _ = w.Write([]byte("\ufeff")) // spreadsheets take UTF-8 by it
		out := csv.NewWriter(w)
		_ = out.Write(uptimeColumns()) // Error says it below
		for i := range rows {
			rows[i].Kind = q.Kind
			if err := out.Write(uptimeLine(&rows[i])); err != nil {
				return // the caller has gone
			}
		}
		out.Flush()
		if err := out.Error(); err != nil {
			a.deps.Log.Debug().Err(err).Msg("availability not sent to its end")
		}
	}}, nil
}

// uptimeWorkbook is the same file as XLSX, with numbers as numbers.
func (a *API) uptimeWorkbook(q rollup.Query, group string, rows []rollup.Row) (*huma.StreamResponse, error) {
	sheet := report.Sheet{Name: "availability", Header: uptimeColumns()}
	for i := range rows {
		rows[i].Kind = q.Kind
		line := uptimeLine(&rows[i])
		cells := make([]any, len(line))
		for j, text := range line {
			cells[j] = text
			if n, err := strconv.ParseFloat(text, 64); err == nil && j >= firstFigure {
				cells[j] = n
			} else if text == "" {
				cells[j] = nil
			}
		}
		sheet.Rows = append(sheet.Rows, cells)
	}
	text, err := report.Workbook([]report.Sheet{sheet})
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", xlsxType)
		hc.SetHeader("Content-Disposition", `attachment; filename="availability-`+q.From+"-"+q.To+"-"+group+`.xlsx"`)
		hc.SetStatus(http.StatusOK)
		_, _ = hc.BodyWriter().Write(text) // the caller has gone if this fails
	}}, nil
}

func uptimeLine(r *rollup.Row) []string {
	seconds := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	share := func(v *float64) string {
		if v == nil {
			return "" // nothing was observed
		}
		return strconv.FormatFloat(*v, 'f', 4, 64)
	}
	rates := r.Rates()
	line := []string{
		r.Day, plain(r.Township), plain(string(r.Site)), plain(string(r.Device)), string(r.Kind), plain(r.Name.ZH), plain(r.Name.EN),
		strconv.Itoa(r.Devices), strconv.Itoa(r.Days), seconds(r.RegisteredS), seconds(r.BaseS()),
		share(r.Summary().UpPct), share(rates.OnlinePct), share(rates.RecordedPct), share(rates.UsablePct),
	}
	for _, v := range []float64{
		r.Seconds.Up, r.Seconds.Degraded, r.Seconds.Down, r.Seconds.Maintenance, r.Seconds.OffHours, r.Seconds.Elsewhere, r.Seconds.Unobserved,
		r.Causes.Device, r.Causes.Power, r.Causes.Gateway, r.Causes.Network, r.Causes.Centre, r.Causes.Unobserved,
	} {
		line = append(line, seconds(v))
	}
	return append(line, strconv.Itoa(r.Outages), seconds(r.LongestS))
}

// plain keeps a spreadsheet from taking a name for a formula.
func plain(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
