package jt808_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/adapters/jt808"
)

// scan reads all frames.
func scan(t testing.TB, s *jt808.Scanner) [][]byte {
	t.Helper()
	var frames [][]byte
	for {
		frame, err := s.Next()
		switch {
		case errors.Is(err, io.EOF):
			return frames
		case err != nil:
			t.Fatal(err)
		}
		frames = append(frames, bytes.Clone(frame))
	}
}

func frame(n byte) []byte {
	return jt808.AppendMessage(nil, jt808.Header{ID: 0x0200, Phone: "13600000077", Serial: uint16(n)}, bytes.Repeat([]byte{n}, 28))
}

func inner(n byte) []byte { f := frame(n); return f[1 : len(f)-1] }

func TestFramesOfAStream(t *testing.T) {
	t.Parallel()
	a, b := frame(1), frame(2)
	for _, c := range []struct {
		name     string
		stream   [][]byte
		frames   [][]byte
		garbage  uint64
		overlong uint64
	}{
		{"one", [][]byte{a}, [][]byte{inner(1)}, 0, 0},
		{"two, each with its own flags", [][]byte{a, b}, [][]byte{inner(1), inner(2)}, 0, 0},
		{"two that share a flag", [][]byte{a, b[1:]}, [][]byte{inner(1), inner(2)}, 0, 0},
		{"many flags between them", [][]byte{a, []byte("~~~~"), b}, [][]byte{inner(1), inner(2)}, 0, 0},
		{"garbage before", [][]byte{[]byte("$$"), a}, [][]byte{inner(1)}, 2, 0},
		{"short garbage between", [][]byte{a, []byte("\r\n"), b}, [][]byte{inner(1), inner(2)}, 2, 0},
		{"long garbage between is told as a frame", [][]byte{a, []byte("GET / HTTP/1.1\r\n"), b}, [][]byte{inner(1), []byte("GET / HTTP/1.1\r\n"), inner(2)}, 0, 0},
		{"cut, then a whole one", [][]byte{a[:20], b}, [][]byte{a[1:20], inner(2)}, 0, 0},
		{"too long, then a whole one", [][]byte{{0x7e}, bytes.Repeat([]byte("x"), 5000), b}, [][]byte{inner(2)}, 5000, 1},
		{"endless garbage", [][]byte{bytes.Repeat([]byte("x"), 50_000), b}, [][]byte{inner(2)}, 50_000, 0},
		{"no end", [][]byte{a, b[:30]}, [][]byte{inner(1)}, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			stream := bytes.Join(c.stream, nil)
			for _, r := range []io.Reader{bytes.NewReader(stream), iotest.OneByteReader(bytes.NewReader(stream)), iotest.DataErrReader(bytes.NewReader(stream))} {
				s := jt808.NewScanner(r, 0)
				frames := scan(t, s)
				if !equal(frames, c.frames) {
					t.Errorf("%x\nwant %x", frames, c.frames)
				}
				if s.Garbage() != c.garbage || s.Overlong() != c.overlong {
					t.Errorf("%d bytes of garbage, %d too long", s.Garbage(), s.Overlong())
				}
			}
		})
	}
}

func equal(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// TestTheLongestFrame fits, and one byte more does not.
func TestTheLongestFrame(t *testing.T) {
	t.Parallel()
	const most = 100
	for _, n := range []int{most, most + 1} {
		stream := append(append([]byte{0x7e}, bytes.Repeat([]byte("x"), n)...), 0x7e)
		s := jt808.NewScanner(bytes.NewReader(stream), most)
		if got := len(scan(t, s)); got != most+1-n || s.Overlong() != uint64(n-most) {
			t.Errorf("%d bytes: %d frames, %d too long", n, got, s.Overlong())
		}
	}
}

// TestATimeoutLosesNothing is of a reader with a deadline.
func TestATimeoutLosesNothing(t *testing.T) {
	t.Parallel()
	stream := append(frame(1), frame(2)...)
	s := jt808.NewScanner(iotest.TimeoutReader(iotest.HalfReader(bytes.NewReader(stream))), 64)
	timeouts := 0
	var frames [][]byte
	for {
		frame, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, iotest.ErrTimeout) {
			timeouts++
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, bytes.Clone(frame))
	}
	if timeouts != 1 || !equal(frames, [][]byte{inner(1), inner(2)}) {
		t.Errorf("%d timeouts, %x", timeouts, frames)
	}
}

// TestBufferedFramesStay: a listener gathers what came together before it reads again.
func TestBufferedFramesStay(t *testing.T) {
	t.Parallel()
	s := jt808.NewScanner(bytes.NewReader(append(frame(1), frame(2)...)), 0)
	if got := s.Buffered(); got != nil {
		t.Fatalf("%x before a byte was read", got)
	}
	one, err := s.Next()
	if err != nil {
		t.Fatal(err)
	}
	two := s.Buffered()
	if !bytes.Equal(one, inner(1)) || !bytes.Equal(two, inner(2)) || s.Buffered() != nil {
		t.Errorf("%x %x", one, two)
	}
	s.Reset(bytes.NewReader(frame(3)))
	if got := scan(t, s); !equal(got, [][]byte{inner(3)}) {
		t.Errorf("%x after a reset", got)
	}
}

// TestAnyCutOfAStream: however bytes come, the same frames come out.
func TestAnyCutOfAStream(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var stream []byte
		var want [][]byte
		for range rapid.IntRange(1, 20).Draw(rt, "frames") {
			n := rapid.Byte().Draw(rt, "n")
			f := frame(n)
			if len(stream) > 0 && rapid.Bool().Draw(rt, "shared") {
				f = f[1:]
			}
			stream = append(stream, f...)
			want = append(want, inner(n))
		}
		s := jt808.NewScanner(&pieces{t: rt, b: stream}, rapid.IntRange(100, 200).Draw(rt, "max"))
		if got := scan(t, s); !equal(got, want) {
			rt.Fatalf("%x\nwant %x", got, want)
		}
	})
}

// pieces reads in pieces of drawn lengths.
type pieces struct {
	t *rapid.T
	b []byte
}

func (p *pieces) Read(to []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	n := copy(to[:min(len(to), rapid.IntRange(1, 50).Draw(p.t, "piece"))], p.b)
	p.b = p.b[n:]
	return n, nil
}

func FuzzScanner(f *testing.F) {
	f.Add(frame(1), uint8(3))
	f.Add(append([]byte("$$"), append(frame(1), frame(2)[1:]...)...), uint8(1))
	f.Add(bytes.Repeat([]byte("x"), 300), uint8(200))
	f.Fuzz(func(t *testing.T, stream []byte, piece uint8) {
		const most = 128
		s := jt808.NewScanner(&reader{bytes.NewReader(stream), int(piece)%64 + 1}, most)
		used := s.Garbage()
		for _, frame := range scan(t, s) {
			if len(frame) > most || len(frame) < 13 || bytes.IndexByte(frame, 0x7e) >= 0 {
				t.Errorf("%x is no frame", frame)
			}
			if !bytes.Contains(stream, frame) {
				t.Errorf("%x was never sent", frame)
			}
			used += uint64(len(frame))
		}
		if used += s.Garbage(); used > uint64(len(stream)) {
			t.Errorf("%d bytes of %d are accounted for", used, len(stream))
		}
		whole := jt808.NewScanner(bytes.NewReader(stream), most)
		parts := jt808.NewScanner(&reader{bytes.NewReader(stream), int(piece)%64 + 1}, most)
		if a, b := scan(t, whole), scan(t, parts); !equal(a, b) {
			t.Errorf("%x at once, %x in pieces", a, b)
		}
	})
}

// reader reads at most n bytes at once.
type reader struct {
	r io.Reader
	n int
}

func (r *reader) Read(to []byte) (int, error) { return r.r.Read(to[:min(len(to), r.n)]) }
