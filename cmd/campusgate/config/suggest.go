package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/campusgate/campusgate/gateway/event"
)

// suggestion returns ` (did you mean "x"?)` where a known word is near enough.
func suggestion[T any](word string, known map[string]T) string {
	// Sorted, so that of equally near words it is always the same.
	near := event.Nearest(word, slices.Sorted(maps.Keys(known)))
	if near == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", near)
}
