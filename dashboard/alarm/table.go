package alarm

// State is where an alarm stands in its life cycle (ANSI/ISA-18.2-2016, clause 5, states A to G).
type State string

// The states. Words are stored and sent: never rename.
const (
	Normal     State = "normal"     // A: nothing to do, or done
	Unack      State = "unack"      // B: nobody has acknowledged it
	Acked      State = "acked"      // C: acknowledged, the condition stands
	RtnUnack   State = "rtn_unack"  // D: the condition is over, nobody has acknowledged it
	Shelved    State = "shelved"    // E: put aside by a person, with an end and a reason
	Suppressed State = "suppressed" // F: suppressed by design, under the alarm that causes it
	OOS        State = "oos"        // G: out of service
)

// States lists every state.
func States() []State {
	return []State{Normal, Unack, Acked, RtnUnack, Shelved, Suppressed, OOS}
}

// Open reports whether an alarm in this state is on the operators' list.
func (s State) Open() bool { return s != Normal }

// Action is what moves an alarm.
type Action string

// The actions. Words are stored and sent: never rename.
const (
	Raise        Action = "raise"
	Reraise      Action = "reraise" // worse than before, or again
	Clear        Action = "clear"   // the condition is over
	Suppress     Action = "suppress"
	Unsuppress   Action = "unsuppress"
	Ack          Action = "ack"
	Shelve       Action = "shelve"
	Unshelve     Action = "unshelve"
	OutOfService Action = "out_of_service"
	InService    Action = "in_service"
	Close        Action = "close"
	Comment      Action = "comment"
	Quiet        Action = "quiet" // it no longer comes and goes
	Assign       Action = "assign"
	FalseAlarm   Action = "false_alarm"
	NeedHelp     Action = "need_help"
	Confirm      Action = "confirm"
	Attach       Action = "attach"
)

// Actions lists every action.
func Actions() []Action {
	return []Action{
		Raise, Reraise, Clear, Suppress, Unsuppress, Ack,
		Shelve, Unshelve, OutOfService, InService, Close, Comment, Quiet,
		Assign, FalseAlarm, NeedHelp, Confirm, Attach,
	}
}

// Guard is the condition under which a transition is taken.
type Guard string

// The guards. They exclude one another for one state and action, and Always stands alone.
const (
	Always   Guard = ""
	Standing Guard = "standing"          // the condition holds
	Returned Guard = "returned"          // it does not hold
	Unseen   Guard = "returned, unseen"  // it does not hold, and nobody acknowledged it
	Settled  Guard = "returned, settled" // it does not hold, and somebody acknowledged it
)

func (g Guard) holds(standing, acked bool) bool {
	switch g {
	case Standing:
		return standing
	case Returned:
		return !standing
	case Unseen:
		return !standing && !acked
	case Settled:
		return !standing && acked
	}
	return true
}

// Transition is one allowed change.
type Transition struct {
	From   State
	Action Action
	When   Guard
	To     State
}

// Transitions is the whole life cycle. What is not here cannot happen: Service refuses it
// and the database refuses it (migrations carry the same rows, held equal by a test).
func Transitions() []Transition {
	table := []Transition{
		{Normal, Raise, Always, Unack},
		{Normal, Suppress, Always, Suppressed}, // its cause stands already
		{Normal, Reraise, Always, Unack},       // worse after somebody closed it
		{Normal, Clear, Always, Normal},        // over after somebody closed it

		{Unack, Ack, Standing, Acked},
		{Unack, Ack, Returned, Normal}, // momentary: it has no end to wait for
		{Unack, Reraise, Always, Unack},
		{Unack, Clear, Always, RtnUnack},

		{Acked, Clear, Always, Normal},
		{Acked, Reraise, Always, Unack},
		{Acked, Close, Always, Normal},

		{RtnUnack, Ack, Always, Normal},
		{RtnUnack, Reraise, Always, Unack},
		{RtnUnack, Close, Always, Normal},

		{Shelved, Reraise, Always, Shelved},
		{Shelved, Clear, Always, Shelved},
		{Shelved, Unshelve, Standing, Unack},
		{Shelved, Unshelve, Unseen, RtnUnack},
		{Shelved, Unshelve, Settled, Normal},

		{Suppressed, Reraise, Always, Suppressed},
		{Suppressed, Clear, Always, Suppressed},
		{Suppressed, Unsuppress, Standing, Unack},
		// Its cause was what asked for a response; alone it is over.
		{Suppressed, Unsuppress, Returned, Normal},
		{Suppressed, Suppress, Always, Suppressed}, // for another reason
		// Nothing else stands for one that came and went too often to be looked at.
		{Suppressed, Quiet, Standing, Unack},
		{Suppressed, Quiet, Unseen, RtnUnack},
		{Suppressed, Quiet, Settled, Normal},

		{OOS, Reraise, Always, OOS},
		{OOS, Clear, Always, OOS},
		{OOS, InService, Standing, Unack},
		{OOS, InService, Unseen, RtnUnack},
		{OOS, InService, Settled, Normal},
	}
	for _, from := range []State{Unack, Acked, RtnUnack} {
		table = append(table,
			Transition{from, Suppress, Always, Suppressed},
			Transition{from, Shelve, Always, Shelved})
	}
	for _, from := range []State{Unack, Acked, RtnUnack, Shelved, Suppressed} {
		table = append(table, Transition{from, OutOfService, Always, OOS})
	}
	for _, s := range States() {
		for _, action := range []Action{Comment, FalseAlarm, NeedHelp, Confirm, Attach} {
			table = append(table, Transition{s, action, Always, s})
		}
		if s.Open() {
			table = append(table, Transition{s, Assign, Always, s})
		}
	}
	return table
}

// Next returns the state after an action, ok false when the table has no such change.
// standing says whether the condition holds after the action (false after a clear), acked
// whether somebody has acknowledged it since it was last raised.
func Next(from State, action Action, standing, acked bool) (to State, ok bool) {
	for _, t := range Transitions() {
		if t.From == from && t.Action == action && t.When.holds(standing, acked) {
			return t.To, true
		}
	}
	return from, false
}
