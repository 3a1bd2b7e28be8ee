// Package rollup keeps what each device did on each day, and adds it up.
//
//	history, alarms, maintenance, registry ─▶ Collect ─▶ Row (one device, one day) ─▶ Store
//	                                                                                   │
//	     county, township, site, device, day ◀─ Service.Groups, Outages ◀──────────────┘
//
// A day is one of the county's zone, from midnight to midnight: of 23 or 25 hours where the
// clocks change. It is computed when it has ended, once more when the checks of its
// recordings have come, and whenever late data, an alarm or maintenance changes it. What
// changes afterwards is told by a Restatement: what was said before, what is said now, and
// why. Today is computed when somebody asks.
//
// Promises:
//   - Each second in which a device was registered has one state; others do not count.
//   - Percentages are over observed service time. Without any there is none, never 100 %.
//   - A day is stored whole, with its restatements, in one transaction.
//   - A day that cannot be computed (no history) stays missing and is tried again.
//
// A day computed anew takes the duty hours as they are registered at that time.
package rollup
