package ingest

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

const (
	skewSamples = 15
	// A clock is called wrong when at least minSkewSamples agree within skewSpread on more
	// than maxSkew. Messages delayed by an outage do not agree.
	minSkewSamples = 5
	maxSkew        = 5 * time.Minute
	skewSpread     = time.Minute
	// maxGaps bounds what is remembered of the numbers that are missing.
	maxGaps = 16
	// maxJump is the largest forward step that is a loss; beyond, the counter was set anew.
	maxJump = 100_000
	// restartSlack is how much later than anything before an event with a lower number must
	// have been observed for its device to have restarted. It covers the digits below the
	// device's resolution, which Stamp makes up.
	restartSlack = time.Second
)

// DeviceStat is what the ledger knows of one device.
type DeviceStat struct {
	Site   event.SiteID   `json:"site"`
	Device event.DeviceID `json:"device"`
	Kind   event.Kind     `json:"kind"`
	// LastReceived and LastObserved are of the last fresh event, retained ones excluded;
	// zero when there was none.
	LastReceived time.Time `json:"last_received"`
	LastObserved time.Time `json:"last_observed"`
	// Messages counts events, retained ones excluded.
	Messages uint64 `json:"messages"`
	// LastSeq is the highest number since the device's last restart; 0: it gives none.
	LastSeq uint64 `json:"last_seq,omitempty"`
	// Lost counts numbers that never came. One that comes late is taken off again.
	Lost     uint64 `json:"lost"`
	Restarts uint64 `json:"restarts"`
	// Skew is the median of time of receipt minus the device's time over its last 15 fresh
	// events: positive when the clock is slow or the way is long.
	Skew time.Duration `json:"skew"`
	// ClockWrong marks a constant skew of more than five minutes.
	ClockWrong bool `json:"clock_wrong,omitempty"`
	// Unknown marks a device that the registry does not have.
	Unknown bool `json:"unknown,omitempty"`
}

// ledger counts by device. It is shared by all brokers of a gateway.
type ledger struct {
	limit int
	known func(event.SiteID, event.DeviceID) bool // nil: all are

	mu        sync.Mutex
	devices   map[event.DeviceKey]*account
	untracked uint64 // events of devices beyond the limit
	changed   bool
}

type account struct {
	kind         event.Kind
	unknown      bool
	lastReceived time.Time
	lastObserved time.Time
	messages     uint64
	high         uint64
	lost         uint64
	restarts     uint64
	gaps         []gap
	skews        [skewSamples]time.Duration
	skewCount    int // samples ever, to the size of skews
	skewNext     int
}

// gap is a range of missing numbers, both ends included.
type gap struct{ From, To uint64 }

func newLedger(limit int, known func(event.SiteID, event.DeviceID) bool) *ledger {
	return &ledger{limit: limit, known: known, devices: make(map[event.DeviceKey]*account)}
}

// observe counts events in the order of arrival; redelivered[i] tells that the broker
// sent event i before. It returns how many are of devices that the registry does not have.
func (l *ledger) observe(events []event.Event, redelivered []bool) (unknown int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changed = l.changed || len(events) > 0
	for i := range events {
		e := &events[i]
		a := l.account(e)
		if a == nil {
			l.untracked++
			continue
		}
		if a.unknown {
			unknown++
		}
		if !e.Retained {
			a.add(e, redelivered[i])
		}
	}
	return unknown
}

func (l *ledger) account(e *event.Event) *account {
	key := event.DeviceKey{Site: e.Site, Device: e.Device}
	if a, ok := l.devices[key]; ok {
		return a
	}
	if len(l.devices) >= l.limit {
		return nil
	}
	a := &account{kind: e.Kind, unknown: l.known != nil && !l.known(e.Site, e.Device)}
	l.devices[key] = a
	return a
}

// reconsider asks the registry again, which has changed.
func (l *ledger) reconsider() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		return
	}
	for key, a := range l.devices {
		a.unknown = !l.known(key.Site, key.Device)
	}
	l.changed = true
}

func (a *account) add(e *event.Event, redelivered bool) {
	a.messages++
	a.kind = e.Kind
	if e.ReceivedAt.After(a.lastReceived) {
		a.lastReceived = e.ReceivedAt
	}
	if e.Seq > 0 {
		a.number(e, redelivered)
	}
	if e.ObservedAt.After(a.lastObserved) {
		a.lastObserved = e.ObservedAt
	}
	if !e.Backfill && !redelivered {
		skew := e.Skew
		if skew == 0 {
			skew = e.ReceivedAt.Sub(e.ObservedAt)
		}
		a.skews[a.skewNext] = skew
		a.skewNext = (a.skewNext + 1) % skewSamples
		a.skewCount = min(a.skewCount+1, skewSamples)
	}
}

// number books a device's own counter. lastObserved is still of the events before.
func (a *account) number(e *event.Event, redelivered bool) {
	seq := e.Seq
	switch {
	case a.high == 0:
		a.high = seq
	case seq > a.high && seq-a.high <= maxJump:
		if seq > a.high+1 {
			a.lost += seq - a.high - 1
			a.gaps = append(a.gaps, gap{a.high + 1, seq - 1})
			if len(a.gaps) > maxGaps {
				a.gaps = slices.Delete(a.gaps, 0, 1)
			}
		}
		a.high = seq
	case seq > a.high:
		a.restart(seq)
	case a.fill(seq):
		a.lost--
	case !redelivered && !e.Backfill && e.ObservedAt.Sub(a.lastObserved) > restartSlack:
		// A lower number, later observed, that is not missing: the device counts anew.
		a.restart(seq)
	case !redelivered && seq == 1 && a.high > 1 && !e.ObservedAt.Before(a.lastObserved):
		a.restart(seq) // within the slack, but 1 is where counters begin
	}
}

func (a *account) restart(seq uint64) {
	a.restarts++
	a.high = seq
	a.gaps = nil
}

// fill takes a number out of the missing ones.
func (a *account) fill(seq uint64) bool {
	for i, g := range a.gaps {
		if seq < g.From || seq > g.To {
			continue
		}
		switch {
		case g.From == g.To:
			a.gaps = slices.Delete(a.gaps, i, i+1)
		case seq == g.From:
			a.gaps[i].From++
		case seq == g.To:
			a.gaps[i].To--
		case len(a.gaps) < maxGaps:
			a.gaps[i].To = seq - 1
			a.gaps = slices.Insert(a.gaps, i+1, gap{seq + 1, g.To})
		default:
			a.gaps[i].From = seq + 1 // the numbers before it stay lost for good
		}
		return true
	}
	return false
}

// skew returns the median and whether it is constant and large.
func (a *account) skew() (median time.Duration, wrong bool) {
	if a.skewCount == 0 {
		return 0, false
	}
	room := a.skews
	s := room[:a.skewCount]
	slices.Sort(s)
	median = s[len(s)/2]
	// The outer fifth on each side may be anything: one late message is no argument.
	cut := len(s) / 5
	spread := s[len(s)-1-cut] - s[cut]
	return median, a.skewCount >= minSkewSamples && median.Abs() > maxSkew && spread <= skewSpread
}

func (l *ledger) list() []DeviceStat {
	l.mu.Lock()
	out := make([]DeviceStat, 0, len(l.devices))
	for k, a := range l.devices {
		skew, wrong := a.skew()
		out = append(out, DeviceStat{
			Site: k.Site, Device: k.Device, Kind: a.kind,
			LastReceived: a.lastReceived, LastObserved: a.lastObserved, Messages: a.messages,
			LastSeq: a.high, Lost: a.lost, Restarts: a.restarts,
			Skew: skew, ClockWrong: wrong, Unknown: a.unknown,
		})
	}
	l.mu.Unlock()
	slices.SortFunc(out, func(x, y DeviceStat) int {
		return cmp.Or(cmp.Compare(x.Site, y.Site), cmp.Compare(x.Device, y.Device))
	})
	return out
}

// totals sums the ledger up for metrics.
func (l *ledger) totals() (t ledgerTotals) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t.devices, t.untracked = len(l.devices), l.untracked
	for _, a := range l.devices {
		t.lost += a.lost
		if a.unknown {
			t.unknown++
		}
		if _, wrong := a.skew(); wrong {
			t.clockWrong++
		}
	}
	return t
}

type ledgerTotals struct {
	devices, unknown, clockWrong int
	lost, untracked              uint64
}
