package sparkplug_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/valyala/fastjson"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/adapters/sparkplug"
	"github.com/campusgate/campusgate/gateway/event"
)

// wire writes the JSON in which the specification shows payloads as the protobuf that
// nodes send.
func wire(t *testing.T, v *fastjson.Value) []byte {
	t.Helper()
	b := protowire.AppendTag(nil, 1, protowire.VarintType)
	b = protowire.AppendVarint(b, v.GetUint64("timestamp"))
	for _, m := range v.GetArray("metrics") {
		b = protowire.AppendTag(b, 2, protowire.BytesType)
		b = protowire.AppendBytes(b, wireMetric(t, m))
	}
	if v.Exists("seq") {
		b = protowire.AppendTag(b, 3, protowire.VarintType)
		b = protowire.AppendVarint(b, v.GetUint64("seq"))
	}
	return b
}

func wireMetric(t *testing.T, m *fastjson.Value) []byte {
	t.Helper()
	b := protowire.AppendTag(nil, 1, protowire.BytesType)
	b = protowire.AppendBytes(b, m.GetStringBytes("name"))
	b = protowire.AppendTag(b, 3, protowire.VarintType)
	b = protowire.AppendVarint(b, m.GetUint64("timestamp"))
	number := func(field protowire.Number, n uint64) {
		b = protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), n)
	}
	switch kind := string(m.GetStringBytes("dataType")); kind {
	case "Int64", "UInt64":
		number(4, map[string]uint64{"Int64": 4, "UInt64": 8}[kind])
		number(11, uint64(m.GetInt64("value")))
	case "Float":
		number(4, 9)
		b = protowire.AppendTag(b, 12, protowire.Fixed32Type)
		b = protowire.AppendFixed32(b, math.Float32bits(float32(m.GetFloat64("value"))))
	case "Boolean":
		number(4, 11)
		number(14, protowire.EncodeBool(m.GetBool("value")))
	case "String":
		number(4, 12)
		b = protowire.AppendBytes(protowire.AppendTag(b, 15, protowire.BytesType), m.GetStringBytes("value"))
	default:
		t.Fatalf("data type %q", kind)
	}
	return b
}

func summary(events []event.Event) string {
	all := make([]string, len(events))
	for i := range events {
		switch e := &events[i]; {
		case e.Status != nil:
			all[i] = fmt.Sprint(e.Device, " ", e.Status.Status)
		case e.Reading != nil:
			all[i] = fmt.Sprint(e.Device, " ", e.Reading.Quantity, " ", e.Reading.Value)
		}
	}
	return strings.Join(all, "; ")
}

// TestSamples decodes the collected samples where they are at hand: as they are, JSON, they
// must be refused; written as protobuf they must give what the specification says of them.
func TestSamples(t *testing.T) {
	t.Parallel()
	const root = "spBv1.0/Sparkplug B Devices/"
	const down, node, device = " 0; raspberry-pi-pibrella ", "raspberry-pi", "raspberry-pi-pibrella"
	// Topic, and what the sample makes, in short.
	wants := map[string][2]string{
		"004": {root + "NBIRTH/Raspberry Pi", node + " up; " + node + " supply-voltage 12.1"},
		"006": {root + "DBIRTH/Raspberry Pi/Pibrella", device + " up; " + device + " " + strings.Join([]string{
			"inputs-a", "inputs-b", "inputs-c", "inputs-d", "inputs-button", "outputs-e", "outputs-f", "outputs-g", "outputs-h",
			"outputs-leds-green", "outputs-leds-red", "outputs-leds-yellow", "outputs-buzzer",
		}, down) + " 0"},
		"008": {root + "NDATA/Raspberry Pi", node + " supply-voltage 12.3"},
		"009": {root + "DDATA/Raspberry Pi/Pibrella", device + " inputs-a 1; " + device + " inputs-c 1"},
		"011": {root + "NCMD/Raspberry Pi", ""},
		"013": {root + "DCMD/Raspberry Pi/Pibrella", ""},
		"015": {root + "NDEATH/Raspberry Pi", node + " down"},
		"017": {root + "DDEATH/Raspberry Pi/Pibrella", device + " down"},
	}
	payloadtest.EachSample(t, "sparkplug_b", func(name string, body []byte) ([]event.Event, string, error) {
		m := payload.Message{Topic: root + "NDATA/x", Payload: body, Received: payloadtest.Received()}
		events, err := sparkplug.New().Decode(nil, m, event.Clock{})
		if err == nil {
			return events, "text is taken for protobuf", nil
		}
		want, valid := wants[name[:3]]
		if !valid {
			return events, "", err
		}
		var p fastjson.Parser
		// The specification's text has spaces that JSON does not know.
		v, parseErr := p.ParseBytes(bytes.ReplaceAll(body, []byte("\u00a0"), []byte(" ")))
		if parseErr != nil {
			return events, parseErr.Error(), err
		}
		m.Topic, m.Payload = want[0], wire(t, v)
		events, err = sparkplug.New().Decode(nil, m, event.Clock{})
		if got := summary(events); err != nil || got != want[1] {
			return events, fmt.Sprintf("got %q, want %q", got, want[1]), err
		}
		return events, "", err
	})
}
