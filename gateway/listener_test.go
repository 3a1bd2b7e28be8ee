package gateway

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
)

// terminals is a listener that delivers when the test says so.
type terminals struct {
	deliver Deliver

	mu     sync.Mutex
	states []event.HealthState
}

func (l *terminals) note(s event.HealthState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.states = append(l.states, s)
}

func (l *terminals) Start(context.Context) error { l.note(event.OK); return nil }

// Stop hands over what came last, as a listener may until it has stopped.
func (l *terminals) Stop(ctx context.Context) error {
	l.note(event.Stopped)
	return l.deliver(ctx, "plain", ingest.Message{Topic: "plain/t1", Payload: []byte("last"), Received: time.Now(), Site: "s1", Device: "t1"})
}

func (l *terminals) Health() event.Health { return event.Health{State: event.OK} }

func TestListenerDeliversUntilItHasStopped(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	c := testConfig(t)
	c.Influx.URL = db.URL
	l := &terminals{}
	g, err := New(c, Deps{
		County: newCounty(t), Decoders: []ingest.Decoder{&plain{}}, Log: zerolog.Nop(),
		Listeners: func(d Deliver) ([]Listener, error) {
			l.deliver = d
			return []Listener{{Name: "plain", Component: l}}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Start(within(t)); err != nil {
		t.Fatal(err)
	}
	first := ingest.Message{Topic: "plain/t1", Payload: []byte("first"), Received: time.Now(), Site: "s1", Device: "t1"}
	if err := l.deliver(within(t), "plain", first); err != nil {
		t.Fatal(err)
	}
	eventually(t, "stored", func() bool { return db.count(`person="first"`) == 1 })
	if h := g.Status().Components["plain listener"]; h.State != event.OK {
		t.Errorf("health of the listener: %+v", h)
	}
	stop(t, g) // before the journal: what it delivers at last is durable
	again := run(t, c, &plain{})
	eventually(t, "the last one is stored", func() bool { return db.count(`person="last"`) == 1 })
	stop(t, again)
	if len(l.states) != 2 {
		t.Errorf("states %v, want started and stopped once", l.states)
	}
}

func TestListenerThatCannotBeMade(t *testing.T) {
	t.Parallel()
	wrong := errors.New("jt808.listen: no address")
	_, err := New(testConfig(t), Deps{
		County: newCounty(t), Decoders: []ingest.Decoder{&plain{}}, Log: zerolog.Nop(),
		Listeners: func(Deliver) ([]Listener, error) { return nil, wrong },
	})
	if !errors.Is(err, wrong) {
		t.Errorf("New = %v", err)
	}
}
