package journal

import (
	"bytes"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// FuzzStored reads arbitrary bytes as every kind of stored value: each is read or refused,
// and what is read is written back as the same value.
func FuzzStored(f *testing.F) {
	block := blockBuilder{}
	form, _, err := appendForm(nil, &Record{Event: &event.Event{
		ID: "x", Type: event.TypeDeviceStatus, Status: &event.DeviceStatus{Status: event.StatusUp},
		ObservedAt: time.Unix(1, 2).UTC(), ReceivedAt: time.Unix(3, 4).UTC(),
	}}, nil)
	if err != nil {
		f.Fatal(err)
	}
	block.add(7, form)
	block.add(9, form)
	f.Add(block.appendTo(nil, time.UnixMilli(5)))
	f.Add((&DeadLetter{Reason: "r", Payload: []byte{0xff}, Time: time.Unix(5, 6)}).encode())
	f.Add(encodeSpans(3, []span{{1, 2}, {4, endOpen}}))
	f.Add(extent{first: 1, last: 2, records: 3, bytes: 4, at: 5}.encode())
	f.Add((&mark{head: 300, deadNext: 1}).encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := openBlock(b); err == nil {
			var s slab
			for {
				seq, form, body, ok := r.next()
				if !ok {
					break
				}
				if rec, err := decodeRecord(seq, form, body, &s, 1); err == nil && (rec.Event == nil) == (rec.Anomaly == nil) {
					t.Fatalf("record %+v", rec)
				}
			}
		}
		if d, err := decodeDeadLetter(1, b); err == nil {
			again, err := decodeDeadLetter(1, d.encode())
			if err != nil || !bytes.Equal(again.Payload, d.Payload) || again.Reason != d.Reason || !again.Time.Equal(d.Time) {
				t.Fatalf("dead letter %+v became %+v, %v", d, again, err)
			}
		}
		if classes, spans, err := decodeSpans(b); err == nil {
			if _, again, err := decodeSpans(encodeSpans(classes, spans)); err != nil || len(again) != len(spans) {
				t.Fatalf("spans %v became %v, %v", spans, again, err)
			}
		}
		if x, err := decodeExtent(1<<60, b); err == nil {
			if again, err := decodeExtent(1<<60, x.encode()); err != nil || again != x {
				t.Fatalf("extent %+v became %+v, %v", x, again, err)
			}
		}
		var m mark
		if m.decode(b) == nil {
			var again mark
			if err := again.decode(m.encode()); err != nil || again != m {
				t.Fatalf("mark %+v became %+v, %v", m, again, err)
			}
		}
	})
}
