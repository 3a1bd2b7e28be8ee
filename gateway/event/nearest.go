package event

// Nearest returns the known word that differs least from word, for a hint after a
// misspelt name, or "" when none is near. A letter that is missing, superfluous, wrong, or
// swapped with its neighbour counts one difference (optimal string alignment, Levenshtein's
// distance with swaps, over bytes); near is up to half as many as word has bytes. Of
// equally near words the first in known is returned. It takes time in proportion to the
// product of the lengths: it is for settings, not for events.
func Nearest(word string, known []string) string {
	best, bestAt := "", len(word)/2+1
	for _, k := range known {
		if at := differences(word, k); at < bestAt {
			best, bestAt = k, at
		}
	}
	return best
}

// differences counts the letters to insert, remove, replace or swap between a and b.
func differences(a, b string) int {
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
			next[j+1] = min(row[j]+cost, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
