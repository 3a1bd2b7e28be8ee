package ingest

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/campusgate/campusgate/gateway/event"
)

// validFilter checks a topic filter (MQTT 3.1.1, section 4.7).
func validFilter(filter string) bool {
	if rest, ok := strings.CutPrefix(filter, "$share/"); ok {
		group, f, ok := strings.Cut(rest, "/")
		if !ok || group == "" || strings.ContainsAny(group, "+#") {
			return false
		}
		filter = f
	}
	if filter == "" || len(filter) > 65535 || !utf8.ValidString(filter) || strings.ContainsRune(filter, 0) {
		return false
	}
	levels := strings.Split(filter, "/")
	for i, l := range levels {
		if strings.Contains(l, "#") && (l != "#" || i != len(levels)-1) {
			return false
		}
		if strings.Contains(l, "+") && l != "+" {
			return false
		}
	}
	return true
}

// validTopic checks a topic name (section 4.7.3).
func validTopic(topic string) bool {
	return topic != "" && utf8.ValidString(topic) && !strings.ContainsAny(topic, "+#\x00")
}

// matches reports whether a topic falls under a valid filter. Wildcards in the first
// level do not match topics that begin with '$'.
func matches(filter, topic string) bool {
	if strings.HasPrefix(topic, "$") && !strings.HasPrefix(filter, "$") {
		if filter == "" || filter[0] == '+' || filter[0] == '#' {
			return false
		}
	}
	for {
		f, fRest, fMore := strings.Cut(filter, "/")
		if f == "#" {
			return true
		}
		t, tRest, tMore := strings.Cut(topic, "/")
		if f != "+" && f != t {
			return false
		}
		switch {
		case !fMore && !tMore:
			return true
		case fMore && !tMore:
			return fRest == "#" // a/# matches a
		case !fMore:
			return false
		}
		filter, topic = fRest, tRest
	}
}

// route is where the messages of one topic go.
type route struct {
	topic    string
	adapter  string  // empty when no subscription matches
	decoder  Decoder // nil: every message is a dead letter, for the reason
	reason   string
	site     event.SiteID
	device   event.DeviceID
	quantity string
	asker    Asker // nil: nothing is asked

	results resultCounters
}

// resultCounters count messages of one broker and adapter by what became of them.
type resultCounters struct {
	stored, dead, duplicate, retained prometheus.Counter
}

// routes finds the route of a topic. It is used by one goroutine at a time.
type routes struct {
	subs  []subscription
	cache map[string]*route
	limit int
	count func(adapter string) resultCounters
}

type subscription struct {
	SubscriptionConfig
	match   string
	decoder Decoder
}

func newRoutes(b *BrokerConfig, decoders map[string]Decoder, limit int, count func(string) resultCounters) *routes {
	r := &routes{cache: make(map[string]*route), limit: limit, count: count}
	for _, s := range b.Subscriptions {
		r.subs = append(r.subs, subscription{s, unshared(s.Filter), decoders[s.Adapter]})
	}
	return r
}

// of returns the route of a topic. Topics are remembered up to the limit; then the memory
// starts anew, which costs a matching for each topic and bounds what strange topics cost.
func (r *routes) of(topic []byte) *route {
	if known, ok := r.cache[string(topic)]; ok {
		return known
	}
	if len(r.cache) >= r.limit {
		clear(r.cache)
	}
	found := r.find(strings.Clone(string(topic)))
	r.cache[found.topic] = found
	return found
}

func (r *routes) find(topic string) *route {
	if !validTopic(topic) {
		return &route{topic: topic, reason: "topic is empty, no UTF-8, or holds a wildcard", results: r.count("")}
	}
	for i := range r.subs {
		s := &r.subs[i]
		if !matches(s.match, topic) {
			continue
		}
		found := &route{
			topic: topic, adapter: s.Adapter, decoder: s.decoder,
			site: event.SiteID(s.Site), device: event.DeviceID(s.Device), quantity: s.Quantity, results: r.count(s.Adapter),
		}
		if s.Ask {
			found.asker, _ = s.decoder.(Asker)
		}
		if err := found.mapLevels(s); err != nil {
			found.decoder, found.reason = nil, err.Error()
		}
		return found
	}
	return &route{topic: topic, reason: "no subscription matches the topic", results: r.count("")}
}

func (r *route) mapLevels(s *subscription) error {
	levels := strings.Split(r.topic, "/")
	if s.SiteLevel > 0 {
		name, err := levelName(levels, s.SiteLevel)
		if err != nil {
			return fmt.Errorf("site: %w", err)
		}
		r.site = event.SiteID(name)
	}
	if s.DeviceLevel > 0 {
		name, err := levelName(levels, s.DeviceLevel)
		if err != nil {
			return fmt.Errorf("device: %w", err)
		}
		r.device = event.DeviceID(name)
	}
	return nil
}

// levelName turns a topic level into a name: devices like to write AA:BB:CC:DD:EE:FF.
func levelName(levels []string, level int) (string, error) {
	if level > len(levels) {
		return "", fmt.Errorf("topic has no level %d", level)
	}
	name := strings.NewReplacer(":", "-", ".", "-", " ", "-").Replace(strings.ToLower(levels[level-1]))
	if !event.ValidName(name) {
		return "", fmt.Errorf("topic level %d: %q is no name (1 to 64 of a-z, 0-9, '-', '_')", level, levels[level-1])
	}
	return name, nil
}
