package simulator

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"sort"
	"time"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// TrafficConfig sets the traffic of a county's day.
type TrafficConfig struct {
	Seed  uint64
	Speed float64 // how often things happen, against the real pace
}

// Traffic makes the messages of a county in the order of time. Used by one goroutine.
type Traffic struct {
	county *event.County
	zone   *time.Location
	speed  float64
	rng    *rand.Rand

	start time.Time // of time 0 of the queue, moved on by Shift
	now   int64     // nanoseconds since start of what happens now
	queue queue
	order uint64
	out   []Message
	next  int // of out

	sites   []*site
	devices []*device
	buses   []*bus
	visits  int
	strange int // devices outside the registry
}

// site is one school or depot at work.
type site struct {
	*event.Site
	t            *Traffic
	gates        []*device
	thermometers []*device
	buttons      []*device
	kitchen      []*device
	cameras      []*device
	all          []*device
	darkUntil    int64 // nothing of the site reports
	busyUntil    int64 // an incident is under way
	inside       int   // pupils
	arrivals     int   // counts pupils coming and going, to name them
	departures   int
	patrol       bool // the guard is outside
}

// device is one device of the registry.
type device struct {
	*event.Device
	t          *Traffic
	site       *site
	lane       int
	seq        uint64
	mutedUntil int64
	skew       time.Duration // what its clock is ahead
	// override is what a sensor measures while an incident lasts.
	override      float64
	overrideUntil int64
}

// NewTraffic makes the traffic of an indexed county from start on. script may be nil; it
// must be valid for the county (see Script.Check).
func NewTraffic(county *event.County, script *Script, cfg TrafficConfig, start time.Time) *Traffic {
	t := &Traffic{
		county: county, zone: county.Location(), speed: cfg.Speed, start: start,
		rng: rand.New(rand.NewPCG(cfg.Seed, 0x63616d707573)),
	}
	if t.speed <= 0 {
		t.speed = 1
	}
	for i := range county.Sites {
		t.addSite(&county.Sites[i])
	}
	for _, d := range t.devices {
		d.begin()
	}
	for _, s := range t.sites {
		s.begin()
	}
	for _, b := range t.buses {
		b.begin()
	}
	if script != nil {
		for i := range script.Incidents {
			t.plan(&script.Incidents[i])
		}
	}
	return t
}

func (t *Traffic) addSite(reg *event.Site) {
	s := &site{Site: reg, t: t, busyUntil: -1}
	for i := range reg.Devices {
		d := &device{Device: &reg.Devices[i], t: t, site: s, lane: len(t.devices)}
		t.devices = append(t.devices, d)
		s.all = append(s.all, d)
		switch d.Kind {
		case event.KindGate:
			s.gates = append(s.gates, d)
		case event.KindTemperature:
			s.thermometers = append(s.thermometers, d)
		case event.KindButton:
			s.buttons = append(s.buttons, d)
		case event.KindKitchen:
			s.kitchen = append(s.kitchen, d)
		case event.KindCamera:
			s.cameras = append(s.cameras, d)
		case event.KindBus:
			t.buses = append(t.buses, newBus(d))
		}
	}
	t.sites = append(t.sites, s)
}

// Next returns the next message; there is always one more. The clock of whoever publishes
// is not needed.
func (t *Traffic) Next(time.Time) (Message, bool) {
	for t.next == len(t.out) {
		if t.queue.Len() == 0 {
			return Message{}, false // a county without devices
		}
		t.out, t.next = t.out[:0], 0
		step, ok := heap.Pop(&t.queue).(task)
		if !ok {
			return Message{}, false
		}
		t.now = step.at
		step.do()
	}
	m := t.out[t.next]
	t.out[t.next] = Message{}
	t.next++
	return m, true
}

// Shift moves everything that is still to come by d.
func (t *Traffic) Shift(d time.Duration) { t.start = t.start.Add(d) }

// clock is what the county's clocks say now.
func (t *Traffic) clock() time.Time { return t.start.Add(time.Duration(t.now)).In(t.zone) }

// after does something d later.
func (t *Traffic) after(d time.Duration, do func()) { t.push(d, false, do) }

func (t *Traffic) push(d time.Duration, must bool, do func()) {
	t.order++
	heap.Push(&t.queue, task{at: t.now + int64(max(d, 0)), order: t.order, must: must, do: do})
}

// later does something d later that must happen also when the county stops before: what
// was begun is brought to its end (see Farewell).
func (t *Traffic) later(d time.Duration, do func()) { t.push(d, true, do) }

// Farewell returns what is still to be said when the county stops at now: visitors leave,
// trips end, pressed buttons are released. Without it a gateway that runs on would wait for
// them for ever. Nothing may be asked for afterwards.
func (t *Traffic) Farewell(now time.Time) []Message {
	t.out, t.next, t.start, t.now = slices.Clone(t.out[t.next:]), 0, now, 0
	for _, b := range t.buses {
		if b.running && !b.ended {
			b.mod = deviation{} // whatever was wrong with the trip, everybody gets off
			b.end()
		}
	}
	// What ends may leave one more thing to do, such as the look through a bus.
	for range 2 {
		pending := t.queue
		t.queue = nil
		sort.Sort(pending)
		for _, step := range pending {
			if step.must {
				step.do()
			}
		}
	}
	return t.out
}

// scaled is a duration at the set speed.
func (t *Traffic) scaled(d time.Duration) time.Duration { return time.Duration(float64(d) / t.speed) }

// between draws a number from low to high.
func (t *Traffic) between(low, high float64) float64 { return low + (high-low)*t.rng.Float64() }

// span draws a duration from low to high.
func (t *Traffic) span(low, high time.Duration) time.Duration {
	return low + time.Duration(t.rng.Float64()*float64(high-low))
}

// chance draws whether something happens that happens with probability p.
func (t *Traffic) chance(p float64) bool { return t.rng.Float64() < p }

// silent reports whether nothing is heard of the device now.
func (d *device) silent() bool { return d.t.now < d.mutedUntil || d.t.now < d.site.darkUntil }

// mute silences the device for a time.
func (d *device) mute(length time.Duration) { d.mutedUntil = d.t.now + int64(length) }

// send publishes a message unless the device is silent.
func (d *device) send(channel string, typ event.Type, fill func(f *fields)) {
	if !d.silent() {
		d.publish(channel, typ, fill)
	}
}

// publish publishes a message although the device may be silent otherwise.
func (d *device) publish(channel string, typ event.Type, fill func(f *fields)) {
	d.seq++
	at := d.t.clock()
	f := startFields(at.Add(d.skew), d.seq)
	fill(&f)
	d.t.out = append(d.t.out, Message{
		At: at, Topic: d.topic(channel), Payload: f.end(), Site: d.site.ID, Device: d.ID, Type: typ, lane: d.lane,
	})
}

func (d *device) topic(channel string) string {
	return payload.Address{Site: d.site.ID, Kind: d.Kind, Device: d.ID, Channel: channel}.Topic()
}

// task is something to do at a time; order keeps those of the same time in theirs.
type task struct {
	at    int64
	order uint64
	must  bool // see later
	do    func()
}

type queue []task

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].at != q[j].at {
		return q[i].at < q[j].at
	}
	return q[i].order < q[j].order
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any) {
	if item, ok := x.(task); ok {
		*q = append(*q, item)
	}
}

func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	old[len(old)-1] = task{}
	*q = old[:len(old)-1]
	return last
}
