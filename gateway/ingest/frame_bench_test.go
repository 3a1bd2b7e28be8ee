package ingest

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"github.com/campusgate/campusgate/gateway/event"
)

// loop reads the same bytes again and again.
type loop struct {
	b  []byte
	at int
}

func (l *loop) Read(p []byte) (int, error) {
	n := copy(p, l.b[l.at:])
	l.at = (l.at + n) % len(l.b)
	return n, nil
}

func benchStream(messages int) []byte {
	var b []byte
	for n := range messages {
		payload := fmt.Appendf(nil, `{"ts":"2026-09-01T07:41:%02d.123+08:00","seq":%d,"direction":"in","person_kind":"pupil","method":"card","result":"granted","person":"p-%08d","credential":"c-%08d","celsius":36.5}`, n%60, n, n, n)
		b = appendPublish(b, fmt.Sprintf("campus/s%03d/gate/g%d/access", n%86, n%4), 1, false, uint16(n%60000+1), payload)
	}
	return b
}

// BenchmarkFramer is the cost of one message of 200 bytes: cut out of the stream and taken
// apart.
func BenchmarkFramer(b *testing.B) {
	stream := benchStream(1000)
	f, r := newFramer(1<<20), &loop{b: stream}
	b.SetBytes(int64(len(stream) / 1000))
	b.ReportAllocs()
	for b.Loop() {
		fr, ok, err := f.next()
		for !ok && err == nil {
			_, _ = f.fill(r)
			fr, ok, err = f.next()
		}
		if err != nil {
			b.Fatal(err)
		}
		if _, err := parsePublish(fr); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPahoReadPacket is the same in paho, from memory, for comparison.
func BenchmarkPahoReadPacket(b *testing.B) {
	stream := benchStream(1000)
	r := &loop{b: stream}
	b.SetBytes(int64(len(stream) / 1000))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := packets.ReadPacket(io.Reader(r)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRoute(b *testing.B) {
	cfg := &BrokerConfig{Subscriptions: []SubscriptionConfig{
		{Filter: "campus/+/gate/+/access", Adapter: "gate"},
		{Filter: "campus/+/temperature/+/check", Adapter: "temperature"},
		{Filter: "campus/+/bus/+/position", Adapter: "bus"},
		{Filter: "campus/+/kitchen/+/reading", Adapter: "kitchen"},
		{Filter: "campus/+/+/+/status", Adapter: "status"},
	}}
	topic := []byte("campus/s012/kitchen/k1/reading")
	count := func(string) resultCounters { return resultCounters{} }
	b.Run("cached", func(b *testing.B) {
		r := newRoutes(cfg, nil, 16, count)
		b.ReportAllocs()
		for b.Loop() {
			if r.of(topic).adapter != "kitchen" {
				b.Fatal("wrong route")
			}
		}
	})
	b.Run("found", func(b *testing.B) {
		r := newRoutes(cfg, nil, 16, count)
		b.ReportAllocs()
		for b.Loop() {
			if r.find(string(topic)).adapter != "kitchen" {
				b.Fatal("wrong route")
			}
		}
	})
}

func BenchmarkWindow(b *testing.B) {
	w := newWindow(65_536)
	e := event.Event{ID: "0123456789abcdef01234567"}
	n := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		n++
		e.ObservedAt = nanos(n)
		if w.remember(w.event(&e)) {
			b.Fatal("known")
		}
	}
}

func BenchmarkLedger(b *testing.B) {
	l := newLedger(100_000, nil)
	events := make([]event.Event, 500)
	for n := range events {
		events[n] = event.Event{Site: "s001", Device: event.DeviceID(fmt.Sprintf("g%d", n)), Seq: 1, ObservedAt: noon, ReceivedAt: noon}
	}
	redelivered := make([]bool, len(events))
	b.Run("events=500", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for i := range events {
				events[i].Seq++
			}
			l.observe(events, redelivered)
		}
	})
}

func BenchmarkAppendPublish(b *testing.B) {
	payload := bytes.Repeat([]byte("x"), 200)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = appendPublish(buf[:0], "campus/s012/kitchen/k1/reading", 1, false, 7, payload)
	}
}
