package gateway

import (
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/ingest"
)

// The status tells what each adapter in use has yielded, and when last.
func TestStatusTellsWhatAdaptersYield(t *testing.T) {
	t.Parallel()
	g := run(t, testConfig(t), &plain{})
	if got := g.Status().Adapters; len(got) != 1 || got[0].Name != "plain" || got[0].Events != 0 || !got[0].LastAt.IsZero() {
		t.Errorf("at first %+v", got)
	}
	received := time.Now().UTC()
	m := ingest.Message{Topic: topic, Payload: []byte("one"), Received: received, Site: "s1", Device: "g1"}
	if err := g.ingest.Deliver(within(t), "plain", m); err != nil {
		t.Fatal(err)
	}
	if got := g.Status().Adapters; got[0].Events != 1 || !got[0].LastAt.Equal(received) {
		t.Errorf("then %+v", got)
	}
}
