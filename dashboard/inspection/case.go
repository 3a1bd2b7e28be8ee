package inspection

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/campusgate/campusgate/gateway/event"
)

// Limits of what people write, in bytes.
const (
	MaxNote     = 2000
	maxAssignee = 64
)

// Weight is how bad a finding or a hidden danger is.
type Weight string

// The weights. Words are stored and sent: never rename.
const (
	General Weight = "general" // 一般
	Serious Weight = "serious" // 较重
	Major   Weight = "major"   // 重大
)

func (w Weight) valid() bool { return w == General || w == Serious || w == Major }

// Result is the answer to one item of a form.
type Result string

// The results. Words are stored and sent: never rename.
const (
	Good Result = "pass"
	Bad  Result = "fail"
	None Result = "na" // there is nothing of the kind here
)

// Answer is what the inspector found at one item.
type Answer struct {
	Item   string `json:"item" maxLength:"64"`
	Result Result `json:"result" enum:"pass,fail,na"`
	Weight Weight `json:"weight,omitempty" enum:"general,serious,major" doc:"Of a failed item; empty takes the form's."`
	Note   string `json:"note,omitempty" maxLength:"2000"`
}

// Check is the part of an inspection.
type Check struct {
	Topic   Topic    `json:"topic" enum:"camera,kitchen,guard"`
	Draw    string   `json:"draw" doc:"That it comes from; empty: somebody's own choice."`
	Sheet   int      `json:"sheet" doc:"Version of the topic's form."`
	Answers []Answer `json:"answers"`
	Failed  int      `json:"failed"`
	Note    string   `json:"note"`
	Notice  string   `json:"notice" doc:"That was made of it."`
}

// Finding is a failed item as a notice tells it.
type Finding struct {
	Item   string     `json:"item"`
	Text   event.Text `json:"text"`
	Weight Weight     `json:"weight"`
	Note   string     `json:"note"`
}

// Notice is the part of a rectification notice.
type Notice struct {
	Inspection string     `json:"inspection"`
	Topic      Topic      `json:"topic"`
	To         event.Text `json:"to" doc:"The school as it was called then."`
	Issuer     event.Text `json:"issuer" doc:"The county as it was called then."`
	Findings   []Finding  `json:"findings"`
	Demand     string     `json:"demand"`
	Days       int        `json:"days" doc:"Working days given, in the present round."`
	Round      int        `json:"round" doc:"1, and one more after each failed re-check."`
	Reply      string     `json:"reply"`
}

// Hazard is the part of a hidden danger.
type Hazard struct {
	Text     string `json:"text"`
	Place    string `json:"place"`
	Weight   Weight `json:"weight" enum:"general,serious,major"`
	Assignee string `json:"assignee"`
	Work     string `json:"work" doc:"What was done about it."`
}

// Case is an inspection, a notice or a hidden danger: what has a number, a state, a
// deadline and a history.
type Case struct {
	ID        string         `json:"id" doc:"Letter, year and number: n2026-0001. Numbers of a kind and year have no gaps."`
	Kind      Kind           `json:"kind" enum:"inspection,notice,hazard"`
	Year      int            `json:"year"`
	Number    int            `json:"number"`
	Site      event.SiteID   `json:"site"`
	Township  string         `json:"township"`
	Device    event.DeviceID `json:"device"`
	State     State          `json:"state"`
	Rev       int64          `json:"rev"`
	By        string         `json:"by" doc:"Who began it."`
	At        time.Time      `json:"at"`
	UpdatedBy string         `json:"updated_by"`
	UpdatedAt time.Time      `json:"updated_at"`
	Due       *time.Time     `json:"due" doc:"End of the last day, or null."`
	DueDay    string         `json:"due_day" doc:"YYYY-MM-DD, the last day; or empty."`
	Pictures  int            `json:"pictures"`
	Overdue   bool           `json:"overdue"`
	Check     *Check         `json:"check,omitempty"`
	Notice    *Notice        `json:"notice,omitempty"`
	Hazard    *Hazard        `json:"hazard,omitempty"`
}

// judge says whether a case is overdue: the day is over and the school has not done its
// part. What waits for the inspector is not the school's delay.
func (c *Case) judge(now time.Time) {
	waits := c.State == Issued || c.State == Received || c.State == Assigned
	c.Overdue = waits && c.Due != nil && !now.Before(*c.Due)
}

// Step is one thing that was done to a case.
type Step struct {
	N      int64     `json:"n"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Action Action    `json:"action"`
	From   State     `json:"from"`
	To     State     `json:"to"`
	Note   string    `json:"note"`
	Data   string    `json:"data" doc:"What the action set: a deadline, an assignee, a digest, a notice."`
}

// Picture is a picture that belongs to a case.
type Picture struct {
	N      int64     `json:"n" doc:"The case's revision that added it."`
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Item   string    `json:"item" doc:"Of an inspection: the item that it shows."`
	Note   string    `json:"note"`
	SHA256 string    `json:"sha256"`
	Bytes  int       `json:"bytes"`
	Type   string    `json:"type" doc:"image/jpeg, image/png or image/webp"`
}

// ErrNotFound says that there is no such thing, or none that the caller may see.
var ErrNotFound = errors.New("there is no such case")

// Invalid names a field of a request that cannot be taken.
type Invalid struct{ Field, Want string }

// Error names the field and what it may be.
func (i *Invalid) Error() string { return i.Field + ": want " + i.Want }

// NotAllowed says that the life cycle has no such change.
type NotAllowed struct {
	State  State
	Action Action
}

// Error names the action and the state.
func (n *NotAllowed) Error() string {
	return fmt.Sprintf("%s is not possible while it is %s", n.Action, n.State)
}

// Conflict says that somebody was faster.
type Conflict struct{ Case Case }

// Error says who, and which revision it is now.
func (c *Conflict) Error() string {
	return fmt.Sprintf("changed by %s in the meantime: it is revision %d", c.Case.UpdatedBy, c.Case.Rev)
}

func bounded(field, text string, least int) error {
	if utf8.RuneCountInString(text) < least || !event.ValidLines(text, MaxNote) {
		return &Invalid{field, fmt.Sprintf("%d to %d characters", least, MaxNote)}
	}
	return nil
}
