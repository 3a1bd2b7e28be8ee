package config

import (
	"fmt"
	"slices"
)

// suggestion returns ` (did you mean "x"?)` where a known word is near enough.
func suggestion[T any](word string, known map[string]T) string {
	best, bestAt := "", len(word)/2+1
	for k := range known {
		if at := distance(word, k); at < bestAt || at == bestAt && best != "" && k < best {
			best, bestAt = k, at
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

// distance counts the letters to insert, remove, replace or swap between a and b.
func distance(a, b string) int {
	before, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = slices.Min([]int{row[j] + cost, row[j+1] + 1, next[j] + 1})
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
