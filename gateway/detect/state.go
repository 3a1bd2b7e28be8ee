package detect

import (
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// How a device was lost.
const (
	present    = 0
	lostSilent = 1 // it stopped reporting
	lostDown   = 2 // it, or the broker for it, said that it is down
)

// device is what the rules remember of one device. All times are Unix nanoseconds, 0
// where nothing happened yet.
type device struct {
	node
	engine *Engine
	id     event.DeviceKey
	kind   event.Kind
	reg    *event.Device // nil when it is not in the registry
	site   *site
	limits *limits

	recent recent // events seen lately

	// Presence.
	lastSeen int64         // receipt of the last live message
	lastBeat int64         // receipt of the last periodic one
	beats    uint8         // periodic messages seen, at most 2
	period   time.Duration // the device's own word
	learned  time.Duration // longest usual interval
	status   uint8         // 0 unknown, 1 up, 2 down
	statusAt int64         // when it was observed
	lost     uint8         // present, lostSilent, lostDown
	lostAt   int64
	told     bool // the loss has waited for its group and is an anomaly
	inOutage bool
	inMass   bool
	inBranch bool
	// returning is set while what hangs on it is told that it is back; never between calls.
	returning bool
	noPower   bool    // it said that mains failed
	changes   []int64 // of a camera between up and down

	// The device's counter.
	seq     uint64
	seqAt   int64
	seqSeen uint64 // bit i: seq-i has arrived
	holes   uint64 // missing, and may still arrive
	missing uint64 // missing in the standing anomaly

	// The device's clock.
	offset   int64 // receipt minus observation of the first of the run
	offsets  uint8 // how many in a row had it
	offsetAt int64 // receipt of the first of the run
	right    uint8 // how many right ones in a row

	// Gate and thermometer.
	denied      []stamp
	implausible uint8
	plausible   uint8

	// Emergency button and bus.
	callAt  int64 // last observation of a call
	posAt   int64 // last observation of a position
	trip    uint8 // 0 unknown, 1 running, 2 ended
	endedAt int64
	checked bool // the bus was checked after the trip's end
	levels  [numLevels]level
}

// site is what the rules remember of one site.
type site struct {
	node
	engine  *Engine
	id      event.SiteID
	reg     *event.Site // nil when it is not in the registry
	hours   *hours      // nil when it is not in the registry
	limits  *limits
	devices []*device // by id
	// branches are those of the site that were ever in doubt, by parent.
	branches []*branch
	carriers map[event.DeviceID]bool // what others hang on, by the registry

	feverish []feverish
	measured []stamp // visitors at thermometers
	inside   []visit

	// closingGroup marks groups whose most are back and whose rest has a minute more.
	closingGroup [groups]bool
	// ending is set while what stood under the outage is told apart from it; never between
	// calls.
	ending bool
}

// stamp is a thing that happened, by its fingerprint.
type stamp struct {
	key uint64
	at  int64
}

// feverish is a person with a fever.
type feverish struct {
	stamp
	device event.DeviceID
}

// visit is a visitor who came in and has not left.
type visit struct {
	who    string // the event of coming in
	keys   visitorKeys
	device event.DeviceID // where they came in
	at     int64
}

// device returns the state of an event's device, nil when there is no room for another
// unknown one.
func (e *Engine) device(ev *event.Event) *device {
	id := event.DeviceKey{Site: ev.Site, Device: ev.Device}
	if d := e.devices[id]; d != nil {
		return d
	}
	return e.newDevice(id, ev.Kind, false)
}

// newDevice makes the state of a device. One that was remembered is made whatever the
// bound is now.
func (e *Engine) newDevice(id event.DeviceKey, kind event.Kind, remembered bool) *device {
	reg := e.county.Device(id.Site, id.Device)
	if reg == nil {
		if e.unknown >= e.cfg.MaxUnknownDevices && !remembered {
			return nil
		}
		e.unknown++
	}
	// Keys outlive the event, which may share its memory with a whole message.
	id = event.DeviceKey{Site: event.SiteID(strings.Clone(string(id.Site))), Device: event.DeviceID(strings.Clone(string(id.Device)))}
	d := &device{engine: e, id: id, kind: event.Kind(strings.Clone(string(kind))), reg: reg}
	d.limits, _ = e.limitsOf(id.Site, reg) // checked by New
	d.init(d, "d/"+string(id.Site)+"/"+string(id.Device))
	d.site = e.siteOf(id.Site)
	at, _ := slices.BinarySearchFunc(d.site.devices, id.Device, func(a *device, b event.DeviceID) int {
		return strings.Compare(string(a.id.Device), string(b))
	})
	d.site.devices = slices.Insert(d.site.devices, at, d)
	e.devices[id] = d
	e.heap.add(&d.node)
	return d
}

func (e *Engine) siteOf(id event.SiteID) *site {
	if s := e.sites[id]; s != nil {
		return s
	}
	s := &site{engine: e, id: id, reg: e.county.Site(id)}
	s.limits, _ = e.limitsOf(id, nil)
	if s.reg != nil {
		s.hours = newHours(s.reg.Hours)
		s.carriers = carriersOf(s.reg)
	}
	s.init(s, "s/"+string(id))
	e.sites[id] = s
	e.heap.add(&s.node)
	return s
}

func (n *node) init(owner owner, key string) {
	n.owner, n.key = owner, key
	for i := range n.timers {
		n.timers[i] = never
	}
}

// forget drops a device that is not in the registry.
func (e *Engine) forget(d *device) {
	if d.reg == nil {
		e.unknown--
	}
	d.gone = true
	delete(e.devices, d.id)
	if i := slices.Index(d.site.devices, d); i >= 0 {
		d.site.devices = slices.Delete(d.site.devices, i, i+1)
	}
	e.gone = append(e.gone, d.key)
	if s := d.site; s.reg == nil && len(s.devices) == 0 {
		e.forgetSite(s)
	}
}

func (e *Engine) forgetSite(s *site) {
	for _, b := range s.branches {
		b.gone = true
		e.heap.remove(&b.node)
		e.gone = append(e.gone, b.key)
	}
	s.branches = nil
	s.gone = true
	delete(e.sites, s.id)
	e.heap.remove(&s.node)
	e.gone = append(e.gone, s.key)
}

// recent remembers the fingerprints of a device's last events: all of the last two
// minutes up to 256, and never fewer than the last 8.
type recent struct {
	buf  []stamp // a ring; its length is a power of two
	head int
	n    int
}

const (
	recentLeast = 8
	recentMost  = 256
	recentFor   = int64(2 * time.Minute)
)

// add notes a fingerprint and reports false when it is there already.
func (r *recent) add(key uint64, now int64) bool {
	mask := len(r.buf) - 1
	for i := range r.n {
		if r.buf[(r.head+i)&mask].key == key {
			return false
		}
	}
	for r.n > recentLeast && r.buf[r.head].at < now-recentFor {
		r.head = (r.head + 1) & mask
		r.n--
	}
	if r.n == len(r.buf) {
		switch {
		case r.n < recentMost:
			grown := make([]stamp, max(2*r.n, recentLeast))
			for i := range r.n {
				grown[i] = r.buf[(r.head+i)&mask]
			}
			r.buf, r.head = grown, 0
			mask = len(r.buf) - 1
		default:
			r.head = (r.head + 1) & mask
			r.n--
		}
	}
	r.buf[(r.head+r.n)&mask] = stamp{key, now}
	r.n++
	return true
}

// FNV-1a, written out because hash/fnv allocates.
func fingerprint(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}

// fingerprintOf tells deliveries of one message from messages that look alike. Where a
// message has no time of its own, the time of receipt makes it another.
func fingerprintOf(ev *event.Event) uint64 {
	h := fingerprint(ev.ID)
	if ev.Skew == 0 {
		h ^= uint64(ev.ObservedAt.UnixNano()) * 0x9E3779B97F4A7C15
	}
	return h
}

// within drops the stamps before from, which are in the order of their arrival but not
// necessarily of their times.
func within(stamps []stamp, from int64) []stamp {
	return slices.DeleteFunc(stamps, func(s stamp) bool { return s.at < from })
}
