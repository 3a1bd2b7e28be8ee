package homeassistant

import (
	"maps"
	"regexp"
	"strings"
	"sync"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/gateway/event"
)

// maxEntities bounds what is remembered of discovery messages; further ones are not read.
const maxEntities = 20_000

// entity is what a discovery message says of one value.
type entity struct {
	class string // device_class
	unit  string // unit_of_measurement
}

// sensors are the values on one topic, by their field of a JSON object, "" for a bare one.
type sensors map[string]entity

// words are what a device says on its availability topic.
type words struct{ yes, no string }

// place is where an entity was put, so that it can be taken away again.
type place struct{ state, field, availability string }

// discovery remembers discovery messages, which are retained: the broker sends them anew at
// each connection. The maps of topics are replaced, not changed.
type discovery struct {
	mu      sync.RWMutex
	of      map[string]place // by topic of the message
	sensors map[string]sensors
	words   map[string]words
}

func (d *discovery) look(topic string) (sensors, words) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.sensors[topic], d.words[topic]
}

// field finds the field in a template such as {{ value_json.temperature | float }}.
var field = regexp.MustCompile(`value_json(?:\.|\[['"])([A-Za-z0-9_]+)`)

// text reads a key by its long or short name.
func text(v *fastjson.Value, keys ...string) string {
	for _, k := range keys {
		if b := v.GetStringBytes(k); len(b) > 0 && len(b) <= 256 {
			return string(b)
		}
	}
	return ""
}

// learn takes in a discovery message. "~" at either end of a topic stands for the base.
func (d *discovery) learn(topic string, v *fastjson.Value) {
	base := text(v, "~")
	full := func(t string) string {
		if rest, ok := strings.CutPrefix(t, "~"); ok {
			return base + rest
		}
		if rest, ok := strings.CutSuffix(t, "~"); ok {
			return rest + base
		}
		return t
	}
	p := place{
		state:        full(text(v, "state_topic", "stat_t")),
		availability: full(text(v, "availability_topic", "avty_t")),
	}
	if m := field.FindStringSubmatch(text(v, "value_template", "val_tpl")); m != nil {
		p.field = m[1]
	}
	e := entity{class: text(v, "device_class", "dev_cla"), unit: text(v, "unit_of_measurement", "unit_of_meas")}
	w := words{text(v, "payload_available", "pl_avail"), text(v, "payload_not_available", "pl_not_avail")}
	d.forget(topic)
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.of) >= maxEntities {
		return
	}
	if d.of == nil {
		d.of, d.sensors, d.words = map[string]place{}, map[string]sensors{}, map[string]words{}
	}
	d.of[topic] = p
	if p.state != "" && (e.class != "" || e.unit != "") {
		next := maps.Clone(d.sensors[p.state])
		if next == nil {
			next = sensors{}
		}
		next[p.field] = e
		d.sensors[p.state] = next
	}
	if p.availability != "" && w != (words{}) {
		d.words[p.availability] = w
	}
}

// forget takes away what a discovery message said. What other entities say of the same
// availability topic goes with it until their next message.
func (d *discovery) forget(topic string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, known := d.of[topic]
	if !known {
		return
	}
	delete(d.of, topic)
	delete(d.words, p.availability)
	next := maps.Clone(d.sensors[p.state])
	delete(next, p.field)
	if len(next) == 0 {
		delete(d.sensors, p.state)
	} else {
		d.sensors[p.state] = next
	}
}

// said returns the status that a word of an availability topic means, empty for no word of
// the two.
func (w words) said(word string) string {
	switch {
	case w.yes != "" && word == w.yes:
		return event.StatusUp
	case w.no != "" && word == w.no:
		return event.StatusDown
	}
	return ""
}

// meaning is what a value is by its discovery message, else by its name, and the value in
// our unit. ok is false for what is not recorded.
func (s sensors) meaning(name, at string, n float64) (k known, value float64, ok bool) {
	e, told := s[at]
	if told && e.class != "" {
		name = e.class
	}
	k, ok = knownName(name)
	if !ok {
		return k, n, false
	}
	if !told || e.unit == "" {
		return k, n, k.quantity != event.QuantityGas // gas in an unknown unit
	}
	switch unit := strings.TrimPrefix(e.unit, "°"); {
	case k.unit == "°C" && unit == "F":
		return k, (n - 32) * 5 / 9, true
	case k.unit == "°C" && unit == "K":
		return k, n - 273.15, true
	case k.unit == "hPa" && unit == "kPa":
		return k, n * 10, true
	case k.unit == "hPa" && unit == "Pa":
		return k, n / 100, true
	case k.quantity == event.QuantityGas:
		return k, n, unit == "%LEL" || unit == "% LEL" || unit == "LEL"
	}
	return k, n, true
}
