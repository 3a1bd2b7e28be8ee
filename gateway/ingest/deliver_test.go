package ingest_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
)

// listening is an Ingest whose broker cannot be reached: listeners do not need it.
func listening(t *testing.T, sink ingest.Sink) *running {
	return start(t, config(t, brokerConfig("away", "tcp://127.0.0.1:1")), sink)
}

func delivered(payload []byte) ingest.Message {
	return ingest.Message{Topic: "reading/d1", Payload: payload, Received: time.Now(), Site: "s001", Device: "d1"}
}

func TestDeliverStoresOnceAndBuriesTheRest(t *testing.T) {
	t.Parallel()
	sink := newMemory()
	r := listening(t, sink)
	one, two, bad := delivered(message(1)), delivered(message(2)), delivered([]byte("nonsense"))
	if err := r.Deliver(within(t), "reading", one, bad, two); err != nil {
		t.Fatal(err)
	}
	if err := r.Deliver(within(t), "reading", two); err != nil {
		t.Fatalf("a repetition: %v", err)
	}
	if distinct, all := sink.events(); distinct != 2 || all != 2 {
		t.Errorf("%d events, %d of them distinct, not 2", all, distinct)
	}
	dead := sink.buried()
	if len(dead) != 1 || string(dead[0].Payload) != "nonsense" || dead[0].Broker != ingest.ListenerBroker || dead[0].Reason == "" {
		t.Fatalf("dead letters: %+v", dead)
	}
	if n := r.metric("results_total", "listener", "duplicate"); n != 1 {
		t.Errorf("%v duplicates counted, not 1", n)
	}
	if err := r.Deliver(within(t), "nothing", one); err == nil {
		t.Error("an adapter that is not there took a message")
	}
	dead[0].Payload = message(3)
	if events, err := r.Decode(dead[0]); err != nil || len(events) != 1 {
		t.Errorf("tried again with a payload that is right: %d events, %v", len(events), err)
	}
}

func TestDeliverPromisesNothingWhenItFails(t *testing.T) {
	t.Parallel()
	sink := newMemory()
	r := listening(t, sink)
	m := delivered(message(1))
	full := errors.New("disk full")
	sink.fail(full)
	if err := r.Deliver(within(t), "reading", m); !errors.Is(err, full) {
		t.Errorf("a failing sink: %v", err)
	}
	sink.fail(nil)
	sink.hold()
	ctx, cancel := context.WithCancel(within(t))
	cancel()
	if err := r.Deliver(ctx, "reading", m); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	sink.release()
	// The device repeats what was not answered: it must be stored, not taken for known.
	if err := r.Deliver(within(t), "reading", m); err != nil {
		t.Fatal(err)
	}
	if distinct, all := sink.events(); distinct != 1 || all != 2 {
		t.Errorf("%d events, %d distinct: want one event, stored twice", all, distinct)
	}
}

func TestDeliverFromManyConnections(t *testing.T) {
	t.Parallel()
	sink := newMemory()
	r := listening(t, sink)
	var all sync.WaitGroup
	for c := range 20 {
		all.Go(func() {
			for n := range 50 {
				m := delivered(message(c*1000 + n))
				m.Device = event.DeviceID("d" + string(rune('a'+c)))
				if err := r.Deliver(within(t), "reading", m); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if distinct, _ := sink.events(); distinct != 1000 {
		t.Errorf("%d events, not 1000", distinct)
	}
}
