package event_test

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/gateway/event"
)

func TestAppendJSONEqualsEncodingJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := anyEvent().Draw(t, "event")
		want, err := json.Marshal(&e)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.AppendJSON(nil); !bytes.Equal(got, want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

func TestAppendJSONRoundTrip(t *testing.T) {
	t.Parallel()
	for _, in := range sample() {
		b := in.AppendJSON([]byte("before"))
		var out event.Event
		if err := json.Unmarshal(bytes.TrimPrefix(b, []byte("before")), &out); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if !reflect.DeepEqual(in, out) {
			t.Errorf("in  %+v\nout %+v", in, out)
		}
	}
}

func TestAppendJSONOfWhatJSONCannotSay(t *testing.T) {
	t.Parallel()
	e := event.Event{Type: event.TypeKitchenReading, Reading: &event.KitchenReading{Unit: "\xff", Value: math.NaN()}}
	b := e.AppendJSON(nil)
	if !json.Valid(b) || !strings.Contains(string(b), `"value":null,"unit":"\ufffd"`) {
		t.Errorf("got %s", b)
	}
}

func TestTriJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]event.Tri{"true": event.Yes, "false": event.No, "null": event.Unknown} {
		got := event.Tri(9)
		if err := got.UnmarshalJSON([]byte(text)); err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
		if b, err := json.Marshal(want); err != nil || string(b) != text {
			t.Errorf("%v: got %s, %v", want, b, err)
		}
	}
	var tri event.Tri
	if err := json.Unmarshal([]byte(`"yes"`), &tri); err == nil {
		t.Error(`"yes" is accepted`)
	}
}
