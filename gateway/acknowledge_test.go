package gateway

import (
	"context"
	"errors"
	"testing"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
)

// askable is a listener whose devices are told of acknowledgements.
type askable struct {
	terminals
	told []string
	err  error
}

func (l *askable) AcknowledgeRule(address, rule string) error {
	l.told = append(l.told, address+" "+rule)
	return l.err
}

func TestAcknowledgementsReachTheDevice(t *testing.T) {
	t.Parallel()
	county := &event.County{Sites: []event.Site{{ID: "s1", Devices: []event.Device{
		{ID: "b1", Kind: event.KindBus, Addresses: []string{"jt808:013800138000"}},
		{ID: "b2", Kind: event.KindBus, Addresses: []string{"unassigned:jt808-13900139000"}},
		{ID: "b3", Kind: event.KindBus, Addresses: []string{"traccar:7"}},
	}}}}
	if err := county.Index(); err != nil {
		t.Fatal(err)
	}
	l := &askable{}
	g, err := New(testConfig(t), Deps{
		County: county, Decoders: []ingest.Decoder{&plain{}}, Log: zerolog.Nop(),
		Listeners: func(Deliver) ([]Listener, error) {
			return []Listener{{Name: "other", Component: &terminals{}}, {Name: "jt808", Component: l}}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ query, want, told string }{
		{`{"site":"s1","device":"b1","rule":"bus_sos"}`, `{"told":true}`, "013800138000 bus_sos"},
		{`{"site":"s1","device":"b2","rule":"bus_sos"}`, `{"told":true}`, "13900139000 bus_sos"},
		{`{"site":"county","device":"jt808-777","rule":"bus_sos"}`, `{"told":true}`, "777 bus_sos"},
		{`{"site":"s1","device":"b3","rule":"bus_sos"}`, `{"told":false}`, ""},
		{`{"site":"s9","device":"jt808-777","rule":"bus_sos"}`, `{"told":false}`, ""},
	} {
		l.told = nil
		answer, err := g.acknowledgeJSON([]byte(c.query))
		told := ""
		if len(l.told) == 1 {
			told = l.told[0]
		}
		if err != nil || string(answer) != c.want || told != c.told {
			t.Errorf("%s: %s, told %q, %v", c.query, answer, l.told, err)
		}
	}
	l.err = context.DeadlineExceeded
	if _, err := g.acknowledgeJSON([]byte(`{"site":"s1","device":"b1","rule":"bus_sos"}`)); !errors.Is(err, l.err) {
		t.Errorf("a device that cannot be told: %v", err)
	}
	if _, err := g.acknowledgeJSON([]byte(`{`)); err == nil {
		t.Error("nonsense was answered")
	}
}
