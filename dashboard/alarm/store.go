package alarm

import (
	"context"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Position is how far a stream of anomalies has been taken in. Stream names one life of
// the stream (a new folder of the bus is another stream), so that sequence numbers that
// start again are not taken for old ones.
type Position struct {
	Stream string
	Seq    uint64
}

// Store keeps alarms; dashboard/store satisfies it.
type Store interface {
	// Update runs fn in one durable write transaction; an error of fn rolls it back.
	Update(ctx context.Context, fn func(Tx) error) error
	// Alarm returns ErrNotFound when there is none.
	Alarm(ctx context.Context, id string) (Alarm, error)
	Audit(ctx context.Context, id string) ([]Entry, error)
	Alarms(ctx context.Context, q Query) (rows []Alarm, next string, err error)
	Position(ctx context.Context) (Position, error)
	// PruneAlarms removes alarms that are normal and were last changed before the time.
	PruneAlarms(ctx context.Context, before time.Time) (int, error)
	// Windows lists maintenance windows by id: those that nobody ended, or all.
	Windows(ctx context.Context, all bool) ([]Window, error)
	// Sources lists the anomalies of an alarm by id, at most limit.
	Sources(ctx context.Context, alarm string, limit int) ([]Source, error)
	Attachments(ctx context.Context, alarm string) ([]Attachment, error)
	// Picture returns an attached picture, or ErrNotFound.
	Picture(ctx context.Context, alarm string, n int64) (Attachment, []byte, error)
	// Raised counts the alarms that were newly put before people, by second, since a time.
	Raised(ctx context.Context, since time.Time) (map[int64]int, error)
	// Steps yields audit entries of [from, to) with their alarms, oldest first. Of the query
	// only the sites count.
	Steps(ctx context.Context, q Query, from, to time.Time, yield func(*Step) error) error
	// Tally counts open alarms; those that have stood since before stale are stale.
	Tally(ctx context.Context, q Query, stale time.Time) (Tally, error)
	AuditHead(ctx context.Context) (AuditHead, error)
}

// Tx is a write transaction.
type Tx interface {
	Alarm(id string) (Alarm, error)
	// Put writes the alarm as it is now, and its audit entry unless that is nil.
	Put(a *Alarm, entry *Entry) error
	// Source returns the alarm that an anomaly is a part of, and that part; ErrNotFound when
	// the anomaly is not known.
	Source(anomaly string) (Alarm, Source, error)
	PutSource(s Source) error
	// Stands reports whether any anomaly of an alarm still holds.
	Stands(alarm string) (bool, error)
	// Same returns the newest alarm of a site, device and rule, late or not as asked.
	Same(site event.SiteID, device event.DeviceID, rule string, late bool) (a Alarm, ok bool, err error)
	// Children lists the alarms caused by parent that are in one of the states.
	Children(parent string, states ...State) ([]Alarm, error)
	// Due lists up to three times limit alarms: those whose shelving or suppression ends at or
	// before until, and those that were closed at or before closed although their condition
	// stands. NextDue is the earliest such time there is, zero when there is none; closed is
	// how long after that the last kind is due.
	Due(until, closed time.Time, limit int) ([]Alarm, error)
	NextDue(closed time.Duration) (time.Time, error)
	Suppressed(why Suppression) ([]Alarm, error)
	// StandingOf lists the open alarms of a rule whose condition holds, by start.
	StandingOf(rule string) ([]Alarm, error)
	// LastEntry is the newest audit entry of an alarm.
	LastEntry(id string) (Entry, error)
	SetPosition(Position) error

	// Log writes an audit row about something else than an alarm.
	Log(at time.Time, by, action, subject, detail string) error
	PutWindow(Window) error
	PutAttachment(alarm string, a Attachment, data []byte) error
}

// Query selects alarms. Rows come newest started first, then by id.
type Query struct {
	// Sites limits to these sites. Nil with AllSites false selects nothing.
	Sites    []event.SiteID
	AllSites bool
	// State is a state, "open", "all", or "" which is "open".
	State    string
	Severity event.Severity
	Rule     string
	Device   event.DeviceID
	CausedBy string
	// Rules limits to these rules when it is not empty.
	Rules []string
	// From and To limit to alarms that stood at some time in [From, To).
	From, To time.Time
	Limit    int // 0 = no limit
	Cursor   string

	Priority    Priority
	Suppression Suppression
	Assignee    string
	Group       string
	Sort        Sort
}

// Sort is an order of alarms.
type Sort string

// The orders.
const (
	ByStart           Sort = ""                 // newest started first
	ByRank            Sort = "rank"             // what to do first
	ByShelvedUntil    Sort = "shelved_until"    // what comes back first
	BySuppressedUntil Sort = "suppressed_until" // likewise
)
