//go:build race

package simulator_test

// underRace says that the race detector watches: tests of hours of pure, single-threaded
// traffic are left to the run without it.
const underRace = true
