package jt808_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

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
