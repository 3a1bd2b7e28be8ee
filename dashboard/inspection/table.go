package inspection

import "slices"

// Kind is what a case is.
type Kind string

// The kinds. Words are stored and sent: never rename.
const (
	KindInspection Kind = "inspection" // 巡查
	KindNotice     Kind = "notice"     // 限期整改通知书
	KindHazard     Kind = "hazard"     // 隐患
)

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{KindInspection, KindNotice, KindHazard} }

// State is where a case stands. What is not yet there has none.
type State string

// The states. Words are stored and sent: never rename.
const (
	Planned  State = "planned"  // an inspection that is to be made
	Done     State = "done"     // an inspection that was made; a hidden danger that is said to be gone
	Void     State = "void"     // an inspection that was called off, with a reason
	Issued   State = "issued"   // a notice that the school has not confirmed to have
	Received State = "received" // it has
	Replied  State = "replied"  // it says what it did, and waits for the re-check
	Reported State = "reported" // a hidden danger that nobody was given
	Assigned State = "assigned" // somebody has it, until a day
	Checked  State = "checked"  // an inspector saw that it is gone
	Closed   State = "closed"
)

// Open reports whether something is still to be done.
func (s State) Open() bool { return s != Closed && s != Void }

// Action is what moves a case.
type Action string

// The actions. Words are stored and sent: never rename.
const (
	Plan    Action = "plan"
	Fill    Action = "fill"
	Finish  Action = "finish"
	Cancel  Action = "void"
	Serve   Action = "notice" // a notice is made of an inspection's findings
	Issue   Action = "issue"
	Receive Action = "receive"
	Reply   Action = "reply"
	Pass    Action = "pass" // the re-check
	Fail    Action = "fail" // the re-check, with a new deadline
	Report  Action = "report"
	Assign  Action = "assign"
	Reject  Action = "reject" // not a danger
	Close   Action = "close"
	Comment Action = "comment"
	Attach  Action = "attach"
)

// Transition is one allowed change.
type Transition struct {
	Kind   Kind
	From   State
	Action Action
	To     State
}

// Transitions are the life cycles. What is not here cannot happen: Service refuses it and
// the database refuses it (its migration carries the same rows, held equal by a test).
func Transitions() []Transition {
	table := []Transition{
		{KindInspection, "", Plan, Planned},
		{KindInspection, Planned, Fill, Planned},
		{KindInspection, Planned, Finish, Done},
		{KindInspection, Planned, Cancel, Void},
		{KindInspection, Done, Serve, Done},

		{KindNotice, "", Issue, Issued},
		{KindNotice, Issued, Receive, Received},
		{KindNotice, Issued, Reply, Replied}, // who answers has it
		{KindNotice, Received, Reply, Replied},
		{KindNotice, Replied, Reply, Replied}, // more, before the re-check

		{KindHazard, "", Report, Reported},
		{KindHazard, Reported, Assign, Assigned},
		{KindHazard, Reported, Reject, Closed},
		{KindHazard, Assigned, Assign, Assigned},
		{KindHazard, Assigned, Finish, Done},
		{KindHazard, Done, Pass, Checked},
		{KindHazard, Done, Fail, Assigned},
		{KindHazard, Checked, Close, Closed},
	}
	// An inspector who goes there need not wait for the school's word.
	for _, from := range []State{Issued, Received, Replied} {
		table = append(table, Transition{KindNotice, from, Pass, Closed}, Transition{KindNotice, from, Fail, Issued})
	}
	for kind, states := range states() {
		for _, s := range states {
			table = append(table, Transition{kind, s, Comment, s})
			if s.Open() && (kind != KindInspection || s == Planned) {
				table = append(table, Transition{kind, s, Attach, s})
			}
		}
	}
	return table
}

func states() map[Kind][]State {
	return map[Kind][]State{
		KindInspection: {Planned, Done, Void},
		KindNotice:     {Issued, Received, Replied, Closed},
		KindHazard:     {Reported, Assigned, Done, Checked, Closed},
	}
}

// States lists the states of a kind, in the order in which a case goes through them.
func States(k Kind) []State { return states()[k] }

// Next returns the state after an action, ok false when the table has no such change.
func Next(kind Kind, from State, action Action) (to State, ok bool) {
	table := Transitions()
	i := slices.IndexFunc(table, func(t Transition) bool { return t.Kind == kind && t.From == from && t.Action == action })
	if i < 0 {
		return from, false
	}
	return table[i].To, true
}
