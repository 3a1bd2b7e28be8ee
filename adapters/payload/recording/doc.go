// Package recording holds the arithmetic of recordings: what of a day is stored, what is
// missing, and whether a camera records now.
//
//	window ∩ service hours ──▶ expected
//	expected ∩ recordings  ──▶ covered, gaps, the gap that is still open
//
// It is pure, and works on whole seconds of any clock that all its times share. Recorders
// cut what they store into files and lose a moment between two of them, so a gap of no more
// than the tolerance is none. Nobody expects a recording outside the service hours.
package recording
