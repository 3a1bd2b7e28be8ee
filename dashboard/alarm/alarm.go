package alarm

import (
	"errors"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// System is who acted when no person did.
const System = "system"

// Alarm is one anomaly and what people did about it. Its JSON is the row of the REST
// answers and of the websocket; every key is always there.
type Alarm struct {
	ID       string         `json:"id" doc:"The anomaly's id, 20 hex digits."`
	Rule     string         `json:"rule"`
	Severity event.Severity `json:"severity"`
	State    State          `json:"state" enum:"normal,unack,acked,rtn_unack,shelved,suppressed,oos"`
	// Rev counts the audited changes; an action must name the one it was decided on.
	Rev    int64          `json:"rev"`
	Site   event.SiteID   `json:"site"`
	Device event.DeviceID `json:"device"`
	Kind   event.Kind     `json:"kind"`
	// Momentary alarms have no end of their own: one acknowledgement closes them.
	Momentary bool `json:"momentary"`
	// Standing says that the condition still holds.
	Standing  bool             `json:"standing"`
	Count     int              `json:"count"`
	Value     float64          `json:"value"`
	Limit     float64          `json:"limit"`
	Unit      string           `json:"unit"`
	Text      event.Text       `json:"text"`
	EventID   string           `json:"event_id"`
	Cause     string           `json:"cause"`
	CausedBy  string           `json:"caused_by" doc:"Id of the alarm under which this one is suppressed."`
	Devices   []event.DeviceID `json:"devices"`
	Late      bool             `json:"late" doc:"Found in late data: shown, never sounded."`
	StartedAt time.Time        `json:"started_at"`
	UpdatedAt time.Time        `json:"updated_at"`
	ClearedAt *time.Time       `json:"cleared_at"`
	// AckedBy and AckedAt name the acknowledgement since the alarm was last raised.
	AckedBy      string     `json:"acked_by"`
	AckedAt      *time.Time `json:"acked_at"`
	ShelvedUntil *time.Time `json:"shelved_until"`
	Note         string     `json:"note" doc:"The last note."`

	// Raises counts how often it was raised, under however many anomalies.
	Raises          int64       `json:"raises"`
	RaisedAt        time.Time   `json:"raised_at" doc:"The last raise."`
	Priority        Priority    `json:"priority" enum:"high,medium,low"`
	Rank            int64       `json:"rank" doc:"The order of work: the least first."`
	Group           string      `json:"group" doc:"What to fold under in a flood: cause/<alarm>, device/<site>/<bus> or site/<site>."`
	Suppression     Suppression `json:"suppression" enum:",cause,maintenance,chatter" doc:"Why it is suppressed; empty when it is not."`
	SuppressedUntil *time.Time  `json:"suppressed_until" doc:"When that ends by itself; null for a cause."`
	Assignee        string      `json:"assignee"`
	Verdict         Verdict     `json:"verdict" enum:",false_alarm,need_help,confirmed"`
	Attachments     int         `json:"attachments" doc:"How many pictures and positions are attached."`

	// AnomalyRev is the newest revision taken in of the anomaly that began it.
	AnomalyRev uint32 `json:"-"`
	// Recent are the latest raises, Unix nanoseconds, oldest first; at most Chatter.Raises.
	Recent []int64 `json:"-"`
}

// Suppression is why an alarm is suppressed by design. Words are stored and sent.
type Suppression string

// The reasons, the one that goes before the others first.
const (
	ForCause       Suppression = "cause"       // the alarm under which it stands
	ForMaintenance Suppression = "maintenance" // a maintenance window
	ForChatter     Suppression = "chatter"     // it comes and goes
)

// Verdict is what people found. Words are stored and sent.
type Verdict string

// The verdicts.
const (
	VerdictFalseAlarm Verdict = "false_alarm"
	VerdictNeedHelp   Verdict = "need_help"
	VerdictConfirmed  Verdict = "confirmed"
)

// Source is an anomaly as a part of an alarm.
type Source struct {
	Anomaly  string `json:"anomaly"`
	Alarm    string `json:"-"`
	Rev      uint32 `json:"rev" doc:"The newest revision taken in."`
	Standing bool   `json:"standing"`
	Count    int    `json:"count"`
}

// Entry is one audited change.
type Entry struct {
	AlarmID string    `json:"-"`
	N       int64     `json:"n" doc:"1 for the alarm's first change, counting up; equals rev."`
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	Action  Action    `json:"action"`
	From    State     `json:"from"`
	To      State     `json:"to"`
	Rev     int64     `json:"rev"`
	Note    string    `json:"note"`
	Data    string    `json:"data" doc:"What the action set: an assignee, an end, a reason of suppression, a digest."`
}

// Change is a committed change, as sinks see it.
type Change struct {
	Alarm  Alarm
	Before State // Normal for a new alarm
	New    bool
	// Action and By are what made it; no action where facts moved and the state did not.
	Action Action
	By     string
}

// Command is what a person wants done.
type Command struct {
	ID     string
	Action Action
	// Rev is the revision the decision was made on; 0 is accepted for a comment only.
	Rev  int64
	By   string
	Note string
	// Until is the end of a shelving.
	Until time.Time
	// Assignee is the account that shall look after it; empty takes it from everybody.
	Assignee string
	// Allows reports whether the person may see alarms of a site. Nil allows nothing.
	Allows func(event.SiteID) bool
}

// ErrNotFound says that there is no such alarm, or none that this person may see.
var ErrNotFound = errors.New("no such alarm")

// Conflict says that somebody was faster: the alarm is no longer at the revision on which
// the decision was made.
type Conflict struct {
	Alarm Alarm
	Last  Entry // the change that was first
}

// Error names who was first.
func (c *Conflict) Error() string {
	return fmt.Sprintf("alarm %s is at revision %d: %s by %s at %s was first",
		c.Alarm.ID, c.Alarm.Rev, c.Last.Action, c.Last.By, c.Last.At.Format(time.RFC3339))
}

// NotAllowed says that the life cycle has no such step.
type NotAllowed struct {
	State  State
	Action Action
}

// Error names the state and the action.
func (e *NotAllowed) Error() string {
	return fmt.Sprintf("%s is not possible for an alarm that is %s", e.Action, e.State)
}

// Invalid says that a command lacks something.
type Invalid struct {
	Field string
	Want  string
}

// Error names the field and what it wants.
func (e *Invalid) Error() string { return e.Field + ": want " + e.Want }
