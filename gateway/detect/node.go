package detect

import (
	"math"
	"strings"
)

// never is the deadline of a timer that is not set.
const never = math.MaxInt64

// The timers of a device, of a site and of a branch. Numbers are stored: never renumber.
const (
	timerSilent    = 0 // device: no sign of life
	timerSettle    = 1 // device: a loss has waited for its group, or what is back for its dependants
	timerSequence  = 2 // device: missing messages had their time to arrive
	timerSeqClear  = 3 // device: no gap for long
	timerFlap      = 4 // device: no change for long
	timerLeft      = 5 // device: a bus must have been checked by now
	timerForget    = 6 // device: not in the registry and not heard for long
	timerCluster   = 0 // site: a fever leaves the cluster's time
	timerClose     = 1 // site: visitors must have left
	timerOutage    = 2 // site: the outage's count has changed
	timerMass      = 3 // site: the mass outage's count has changed
	timerStay      = 4 // site: forgotten visitors
	timerBranch    = 0 // branch: to be looked at again
	numTimers      = 7
	maxOpenPerNode = 1024 // momentary ones: people may make up identities; memory is bounded
)

// owner is the device, site or branch to which a node belongs.
type owner interface {
	// fire handles the deadlines that are due at a time.
	fire(at int64)
	code(c *coder)
}

// node is what devices and sites have in common: timers, standing anomalies, a place in
// the heap and among the changed.
type node struct {
	owner owner
	key   string // name of its stored state; also the order of equal deadlines
	// timers hold deadlines in Unix nanoseconds.
	timers [numTimers]int64
	open   []standing

	at    int64 // where the heap has it; not later than due()
	index int   // in the heap
	dirty bool
	gone  bool // forgotten
}

// due is the earliest deadline.
func (n *node) due() int64 {
	due := int64(never)
	for _, at := range n.timers {
		due = min(due, at)
	}
	return due
}

// timerHeap orders nodes by deadline, equal ones by key. A node's place may be too early
// (deadlines mostly move back, as each heartbeat does), never too late.
type timerHeap []*node

func (h timerHeap) before(i, j int) bool {
	if h[i].at != h[j].at {
		return h[i].at < h[j].at
	}
	return strings.Compare(h[i].key, h[j].key) < 0
}

func (h timerHeap) swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *timerHeap) add(n *node) {
	n.at, n.index = n.due(), len(*h)
	*h = append(*h, n)
	h.up(n.index)
}

func (h *timerHeap) remove(n *node) {
	last := len(*h) - 1
	i := n.index
	if i != last {
		h.swap(i, last)
	}
	(*h)[last] = nil
	*h = (*h)[:last]
	if i != last {
		h.down(i)
		h.up(i)
	}
}

func (h timerHeap) move(n *node, at int64) {
	n.at = at
	h.down(n.index)
	h.up(n.index)
}

func (h timerHeap) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.before(i, parent) {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

func (h timerHeap) down(i int) {
	for {
		least := 2*i + 1
		if least >= len(h) {
			return
		}
		if right := least + 1; right < len(h) && h.before(right, least) {
			least = right
		}
		if !h.before(least, i) {
			return
		}
		h.swap(i, least)
		i = least
	}
}

// set gives a timer a deadline.
func (e *Engine) set(n *node, timer int, at int64) {
	n.timers[timer] = at
	e.touch(n)
	if at < n.at {
		e.heap.move(n, at)
	}
}
