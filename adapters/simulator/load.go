package simulator

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Load makes messages at a set rate, spread over the county's devices. None of them is a
// breach of a rule, at whatever hour. Used by one goroutine.
type Load struct {
	cfg     LoadConfig
	traffic *Traffic // holds the devices; its queue is not used
	rng     *rand.Rand
	start   time.Time
	sent    int64
	devices []*device // in the order in which they publish, again and again
}

// loadMix is how many of a hundred messages are of each kind in a busy county.
func loadMix() []struct {
	kind   event.Kind
	weight int
} {
	return []struct {
		kind   event.Kind
		weight int
	}{
		{event.KindCamera, 40},
		{event.KindGate, 25},
		{event.KindKitchen, 14},
		{event.KindTemperature, 10},
		{event.KindBus, 10},
		{event.KindButton, 1},
	}
}

func loadKinds() []string {
	var names []string
	for _, m := range loadMix() {
		names = append(names, string(m.kind))
	}
	return names
}

func loadWeight(k event.Kind) int {
	for _, m := range loadMix() {
		if m.kind == k {
			return m.weight
		}
	}
	return 0
}

// NewLoad makes load for the devices of an indexed county.
func NewLoad(county *event.County, cfg LoadConfig, seed uint64, start time.Time) (*Load, error) {
	t := &Traffic{county: county, zone: county.Location(), speed: 1, start: start, rng: rand.New(rand.NewPCG(seed, 0x6c6f6164))}
	for i := range county.Sites {
		t.addSite(&county.Sites[i])
	}
	byKind := map[event.Kind][]*device{}
	for _, d := range t.devices {
		byKind[d.Kind] = append(byKind[d.Kind], d)
	}
	l := &Load{cfg: cfg, traffic: t, rng: t.rng, start: start}
	// A hundred rounds of the mix, shuffled: long enough that a device seldom comes twice
	// within the messages in flight.
	for _, m := range loadMix() {
		devices := byKind[m.kind]
		if len(devices) == 0 || cfg.Kind != "" && cfg.Kind != m.kind {
			continue
		}
		for i := range 100 * m.weight {
			l.devices = append(l.devices, devices[i%len(devices)])
		}
	}
	if len(l.devices) == 0 {
		return nil, fmt.Errorf("no device of kind %q in the county to publish for", cfg.Kind)
	}
	l.rng.Shuffle(len(l.devices), func(i, j int) { l.devices[i], l.devices[j] = l.devices[j], l.devices[i] })
	return l, nil
}

// Next returns the next message, or false at the end. A message that is overdue at now
// carries now as its time.
func (l *Load) Next(now time.Time) (Message, bool) {
	if l.cfg.Count > 0 && l.sent >= l.cfg.Count {
		return Message{}, false
	}
	at := now
	if l.cfg.Rate > 0 {
		at = l.start.Add(time.Duration(float64(l.sent) / l.cfg.Rate * 1e9))
	}
	if l.cfg.Duration > 0 && at.Sub(l.start) >= l.cfg.Duration {
		return Message{}, false
	}
	if at.Before(now) {
		at = now
	}
	l.traffic.start, l.traffic.now = at, 0
	l.traffic.out = l.traffic.out[:0]
	l.publish(l.devices[l.sent%int64(len(l.devices))])
	l.sent++
	return l.traffic.out[0], true
}

// Shift does nothing: load is not caught up on, its messages carry the time they leave.
func (l *Load) Shift(time.Duration) {}

func (l *Load) publish(d *device) {
	switch d.Kind {
	case event.KindGate:
		direction := event.In
		if d.seq%2 == 1 {
			direction = event.Out
		}
		d.pass(passage{
			direction: direction, kind: event.PersonStaff, method: "card", result: event.ResultGranted,
			person: d.site.person("t", l.rng.IntN(90)+1), credential: d.site.person("c", l.rng.IntN(90)+1),
		})
	case event.KindTemperature:
		d.check(event.PersonStaff, d.site.person("t", l.rng.IntN(90)+1), d.t.healthy(), "normal")
	case event.KindBus:
		l.bus(d)
	case event.KindKitchen:
		d.reading()
	default:
		d.send("heartbeat", event.TypeDeviceStatus, func(f *fields) {
			f.num("latency_ms", d.t.between(4, 40), 1)
			if d.Kind == event.KindCamera {
				f.bool("recording", true)
			}
		})
	}
}

func (l *Load) bus(d *device) {
	d.send("position", event.TypeVehiclePosition, func(f *fields) {
		f.num("lat", d.site.Lat+d.t.between(-0.0005, 0.0005), 6)
		f.num("lon", d.site.Lon+d.t.between(-0.0005, 0.0005), 6)
		f.num("speed_kmh", d.t.between(0, 20), 1)
		f.num("heading", d.t.between(0, 359), 0)
		f.int("satellites", 9+l.rng.IntN(6))
		f.int("passengers", 0)
		f.bool("doors_open", false)
		f.bool("ignition", true)
	})
}
