package broker_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/broker"
)

func TestOfflineQueueSurvivesCleanStop(t *testing.T) {
	t.Parallel()
	config := mqttConfig(t)
	m := startMQTT(t, config)
	sub := dialRaw(t, m.Addr())
	sub.login("gw", "", "", false)
	if got := sub.subscribe("campus/#", 1); got != 1 {
		t.Fatalf("granted QoS %d, want 1", got)
	}
	sub.close()

	pub := dialRaw(t, m.Addr())
	pub.login("device", "", "", true)
	for i := range 300 {
		pub.publishAcked("campus/s001/gate/g1/access", fmt.Appendf(nil, "%d", i))
	}
	if err := m.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}

	again := startMQTT(t, config)
	sub = dialRaw(t, again.Addr())
	if _, present := sub.login("gw", "", "", false); !present {
		t.Fatal("session is gone after restart")
	}
	for i := range 300 {
		if got := sub.receive(true); string(got.payload) != fmt.Sprint(i) {
			t.Fatalf("message %d is %q", i, got.payload)
		}
	}
}

func TestUndeliveredCountsWhatNobodyAcknowledged(t *testing.T) {
	t.Parallel()
	m := startMQTT(t, mqttConfig(t))
	count := func(want uint64) {
		t.Helper()
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for ctx := testContext(t); ; {
			got, err := m.Undelivered()
			if err != nil {
				t.Fatal(err)
			}
			if got == want {
				return
			}
			select {
			case <-ctx.Done():
				t.Fatalf("%d undelivered, want %d", got, want)
			case <-tick.C:
			}
		}
	}
	count(0)
	sub := dialRaw(t, m.Addr())
	sub.login("gw", "", "", false)
	sub.subscribe("campus/#", 1)
	pub := dialRaw(t, m.Addr())
	pub.login("device", "", "", true)
	for i := range 3 {
		pub.publishAcked("campus/s001/gate/g1/access", fmt.Appendf(nil, "%d", i))
	}
	pub.publishAcked("elsewhere", []byte("nobody wants this"))
	sub.receive(false)
	count(3)
	sub.close()
	count(3)
	if err := m.Stop(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Undelivered(); err == nil {
		t.Error("a stopped broker counts")
	}
}

func TestOfflineQueueSurvivesKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := startProcess(t, dir)
	sub := dialRaw(t, p.addr)
	sub.login("gw", "", "", false)
	sub.subscribe("campus/#", 1)
	sub.close()
	pub := dialRaw(t, p.addr)
	pub.login("device", "", "", true)
	for i := range 200 {
		pub.publishAcked("campus/s001/gate/g1/access", fmt.Appendf(nil, "%d", i))
	}
	p.kill()

	p = startProcess(t, dir)
	sub = dialRaw(t, p.addr)
	if _, present := sub.login("gw", "", "", false); !present {
		t.Fatal("session is gone after the kill")
	}
	seen := make(map[string]bool)
	for len(seen) < 200 {
		seen[string(sub.receive(true).payload)] = true
	}
	for i := range 200 {
		if !seen[fmt.Sprint(i)] {
			t.Errorf("acknowledged message %d is lost", i)
		}
	}
}

func TestUnacknowledgedIsSentAgain(t *testing.T) {
	t.Parallel()
	config := mqttConfig(t)
	config.AckWait = time.Second
	m := startMQTT(t, config)
	sub := dialRaw(t, m.Addr())
	sub.login("gw", "", "", false)
	sub.subscribe("a/b", 1)
	pub := dialRaw(t, m.Addr())
	pub.login("device", "", "", true)
	pub.publishAcked("a/b", []byte("x"))
	sub.receive(false)
	sub.close()
	sub = dialRaw(t, m.Addr())
	sub.login("gw", "", "", false)
	if got := sub.receive(true); string(got.payload) != "x" {
		t.Fatalf("got %q again, want x", got.payload)
	}
}

func TestRetainedAndLargeMessage(t *testing.T) {
	t.Parallel()
	m := startMQTT(t, mqttConfig(t))
	big := bytes.Repeat([]byte("k"), 1<<20)
	pub := dialRaw(t, m.Addr())
	pub.login("device", "", "", true)
	pub.publish("campus/s001/camera/c1/status", big, 1, 9, true)
	if kind, _ := pub.read(); kind>>4 != puback {
		t.Fatalf("got packet %x, want PUBACK", kind)
	}
	// The server acknowledges what it has stored, and offers it as retained a moment later:
	// a subscription that is earlier is not given it.
	var sub *client
	for deadline := time.Now().Add(20 * time.Second); ; {
		sub = dialRaw(t, m.Addr())
		sub.login("gw", "", "", true)
		sub.subscribe("campus/+/camera/+/status", 1)
		if sub.hasMore(time.Second) {
			break
		}
		if sub.close(); time.Now().After(deadline) {
			t.Fatal("the retained message does not come")
		}
	}
	if got := sub.receive(true); !got.retain || !bytes.Equal(got.payload, big) {
		t.Fatalf("retained %v, %d bytes; want the retained 1 MiB", got.retain, len(got.payload))
	}
}

func TestUsersAndTopicRights(t *testing.T) {
	t.Parallel()
	config := mqttConfig(t)
	config.Users = []broker.MQTTUser{
		{Name: "s001", PasswordFile: secretFile(t, "p1"), Publish: []string{"campus/s001/#"}, Subscribe: []string{"-"}},
		{Name: "gw", PasswordFile: secretFile(t, "p2"), Subscribe: []string{"campus/#"}},
	}
	m := startMQTT(t, config)
	if code, _ := dialRaw(t, m.Addr()).login("x", "s001", "wrong", true); code == 0 {
		t.Fatal("connected with a wrong password")
	}
	sub := dialRaw(t, m.Addr())
	if code, _ := sub.login("gw", "gw", "p2", false); code != 0 {
		t.Fatalf("gateway refused with %d", code)
	}
	if got := sub.subscribe("campus/#", 1); got != 1 {
		t.Fatalf("granted %#x, want 1", got)
	}
	if got := sub.subscribe("other/#", 1); got != 0x80 {
		t.Fatalf("granted %#x outside its rights, want 0x80", got)
	}
	pub := dialRaw(t, m.Addr())
	pub.login("d", "s001", "p1", true)
	if got := pub.subscribe("campus/#", 1); got != 0x80 {
		t.Fatalf("device was granted %#x, want 0x80", got)
	}
	pub.publishAcked("campus/s001/gate/g1/access", []byte("own"))
	pub.publish("campus/s002/gate/g1/access", []byte("foreign"), 0, 0, false)
	pub.publishAcked("campus/s001/gate/g1/access", []byte("own again"))
	for _, want := range []string{"own", "own again"} {
		if got := sub.receive(true); string(got.payload) != want {
			t.Fatalf("got %q, want %q", got.payload, want)
		}
	}
}

// TestFitMakesRoomForManyFilters subscribes to as many filters as a gateway with every
// adapter has; the server refuses what exceeds its bound for a session.
func TestFitMakesRoomForManyFilters(t *testing.T) {
	t.Parallel()
	var filters []string
	for i := range 20 {
		filters = append(filters, fmt.Sprintf("maker%d/#", i), fmt.Sprintf("other%d/+/state", i))
	}
	config := mqttConfig(t)
	config.Fit(filters)
	sub := dialRaw(t, startMQTT(t, config).Addr())
	sub.login("gw", "", "", false)
	for _, filter := range filters {
		if granted := sub.subscribe(filter, 1); granted != 1 {
			t.Fatalf("%s: granted %#x", filter, granted)
		}
	}
	one, set := broker.DefaultMQTTConfig(), broker.DefaultMQTTConfig()
	one.Fit([]string{"campus/#"})
	set.MaxAckPending = 7
	set.Fit(filters)
	if config.MaxAckPending != 1092 || one.MaxAckPending != 32767 || set.MaxAckPending != 7 {
		t.Errorf("%d, %d, %d", config.MaxAckPending, one.MaxAckPending, set.MaxAckPending)
	}
}
