package ingest

import (
	"fmt"
	"testing"
)

func TestFilterMatches(t *testing.T) {
	t.Parallel()
	// MQTT 3.1.1, sections 4.7.1 to 4.7.3.
	for _, c := range []struct {
		filter, topic string
		want          bool
	}{
		{"a/b", "a/b", true},
		{"a/b", "a/c", false},
		{"a/b", "a", false},
		{"a", "a/b", false},
		{"#", "a", true},
		{"#", "a/b/c", true},
		{"#", "$SYS/x", false},
		{"$SYS/#", "$SYS/x", true},
		{"sport/tennis/player1/#", "sport/tennis/player1", true},
		{"sport/tennis/player1/#", "sport/tennis/player1/ranking", true},
		{"sport/tennis/+", "sport/tennis/player1", true},
		{"sport/tennis/+", "sport/tennis/player1/ranking", false},
		{"sport/+", "sport", false},
		{"sport/+", "sport/", true},
		{"+/+", "/finance", true},
		{"/+", "/finance", true},
		{"+", "/finance", false},
		{"+/monitor", "$SYS/monitor", false},
		{"$SYS/monitor/+", "$SYS/monitor/x", true},
		{"a/+/c", "a/b/c", true},
		{"a/+/c", "a/b/d", false},
		{"a/+/#", "a", false},
		{"a/+/#", "a/b", true},
		{"A", "a", false},
	} {
		if got := matches(c.filter, c.topic); got != c.want {
			t.Errorf("%q on %q: %v", c.filter, c.topic, got)
		}
	}
}

func TestValidFilter(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]bool{
		"a/b": true, "#": true, "+": true, "a/#": true, "+/a/+": true, "$share/g/a/#": true, "/": true,
		"": false, "a#": false, "#/a": false, "a+/b": false, "$share/g": false, "$share//a": false, "$share/+/a": false,
		"a\x00": false, "\xff": false,
	} {
		if got := validFilter(filter); got != want {
			t.Errorf("%q: %v", filter, got)
		}
	}
	if got := unshared("$share/g/a/#"); got != "a/#" {
		t.Errorf("unshared: %q", got)
	}
}

func TestRouteCacheIsBounded(t *testing.T) {
	t.Parallel()
	b := &BrokerConfig{Subscriptions: []SubscriptionConfig{{Filter: "a/+", Adapter: "x"}, {Filter: "a/#", Adapter: "y"}}}
	r := newRoutes(b, nil, 16, func(string) resultCounters { return resultCounters{} })
	for n := range 1000 {
		if got := r.of(fmt.Appendf(nil, "a/%d", n)); got.adapter != "x" || got.topic != fmt.Sprintf("a/%d", n) {
			t.Fatalf("topic %d: %+v", n, got)
		}
	}
	if len(r.cache) > 16 {
		t.Fatalf("%d topics remembered", len(r.cache))
	}
	if got := r.of([]byte("a/b/c")); got.adapter != "y" {
		t.Fatalf("second filter: %+v", got)
	}
	for _, topic := range []string{"", "b", "\xff", "a/+"} {
		if got := r.of([]byte(topic)); got.decoder != nil || got.reason == "" {
			t.Fatalf("%q: %+v", topic, got)
		}
	}
}
