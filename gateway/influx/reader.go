package influx

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// MaxPage is the largest Limit of a page; DefaultPage is taken when none is asked for.
const (
	MaxPage     = 5000
	DefaultPage = 200
)

// ErrTooMany tells that an answer without pages has more rows than MaxRows allows.
var ErrTooMany = errors.New("more rows than allowed: ask for a shorter time")

// ErrCursor tells that a cursor is none of ours.
var ErrCursor = errors.New("cursor is not one that this list gave out")

// Reader answers from InfluxDB. It is safe for concurrent use, holds no connection open
// between queries for long, and needs no Start.
type Reader struct {
	config ReaderConfig
	client *client
}

// NewReader checks the settings and reads the secrets; it connects to nothing.
func NewReader(c ReaderConfig) (*Reader, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	cl, err := newClient(c.ServerConfig, 0, 8) // time runs by QueryTimeout, answers may be long
	if err != nil {
		return nil, err
	}
	return &Reader{config: c, client: cl}, nil
}

// Close lets go of idle connections.
func (r *Reader) Close() { r.client.idle() }

// Ping asks the server for its version.
func (r *Reader) Ping(ctx context.Context) (version string, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.config.QueryTimeout)
	defer cancel()
	return r.client.version(ctx)
}

// GateLogQuery asks for gate passages, newest first. Empty fields do not restrict, except
// Sites: nil is every site, an empty list none.
type GateLogQuery struct {
	Sites      []event.SiteID
	From, To   time.Time // From included, To excluded; zero is open
	PersonKind string
	Direction  string
	Result     string
	Device     string
	// Text is looked for, without regard to case, in person, credential, registration,
	// escort, guardian and class teacher.
	Text string
	// WithTemperature adds the temperature checks of the same sites and times; filters that
	// they have no field for (Direction, Result) leave them out.
	WithTemperature bool
	// Budget ends a search that finds little: once it has passed, the page holds what was
	// found, and its cursor goes on from there. A page may then be short, or empty, and yet
	// have a next one. 0 searches to the end.
	Budget time.Duration
	Limit  int // DefaultPage when 0, at most MaxPage
	Cursor string
}

// GateLog returns one page and the cursor of the next, empty at the end. Ordered by time
// and id, newest first: entries that arrive meanwhile move nothing.
func (r *Reader) GateLog(ctx context.Context, q GateLogQuery) (rows []event.Event, next string, err error) {
	if q.Sites != nil && len(q.Sites) == 0 {
		return nil, "", nil
	}
	measurements := []string{string(event.TypeGateAccess)}
	if q.WithTemperature && q.Direction == "" && q.Result == "" {
		measurements = append(measurements, string(event.TypeTemperatureCheck))
	}
	return r.page(ctx, pageQuery{measurements, q.From, q.To, q.Limit, q.Cursor, q.Budget}, q.restrict)
}

// restrict adds the conditions of everything but time.
func (q *GateLogQuery) restrict(w *where, measurement string) {
	anyOf(w, "site", q.Sites)
	w.equal("device", q.Device)
	w.equal("person_kind", q.PersonKind)
	columns := []string{"person"}
	if measurement == string(event.TypeGateAccess) {
		w.equal("direction", q.Direction)
		w.equal("result", q.Result)
		columns = []string{"person", "credential", "registration", "escorted_by", "guardian", "class_teacher"}
	}
	if q.Text != "" {
		// The text is quoted as a literal and travels as a parameter.
		pattern := map[string]any{"regex": "(?i)" + regexp.QuoteMeta(q.Text)}
		for i, c := range columns {
			columns[i] = `"` + c + `" =~ ` + w.bind(pattern)
		}
		w.add("(" + strings.Join(columns, " OR ") + ")")
	}
}

// HistoryQuery asks for the events of one type, newest first. Empty fields do not restrict.
type HistoryQuery struct {
	Site     event.SiteID
	Device   event.DeviceID
	Type     event.Type // required
	Quantity string     // of kitchen readings
	From, To time.Time  // From included, To excluded; zero is open
	Limit    int        // DefaultPage when 0, at most MaxPage
	Cursor   string
}

// History returns one page and the cursor of the next, empty at the end.
func (r *Reader) History(ctx context.Context, q HistoryQuery) (rows []event.Event, next string, err error) {
	if !slices.Contains(event.Types(), q.Type) {
		return nil, "", &event.Fault{Key: "type", Value: q.Type, Want: fmt.Sprint("one of ", event.Types())}
	}
	return r.page(ctx, pageQuery{[]string{string(q.Type)}, q.From, q.To, q.Limit, q.Cursor, 0}, func(w *where, _ string) {
		w.equal("site", string(q.Site))
		w.equal("device", string(q.Device))
		if q.Type == event.TypeKitchenReading {
			w.equal("quantity", q.Quantity)
		}
	})
}

func newestFirst(a, b event.Event) int {
	return cmp.Or(b.ObservedAt.Compare(a.ObservedAt), cmp.Compare(b.ID, a.ID))
}

// place is a position in a list that is ordered newest first.
type place struct {
	set bool
	ns  int64
	id  string
}

// before reports whether e comes after the place in the list.
func (p place) before(e *event.Event) bool {
	if !p.set {
		return true
	}
	if ns := e.ObservedAt.UnixNano(); ns != p.ns {
		return ns < p.ns
	}
	return e.ID < p.id
}

// String is the place as a cursor. An empty id is the place after all of that moment.
func (p place) String() string { return strconv.FormatInt(p.ns, 10) + "." + p.id }

func cursorOf(e *event.Event) string { return place{true, e.ObservedAt.UnixNano(), e.ID}.String() }

func parseCursor(s string) (place, error) {
	if s == "" {
		return place{}, nil
	}
	ns, id, ok := strings.Cut(s, ".")
	n, err := strconv.ParseInt(ns, 10, 64)
	if !ok || err != nil || len(id) > 256 {
		return place{}, ErrCursor
	}
	return place{true, n, id}, nil
}

func timeRange(w *where, from, to time.Time) {
	if !from.IsZero() {
		w.add("time >= " + w.bind(nanos(from)))
	}
	if !to.IsZero() {
		w.add("time < " + w.bind(nanos(to)))
	}
}

// StatusTimeline returns the states of devices in [from, to), oldest first, each device's
// last state before from in front of its own (as far back as LookBack). nil sites or
// devices is every one, an empty list none.
func (r *Reader) StatusTimeline(ctx context.Context, sites []event.SiteID, devices []event.DeviceID, from, to time.Time) ([]event.Event, error) {
	var out []event.Event
	err := r.EachStatus(ctx, sites, devices, from, to, func(e *event.Event) error {
		if len(out) == r.config.MaxRows {
			return ErrTooMany
		}
		out = append(out, *e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// EachStatus is StatusTimeline without holding the rows: first the last states before
// from, oldest first, then those in [from, to), oldest first.
func (r *Reader) EachStatus(ctx context.Context, sites []event.SiteID, devices []event.DeviceID, from, to time.Time, yield func(*event.Event) error) error {
	if sites != nil && len(sites) == 0 || devices != nil && len(devices) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.config.QueryTimeout)
	defer cancel()
	const measurement = string(event.TypeDeviceStatus)
	source := r.config.source(measurement)

	w := newWhere()
	timeRange(w, from.Add(-r.config.LookBack), from)
	anyOf(w, "site", sites)
	anyOf(w, "device", devices)
	var before []event.Event
	err := r.client.query(ctx, r.config.Database,
		"SELECT * FROM "+source+w.text()+` GROUP BY "site", "device" ORDER BY time DESC LIMIT 1`, w.params,
		func(row *resultRow) error {
			before = append(before, eventOf(measurement, row))
			return nil
		})
	if err != nil {
		return err
	}
	slices.SortFunc(before, func(a, b event.Event) int { return newestFirst(b, a) })
	for i := range before {
		if err := yield(&before[i]); err != nil {
			return err
		}
	}

	w = newWhere()
	timeRange(w, from, to)
	anyOf(w, "site", sites)
	anyOf(w, "device", devices)
	return r.client.query(ctx, r.config.Database, "SELECT * FROM "+source+w.text()+" ORDER BY time ASC", w.params,
		func(row *resultRow) error {
			e := eventOf(measurement, row)
			return yield(&e)
		})
}

// Anomalies returns the changes of anomalies in [from, to), oldest first. nil sites is
// every one, an empty list none.
func (r *Reader) Anomalies(ctx context.Context, sites []event.SiteID, from, to time.Time) ([]event.Anomaly, error) {
	if sites != nil && len(sites) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.config.QueryTimeout)
	defer cancel()
	w := newWhere()
	timeRange(w, from, to)
	anyOf(w, "site", sites)
	var out []event.Anomaly
	err := r.client.query(ctx, r.config.Database,
		"SELECT * FROM "+r.config.source(MeasurementAnomaly)+w.text()+" ORDER BY time ASC", w.params,
		func(row *resultRow) error {
			if len(out) == r.config.MaxRows {
				return ErrTooMany
			}
			out = append(out, anomalyOf(row))
			return nil
		})
	return out, err
}

// EventIDs yields the event_id of every point of a measurement in [from, to), oldest
// first. It runs as long as ctx lasts.
func (r *Reader) EventIDs(ctx context.Context, measurement string, from, to time.Time, yield func(id string, at time.Time) error) error {
	if err := known(measurement); err != nil {
		return err
	}
	w := newWhere()
	timeRange(w, from, to)
	return r.client.query(ctx, r.config.Database, `SELECT "event_id" FROM `+r.config.source(measurement)+w.text(), w.params,
		func(row *resultRow) error { return yield(row.text("event_id"), at(row.nanos())) })
}

// Count returns the number of points of a measurement in [from, to).
func (r *Reader) Count(ctx context.Context, measurement string, from, to time.Time) (n int64, err error) {
	if err := known(measurement); err != nil {
		return 0, err
	}
	w := newWhere()
	timeRange(w, from, to)
	err = r.client.query(ctx, r.config.Database, `SELECT count("event_id") FROM `+r.config.source(measurement)+w.text(), w.params,
		func(row *resultRow) error { n = row.integer("count"); return nil })
	return n, err
}

func known(measurement string) error {
	if slices.Contains(Measurements(), measurement) {
		return nil
	}
	return &event.Fault{Key: "measurement", Value: fmt.Sprintf("%q", measurement), Want: strings.Join(Measurements(), ", ")}
}
