package notify

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/notify/channel"
	"github.com/campusgate/campusgate/gateway/event"
)

// States of a notification. Words are stored and sent: never rename.
const (
	Queued  = "queued"  // waits for its turn, or for the end of quiet hours
	Sending = "sending" // on its way; taken up again when its lease ends without an answer
	Sent    = "sent"
	Failed  = "failed"  // will be tried again
	Dead    = "dead"    // given up
	Skipped = "skipped" // no longer needed: somebody answered before it was sent
)

// Reasons of a notification.
const (
	ReasonRaise    = "raise"
	ReasonEscalate = "escalate"
	ReasonClear    = "clear"
	ReasonHandover = "handover"
	ReasonTest     = "test"
	ReasonDigest   = "digest"
)

// Notification is one message to one receiver, with what became of it.
type Notification struct {
	ID        string         `json:"id" doc:"The same for every try."`
	AlarmID   string         `json:"alarm_id"`
	Rev       int64          `json:"rev" doc:"Revision of the alarm."`
	Receiver  string         `json:"receiver"`
	Person    string         `json:"person" doc:"User name; empty for a group."`
	Step      int            `json:"step" doc:"0 is the route, from 1 on the steps of the escalation."`
	Reason    string         `json:"reason" enum:"raise,escalate,clear,handover,test"`
	Severity  event.Severity `json:"severity"`
	Site      event.SiteID   `json:"site"`
	Rule      string         `json:"rule"`
	State     string         `json:"state" enum:"queued,sending,sent,failed,dead,skipped"`
	Tries     int            `json:"tries"`
	Error     string         `json:"error" doc:"Of the last try, or why it was skipped."`
	Digest    string         `json:"digest" doc:"Id of the message it was folded into; its own when it went alone."`
	CreatedAt time.Time      `json:"created_at"`
	NextTry   time.Time      `json:"next_try"`
	DoneAt    *time.Time     `json:"done_at" doc:"When it was sent, given up or skipped."`

	Message channel.Message `json:"-"`
}

// Change is an entry of the inbox: one audited change, with the alarm as it is now.
type Change struct {
	Seq      int64
	At       time.Time
	Action   alarm.Action
	From, To alarm.State
	Rev      int64
	Alarm    alarm.Alarm
	Gone     bool // the alarm is no longer kept
}

// Escalation is a timer: the step that is due next.
type Escalation struct {
	AlarmID string
	Policy  string
	Step    int // index in the policy's steps
	Due     time.Time
	Rev     int64 // of the alarm when it began
}

// Op is one change of the outbox. Exactly one field is set.
type Op struct {
	Add   *Notification
	Begin *Escalation // keeps one that runs already
	Move  *Escalation // to its next step; nothing when it ended meanwhile
	End   *End
}

// End stops the escalations of an alarm.
type End struct {
	AlarmID string
	Policy  string // empty: all of them
	// Skip also skips the pages that still wait, for the reason Why.
	Skip bool
	Why  string
}

// Outcome is what became of a try.
type Outcome struct {
	At      time.Time
	Error   string // empty: it was sent
	NextTry time.Time
	Tries   int // that many make it dead
}

// Query selects notifications, newest first.
type Query struct {
	AlarmID, Receiver, Person, State, Reason string
	Limit                                    int
	Cursor                                   string
}

// Document is a version of something that people edit: a rota, or quiet hours.
type Document struct {
	Kind string          `json:"-"`
	Name string          `json:"name"`
	Rev  int64           `json:"rev"`
	By   string          `json:"by"`
	At   time.Time       `json:"at"`
	Data json.RawMessage `json:"-"`
}

// Kinds of document.
const (
	docRota   = "rota"
	docQuiet  = "quiet"
	docOnCall = "oncall" // who was on call when the service last looked
)

// ErrStale says that somebody else changed the document first.
var ErrStale = errors.New("somebody else changed it first")

// ErrNotGivenUp says that a notification is not among those that were given up.
var ErrNotGivenUp = errors.New("there is no notification of that id that was given up")

// Store keeps the inbox, the outbox, timers and documents; dashboard/store satisfies it.
type Store interface {
	// Inbox returns the oldest entries.
	Inbox(ctx context.Context, limit int) ([]Change, error)
	// Commit carries out ops in their order and removes the inbox through a sequence number,
	// all or nothing. A notification whose id is known is left as it is.
	Commit(ctx context.Context, through int64, ops []Op, now time.Time) error
	// Escalations returns those due, with their alarms.
	Escalations(ctx context.Context, now time.Time, limit int) ([]Escalation, []alarm.Alarm, error)
	// NextEscalation is when the next one is due; ok false when there is none.
	NextEscalation(ctx context.Context) (at time.Time, ok bool, err error)

	// Due returns what a receiver shall be sent now, worst first, then oldest.
	Due(ctx context.Context, receiver string, now time.Time, limit int) ([]Notification, error)
	// NextDue is when something is due for a receiver; ok false when nothing waits.
	NextDue(ctx context.Context, receiver string) (at time.Time, ok bool, err error)
	// SentSince counts the messages (a digest is one) since a time, and tells the first.
	SentSince(ctx context.Context, receiver, person string, since time.Time) (n int, first time.Time, err error)
	// Claim marks notifications that are due as on their way until the lease ends, and returns
	// those that it got: another worker, or an acknowledgement, may have been faster.
	Claim(ctx context.Context, ids []string, digest string, now, lease time.Time) ([]string, error)
	// Finish records a try and returns how many are dead by it.
	Finish(ctx context.Context, ids []string, o Outcome) (dead int, err error)
	// Revive queues again what was given up, or returns ErrNotGivenUp; by stands in the audit.
	Revive(ctx context.Context, id, by string, now time.Time) (receiver string, err error)
	// Pause lets a receiver alone until a time: nothing is due for it before.
	Pause(ctx context.Context, receiver string, until time.Time) error
	// LastDone returns the newest notification of a receiver that was sent or given up.
	LastDone(ctx context.Context, receiver string) (Notification, bool, error)
	Record(ctx context.Context, n *Notification) error
	Notifications(ctx context.Context, q Query) (rows []Notification, next string, err error)
	Counts(ctx context.Context) (map[string]int, error)
	Prune(ctx context.Context, before time.Time) (int, error)
	// Abandon skips what waits for receivers other than these.
	Abandon(ctx context.Context, receivers []string, now time.Time) (int, error)

	// Documents returns the newest version of each document of a kind.
	Documents(ctx context.Context, kind string) ([]Document, error)
	// PutDocument stores the version behind d.Rev, or returns ErrStale.
	PutDocument(ctx context.Context, d *Document) error
	History(ctx context.Context, kind, name string, limit int) ([]Document, error)
}
