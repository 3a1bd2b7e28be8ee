package rollup

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/dashboard/availability"
	"github.com/campusgate/campusgate/gateway/event"
)

// DayForm is how days are written.
const DayForm = "2006-01-02"

// Causes says who is to blame for the time in which a device did not work, in seconds.
type Causes struct {
	Device     float64 `json:"device" doc:"The device itself."`
	Power      float64 `json:"power" doc:"The school's power, switch or recorder."`
	Gateway    float64 `json:"gateway"`
	Network    float64 `json:"network"`
	Centre     float64 `json:"centre"`
	Unobserved float64 `json:"unobserved" doc:"Nobody knows."`
}

// The causes of an outage. They are stored: never rename.
const (
	CauseDevice  = "device"
	CausePower   = "power"
	CauseGateway = "gateway"
	CauseNetwork = "network"
	CauseCentre  = "centre"
)

// Cause is who is to blame for a span; empty where it is no outage.
func Cause(s availability.Span) string {
	switch {
	case s.State == availability.Down:
		return CauseDevice
	case s.State != availability.Elsewhere:
		return ""
	}
	switch s.Reason {
	case CausePower, CauseGateway, CauseCentre:
		return s.Reason
	case reasonSwitch:
		return CausePower
	}
	return CauseNetwork
}

// Row is a device, or many, on a day, or many.
type Row struct {
	Day      string
	Site     event.SiteID
	Device   event.DeviceID
	Kind     event.Kind
	Township string
	Name     event.Text

	Devices     int // how many of them
	Days        int // on how many days something is known
	RegisteredS float64
	Seconds     availability.Seconds
	Causes      Causes
	Outages     int
	LongestS    float64
	// LeadS and TailS are how long it was down since the day began and until it ended.
	LeadS, TailS                            float64
	ExpectedS, CoveredS, UsableS, UnusableS float64

	Spans []availability.Span
}

// BaseS is the observed service time, in seconds.
func (r *Row) BaseS() float64 { return r.Seconds.Up + r.Seconds.Degraded + r.Seconds.Down }

// Summary is the row's arithmetic.
func (r *Row) Summary() availability.Summary {
	return availability.Summary{
		UpPct: availability.Share(r.Seconds.Up, r.Seconds.Degraded+r.Seconds.Down), Seconds: r.Seconds, Outages: r.Outages, LongestS: r.LongestS,
	}
}

// Rates are the three figures; of what is no camera, only the first can be.
func (r *Row) Rates() availability.Rates {
	return availability.Rates{
		OnlinePct:   availability.Share(r.Seconds.Up+r.Seconds.Degraded, r.Seconds.Down),
		RecordedPct: availability.Share(r.CoveredS, r.ExpectedS-r.CoveredS),
		UsablePct:   availability.Share(r.UsableS, r.UnusableS),
		ExpectedS:   r.ExpectedS, CoveredS: r.CoveredS, UsableS: r.UsableS, UnusableS: r.UnusableS,
	}
}

// add takes in another row, of another device or day. Days and outages across midnight are
// the caller's business.
func (r *Row) add(o *Row) {
	r.Devices += o.Devices
	r.RegisteredS += o.RegisteredS
	r.Seconds.Up += o.Seconds.Up
	r.Seconds.Down += o.Seconds.Down
	r.Seconds.Degraded += o.Seconds.Degraded
	r.Seconds.Maintenance += o.Seconds.Maintenance
	r.Seconds.OffHours += o.Seconds.OffHours
	r.Seconds.Elsewhere += o.Seconds.Elsewhere
	r.Seconds.Unobserved += o.Seconds.Unobserved
	r.Causes.Device += o.Causes.Device
	r.Causes.Power += o.Causes.Power
	r.Causes.Gateway += o.Causes.Gateway
	r.Causes.Network += o.Causes.Network
	r.Causes.Centre += o.Causes.Centre
	r.Causes.Unobserved += o.Causes.Unobserved
	r.Outages += o.Outages
	r.LongestS = max(r.LongestS, o.LongestS)
	r.ExpectedS += o.ExpectedS
	r.CoveredS += o.CoveredS
	r.UsableS += o.UsableS
	r.UnusableS += o.UnusableS
}

// measure fills in what spans say.
func (r *Row) measure(window availability.Interval, spans []availability.Span) {
	sum := availability.Sum(spans)
	r.Spans, r.Seconds, r.Outages, r.LongestS = spans, sum.Seconds, sum.Outages, sum.LongestS
	r.Devices, r.Days = 1, 1
	lead := true
	for i, s := range spans {
		d := s.To.Sub(s.From).Seconds()
		r.RegisteredS += d
		switch Cause(s) {
		case CauseDevice:
			r.Causes.Device += d
		case CausePower:
			r.Causes.Power += d
		case CauseGateway:
			r.Causes.Gateway += d
		case CauseCentre:
			r.Causes.Centre += d
		case CauseNetwork:
			r.Causes.Network += d
		}
		if s.State == availability.Unobserved {
			r.Causes.Unobserved += d
		}
		touches := i == 0 && s.From.Equal(window.From) || i > 0 && spans[i-1].To.Equal(s.From)
		if lead = lead && touches && s.State == availability.Down; lead {
			r.LeadS += d
		}
	}
	end := window.To
	for i := len(spans) - 1; i >= 0 && spans[i].State == availability.Down && spans[i].To.Equal(end); i-- {
		r.TailS += spans[i].To.Sub(spans[i].From).Seconds()
		end = spans[i].From
	}
}

// rates fills in what checks say.
func (r *Row) rates(x availability.Rates) {
	r.ExpectedS, r.CoveredS, r.UsableS, r.UnusableS = x.ExpectedS, x.CoveredS, x.UsableS, x.UnusableS
}

// PackSpans writes spans as short as JSON can: [from, to, state, reason] with nanoseconds
// since 1970.
func PackSpans(spans []availability.Span) (string, error) {
	out := make([][4]any, len(spans))
	for i, s := range spans {
		out[i] = [4]any{s.From.UnixNano(), s.To.UnixNano(), s.State, s.Reason}
	}
	text, err := json.Marshal(out)
	return string(text), err
}

// UnpackSpans reads what PackSpans wrote.
func UnpackSpans(text string) ([]availability.Span, error) {
	var in [][4]json.RawMessage
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		return nil, fmt.Errorf("read spans: %w", err)
	}
	out := make([]availability.Span, len(in))
	for i, x := range in {
		var from, to int64
		for j, into := range []any{&from, &to, &out[i].State, &out[i].Reason} {
			if err := json.Unmarshal(x[j], into); err != nil {
				return nil, fmt.Errorf("read spans: %w", err)
			}
		}
		out[i].From, out[i].To = time.Unix(0, from).UTC(), time.Unix(0, to).UTC()
	}
	return out, nil
}

// DayOf is the day of the zone in which a time lies, and when it begins and ends.
func DayOf(at time.Time, zone *time.Location) (string, availability.Interval) {
	y, m, d := at.In(zone).Date()
	return time.Date(y, m, d, 12, 0, 0, 0, time.UTC).Format(DayForm), availability.Interval{
		From: time.Date(y, m, d, 0, 0, 0, 0, zone).UTC(), To: time.Date(y, m, d+1, 0, 0, 0, 0, zone).UTC(),
	}
}

// IntervalOf is when a day begins and ends.
func IntervalOf(day string, zone *time.Location) (availability.Interval, error) {
	noon, err := time.ParseInLocation(DayForm+" 15", day+" 12", zone)
	if err != nil {
		return availability.Interval{}, fmt.Errorf("%q is no day", day)
	}
	_, w := DayOf(noon, zone)
	return w, nil
}
