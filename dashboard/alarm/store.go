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
}

// Tx is a write transaction.
type Tx interface {
	Alarm(id string) (Alarm, error)
	// Put writes the alarm as it is now, and its audit entry unless that is nil.
	Put(a *Alarm, entry *Entry) error
	// Children lists the alarms caused by parent that are in one of the states.
	Children(parent string, states ...State) ([]Alarm, error)
	// Shelved lists the shelved alarms that end at or before the time.
	Shelved(until time.Time) ([]Alarm, error)
	// LastEntry is the newest audit entry of an alarm.
	LastEntry(id string) (Entry, error)
	SetPosition(Position) error
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
}
