package api

import (
	"context"
	"net/http"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/gateway/event"
)

// SeriesQuery has the fields of gateway/influx.SeriesQuery.
type SeriesQuery struct {
	Site     event.SiteID
	Device   event.DeviceID
	Type     event.Type
	Quantity string
	From, To time.Time
	Points   int
}

// SeriesPoint has the fields of gateway/influx.SeriesPoint.
type SeriesPoint struct {
	At             time.Time
	N              int64
	Min, Mean, Max float64
}

type seriesInput struct {
	Site     string    `query:"site" required:"true" minLength:"1" maxLength:"64"`
	Device   string    `query:"device" required:"true" minLength:"1" maxLength:"64"`
	Type     string    `query:"type" required:"true" enum:"temperature_check,kitchen_reading,device_status,vehicle_position,camera_check" doc:"What is measured: °C, the quantity, milliseconds to answer, km/h, the score."`
	Quantity string    `query:"quantity" maxLength:"64" doc:"Needed with kitchen_reading."`
	From     time.Time `query:"from" doc:"Default: 24 hours before to."`
	To       time.Time `query:"to" doc:"Default: now."`
	Points   int       `query:"points" minimum:"3" maximum:"1000" default:"600"`
}

// Series is what a device measured, in buckets of StepS seconds. A bucket without a value
// is not there; two that are further apart than GapS have silence between them.
type Series struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	StepS  float64   `json:"step_s"`
	GapS   float64   `json:"gap_s" doc:"Never draw a line over a pause longer than this. 0: the device reports when something happens; there are no lines at all."`
	Points []Bucket  `json:"points"`
}

// Bucket is one bucket.
type Bucket struct {
	At   int64   `json:"at_ms" doc:"Where it begins, Unix milliseconds."`
	N    int64   `json:"n"`
	Min  float64 `json:"min"`
	Mean float64 `json:"mean"`
	Max  float64 `json:"max"`
}

// missedReports is how many reports a device may miss before a pause is called silence.
const missedReports = 2.5

func (a *API) series(ctx context.Context, id auth.Identity, in *seriesInput) (*body[Series], error) {
	if _, err := sitesOf(id, in.Site); err != nil {
		return nil, err
	}
	h, err := a.past()
	if err != nil {
		return nil, err
	}
	if in.To.IsZero() {
		in.To = a.deps.Now()
	}
	if in.From.IsZero() {
		in.From = in.To.Add(-24 * time.Hour)
	}
	if !in.To.After(in.From) {
		return nil, invalid("query.to", "want a time after from")
	}
	if in.Type == string(event.TypeKitchenReading) && in.Quantity == "" {
		return nil, invalid("query.quantity", "want one with kitchen_reading")
	}
	points, step, err := h.Series(ctx, SeriesQuery{
		Site: event.SiteID(in.Site), Device: event.DeviceID(in.Device), Type: event.Type(in.Type), Quantity: in.Quantity,
		From: in.From, To: in.To, Points: in.Points,
	})
	if err != nil {
		return nil, a.historyError(err)
	}
	out := Series{From: in.From.UTC(), To: in.To.UTC(), StepS: step.Seconds(), Points: make([]Bucket, len(points))}
	for i, p := range points {
		out.Points[i] = Bucket{p.At.UnixMilli(), p.N, p.Min, p.Mean, p.Max}
	}
	if in.Type != string(event.TypeTemperatureCheck) && in.Type != string(event.TypeCameraCheck) {
		out.GapS = 1.5 * step.Seconds()
		if d := a.present().Device(event.SiteID(in.Site), event.DeviceID(in.Device)); d != nil {
			out.GapS = max(out.GapS, missedReports*d.Period.Seconds()+step.Seconds())
		}
	}
	return &body[Series]{out}, nil
}

func (a *API) seriesRoutes() {
	handle(a, http.MethodGet, "/series", "What a device measured, in at most a thousand buckets", everyone(), a.series)
}
