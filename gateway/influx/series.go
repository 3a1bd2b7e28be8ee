package influx

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// MaxPoints is the largest number of points of a series.
const MaxPoints = 1000

// SeriesQuery asks for what one device measured, in buckets of time.
type SeriesQuery struct {
	Site     event.SiteID   // required
	Device   event.DeviceID // required
	Type     event.Type     // required; one that has a value: see Series
	Quantity string         // of kitchen readings, required for them
	From, To time.Time      // From included, To excluded, both required
	Points   int            // at most so many buckets, 1 to MaxPoints
}

// SeriesPoint is what was measured in one bucket; buckets without a value have none.
type SeriesPoint struct {
	At             time.Time // where the bucket begins
	N              int64     // measurements, 1 or more
	Min, Mean, Max float64
}

// seriesField is the measured field of each type that has one.
func seriesField(t event.Type) string {
	switch t {
	case event.TypeTemperatureCheck:
		return "celsius"
	case event.TypeKitchenReading:
		return "value"
	case event.TypeDeviceStatus:
		return "latency_ms"
	case event.TypeVehiclePosition:
		return "speed_kmh"
	case event.TypeCameraCheck:
		return "score"
	}
	return ""
}

// steps are lengths of buckets that a clock knows.
func steps() []time.Duration {
	const d = 24 * time.Hour
	return []time.Duration{
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, d, 2 * d, 7 * d, 14 * d, 30 * d, 90 * d, 365 * d,
	}
}

// Step is the shortest bucket that keeps a span of time within a number of points.
func Step(span time.Duration, points int) time.Duration {
	all := steps()
	for _, s := range all {
		if span/s+2 <= time.Duration(points) { // buckets at both ends may be cut
			return s
		}
	}
	return all[len(all)-1]
}

// Series returns minimum, mean and maximum of each bucket, oldest first, and the length of
// the buckets. InfluxDB counts; what comes over the wire is at most q.Points rows.
func (r *Reader) Series(ctx context.Context, q SeriesQuery) (points []SeriesPoint, step time.Duration, err error) {
	field := seriesField(q.Type)
	switch {
	case field == "":
		return nil, 0, &event.Fault{Key: "type", Value: q.Type, Want: "a type with a value: temperature_check, kitchen_reading, device_status, vehicle_position or camera_check"}
	case q.From.IsZero() || !q.To.After(q.From):
		return nil, 0, &event.Fault{Key: "to", Value: q.To, Want: "a time after from"}
	case q.Points < 3 || q.Points > MaxPoints:
		return nil, 0, &event.Fault{Key: "points", Value: q.Points, Want: fmt.Sprint("3 to ", MaxPoints)}
	}
	ctx, cancel := context.WithTimeout(ctx, r.config.QueryTimeout)
	defer cancel()
	step = Step(q.To.Sub(q.From), q.Points)
	w := newWhere()
	timeRange(w, q.From, q.To)
	w.equal("site", string(q.Site))
	w.equal("device", string(q.Device))
	if q.Type == event.TypeKitchenReading {
		w.equal("quantity", q.Quantity)
	}
	f := `("` + field + `")`
	err = r.client.query(ctx, r.config.Database,
		"SELECT count"+f+", min"+f+", mean"+f+", max"+f+" FROM "+r.config.source(string(q.Type))+w.text()+
			" GROUP BY time("+strconv.FormatInt(int64(step/time.Second), 10)+"s) fill(none)", w.params,
		func(row *resultRow) error {
			if n := row.integer("count"); n > 0 {
				points = append(points, SeriesPoint{at(row.nanos()), n, row.float("min"), row.float("mean"), row.float("max")})
			}
			return nil
		})
	if err != nil {
		return nil, 0, err
	}
	// A server that answers buckets in pieces keeps their order; hold it anyway.
	slices.SortFunc(points, func(a, b SeriesPoint) int { return a.At.Compare(b.At) })
	return points, step, nil
}

// GateLogCount counts what a question for the gate log would list, however long it takes
// within QueryTimeout. Every passage has an event_id.
func (r *Reader) GateLogCount(ctx context.Context, q GateLogQuery) (n int64, err error) {
	if q.Sites != nil && len(q.Sites) == 0 {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.config.QueryTimeout)
	defer cancel()
	w := newWhere()
	timeRange(w, q.From, q.To)
	q.restrict(w, string(event.TypeGateAccess))
	err = r.client.query(ctx, r.config.Database,
		`SELECT count("event_id") FROM `+r.config.source(string(event.TypeGateAccess))+w.text(), w.params,
		func(row *resultRow) error { n = row.integer("count"); return nil })
	return n, err
}
