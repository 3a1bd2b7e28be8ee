package push_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/adapters/payload/push"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTime(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-11-24T07:58:12+08:00":    "2026-11-23T23:58:12Z 1s",
		"2026-11-24T07:58:12":          "2026-11-23T23:58:12Z 1s",
		"2026-11-24 07:58:12":          "2026-11-23T23:58:12Z 1s",
		"2026-11-24T07:58:12.25":       "2026-11-23T23:58:12.25Z 10ms",
		"2026-11-24T07:58:12.125Z":     "2026-11-24T07:58:12.125Z 1ms",
		"2026-11-23T15:58:12-8:00":     "2026-11-23T23:58:12Z 1s",
		"2026-11-24T07:58:12+0800":     "2026-11-23T23:58:12Z 1s",
		"1795478292":                   "2026-11-23T23:58:12Z 1s",
		"1795478292500":                "2026-11-23T23:58:12.5Z 1ms",
		"1795478292.5":                 "2026-11-23T23:58:12.5Z 1ms",
		"":                             "none",
		"0":                            "none",
		"1970-01-01T08:00:00+08:00":    "none",
		"noon":                         "bad",
		"2026-11-24":                   "bad",
		"2026-13-24T07:58:12Z":         "bad",
		"2026-11-24x07:58:12Z":         "bad",
		"2026-11-24T07:58:12+8:0:0":    "bad",
		"-5":                           "bad",
		"NaN":                          "bad",
		"99999999999999999999":         "bad",
		"2026-11-24T07:58:12+08:00:00": "bad",
	} {
		got := "bad"
		if at, resolution, ok := push.Time(text); ok {
			got = "none"
			if !at.IsZero() {
				got = at.UTC().Format(time.RFC3339Nano) + " " + resolution.String()
			}
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestCelsius(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value, unit string
		want        float64
		measured    bool
	}{
		{"36.6", "", 36.6, true},
		{"97.88", "fahrenheit", 36.6, true},
		{"0.0", "", 0, false},
		{"0", "fahrenheit", 0, false},
		{"-1", "", 0, false},
		{"", "", 0, false},
		{"x", "", math.NaN(), true},
		{"36", "kelvin", math.NaN(), true},
		{"1e300", "", math.NaN(), true},
	} {
		got, measured := push.Celsius(c.value, c.unit)
		if measured != c.measured || got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%+v: got %v %v", c, got, measured)
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	if got := push.Clean(" a\x00b\xffc\n"); got != "abc" {
		t.Errorf("got %q", got)
	}
	if got := push.Clean(strings.Repeat("门", 100)); len(got) > push.MaxText || got != strings.Repeat("门", 66) {
		t.Errorf("got %d bytes", len(got))
	}
}

func TestParts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, want string }{
		{"no parts", "  {}", "{}"},
		{"crlf", "--b\r\nContent-Type: x\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n", "one|two"},
		{"lf", "--b\nContent-Type: x\n\none\n--b\nContent-Type: y\n\ntwo\n--b--", "one|two"},
		{"no header", "--b\r\n{\"a\":1}\r\n--b--", `{"a":1}`},
		{"empty parts", "--b\r\n\r\n--b\r\n--b\r\n\r\none\r\n--b--", "one"},
		{"cut", "--b\r\nContent-Type: x\r\n\r\non", "on"},
		{"text behind the end", "--b\r\n\r\none\r\n--b--\r\n--b\r\n\r\ntwo", "one"},
		{"boundary in a line", "--b\r\n\r\none --b two\r\n--b--", "one --b two"},
		{"nothing but a boundary", "--", ""},
		{"no end of header", "--b\r\nContent-Type: x\r\n--b--", "error"},
		{"too many", strings.Repeat("--b\r\n\r\nx\r\n", push.MaxParts+1), "error"},
	} {
		parts, err := push.Parts([]byte(c.body))
		texts := make([]string, 0, len(parts))
		for _, p := range parts {
			texts = append(texts, string(p))
		}
		got := strings.Join(texts, "|")
		if err != nil {
			got = "error"
		}
		if got != c.want {
			t.Errorf("%s: got %q (%v), want %q", c.name, got, err, c.want)
		}
	}
}

func TestPlaceOf(t *testing.T) {
	t.Parallel()
	for topic, want := range map[string]string{
		"f/G 1":            "g-1 in ",
		"f/g1/out":         "g1 out ",
		"f/g1/camera/in":   "g1 in camera",
		"other/a/B7":       "b7 in ",
		"other/a/B7/out":   "b7 out ",
		"f":                " in ",
		"":                 " in ",
		"in":               " in ",
		"f/g1/ATTLOG/out":  "g1 out ATTLOG",
		"f/../etc/x/y/z/q": " in etc,x,y,z,q",
	} {
		p := push.PlaceOf("f", topic)
		if got := string(p.Device) + " " + p.Direction + " " + strings.Join(p.Rest, ","); got != want {
			t.Errorf("%q: got %q, want %q", topic, got, want)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	good := push.Defaults("127.0.0.1:0")
	good.CredentialsFile = "f"
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	err := push.Config{}.Validate()
	var fault *event.Fault
	if !errors.As(err, &fault) || strings.Count(err.Error(), "is not allowed") != 8 {
		t.Errorf("got %v", err)
	}
}

func TestWithoutPictures(t *testing.T) {
	t.Parallel()
	picture := "\xff\xd8\xff\xe0" + strings.Repeat("\x00\r\n--", 1<<20) + "\xff\xd9"
	const told = `{"eventType":"AccessControllerEvent"}`
	form := func(boundary string, contents ...string) []byte {
		var b strings.Builder
		for _, c := range contents {
			b.WriteString("--" + boundary + "\r\nContent-Type: any\r\n\r\n" + c + "\r\n")
		}
		return []byte(b.String() + "--" + boundary + "--\r\n")
	}
	first := push.WithoutPictures(form("a", picture, told))
	last := push.WithoutPictures(form("other", told, picture))
	if len(first) > 200 || !bytes.Equal(first, last) {
		t.Errorf("%d bytes %.200q, %d bytes", len(first), first, len(last))
	}
	if parts, err := push.Parts(first); err != nil || len(parts) != 1 || string(parts[0]) != told {
		t.Errorf("%q, %v", parts, err)
	}
	for _, same := range [][]byte{[]byte(told), nil, form("a", picture), []byte("--a\r\nContent-Type: x")} {
		if got := push.WithoutPictures(same); !bytes.Equal(got, same) {
			t.Errorf("%.80q became %.80q", same, got)
		}
	}
}
