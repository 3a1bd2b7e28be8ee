package event_test

import (
	"strings"
	"testing"

	"github.com/campusgate/campusgate/gateway/event"
)

func TestWhatAPersonMayWrite(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text        string
		line, lines bool
	}{
		{"", true, true},
		{"门口的灯坏了", true, true},
		{strings.Repeat("灯", 10), true, true}, // characters are counted, not bytes
		{strings.Repeat("灯", 11), false, false},
		{"a\nb\r\n\tc", false, true},
		{"a\x00b", false, false},
		{"a\u202eb", false, false},
		{"a\u2066b", false, false},
		{"a\x7fb", false, false},
		{"a\xffb", false, false},
	} {
		if got := event.ValidLine(c.text, 10); got != c.line {
			t.Errorf("ValidLine(%q) = %v", c.text, got)
		}
		if got := event.ValidLines(c.text, 10); got != c.lines {
			t.Errorf("ValidLines(%q) = %v", c.text, got)
		}
	}
}
