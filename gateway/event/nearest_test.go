package event_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/gateway/event"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, word string
		known      []string
		want       string
	}{
		{"the word itself", "fever", []string{"fevers", "fever"}, "fever"},
		{"missing letter", "fevr", []string{"gas", "fever"}, "fever"},
		{"superfluous letter", "feverr", []string{"gas", "fever"}, "fever"},
		{"wrong letter", "fefer", []string{"gas", "fever"}, "fever"},
		{"swapped letters count once", "mx", []string{"max", "xm"}, "max"},
		{"a swap is nearer than two changes", "ulr", []string{"tag", "url"}, "url"},
		{"half of the letters", "abcd", []string{"abyz"}, "abyz"},
		{"more than half of the letters", "abcd", []string{"axyz"}, ""},
		{"the first of equals", "bat", []string{"cat", "hat", "rat"}, "cat"},
		{"an empty word", "", []string{"a"}, ""},
		{"an empty known word", "ab", []string{""}, ""},
		{"nothing known", "fever", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := event.Nearest(c.word, c.known); got != c.want {
				t.Errorf("Nearest(%q, %q) = %q, want %q", c.word, c.known, got, c.want)
			}
		})
	}
}

// One slip of the fingers in a word of some length leads back to it.
func TestNearestFindsAfterOneSlip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z_]{2,20}`).Draw(t, "word")
		at := rapid.IntRange(0, len(word)-2).Draw(t, "at")
		letter := string(rapid.ByteRange('a', 'z').Draw(t, "letter"))
		slip := rapid.SampledFrom([]string{
			word[:at] + letter + word[at:],
			word[:at] + letter + word[at+1:],
			word[:at] + word[at+1:at+2] + word[at:at+1] + word[at+2:],
		}).Draw(t, "slip")
		if got := event.Nearest(slip, []string{"0123456789 0123456789 0123456789", word}); got != word {
			t.Fatalf("Nearest(%q) = %q, want %q", slip, got, word)
		}
	})
}
