package rules

import (
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// never is the deadline of what is not due.
const never = int64(1<<63 - 1)

// forgetAfter is how long a device (or site) that is not heard is remembered.
const forgetAfter = int64(7 * 24 * time.Hour)

// state is what a rule remembers of one device, one site or the county. Times are Unix
// nanoseconds of the engine's clock, 0 where nothing happened yet.
type state struct {
	rule   *rule
	key    string // name of the stored value; also the order of equal deadlines
	site   event.SiteID
	device event.DeviceID
	kind   event.Kind

	last   int64        // receipt of the last event looked at
	gap    int64        // between that and the one before; 0: there was none
	event  *event.Event // the last one, where the rule may be judged without one
	memory []memo
	filled [][]bucket // by window

	since int64 // the condition holds since, 0: it does not
	start int64 // the device's time of that
	seen  int   // events for which it held
	calm  int64 // it may end since, 0: it may not
	open  *event.Anomaly
	until int64 // of a momentary anomaly: when its like is told anew

	judged int64 // last judgement; not stored: everything up to the clock was judged

	at    int64 // where the heap has it; not later than due()
	index int   // in the heap
	dirty bool
	gone  bool
}

// memo is what an expression gave at the last event and at the one before.
type memo struct {
	number, before         float64
	text, beforeText       string
	known, knownBeforehand bool
}

// keepsEvent reports whether a rule may have to speak without an event at hand.
func (r *rule) keepsEvent() bool { return r.timed || r.delay > 0 }

// due is the earliest time at which the state must be looked at, whatever comes.
func (e *Engine) due(s *state) int64 {
	r := s.rule
	due := never
	waited := func(at int64) { // not within what the gateway did not watch, nor right after
		if at <= e.watched {
			at = e.watched + catchUp
		}
		due = min(due, at)
	}
	switch {
	case s.until != 0:
		due = min(due, s.until)
	case r.momentary: // nothing else of it falls due
	case s.open == nil && s.since != 0:
		waited(s.since + r.delay)
	case s.open != nil && s.calm != 0:
		waited(s.calm + r.rest)
	}
	if r.timed && s.event != nil {
		for _, a := range r.absences {
			if at := max(s.last, e.watched) + a; at > s.judged {
				due = min(due, at)
			}
		}
		if next := nextMinute(max(s.judged, e.watched+catchUp-1)); r.ticks || next <= nextMinute(s.last+r.longest()) && len(r.windows) > 0 {
			due = min(due, next)
		}
	}
	if s.open == nil || !e.registered(s) {
		due = min(due, s.last+forgetAfter)
	}
	return due
}

// longest is how long after its last event a rule's windows may still change.
func (r *rule) longest() int64 {
	longest := int64(0)
	for i := range r.windows {
		longest = max(longest, r.windows[i].length+2*r.windows[i].width)
	}
	return longest
}

func nextMinute(at int64) int64 { return at - at%int64(time.Minute) + int64(time.Minute) }

// stateHeap orders states by deadline, equal ones by key. A state's place may be too early
// (deadlines mostly move back), never too late.
type stateHeap []*state

func (h stateHeap) Len() int { return len(h) }

func (h stateHeap) Less(i, j int) bool {
	if h[i].at != h[j].at {
		return h[i].at < h[j].at
	}
	return strings.Compare(h[i].key, h[j].key) < 0
}

func (h stateHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *stateHeap) Push(x any) {
	s := x.(*state) //nolint:errcheck,forcetypeassert // nothing else is pushed
	s.index = len(*h)
	*h = append(*h, s)
}

// Pop implements heap.Interface.
func (h *stateHeap) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return s
}

// recent are the fingerprints of a device's last events, by which a second delivery is told.
type recent struct {
	keys  [8]uint64
	next  uint8
	last  int64 // receipt of the last event
	dirty bool
}

// add notes a fingerprint and reports false when it is there already.
func (r *recent) add(key uint64, now int64) bool {
	for _, k := range r.keys {
		if k == key {
			return false
		}
	}
	r.keys[r.next], r.next, r.last = key, (r.next+1)%uint8(len(r.keys)), now
	return true
}

// fingerprint tells deliveries of one message from messages that look alike: FNV-1a of the
// id, written out because hash/fnv allocates, with the device's time. Where a message has
// no time of its own, that of its receipt makes it another.
func fingerprint(ev *event.Event) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(ev.ID) {
		h = (h ^ uint64(ev.ID[i])) * 1099511628211
	}
	if ev.Skew == 0 {
		h ^= uint64(ev.ObservedAt.UnixNano()) * 0x9E3779B97F4A7C15
	}
	if h == 0 {
		return 1 // 0 is an empty place
	}
	return h
}
