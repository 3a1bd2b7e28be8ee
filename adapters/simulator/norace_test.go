//go:build !race

package simulator_test

const underRace = false
