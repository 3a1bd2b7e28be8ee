package influx

import (
	"context"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// checkLookBack is how long before a window a check may have been made that is still valid
// in it.
const checkLookBack = 24 * time.Hour

// EachCheck yields the checks of cameras' pictures and recordings made in [from, to) and in
// the day before, oldest first. nil sites is every one, an empty list none.
func (r *Reader) EachCheck(ctx context.Context, sites []event.SiteID, from, to time.Time, yield func(*event.Event) error) error {
	if sites != nil && len(sites) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.config.QueryTimeout)
	defer cancel()
	const measurement = string(event.TypeCameraCheck)
	w := newWhere()
	timeRange(w, from.Add(-checkLookBack), to)
	anyOf(w, "site", sites)
	return r.client.query(ctx, r.config.Database, "SELECT * FROM "+r.config.source(measurement)+w.text()+" ORDER BY time ASC", w.params,
		func(row *resultRow) error {
			e := eventOf(measurement, row)
			return yield(&e)
		})
}
