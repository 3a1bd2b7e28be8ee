package influx

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// EachEvent yields the events of one type observed in [from, to), oldest first, as they
// arrive. An error of yield ends it. It runs as long as ctx lasts.
func (r *Reader) EachEvent(ctx context.Context, t event.Type, from, to time.Time, yield func(*event.Event) error) error {
	if !slices.Contains(event.Types(), t) {
		return &event.Fault{Key: "type", Value: t, Want: fmt.Sprint("one of ", event.Types())}
	}
	measurement := string(t)
	w := newWhere()
	timeRange(w, from, to)
	return r.client.query(ctx, r.config.Database, "SELECT * FROM "+r.config.source(measurement)+w.text()+" ORDER BY time ASC", w.params,
		func(row *resultRow) error {
			e := eventOf(measurement, row)
			return yield(&e)
		})
}
