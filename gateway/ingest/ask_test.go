package ingest_test

import (
	"bytes"
	"strings"
	"testing"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/campusgate/campusgate/gateway/ingest"
)

// curious asks after every message, also after those that it cannot read.
type curious struct{ reading }

func (curious) Name() string { return "curious" }

func (curious) Ask(m ingest.Message) (string, []byte, bool) {
	return strings.Replace(m.Topic, "campus/", "ask/", 1), []byte("who are you?"), true
}

func TestAdapterAsksWhereTheSubscriptionAllowsIt(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "")
	b := brokerConfig("main", m.url())
	b.Subscriptions = []ingest.SubscriptionConfig{
		{Filter: "campus/a/#", QoS: 1, Adapter: "curious", Ask: true},
		{Filter: "campus/b/#", QoS: 1, Adapter: "curious"},
	}
	in := start(t, config(t, b), newMemory(), curious{}).ready()
	device := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(m.url()).SetClientID("device"))
	done := func(token mqtt.Token) {
		t.Helper()
		if !token.WaitTimeout(patience) || token.Error() != nil {
			t.Fatal(token.Error())
		}
	}
	done(device.Connect())
	t.Cleanup(func() { device.Disconnect(0) })
	heard := make(chan mqtt.Message, 10)
	done(device.Subscribe("ask/#", 1, func(_ mqtt.Client, m mqtt.Message) { heard <- m }))
	for _, topic := range []string{"campus/b/gate", "campus/a/gate"} {
		done(device.Publish(topic, 1, false, "no reading"))
	}
	select {
	case q := <-heard:
		if q.Topic() != "ask/a/gate" || !bytes.Equal(q.Payload(), []byte("who are you?")) {
			t.Errorf("asked %s %s", q.Topic(), q.Payload())
		}
	case <-within(t).Done():
		t.Fatalf("nothing was asked: %s", in.describe())
	}
	if got := in.metric("asked_total"); got != 1 {
		t.Errorf("asked_total = %v", got)
	}
}

func TestAskNeedsAnAdapterThatAsks(t *testing.T) {
	t.Parallel()
	b := brokerConfig("main", "tcp://127.0.0.1:1883")
	b.Subscriptions[0].Ask = true
	_, err := ingest.New(config(t, b), ingest.Deps{Sink: newMemory(), Decoders: []ingest.Decoder{reading{}}})
	if err == nil || !strings.Contains(err.Error(), "brokers[0].subscriptions[0].ask") {
		t.Errorf("error %v", err)
	}
}
