package gateway

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
	"github.com/campusgate/campusgate/gateway/journal"
)

// countyDocument is a registry as the command centre publishes it.
func countyDocument(t *testing.T, devices ...event.Device) []byte {
	t.Helper()
	doc, err := json.Marshal(event.County{Sites: []event.Site{{ID: "s1", Kind: event.SiteSchool, Devices: devices}}})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestRegistryOfTheCentre(t *testing.T) {
	t.Parallel()
	c := testConfig(t)
	c.Uplink.Enabled, c.Uplink.URLs = true, []string{"nats://127.0.0.1:1"} // the centre cannot be reached
	g := build(t, c, &plain{})
	if err := g.Start(within(t)); err != nil {
		t.Fatal(err)
	}
	message := ingest.Message{Topic: topic, Site: "s1", Device: "g2", Payload: []byte("someone"), Received: time.Now()}
	if err := g.ingest.Deliver(within(t), "plain", message); err != nil {
		t.Fatal(err)
	}
	if n := g.Status().Devices.Unknown; n != 1 {
		t.Fatalf("%d unknown devices, want g2", n)
	}
	// As the uplink hands it over.
	doc := countyDocument(t, event.Device{ID: "g2", Kind: event.KindGate, Addresses: []string{"plain:7"}})
	if err := g.documents.take("registry", 4, doc); err != nil {
		t.Fatal(err)
	}
	if n := g.Status().Devices.Unknown; n != 0 || g.deps.Live.County().Device("s1", "g1") != nil {
		t.Errorf("%d unknown devices under the new registry", n)
	}
	// What came in without a site is the device's that has adopted it.
	stranger := ingest.Message{Topic: topic, Site: event.CountySite, Device: "plain-7", Payload: []byte("stranger"), Received: time.Now()}
	if err := g.ingest.Deliver(within(t), "plain", stranger); err != nil {
		t.Fatal(err)
	}
	if n := g.Status().Devices.Unknown; n != 1 {
		t.Errorf("%d unknown devices, want the stranger", n)
	}
	doc = countyDocument(t, event.Device{ID: "g2", Kind: event.KindGate, Addresses: []string{"plain:7", "unassigned:plain-7"}})
	if err := g.documents.take("registry", 4, doc); err != nil {
		t.Fatal(err)
	}
	before := messagesOf(g, "g2")
	stranger.Payload = []byte("no stranger any more")
	if err := g.ingest.Deliver(within(t), "plain", stranger); err != nil {
		t.Fatal(err)
	}
	if n := messagesOf(g, "g2"); n != before+1 {
		t.Errorf("%d messages of the adopted device, want %d", n, before+1)
	}
	for fault, bad := range map[string][]byte{
		"used twice":     countyDocument(t, event.Device{ID: "g2"}, event.Device{ID: "g2"}),
		"cold_store_max": countyDocument(t, event.Device{ID: "g2", Limits: map[string]float64{"cold_store_max": 99}}),
		"registry":       []byte(`{"sites":7}`),
	} {
		if err := g.documents.take("registry", 5, bad); err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("take = %v, want %q", err, fault)
		}
	}
	status := g.Status()
	if d := status.Documents["registry"]; d.Version != 4 || d.Refused != 5 || d.Error == "" || g.deps.Live.County().Device("s1", "g2") == nil {
		t.Errorf("after a faulty registry: %+v", d)
	}
	if !strings.Contains(status.Components["documents"].Reason, "registry version 5") {
		t.Errorf("components %+v", status.Components)
	}
	stop(t, g)

	again := run(t, c, &plain{})
	if again.deps.Live.County().Device("s1", "g2") == nil || again.Status().Documents["registry"].Version != 4 {
		t.Errorf("a restart without the centre forgot the registry: %+v", again.Status().Documents)
	}
	if key, ok := again.deps.Live.County().ByAddress("plain", "7"); !ok || key.Device != "g2" {
		t.Errorf("address leads to %v", key)
	}
	c.Uplink.Enabled, c.DataDir = false, c.DataDir+"-alone"
	alone := run(t, c, &plain{})
	if alone.deps.Live.County().Device("s1", "g1") == nil || alone.Status().Documents != nil {
		t.Error("a gateway without a centre does not use its own registry")
	}
}

func messagesOf(g *Gateway, id event.DeviceID) uint64 {
	for _, d := range g.ingest.Devices() {
		if d.Site == "s1" && d.Device == id {
			return d.Messages
		}
	}
	return 0
}

// TestDetectorsFollowTheRegistry: the anomalies of a device that is removed are cleared in
// the journal.
func TestDetectorsFollowTheRegistry(t *testing.T) {
	t.Parallel()
	c := testConfig(t)
	c.Uplink.Enabled, c.Uplink.URLs = true, []string{"nats://127.0.0.1:1"}
	g := run(t, c, &plain{})
	j := attach(t, g.journal)
	now := time.Now()
	e := &event.Event{
		Type: event.TypeEmergencyCall, Kind: event.KindButton, Site: "s1", Device: "g1",
		Call: &event.EmergencyCall{State: event.CallPressed},
	}
	event.Clock{}.Stamp(e, []byte("pressed"), 0, now, time.Nanosecond, now)
	if err := g.journal.Append(within(t), journal.Batch{Records: []journal.Record{{Event: e}}}); err != nil {
		t.Fatal(err)
	}
	told := func(state event.AnomalyState) func() bool {
		return func() bool {
			for _, r := range j.read(t) {
				if r.Anomaly != nil && r.Anomaly.Rule == "emergency_call" && r.Anomaly.State == state {
					return true
				}
			}
			return false
		}
	}
	eventually(t, "the call is told", told(event.Raised))
	if err := g.documents.take("registry", 2, countyDocument(t, event.Device{ID: "g2", Kind: event.KindGate})); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the call of a removed device is cleared", told(event.Cleared))
}
