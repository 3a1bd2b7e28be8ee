package dashboard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestAcknowledgedAlarmsOfBusesAreToldToGateways(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked []string
	c := &confirmer{
		log: zerolog.Nop(), queue: make(chan confirmation, 2),
		gateways: func() []api.Gateway {
			return []api.Gateway{{ID: "gw1", State: "ok"}, {ID: "gw2", State: silentState}, {ID: "gw3", State: "degraded"}}
		},
		ask: func(_ context.Context, gateway, verb string, payload []byte) ([]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, fmt.Sprintf("%s %s %s", gateway, verb, payload))
			if gateway == "gw1" {
				return nil, errors.New("no such verb")
			}
			return []byte(`{"told":false}`), nil
		},
	}
	change := func(kind event.Kind, action alarm.Action) alarm.Change {
		return alarm.Change{Alarm: alarm.Alarm{Site: "depot1", Device: "b1", Kind: kind, Rule: "bus_sos"}, Action: action}
	}
	c.Reset([]alarm.Alarm{{Kind: event.KindBus}})
	c.Changed([]alarm.Change{change(event.KindGate, alarm.Ack), change(event.KindBus, alarm.Raise), change(event.KindBus, alarm.Ack)})
	if len(c.queue) != 1 {
		t.Fatalf("%d questions", len(c.queue))
	}
	c.tell(t.Context(), <-c.queue)
	slices.Sort(asked)
	const question = ` acknowledge {"site":"depot1","device":"b1","rule":"bus_sos"}`
	if want := []string{"gw1" + question, "gw3" + question}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
	for range 5 { // more than the queue holds: nothing waits
		c.Changed([]alarm.Change{change(event.KindBus, alarm.Ack)})
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); c.run(ctx) }()
	cancel()
	<-done
}
