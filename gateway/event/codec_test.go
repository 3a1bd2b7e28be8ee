package event_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/gateway/event"
)

func TestEventBinaryRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := anyEvent().Draw(t, "event")
		prefix := []byte("before")
		b, err := in.AppendBinary(prefix)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(b, prefix) {
			t.Fatalf("what stood in dst is gone: %q", b)
		}
		record := b[len(prefix):]
		var out event.Event
		if err := out.UnmarshalBinary(record); err != nil {
			t.Fatal(err)
		}
		for i := range record {
			record[i] = 'x' // nothing of out may point into it
		}
		if !reflect.DeepEqual(in, out) {
			t.Fatalf("in  %+v\nout %+v", in, out)
		}
	})
}

func TestAnomalyBinaryRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := anyAnomaly().Draw(t, "anomaly")
		b, err := in.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		var out event.Anomaly
		if err := out.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(in, out) {
			t.Fatalf("in  %+v\nout %+v", in, out)
		}
	})
}

// A long text makes a body of more than 127 bytes, whose length takes two or three bytes.
func TestEventBinaryLongBody(t *testing.T) {
	t.Parallel()
	for _, n := range []int{120, 125, 126, 127, 128, 1000, 20000} {
		in := event.Event{Type: event.TypeEmergencyCall, Call: &event.EmergencyCall{Place: strings.Repeat("a", n)}}
		b, err := in.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		var out event.Event
		if err := out.UnmarshalBinary(b); err != nil || !reflect.DeepEqual(in, out) {
			t.Errorf("%d bytes: %v, %+v", n, err, out)
		}
	}
}

func TestBinarySkipsFieldsOfNewerVersions(t *testing.T) {
	t.Parallel()
	in := sample()[0]
	b, err := in.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	b = append(b,
		0xf8, 0x07, 0x96, 0x01, // field 127, varint 150
		0xf9, 0x07, 1, 2, 3, 4, 5, 6, 7, 8, // field 127, fixed
		0xfa, 0x07, 3, 'n', 'e', 'w', // field 127, bytes
	)
	var out event.Event
	if err := out.UnmarshalBinary(b); err != nil || !reflect.DeepEqual(in, out) {
		t.Errorf("got %v, %+v", err, out)
	}
}

func TestBinaryRefuses(t *testing.T) {
	t.Parallel()
	good, err := sample()[0].AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"nothing":              {},
		"an unknown version":   append([]byte{2}, good[1:]...),
		"a cut record":         good[:len(good)-1],
		"an endless number":    append(bytes.Clone(good), 0x58, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01),
		"a length past theend": append(bytes.Clone(good), 0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01),
		"an unknown wire type": append(bytes.Clone(good), 0xf8|7, 0x07),
		"a text as a number":   append(bytes.Clone(good), 0x08, 0x01),
		"a damaged body":       append(bytes.Clone(good), 0x82, 0x01, 1, 0x0a),
		"no body":              {1, 0x12, 11, 'g', 'a', 't', 'e', '_', 'a', 'c', 'c', 'e', 's', 's'},
		"a third truth":        append(bytes.Clone(good), 0x82, 0x01, 2, 0x58, 3),
		"a 33 bit alarm":       append(bytes.Clone(good), 0x92, 0x01, 6, 0x78, 0x80, 0x80, 0x80, 0x80, 0x10),
	} {
		var out event.Event
		if err := out.UnmarshalBinary(b); err == nil {
			t.Errorf("%s is accepted: %+v", name, out)
		}
	}
	dst := []byte("kept")
	for name, e := range map[string]event.Event{
		"no body":  {Type: event.TypeKitchenReading, Gate: &event.GateAccess{}},
		"too old":  {ObservedAt: time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC)},
		"too late": {ReceivedAt: time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		if b, err := e.AppendBinary(dst); err == nil || string(b) != "kept" {
			t.Errorf("%s: got %q, %v", name, b, err)
		}
	}
	a := event.Anomaly{StartedAt: time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)}
	if b, err := a.AppendBinary(dst); err == nil || string(b) != "kept" {
		t.Errorf("anomaly too late: got %q, %v", b, err)
	}
}

func FuzzEventUnmarshalBinary(f *testing.F) {
	for _, e := range sample() {
		b, err := e.AppendBinary(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var e event.Event
		if e.UnmarshalBinary(b) != nil {
			return
		}
		e.AppendJSON(nil)
		_ = e.Subject()
		first, err := e.AppendBinary(nil)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		var again event.Event
		if err := again.UnmarshalBinary(first); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if second, _ := again.AppendBinary(nil); !bytes.Equal(first, second) {
			t.Fatalf("not stable:\n%x\n%x", first, second)
		}
	})
}

func FuzzAnomalyUnmarshalBinary(f *testing.F) {
	a := event.Anomaly{ID: "a", Rule: "fever", Site: "s1", Device: "g1", Devices: []event.DeviceID{"g1", "g2"}, Value: 38.2}
	b, err := a.AppendBinary(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var a event.Anomaly
		if a.UnmarshalBinary(b) != nil {
			return
		}
		first, err := a.AppendBinary(nil)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		var again event.Anomaly
		if err := again.UnmarshalBinary(first); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}
