package influx

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Slices of time that a page is looked for in, newest first. InfluxDB opens a cursor for
// every series and field of every shard that a query's time touches before it gives the
// first row, so a query over a year is slow even where its limit is reached within the
// last hour.
const (
	firstSlice = 24 * time.Hour
	// A slice answered within a quarter of quick is followed by one four times as long,
	// within quick by one twice as long, one slower than slow by half of it. Most of what a
	// slice costs are its series, not its length; where a text is looked for, its length.
	quick    = 80 * time.Millisecond
	slow     = 160 * time.Millisecond
	minSlice = 10 * time.Minute
	// oldest is how far back slices go; whatever is older is asked for at once.
	oldest = 10 * 365 * 24 * time.Hour
)

type pageQuery struct {
	measurements []string
	from, to     time.Time
	limit        int
	cursor       string
	budget       time.Duration
}

// page reads measurements side by side, one slice of time after the other, and merges them.
func (r *Reader) page(ctx context.Context, q pageQuery, restrict func(*where, string)) ([]event.Event, string, error) {
	ctx, cancel := context.WithTimeout(ctx, r.config.QueryTimeout)
	defer cancel()
	after, err := parseCursor(q.cursor)
	if err != nil {
		return nil, "", err
	}
	if q.limit <= 0 {
		q.limit = DefaultPage
	}
	limit := min(q.limit, MaxPage)
	begin := time.Now()
	s := newSlices(q.from, q.to, after, begin)
	var all []event.Event
	for s.next() {
		asked := time.Now()
		var found []event.Event
		for _, m := range q.measurements {
			rows, err := r.newest(ctx, m, s, limit+1-len(all), after, func(w *where) { restrict(w, m) })
			if err != nil {
				return nil, "", err
			}
			found = append(found, rows...)
		}
		slices.SortFunc(found, newestFirst)
		all = append(all, found...)
		if len(all) > limit {
			all = all[:limit]
			return all, cursorOf(&all[limit-1]), nil
		}
		s.took(time.Since(asked))
		if q.budget > 0 && !s.done && time.Since(begin) >= q.budget {
			return all, place{true, s.lo, ""}.String(), nil
		}
	}
	return all, "", nil
}

// timeSlices walks from the newest moment asked for to the oldest.
type timeSlices struct {
	lo, hi int64 // Unix nanoseconds: lo included, hi excluded
	from   int64
	floor  int64
	length time.Duration
	done   bool
}

func newSlices(from, to time.Time, after place, now time.Time) *timeSlices {
	s := &timeSlices{from: minNanos, lo: maxNanos, length: firstSlice, floor: nanos(now.Add(-oldest))}
	if !from.IsZero() {
		s.from = nanos(from)
	}
	if !to.IsZero() {
		s.lo = nanos(to)
	}
	if after.set && after.ns < s.lo {
		s.lo = min(after.ns, maxNanos-1) + 1
	}
	s.hi = s.lo
	return s
}

// next moves to the slice before.
func (s *timeSlices) next() bool {
	if s.done || s.from >= s.lo {
		return false
	}
	s.hi = s.lo
	end := s.hi
	if now := s.floor + int64(oldest); end > now {
		end = now // nothing, or little, is newer: it goes with the first slice
	}
	if end < s.floor || end-s.floor < int64(s.length) || end-int64(s.length) <= s.from {
		s.lo, s.done = s.from, true
	} else {
		s.lo = end - int64(s.length)
	}
	return true
}

// took chooses the length of the next slice by what the last one cost.
func (s *timeSlices) took(d time.Duration) {
	switch {
	case d < quick/4:
		s.length = min(s.length*4, math.MaxInt64/8)
	case d < quick:
		s.length = min(s.length*2, math.MaxInt64/8)
	case d > slow:
		s.length = max(s.length/2, minSlice)
	}
}

// newest returns up to want events of one measurement in a slice that come after the
// cursor, newest first. InfluxDB orders by time alone, so events of the same nanosecond are
// taken whole and ordered here; a group that the limit cut in two is asked for again.
func (r *Reader) newest(ctx context.Context, measurement string, s *timeSlices, want int, after place, restrict func(*where)) ([]event.Event, error) {
	for limit := want + 16; ; limit *= 2 {
		w := newWhere()
		s.restrict(w)
		restrict(w)
		source := r.config.source(measurement)
		if n, err := r.narrow(ctx, measurement, w, limit); err != nil || n == 0 {
			return nil, err
		}
		var rows []event.Event
		n := 0
		err := r.client.query(ctx, r.config.Database,
			"SELECT * FROM "+source+w.text()+" ORDER BY time DESC LIMIT "+strconv.Itoa(limit), w.params,
			func(row *resultRow) error {
				n++
				if e := eventOf(measurement, row); after.before(&e) {
					rows = append(rows, e)
				}
				return nil
			})
		if err != nil {
			return nil, err
		}
		if n == limit && len(rows) > 0 { // the oldest group may be incomplete
			last := rows[len(rows)-1].ObservedAt
			for len(rows) > 0 && rows[len(rows)-1].ObservedAt.Equal(last) {
				rows = rows[:len(rows)-1]
			}
		}
		if n < limit || len(rows) >= want {
			slices.SortFunc(rows, newestFirst)
			return rows[:min(len(rows), want)], nil
		}
	}
}

// restrict limits a query to the slice.
func (s *timeSlices) restrict(w *where) {
	if s.lo > minNanos {
		w.add("time >= " + w.bind(s.lo))
	}
	if s.hi < maxNanos {
		w.add("time < " + w.bind(s.hi))
	}
}

// Bounds of narrowing: answers of more rows, or of more series, gain nothing by it.
const (
	narrowRows   = 1200
	narrowSeries = 160
)

// narrow limits a query of the gate log, which a county has in thousands of series, to the
// series and the time of its newest rows, and returns how many it found. To find those it
// reads one flag of each series. "SELECT *" decodes a block of up to a thousand values of
// every field of every series, whatever its limit: thirty times as much.
func (r *Reader) narrow(ctx context.Context, measurement string, w *where, limit int) (int, error) {
	if measurement != string(event.TypeGateAccess) || limit > narrowRows {
		return limit, nil
	}
	tags := []string{"site", "device", "direction", "method", "person_kind", "result"}
	seen := map[[6]string]bool{}
	n := 0
	first, last := int64(maxNanos), int64(minNanos)
	err := r.client.query(ctx, r.config.Database,
		`SELECT "late", "`+strings.Join(tags, `", "`)+`" FROM `+r.config.source(measurement)+w.text()+" ORDER BY time DESC LIMIT "+strconv.Itoa(limit), w.params,
		func(row *resultRow) error {
			n++
			first, last = min(first, row.nanos()), max(last, row.nanos())
			var key [6]string
			for i, t := range tags {
				key[i] = row.text(t)
			}
			seen[key] = true
			return nil
		})
	if err != nil || n == 0 || len(seen) > narrowSeries {
		return n, err
	}
	w.add("time >= " + w.bind(first) + " AND time <= " + w.bind(last))
	either := make([]string, 0, len(seen))
	for key := range seen {
		all := make([]string, len(tags))
		for i, t := range tags {
			all[i] = `"` + t + `" = ` + w.bind(key[i])
		}
		either = append(either, "("+strings.Join(all, " AND ")+")")
	}
	w.add("(" + strings.Join(either, " OR ") + ")")
	return n, nil
}
