package guard

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Kind is what a record is about. Words are stored and sent: never rename.
type Kind string

// The kinds.
const (
	KindVisitor     Kind = "visitor"
	KindPass        Kind = "pass" // a pupil leaves in class hours
	KindDuty        Kind = "duty"
	KindCertificate Kind = "certificate"
	KindWatch       Kind = "watch" // somebody to look out for
	KindCare        Kind = "care"  // what to mind of a pupil
	KindHelp        Kind = "help"  // a call for help
)

// Record is one thing written down at a gate.
type Record struct {
	ID      string
	Site    event.SiteID // event.CountySite: of every gate
	Kind    Kind
	Rev     int64
	At      time.Time // when it began, as its writer says
	By      string    // account
	EndedAt *time.Time
	EndedBy string
	Search  string // lower-case words by which it is found
	Doc     json.RawMessage
}

// Open reports whether it has not ended.
func (r *Record) Open() bool { return r.EndedAt == nil }

// Request is one change that somebody wants, by the id that the browser gave it.
type Request struct {
	ID     string
	Record string
	Action string // for the audit: "guard.visitor.in" …
	Digest string // of all that was asked
	At     time.Time
	By     string
}

// Query selects records, the newest first.
type Query struct {
	Kinds []Kind
	Sites []event.SiteID // nil: every one
	// From and To limit to records that were open at some time in [From, To); zero: no limit.
	From, To time.Time
	OpenOnly bool
	Text     string // part of Search
	Before   string // cursor
	Limit    int    // 0: no limit
}

// Store keeps records; dashboard/store satisfies it.
type Store interface {
	// GuardRecord returns a record, or ErrNone.
	GuardRecord(ctx context.Context, id string) (Record, error)
	GuardRecords(ctx context.Context, q Query) (rows []Record, next string, err error)
	// ChangeGuard makes what change makes of a record (nil: there is none) in one transaction
	// with its audit. A request that was done before returns the record as it is now and
	// calls nothing; its id with another digest is ErrReused.
	ChangeGuard(ctx context.Context, q Request, change func(before *Record) (Record, error)) (Record, error)
	// AuditGuard writes down that somebody looked.
	AuditGuard(ctx context.Context, at time.Time, by, action, subject, detail string) error
	// FirstDuty returns when each site's post was first reported as manned, of records since.
	FirstDuty(ctx context.Context, since time.Time) (map[event.SiteID]time.Time, error)
	// PutSighting writes a sighting down; one that is there gets the subject and the record
	// that it had not.
	PutSighting(ctx context.Context, g Sighting) error
	// Sightings lists at most MaxSightings, the newest first; sites nil: of all.
	Sightings(ctx context.Context, kind SightingKind, sites []event.SiteID, since time.Time) ([]Sighting, error)
	// PruneGuard removes records that ended before the time, and the requests about them.
	PruneGuard(ctx context.Context, before time.Time) (int, error)
}

// ErrNone says that there is no such record, or none that this person may see.
var ErrNone = errors.New("no such record")

// ErrReused says that an id was used for something else before.
var ErrReused = errors.New("this id was used for something else")

// NotAllowed says that a record is not in the state for this.
type NotAllowed struct{ Why string }

// Error says why.
func (e *NotAllowed) Error() string { return e.Why }

// Invalid says which field is wrong.
type Invalid struct{ Field, Want string }

// Error names the field and what it wants.
func (e *Invalid) Error() string { return e.Field + ": want " + e.Want }
