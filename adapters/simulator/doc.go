// Package simulator is a county that publishes what real devices publish.
//
//	County ──┐
//	Script ──┼─▶ Traffic ──messages in order of time──▶ pace ──▶ workers ──▶ Publisher (MQTT)
//	seed   ──┘   (or Load)                                          └─acknowledged─▶ Ledger
//
// Traffic is the pace of a school day: pupils arrive and leave, visitors come, buses run,
// kitchens and cameras report, guards go round at night; and the incidents of a script,
// which cover every rule of detection. Load publishes at a set rate instead.
//
// Promises:
//
//   - Traffic is a pure function of county, script, seed and start: no clock, no I/O.
//   - The times of devices are real: speed makes everything happen more often and the
//     script run faster; it does not move the clock, since a gateway would take that for
//     wrong clocks. How long an incident lasts, and how fast a bus drives, stays real.
//   - Without a script nothing happens that a rule would find fault with.
//   - One device's messages are published in their order, each after the one before was
//     acknowledged, and repeated until they are. The ledger holds what was acknowledged.
//   - Who stops the simulator leaves no visitor inside and no bus on its way: what was begun
//     is brought to its end first.
//   - When the broker does not answer, or the machine slept, traffic waits: what happened
//     meanwhile is left out and the county goes on from now.
package simulator
