package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"pgregory.net/rapid"
)

// seen is a frame as a value.
type seen struct {
	header    byte
	raw, body string
	size      int64
	oversized bool
}

// cutStream feeds a stream in chunks and returns the frames up to the first error, and it.
func cutStream(stream []byte, maxPacket int64, chunk func(left int) int) (frames []seen, biggest int, err error) {
	f := newFramer(maxPacket)
	r := &chunked{left: stream, chunk: chunk}
	for {
		fr, ok, err := f.next()
		if err != nil {
			return frames, biggest, err
		}
		if ok {
			frames = append(frames, seen{fr.header, string(fr.raw), string(fr.body), fr.size, fr.oversized})
			continue
		}
		_, err = f.fill(r)
		biggest = max(biggest, len(f.buf))
		if err != nil {
			return frames, biggest, err
		}
	}
}

type chunked struct {
	left  []byte
	chunk func(left int) int
}

func (c *chunked) Read(b []byte) (int, error) {
	if len(c.left) == 0 {
		return 0, io.EOF
	}
	n := copy(b, c.left[:c.chunk(len(c.left))])
	c.left = c.left[n:]
	return n, nil
}

func whole(left int) int { return left }
func byOne(int) int      { return 1 }

func same(a, b []seen, errA, errB error) error {
	if len(a) != len(b) {
		return fmt.Errorf("%d frames and %d", len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			return fmt.Errorf("frame %d: %.80v and %.80v", i, a[i], b[i])
		}
	}
	if a, b := fmt.Sprint(errA), fmt.Sprint(errB); a != b {
		return fmt.Errorf("errors %s and %s", a, b)
	}
	return nil
}

func drawStream(t *rapid.T) []byte {
	var stream []byte
	for range rapid.IntRange(1, 12).Draw(t, "packets") {
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			stream = append(stream, typePingresp<<4, 0)
		case 1:
			stream = append(stream, typeSuback<<4, 3, 0, 9, 1)
		case 2:
			size := rapid.SampledFrom([]int{0, 1, 100, 127, 128, 16383, 16384, 70_000, 200_000}).Draw(t, "size")
			stream = appendPublish(stream, "big/one", 1, false, 7, bytes.Repeat([]byte{'b'}, size))
		default:
			stream = appendPublish(stream, rapid.StringN(1, 20, 40).Draw(t, "topic"), rapid.Byte().Draw(t, "qos")%2,
				rapid.Bool().Draw(t, "retain"), rapid.Uint16Range(1, 65535).Draw(t, "id"), rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "payload"))
		}
	}
	return stream
}

func TestFramesDoNotDependOnChunks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		stream := drawStream(t)
		const maxPacket = 100_000
		want, _, wantErr := cutStream(stream, maxPacket, whole)
		got, biggest, gotErr := cutStream(stream, maxPacket, func(left int) int {
			return min(left, rapid.SampledFrom([]int{1, 2, 3, 5, 64, 1000, 65_536, 1 << 20}).Draw(t, "chunk"))
		})
		if err := same(want, got, wantErr, gotErr); err != nil {
			t.Fatal(err)
		}
		if biggest > maxPacket+maxPublishOverhead {
			t.Fatalf("buffer of %d bytes", biggest)
		}
		// Everything that is no oversized PUBLISH is what paho reads of the same stream.
		r := bytes.NewReader(stream)
		for i, fr := range got {
			cp, err := packets.ReadPacket(r)
			if err != nil {
				t.Fatalf("paho at frame %d: %v", i, err)
			}
			p, ok := cp.(*packets.PublishPacket)
			if !ok {
				continue
			}
			mine, err := parsePublish(frame{header: fr.header, body: []byte(fr.body)})
			if err != nil {
				t.Fatal(err)
			}
			if string(mine.topic) != p.TopicName || mine.id != p.MessageID || mine.qos != p.Qos || mine.retain != p.Retain {
				t.Fatalf("frame %d: %+v, paho has %+v", i, mine, p)
			}
			if wantPayload := p.Payload; fr.oversized {
				if !bytes.Equal(mine.payload, wantPayload[:min(len(wantPayload), keptOfOversized)]) {
					t.Fatalf("frame %d: kept %d bytes", i, len(mine.payload))
				}
			} else if !bytes.Equal(mine.payload, wantPayload) {
				t.Fatalf("frame %d: payload differs", i)
			}
		}
	})
}

func TestEverySplitOfAStreamGivesTheSame(t *testing.T) {
	t.Parallel()
	var stream []byte
	stream = append(stream, typeConnack<<4, 2, 0, 0)
	stream = appendPublish(stream, "a/b", 1, true, 513, []byte("payload"))
	stream = append(stream, typeSuback<<4, 4, 0, 1, 1, 0x80)
	stream = appendPublish(stream, "c", 1, false, 2, bytes.Repeat([]byte("x"), 9000)) // oversized
	stream = appendPublish(stream, "d", 0, false, 0, nil)
	stream = append(stream, typePublish<<4|6, 2, 0, 0) // QoS 3
	const maxPacket = 5000
	want, _, wantErr := cutStream(stream, maxPacket, byOne)
	if len(want) != 5 || !want[3].oversized || len(want[3].body) != 2+1+2+keptOfOversized || !errors.Is(wantErr, errMalformed) {
		t.Fatalf("%d frames, %v", len(want), wantErr)
	}
	for at := range stream {
		first := true
		got, _, gotErr := cutStream(stream, maxPacket, func(left int) int {
			if first && at > 0 {
				first = false
				return at
			}
			return left
		})
		if err := same(want, got, wantErr, gotErr); err != nil {
			t.Fatalf("split at %d: %v", at, err)
		}
	}
}

func TestMalformedPackets(t *testing.T) {
	t.Parallel()
	for name, b := range map[string][]byte{
		"type 0":                    {0x00, 0x00},
		"type 15":                   {0xf0, 0x00},
		"CONNECT from a broker":     {0x10, 0x02, 0, 0},
		"PINGREQ from a broker":     {0xc0, 0x00},
		"length of five bytes":      {0x30, 0xff, 0xff, 0xff, 0xff, 0x01},
		"QoS 3":                     {0x36, 0x05, 0, 1, 'a', 0, 1},
		"CONNACK too long":          {0x20, 0x03, 0, 0, 0},
		"PUBREL with flags 0":       {0x60, 0x02, 0, 1},
		"PINGRESP with a body":      {0xd0, 0x01, 0},
		"SUBACK without a code":     {0x90, 0x02, 0, 1},
		"PUBLISH without topic":     {0x30, 0x01, 0},
		"PUBLISH with short topic":  {0x30, 0x03, 0, 9, 'a'},
		"PUBLISH without id":        {0x32, 0x04, 0, 1, 'a', 0},
		"PUBLISH with identifier 0": {0x32, 0x05, 0, 1, 'a', 0, 0},
	} {
		frames, _, err := cutStream(b, 1<<20, whole)
		if len(frames) == 1 {
			_, err = parsePublish(frame{header: frames[0].header, body: []byte(frames[0].body)})
		}
		if !errors.Is(err, errMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzFramer(f *testing.F) {
	f.Add(appendPublish([]byte{0x20, 2, 0, 0}, "a/b", 1, false, 3, []byte("x")), uint8(3))
	f.Add([]byte{0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 'a'}, uint8(1))
	f.Add(appendPublish(nil, "big", 1, false, 3, bytes.Repeat([]byte("x"), 5000)), uint8(200))
	f.Fuzz(func(t *testing.T, stream []byte, step uint8) {
		const maxPacket = 4500
		want, _, wantErr := cutStream(stream, maxPacket, whole)
		got, biggest, gotErr := cutStream(stream, maxPacket, func(left int) int { return min(left, int(step)+1) })
		if err := same(want, got, wantErr, gotErr); err != nil {
			t.Fatal(err)
		}
		if biggest > maxPacket+maxPublishOverhead {
			t.Fatalf("buffer of %d bytes", biggest)
		}
		for _, fr := range got {
			if fr.header>>4 == typePublish {
				_, _ = parsePublish(frame{header: fr.header, body: []byte(fr.body)})
			}
		}
	})
}
