package foreign_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/foreign"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestTime(t *testing.T) {
	t.Parallel()
	whole := time.Date(2026, 11, 23, 23, 59, 59, 0, time.UTC)
	for text, want := range map[string]struct {
		at         time.Time
		resolution time.Duration
	}{
		`null`:                           {},
		`""`:                             {},
		`0`:                              {},
		`12`:                             {},
		`"1970-01-01T00:00:12"`:          {},
		`"unknown"`:                      {},
		`1795478399`:                     {whole, time.Second},
		`"1795478399"`:                   {whole, time.Second},
		`1.795478399e9`:                  {whole, time.Millisecond},
		`1795478399.25`:                  {whole.Add(250 * time.Millisecond), 10 * time.Millisecond},
		`1795478399123`:                  {whole.Add(123 * time.Millisecond), time.Millisecond},
		`"2026-11-24T07:59:59"`:          {whole, time.Second},
		`"2026-11-24 07:59:59.5"`:        {whole.Add(500 * time.Millisecond), 100 * time.Millisecond},
		`"2026-11-23T23:59:59Z"`:         {whole, time.Second},
		`"2026-11-24T00:59:59.12+01:00"`: {whole.Add(120 * time.Millisecond), 10 * time.Millisecond},
	} {
		at, resolution, err := foreign.Time(fastjson.MustParse(text), "at")
		if err != nil || !at.Equal(want.at) || resolution != want.resolution {
			t.Errorf("%s: %v to %v, %v", text, at, resolution, err)
		}
	}
	for _, text := range []string{
		`"soon"`, `-1`, `1e300`, `1e-3`, `"1795478399.2x"`, `"1e"`, `"2026-11-24"`, `"2026-13-24T07:59:59"`, `"2026-11-24X07:59:59"`,
		`"9999-11-24T07:59:59Z"`, `[1]`, `true`, `99999999999999999999`, `100000000000000`, `"` + strings.Repeat("9", 5000) + `"`,
	} {
		if at, _, err := foreign.Time(fastjson.MustParse(text), "at"); err == nil {
			t.Errorf("%s is read as %v", text, at)
		} else if !strings.HasPrefix(err.Error(), `field "at"`) || len(err.Error()) > 300 {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{`1.5`: 1.5, `"1.5"`: 1.5, `-4`: -4, `1e1`: 10, `10`: 10} {
		if n, ok, err := foreign.Number(fastjson.MustParse(text), "n", -4, 10); err != nil || !ok || n != want {
			t.Errorf("%s: %v, %v, %v", text, n, ok, err)
		}
	}
	for _, text := range []string{`null`, `""`, `"Unknown"`, `"unavailable"`} {
		if _, ok, err := foreign.Number(fastjson.MustParse(text), "n", -4, 10); ok || err != nil {
			t.Errorf("%s is not absent: %v", text, err)
		}
	}
	for _, text := range []string{`10.1`, `-5`, `true`, `[1]`, `{}`, `"1,5"`, `NaN`, `inf`, `"inf"`, `1e999`} {
		if n, ok, err := foreign.Number(fastjson.MustParse(text), "n", -4, 10); ok || err == nil {
			t.Errorf("%s is read as %v", text, n)
		}
	}
	if c, ok, err := foreign.Celsius(fastjson.MustParse(`98.6`), "t", true); err != nil || !ok || math.Abs(c-37) > 1e-9 {
		t.Errorf("98.6 °F is %v °C, %v", c, err)
	}
	if _, _, err := foreign.Celsius(fastjson.MustParse(`-500`), "t", true); err == nil {
		t.Error("-500 °F is taken")
	}
}

func TestTruth(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{`true`: true, `false`: false, `1`: true, `0`: false, `"ON"`: true, `"off"`: false, `"yes"`: true} {
		if truth, ok, err := foreign.Truth(fastjson.MustParse(text), "x"); err != nil || !ok || truth != want {
			t.Errorf("%s: %v, %v, %v", text, truth, ok, err)
		}
	}
	for _, text := range []string{`2`, `"maybe"`, `[]`} {
		if _, ok, err := foreign.Truth(fastjson.MustParse(text), "x"); ok || err == nil {
			t.Errorf("%s is a truth", text)
		}
	}
}

// Names that CleanName would make equal stay apart.
func TestClean(t *testing.T) {
	t.Parallel()
	seen := map[event.DeviceID]string{}
	for _, name := range []string{"fridge 1", "冷库1", "冷冻1", "冷库", "门", strings.Repeat("a", 70) + "1", strings.Repeat("a", 70) + "2", strings.Repeat("门", 9000)} {
		id, err := foreign.Clean(name)
		if err != nil || !event.ValidName(string(id)) {
			t.Errorf("%.20q: %q, %v", name, id, err)
		}
		if other, found := seen[id]; found {
			t.Errorf("%.20q and %.20q are both %q", name, other, id)
		}
		seen[id] = name
	}
	if id, err := foreign.Clean("-/-"); err == nil {
		t.Errorf("a name of nothing is %q", id)
	}
	if id, err := foreign.Device(&payload.Message{Device: "k1"}, "x"); err != nil || id != "k1" {
		t.Errorf("the mapping's device is %q, %v", id, err)
	}
}

func TestObject(t *testing.T) {
	t.Parallel()
	var p foreign.Parsers
	for _, body := range []string{"", "x", "[]", "1", "{", "{\"a\":\"\xff\"}", `{"a":[...]}`, `{"a":NaN}`, `{"a":1,}`, `{"a":1} x`, strings.Repeat(`{"a":`, 100000)} {
		err := p.Object([]byte(body), func(*fastjson.Value) error { t.Errorf("%.20q is an object", body); return nil })
		if err == nil || len(err.Error()) > 300 {
			t.Errorf("%.20q: %v", body, err)
		}
	}
}

// Two roles' words in one moment are two events; one message gives distinct ids and the
// same ones again where the device states its time.
func TestBatchIdentity(t *testing.T) {
	t.Parallel()
	ids := func(topic string, body string, at time.Time, received time.Time) (ids []string) {
		m := payload.Message{Topic: topic, Payload: []byte(body), Received: received}
		b := foreign.NewBatch(nil, &m, event.Clock{})
		b.At(at, time.Second)
		for range 2 {
			b.Reading("d1", "room", 1, "°C")
		}
		return append(ids, b.Events[0].ID, b.Events[1].ID)
	}
	received := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for _, body := range []string{"x", strings.Repeat("x", 5000)} {
		one, two := ids("a/1", body, time.Time{}, received), ids("a/2", body, time.Time{}, received)
		if one[0] == one[1] || one[0] == two[0] {
			t.Error("two events are one")
		}
		if ids("a/1", body, time.Time{}, received.Add(time.Second))[0] == one[0] {
			t.Error("the same word a second later is the same event")
		}
		stated := ids("a/1", body, received, received)
		if again := ids("a/1", body, received, received.Add(time.Second)); again[0] != stated[0] || again[1] != stated[1] {
			t.Error("a redelivery is another event")
		}
	}
}
