package jt808_test

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/jt808"
	"github.com/campusgate/campusgate/adapters/jt808/jt808test"
)

// packets cuts a body into packets of at most size bytes; their serials follow each other.
func packets(term *jt808test.Terminal, id uint16, body []byte, size int) (frames [][]byte, serials []uint16) {
	total := (len(body) + size - 1) / size
	for i := range total {
		h := term.Header(id)
		h.Fragment, h.Total, h.Index = true, uint16(total), uint16(i+1)
		frames = append(frames, jt808.AppendMessage(nil, h, body[i*size:min(len(body), (i+1)*size)]))
		serials = append(serials, h.Serial)
	}
	return frames, serials
}

func write(t testing.TB, term *jt808test.Terminal, frames ...[]byte) {
	t.Helper()
	for _, f := range frames {
		if _, err := term.Conn.Write(f); err != nil {
			t.Fatal(err)
		}
	}
}

func answered(t testing.TB, term *jt808test.Terminal, id uint16, serials ...uint16) {
	t.Helper()
	for _, serial := range serials {
		if result, err := term.Answer(id, serial); err != nil || result != 0 {
			t.Fatalf("packet %d: %d, %v", serial, result, err)
		}
	}
}

// long is a batch of positions that fits into no single message.
func long(n int) []byte {
	all := make([]jt808test.Position, n)
	for i := range all {
		all[i] = position(i)
	}
	return jt808test.Batch(1, all...)
}

// whole expects that one message with that body was delivered.
func whole(t *testing.T, g *gateway, serial uint16, body []byte) {
	t.Helper()
	got := g.delivered(jt808.IDPositionBatch)
	if len(got) != 1 {
		t.Fatalf("%d messages delivered", len(got))
	}
	h, have, err := jt808.ParseMessage(got[0].Payload, jt808.ChecksumStrict, nil)
	if err != nil || h.Fragment || h.Serial != serial || !bytes.Equal(have, body) {
		t.Errorf("%+v with %d of %d bytes, %v", h, len(have), len(body), err)
	}
}

func TestPacketsAreAnsweredWhenTheMessageIsDurable(t *testing.T) {
	t.Parallel()
	for _, version2019 := range []bool{false, true} {
		g := start(t, nil)
		term := g.dial(phone)
		term.Version2019 = version2019
		if err := term.Login(); err != nil {
			t.Fatal(err)
		}
		body := long(120)
		frames, serials := packets(term, jt808.IDPositionBatch, body, 1000)
		write(t, term, frames[:len(frames)-1]...)
		silent(t, term)
		write(t, term, frames[0]) // a terminal that sends a packet only after the answer to the one before
		answered(t, term, jt808.IDPositionBatch, serials[0])
		g.refuse(errFull)
		write(t, term, frames[len(frames)-1])
		silent(t, term)
		g.refuse(nil)
		write(t, term, frames[len(frames)-1])
		answered(t, term, jt808.IDPositionBatch, serials...)
		whole(t, g, serials[0], body)
		write(t, term, frames[1]) // its answer was lost
		answered(t, term, jt808.IDPositionBatch, serials[1])
		whole(t, g, serials[0], body)
	}
}

// asked expects a request for packets.
func asked(t *testing.T, term *jt808test.Terminal, first uint16, want ...uint16) {
	t.Helper()
	m, err := term.Receive()
	if err != nil || m.ID != jt808.IDFragmentRequest {
		t.Fatalf("0x%04x % x, %v; want a request for packets", m.ID, m.Body, err)
	}
	body := []byte{byte(first >> 8), byte(first)}
	if m.Version2019 {
		body = append(body, 0)
	}
	body = append(body, byte(len(want)))
	for _, n := range want {
		body = binary.BigEndian.AppendUint16(body, n)
	}
	if !bytes.Equal(m.Body, body) {
		t.Fatalf("asked for % x, want % x", m.Body, body)
	}
}

func TestMissingPacketsAreAskedFor(t *testing.T) {
	t.Parallel()
	for _, version2019 := range []bool{false, true} {
		g := start(t, nil)
		term := g.dial(phone)
		term.Version2019 = version2019
		if err := term.Login(); err != nil {
			t.Fatal(err)
		}
		body := long(120)
		frames, serials := packets(term, jt808.IDPositionBatch, body, 1000)
		write(t, term, frames[0], frames[2])
		ask(t, term, jt808.IDHeartbeat, nil, 0) // both are taken in
		g.advance(6 * time.Second)
		asked(t, term, serials[0], 2, 4)
		// It numbers again what it sends again.
		again, others := packets(term, jt808.IDPositionBatch, body, 1000)
		write(t, term, again[1])
		ask(t, term, jt808.IDHeartbeat, nil, 0)
		g.advance(6 * time.Second)
		asked(t, term, serials[0], 4)
		write(t, term, frames[3])
		answered(t, term, jt808.IDPositionBatch, serials[0], serials[2], others[1], serials[3])
		whole(t, g, serials[0], body)
	}
}

func TestAMessageThatNeverBecomesWholeIsDropped(t *testing.T) {
	t.Parallel()
	g := start(t, func(c *jt808.Config) { c.FragmentRequests = 2 })
	term := g.login(phone)
	frames, serials := packets(term, jt808.IDPositionBatch, long(120), 1000)
	write(t, term, frames[1:]...)
	ask(t, term, jt808.IDHeartbeat, nil, 0)
	for range 2 {
		g.advance(6 * time.Second)
		asked(t, term, serials[0], 1)
	}
	g.advance(6 * time.Second)
	eventually(t, "dropped", func() bool { return g.metric("fragmented_total", "dropped") == 1 })
	write(t, term, frames...) // from the beginning
	answered(t, term, jt808.IDPositionBatch, serials...)
}

func TestPacketsAreBounded(t *testing.T) {
	t.Parallel()
	g := start(t, func(c *jt808.Config) { c.MaxMessageBytes = 4096 })
	term := g.login(phone)
	refused := func(h jt808.Header, body []byte) {
		t.Helper()
		write(t, term, jt808.AppendMessage(nil, h, body))
		if result, err := term.Answer(h.ID, h.Serial); err != nil || result != 2 {
			t.Fatalf("%d of %d: result %d, %v", h.Index, h.Total, result, err)
		}
	}
	h := term.Header(jt808.IDPositionBatch)
	h.Fragment = true
	for _, numbers := range [][2]uint16{{0, 0}, {2, 0}, {2, 3}, {65535, 1}, {1000, 1}} {
		h.Total, h.Index = numbers[0], numbers[1]
		refused(h, make([]byte, 10))
	}
	frames, _ := packets(term, jt808.IDPositionBatch, make([]byte, 8000), 1000)
	write(t, term, frames[:3]...)
	h = term.Header(jt808.IDPositionBatch)
	h.Serial -= 5 // the fourth packet of the eight
	h.Fragment, h.Total, h.Index = true, 8, 4
	refused(h, make([]byte, 1000))
	for range 50 { // beginnings of messages: the oldest gives way, and all stay within the bounds
		one, _ := packets(term, jt808.IDPositionBatch, make([]byte, 2000), 1000)
		write(t, term, one[0])
	}
	ask(t, term, jt808.IDHeartbeat, nil, 0)
	if n := len(g.delivered(jt808.IDPositionBatch)); n != 0 {
		t.Errorf("%d messages made of nothing", n)
	}
	// Media are not read: nothing of them is kept.
	h = term.Header(0x0801)
	h.Fragment, h.Total, h.Index = true, 60000, 1
	write(t, term, jt808.AppendMessage(nil, h, make([]byte, 1000)))
	if result, err := term.Answer(h.ID, h.Serial); err != nil || result != 3 {
		t.Error(result, err)
	}
}
