package media

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Ways of looking.
const (
	Live     = "live"
	Snapshot = "snapshot"
)

// Why a look ended. Words are stored: never rename.
const (
	EndLeft    = "left"    // the page was closed, or another was opened
	EndHidden  = "hidden"  // the page went out of sight
	EndDone    = "done"    // the picture was fetched
	EndLimit   = "limit"   // it had lasted as long as it may
	EndLost    = "lost"    // the page was not heard any more
	EndFailed  = "failed"  // the media server did not give a picture
	EndStopped = "stopped" // the dashboard was stopped
)

// Look is one row of the register of look-ups.
type Look struct {
	ID      string         `json:"id"`
	At      time.Time      `json:"at"`
	Site    event.SiteID   `json:"site"`
	Device  event.DeviceID `json:"device"`
	Kind    string         `json:"kind" enum:"live,snapshot"`
	Reason  string         `json:"reason"`
	Unit    string         `json:"unit" doc:"Of the person."`
	Person  string         `json:"person" doc:"Who looked, by name."`
	By      string         `json:"by" doc:"The account."`
	Role    string         `json:"role"`
	Alarm   string         `json:"alarm" doc:"The alarm it was about, or empty."`
	EndedAt *time.Time     `json:"ended_at" doc:"null: it is open."`
	Ended   string         `json:"ended" enum:",left,hidden,done,limit,lost,failed,stopped"`
}

// Query chooses rows of the register, the newest first.
type Query struct {
	Sites    []event.SiteID // nil = every one, empty = none
	Device   event.DeviceID
	By       string
	Kind     string
	Text     string // part of reason, unit or person
	From, To time.Time
	Open     bool
	Limit    int    // 1 to 1000
	Before   string // cursor
}

// Store keeps the register and the patrols; dashboard/store satisfies it.
type Store interface {
	// AddLook writes a look-up and its audit row in one transaction.
	AddLook(ctx context.Context, l Look) error
	EndLook(ctx context.Context, id string, at time.Time, why string) error
	// EndLooks ends what a process that is gone has left open.
	EndLooks(ctx context.Context, at time.Time, why string) error
	// Looks returns *Invalid for a cursor that is none.
	Looks(ctx context.Context, q Query) (rows []Look, next string, err error)
	// PruneMedia removes look-ups and patrols that began before the time.
	PruneMedia(ctx context.Context, before time.Time) (int, error)

	Patrol(ctx context.Context, id string) (Patrol, error)
	Patrols(ctx context.Context, q PatrolQuery) ([]Patrol, error)
	// PutPatrol writes what change makes of a patrol (nil: there is none yet) with its audit
	// row in one transaction. An empty action writes no audit row.
	PutPatrol(ctx context.Context, id string, audit Audit, change func(*Patrol) (Patrol, error)) (Patrol, error)
	DeletePatrol(ctx context.Context, id string, audit Audit) error
}

// Audit is who did what.
type Audit struct {
	At                 time.Time
	By, Action, Detail string
}

// Errors of this package.
var (
	// ErrNone says that there is no such camera, grant or patrol, or not for this person.
	ErrNone = errors.New("there is no such thing")
	// ErrNoWay says that no media server gives this picture.
	ErrNoWay = errors.New("no media server is configured that shows this camera so")
)

// Busy says that too many look at once.
type Busy struct {
	Limit int
	Own   bool // the person's own limit, else that of all
}

// Error says which limit is reached.
func (e *Busy) Error() string {
	if e.Own {
		return fmt.Sprintf("you are looking at %d cameras already, which is the limit", e.Limit)
	}
	return fmt.Sprintf("%d cameras are being looked at, which is the limit", e.Limit)
}

// Upstream says what the media server did instead of giving a picture.
type Upstream struct {
	Status int    // of HTTP; 0: it was not reached
	Reason string // for the log and the page; it names no address
}

// Error says it.
func (e *Upstream) Error() string {
	if e.Status == 0 {
		return "the media server was not reached: " + e.Reason
	}
	return fmt.Sprintf("the media server answered %d: %s", e.Status, e.Reason)
}

// Invalid is a wrong field.
type Invalid struct{ Field, Want string }

// Error says what was wanted.
func (e *Invalid) Error() string { return e.Field + ": want " + e.Want }

// Conflict says that somebody was faster.
type Conflict struct{ Patrol Patrol }

// Error says it.
func (e *Conflict) Error() string { return "it has been changed in the meantime" }
