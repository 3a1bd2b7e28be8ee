package mapping_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/campusgate/campusgate/adapters/mapping"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/gateway/event"
)

// FuzzDecode feeds every example's adapter with payloads of all.
func FuzzDecode(f *testing.F) {
	made := examples(f)
	names := make([]string, 0, len(made))
	for name := range made {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		for _, c := range payloadtest.Load(f, filepath.Join("testdata", "cases", name)) {
			f.Add(uint8(i), c.Message.Topic, c.Message.Payload)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, topic string, body []byte) {
		decode(t, made[names[int(which)%len(names)]], topic, body)
	})
}

// FuzzConfig puts arbitrary texts and numbers into the examples' configurations: an adapter
// that New lets through keeps the promises of all adapters.
func FuzzConfig(f *testing.F) {
	configs := []mapping.Config{}
	for _, name := range []string{"bus-pairs", "button-log", "canteen-csv", "cold-chain", "gate-terminal", "station-influx"} {
		b, err := os.ReadFile(filepath.Join("testdata", "configs", name+".yaml"))
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range payloadtest.Load(f, filepath.Join("testdata", "cases", name)) {
			for place, text := range []string{"a[k=v].b", "$.head", `num("x") / 2`, "2006-01-02", `(?P<at>\S+)`, ";", "°", "-1", `has("y")`, "x", "kelvin", "+02:00"} {
				f.Add(uint8(len(configs)), uint8(place), text, 0.1, c.Message.Topic, c.Message.Payload)
			}
		}
		configs = append(configs, parse(f, b))
	}
	f.Fuzz(func(t *testing.T, which, place uint8, text string, n float64, topic string, body []byte) {
		cfg := configs[int(which)%len(configs)]
		change(&cfg, place, text, n)
		d, err := mapping.New(cfg)
		if err != nil {
			onlyFaults(t, err)
			return
		}
		decode(t, d, topic, body)
	})
}

// change puts text and n into a place of a configuration, which shares nothing with the
// one it was copied from afterwards.
func change(cfg *mapping.Config, place uint8, text string, n float64) {
	cfg.Outputs = slices.Clone(cfg.Outputs)
	o := &cfg.Outputs[0]
	o.Fields = maps.Clone(o.Fields)
	switch place % 16 {
	case 0:
		cfg.Records = text
	case 1:
		cfg.Device = mapping.Source{From: text}
	case 2:
		cfg.Device = mapping.Source{Expr: text}
	case 3:
		cfg.Time.Formats = []string{text}
	case 4:
		cfg.Pattern = text
	case 5:
		cfg.Separator = text
	case 6:
		cfg.Delimiter, cfg.Assign = text, text
	case 7:
		cfg.Device.Unknown, cfg.Device.Default = []string{text}, text
	case 8:
		cfg.Ignore = []mapping.Condition{{Expr: text}}
	case 9:
		cfg.Backfill = []mapping.Condition{{From: text, Not: n > 0}}
	case 10:
		cfg.Time.Zone = text
	case 11:
		o.Device = mapping.Source{Value: text}
	case 12:
		cfg.Site = mapping.Source{Topic: int(n)}
	default:
		for name, field := range o.Fields {
			switch place % 16 {
			case 13:
				field.Expr, field.Value = text, ""
			case 14:
				field.Scale, field.Offset, field.Unit = n, n, text
			default:
				field.Map, field.Otherwise = map[string]string{text: text}, text
			}
			o.Fields[name] = field
		}
	}
}

func decode(t *testing.T, d *mapping.Decoder, topic string, body []byte) {
	m := payload.Message{Topic: topic, Payload: bytes.Clone(body), Received: payloadtest.Received()}
	events, err := d.Decode(nil, m, event.Clock{})
	if !bytes.Equal(m.Payload, body) {
		t.Error("the payload was changed")
	}
	if err != nil {
		if s := err.Error(); events != nil || s == "" || len(s) > 1000 {
			t.Errorf("%d events and an error of %d bytes", len(events), len(s))
		}
		return
	}
	again, err := d.Decode(nil, m, event.Clock{})
	if err != nil || len(again) != len(events) {
		t.Fatalf("the second time %d events, not %d, %v", len(again), len(events), err)
	}
	for i := range m.Payload {
		m.Payload[i] = 0xff // no event may point into it
	}
	for i := range events {
		if string(events[i].AppendJSON(nil)) != string(again[i].AppendJSON(nil)) {
			t.Error("the second time it is another event")
		}
		payloadtest.Check(t, &events[i], m, event.Clock{})
	}
}
