// Package state is what the county looks like now: the latest state of each device and
// counters for each site.
//
//	bus events ─▶ Model.Apply ─▶ device, site (dirty) ─▶ Model.Flush ─▶ channels devices, sites
//	alarms ─────▶ Model.Changed ─▶ site counters            └─▶ channel feed, event by event
//
// Promises:
//   - An older event never replaces a newer one: not a late one, not a repeated one.
//   - Stale is not up: each device has its own deadline, three of its own periods after its
//     last sign of life, and only while it is on duty.
//   - Counters of the day count each event once, however often it is delivered.
//   - Time is an argument.
package state
