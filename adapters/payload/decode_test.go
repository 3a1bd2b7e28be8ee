package payload_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

func array(n int) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(`{"ts":1795478399,"seq":%d}`, i+1)
	}
	return "[" + strings.Join(items, ",") + "]"
}

func message(body string) payload.Message {
	return payload.Message{Topic: "campus/s1/camera/c1/heartbeat", Payload: []byte(body), Received: received}
}

func TestArrayLimit(t *testing.T) {
	t.Parallel()
	f := payload.NewFamily(event.KindCamera)
	events, err := f.Decode(nil, message(array(payload.MaxItems)), event.Clock{})
	if err != nil || len(events) != payload.MaxItems {
		t.Fatalf("got %d events, %v", len(events), err)
	}
	ids := map[string]bool{}
	for i, e := range events {
		if e.Seq != uint64(i+1) {
			t.Fatalf("event %d has counter %d", i, e.Seq)
		}
		ids[e.ID] = true
	}
	if len(ids) != payload.MaxItems {
		t.Errorf("%d different ids", len(ids))
	}
	if events, err := f.Decode(nil, message(array(payload.MaxItems+1)), event.Clock{}); err == nil {
		t.Errorf("one more is accepted: %d events", len(events))
	}
}

// A large payload, of whatever content, is refused or read, and takes no ages.
func TestLargePayloads(t *testing.T) {
	t.Parallel()
	f := payload.NewFamily(event.KindCamera)
	const size = 256 << 10
	for name, body := range map[string]string{
		"open brackets": strings.Repeat("[", size),
		"numbers":       "[" + strings.Repeat("1,", size/2) + "1]",
		"one text":      `{"x":"` + strings.Repeat("a", size) + `"}`,
		"noise":         strings.Repeat("\x00\x01", size/2),
		"quotes":        strings.Repeat(`"`, size),
	} {
		events, err := f.Decode(nil, message(body), event.Clock{})
		if (name == "one text") != (err == nil) {
			t.Errorf("%s: %d events, %v", name, len(events), err)
		}
		if err != nil && len(err.Error()) > 400 {
			t.Errorf("%s: an error text of %d bytes", name, len(err.Error()))
		}
	}
}

// Without time and counter two equal messages are two events; with one of them they are
// one event delivered twice.
func TestIdentity(t *testing.T) {
	t.Parallel()
	f := payload.NewFamily(event.KindButton)
	id := func(body string, days int) string {
		m := payload.Message{Topic: "campus/s1/button/e1/status", Payload: []byte(body), Received: received.AddDate(0, 0, days)}
		events, err := f.Decode(nil, m, event.Clock{})
		if err != nil {
			t.Fatal(err)
		}
		return events[0].ID
	}
	for body, same := range map[string]bool{
		`offline`:                           false,
		`{"status":"down"}`:                 false,
		`{"status":"down","seq":4}`:         true,
		`{"status":"down","ts":1795478399}`: true,
	} {
		if got := id(body, 0) == id(body, 1); got != same {
			t.Errorf("%s: delivered again it is the same event: %v", body, got)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	f := payload.NewFamily(event.KindCamera)
	want, err := f.Decode(nil, message(array(20)), event.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				got, err := f.Decode(nil, message(array(20)), event.Clock{})
				if err != nil || len(got) != len(want) || got[19].ID != want[19].ID || got[19].Site != "s1" {
					t.Errorf("got %d events, %v", len(got), err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestTopic(t *testing.T) {
	t.Parallel()
	a, err := payload.ParseTopic("campus/s012/gate/g1/access")
	want := payload.Address{Site: "s012", Kind: event.KindGate, Device: "g1", Channel: "access"}
	if err != nil || a != want || a.Topic() != "campus/s012/gate/g1/access" {
		t.Errorf("got %+v, %v", a, err)
	}
	for _, topic := range []string{
		"", "campus", "campus/s1/gate/g1", "campus/s1/gate/g1/", "campus/s1/gate/g1/access/more", "/campus/s1/gate/g1/access",
		"other/s1/gate/g1/access",
	} {
		if a, err := payload.ParseTopic(topic); err == nil {
			t.Errorf("%q is read as %+v", topic, a)
		}
	}
}
