package jt808_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/adapters/jt808"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// seal writes a frame of a message that is given as it stands, header and all.
func seal(t testing.TB, message string) []byte {
	t.Helper()
	b := unhex(t, message)
	var sum byte
	for _, c := range b {
		sum ^= c
	}
	b = append(b, sum)
	b = bytes.ReplaceAll(b, []byte{0x7d}, []byte{0x7d, 0x01})
	b = bytes.ReplaceAll(b, []byte{0x7e}, []byte{0x7d, 0x02})
	return append(append([]byte{0x7e}, b...), 0x7e)
}

// TestEscapeOfTheStandard is the example of clause 4.4.2.
func TestEscapeOfTheStandard(t *testing.T) {
	t.Parallel()
	h := jt808.Header{ID: 0x8300, Phone: "13800138000", Serial: 1}
	frame := jt808.AppendMessage(nil, h, unhex(t, "30 7e 08 7d 55"))
	if !bytes.Contains(frame, unhex(t, "30 7d02 08 7d01 55")) {
		t.Errorf("%x", frame)
	}
	got, body, err := jt808.ParseMessage(frame, jt808.ChecksumStrict, nil)
	if err != nil || !bytes.Equal(body, unhex(t, "30 7e 08 7d 55")) {
		t.Errorf("%x, %v", body, err)
	}
	if got.Phone != "13800138000" || got.Length != 5 || got.PhoneBytes != 6 || got.ID != 0x8300 || got.Serial != 1 {
		t.Errorf("%+v", got)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, message string
		want          jt808.Header
		body          string
	}{
		{
			"2013", "0200 0002 013600000077 0005 abcd",
			jt808.Header{ID: 0x0200, Phone: "13600000077", PhoneBytes: 6, Serial: 5, Length: 2},
			"abcd",
		},
		{
			"2019", "0200 4002 02 00000000013600000077 0005 abcd",
			jt808.Header{
				ID: 0x0200, Version2019: true, ProtocolVersion: 2, Phone: "13600000077", PhoneBytes: 10, Serial: 5, Length: 2,
			},
			"abcd",
		},
		{
			"flag of 2019 over the header of 2013", "0200 4002 013600000077 0005 abcd",
			jt808.Header{ID: 0x0200, Phone: "13600000077", PhoneBytes: 6, Serial: 5, Length: 2},
			"abcd",
		},
		{
			"header of 2019 without its flag", "0200 0002 01 00000000013600000077 0005 abcd",
			jt808.Header{
				ID: 0x0200, Version2019: true, ProtocolVersion: 1, Phone: "13600000077", PhoneBytes: 10, Serial: 5, Length: 2,
			},
			"abcd",
		},
		{
			"a part", "0704 2001 013600000077 ffff 0003 0002 ee",
			jt808.Header{
				ID: 0x0704, Phone: "13600000077", PhoneBytes: 6, Serial: 0xffff, Length: 1, Fragment: true, Total: 3, Index: 2,
			},
			"ee",
		},
		{
			"a part of 2019", "0704 6001 01 00000000013600000077 0001 0003 0001 ee",
			jt808.Header{
				ID: 0x0704, Version2019: true, ProtocolVersion: 1, Phone: "13600000077", PhoneBytes: 10, Serial: 1, Length: 1,
				Fragment: true, Total: 3, Index: 1,
			},
			"ee",
		},
		{
			"encrypted", "0801 0401 013600000077 0001 ee",
			jt808.Header{ID: 0x0801, Phone: "13600000077", PhoneBytes: 6, Serial: 1, Length: 1, Encrypt: 1},
			"ee",
		},
		{
			"no phone", "0002 0000 000000000000 0001",
			jt808.Header{ID: 2, Phone: "0", PhoneBytes: 6, Serial: 1},
			"",
		},
		{
			"phone of digits above 9", "0002 0000 00000000ab1f 0001",
			jt808.Header{ID: 2, Phone: "ab1f", PhoneBytes: 6, Serial: 1},
			"",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, body, err := jt808.ParseMessage(seal(t, c.message), jt808.ChecksumStrict, nil)
			c.want.RawPhone = h.RawPhone
			if err != nil || h != c.want || !bytes.Equal(body, unhex(t, c.body)) {
				t.Errorf("%+v %x, %v\nwant %+v", h, body, err, c.want)
			}
		})
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, frame, want string
		damage            bool
	}{
		{"checksum", "7e 0002 0000 013600000077 0001 00 7e", "the checksum is 0x00, must be 0x43", true},
		{"too long", hex.EncodeToString(seal(t, "0002 0000 013600000077 0001 aa")), "the declared body length is 0 bytes, the frame carries 1", true},
		{"too short", hex.EncodeToString(seal(t, "0002 0003 013600000077 0001 aa")), "the declared body length is 3 bytes, the frame carries 1", true},
		{"nothing", "7e7e", "the frame is too short for a header", false},
		{"half a header", hex.EncodeToString(seal(t, "0002 0000 01360000")), "the frame is too short for a header", false},
		{"half a header of 2019", hex.EncodeToString(seal(t, "0002 4005 01 00000000013600000077")), "the frame is too short for a header", false},
		{"half a part", hex.EncodeToString(seal(t, "0704 2000 013600000077 0001 0002")), "the frame is too short for a header", false},
		{"two frames", "7e 0002 0000 013600000077 7e 01 43 7e", "0x7e within the frame", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			frame := unhex(t, c.frame)
			h, _, err := jt808.ParseMessage(frame, jt808.ChecksumStrict, nil)
			if err == nil || err.Error() != c.want || jt808.IsDamage(err) != c.damage {
				t.Fatalf("%v, damage %v, want %s", err, jt808.IsDamage(err), c.want)
			}
			if c.damage && h.Phone != "13600000077" {
				t.Errorf("without its header: %+v", h)
			}
			if _, _, err := jt808.ParseMessage(frame, jt808.ChecksumIgnore, nil); (err == nil) != c.damage {
				t.Errorf("not minding damage: %v", err)
			}
		})
	}
}

// TestAChecksumThatIsNotEscaped is of terminals that escape only what comes before it.
func TestAChecksumThatIsNotEscaped(t *testing.T) {
	t.Parallel()
	frame := seal(t, "0002 0000 013600000077 003f")
	if !bytes.HasSuffix(frame, []byte{0x7d, 0x01, 0x7e}) {
		t.Fatalf("%x is no example", frame)
	}
	frame = append(frame[:len(frame)-2], 0x7e)
	if h, _, err := jt808.ParseMessage(frame, jt808.ChecksumStrict, nil); err != nil || h.Serial != 0x3f {
		t.Errorf("%+v, %v", h, err)
	}
}

// TestAMessagePutTogether is longer than a header can say.
func TestAMessagePutTogether(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte{0x7e, 1, 0x7d}, 4000)
	frame := jt808.AppendMessage(nil, jt808.Header{ID: 0x0704, Phone: "1", Version2019: true, ProtocolVersion: 1}, body)
	h, got, err := jt808.ParseMessage(frame, jt808.ChecksumStrict, nil)
	if err != nil || !h.Version2019 || !bytes.Equal(got, body) {
		t.Errorf("%+v with %d bytes, %v", h, len(got), err)
	}
}

func drawHeader(t *rapid.T) jt808.Header {
	h := jt808.Header{
		ID:          rapid.Uint16().Draw(t, "id"),
		Version2019: rapid.Bool().Draw(t, "2019"),
		Encrypt:     rapid.Uint8Range(0, 7).Draw(t, "encrypt"),
		Fragment:    rapid.Bool().Draw(t, "fragment"),
		Phone:       rapid.StringMatching(`[1-9][0-9]{0,11}`).Draw(t, "phone"),
		Serial:      rapid.Uint16().Draw(t, "serial"),
	}
	if h.Version2019 {
		h.ProtocolVersion = rapid.Uint8().Draw(t, "version")
	}
	if h.Fragment {
		h.Total, h.Index = rapid.Uint16().Draw(t, "total"), rapid.Uint16().Draw(t, "index")
	}
	return h
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := drawHeader(t)
		body := rapid.SliceOfN(rapid.OneOf(rapid.Byte(), rapid.SampledFrom([]byte{0x7d, 0x7e, 1, 2})), 0, 1023).Draw(t, "body")
		frame := jt808.AppendMessage(nil, want, body)
		if bytes.Count(frame, []byte{0x7e}) != 2 {
			t.Fatalf("%x", frame)
		}
		h, got, err := jt808.ParseMessage(frame, jt808.ChecksumStrict, nil)
		if err != nil || !bytes.Equal(got, body) {
			t.Fatalf("%x, %v", got, err)
		}
		want.RawPhone, want.PhoneBytes, want.Length = h.RawPhone, h.PhoneBytes, len(body)
		if h != want {
			t.Fatalf("%+v, want %+v", h, want)
		}
		answer := h.Answer(0x8001, 7)
		again, _, err := jt808.ParseMessage(jt808.AppendMessage(nil, answer, nil), jt808.ChecksumStrict, nil)
		if err != nil || again != answer {
			t.Fatalf("answer %+v, want %+v, %v", again, answer, err)
		}
	})
}

func FuzzParseMessage(f *testing.F) {
	f.Add(seal(f, "0200 0002 013600000077 0005 abcd"))
	f.Add(seal(f, "0704 6001 01 00000000013600000077 0001 0003 0001 ee"))
	f.Add(seal(f, "0102 4009 01 00000000013600000077 0001 03414243"))
	f.Add(seal(f, "0702 0000 013600000077 003f"))
	f.Fuzz(func(t *testing.T, frame []byte) {
		before := bytes.Clone(frame)
		h, body, err := jt808.ParseMessage(frame, jt808.ChecksumStrict, nil)
		if !bytes.Equal(before, frame) {
			t.Error("the frame was changed")
		}
		if len(body) > len(frame) {
			t.Errorf("a body of %d bytes from %d", len(body), len(frame))
		}
		if err != nil {
			return
		}
		again, got, err := jt808.ParseMessage(jt808.AppendMessage(nil, h, body), jt808.ChecksumStrict, nil)
		if err != nil || again != h || !bytes.Equal(got, body) {
			t.Errorf("%+v %x, %v; want %+v %x", again, got, err, h, body)
		}
		_, _ = jt808.ParseRegister(h, body)
		_, _ = jt808.ParseAuthenticate(h, body)
		_, _, _ = jt808.ParseParameters(body)
		_, _ = jt808.ParseDriver(body)
		_, _ = jt808.ParsePosition(body)
	})
}
