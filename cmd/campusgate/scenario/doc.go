// Package scenario plays days of a simulated county through adapter, detectors and alarm
// desk, with time as an argument, and holds what operators then have before them to what
// was promised. It has tests only.
package scenario
