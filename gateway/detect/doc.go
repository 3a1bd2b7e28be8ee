// Package detect turns events and the passing of time into anomalies: the built-in rules
// of a gateway.
//
//	journal ──events in order──▶ Process ─┐
//	                                      ├──▶ anomalies ──▶ journal (Tx.Append)
//	clock ────────time──────────▶ Advance ┘
//	                                      └──▶ Dirty ─────▶ journal (Tx.Put, with the cursor)
//
// An Engine is a pure state machine: it has no goroutine, no socket, no logger and no
// clock. Time is Event.ReceivedAt and the argument of Advance, nothing else. It is used by
// one goroutine at a time.
//
// Promises:
//
//   - The same events in the same order give the same anomalies with the same ids, however
//     they are batched and however the program iterates its maps.
//   - Deadlines fire in the order of their times, with their own time as the time of the
//     verdict, before an event that came after them is looked at. So it makes no difference
//     how often Advance is called, as long as no step of time is longer than MaxStep and no
//     Advance goes beyond the receipt of an event that is still to come. The caller sees to
//     the second by advancing only when it has handled everything, to a second ago.
//   - State saved with the consumer's cursor (Dirty) and given to a new Engine (Restore)
//     continues exactly where the old one stood, deadlines included.
//   - The same event delivered again changes nothing while it is among its device's last 8
//     events, or among the last 256 and those of the last two minutes. An event without a
//     time of its own cannot be told from a new one.
//   - Late, backfilled and retained events never raise a live anomaly and are no sign of
//     life. A late passage or measurement that broke a rule is told as an anomaly marked
//     Late. One exception: once a device's clock is known to be wrong by a constant
//     (clock_wrong), events late by just that constant are live.
//   - What the gateway did not watch is no absence. When a step of time is longer than
//     MaxStep (the gateway was down, the machine slept), every device's silence is counted
//     from the end of that step, and other deadlines that fell into it wait a minute for
//     what the broker kept meanwhile. AdvanceUnwatched says the same while the gateway runs
//     and no broker is connected.
//   - Operators see one anomaly for one cause: a single loss waits 30 s (longer while its
//     site looks as if more were to come, or while it is to be seen whether what it hangs on
//     lives), and one that belongs to a site outage, a lost switch, recorder or gateway, a
//     mass outage or a flapping camera carries that anomaly's id in CausedBy.
//   - What a device hangs on is its Parent in the registry, else the only gateway of its
//     site. One that reports by itself is believed (and has a minute more when it comes
//     back, for what hangs on it); one that does not is out (switch_outage) when all on it
//     was lost and nothing of it was heard since though it should have been.
//   - A device counts as silent only after it has reported by itself twice (a heartbeat, a
//     reading, a position). Devices never heard are unknown, not silent.
//   - Unknown sites and devices are watched like others; rules that need the registry
//     (hours, routes, capacity) leave them alone.
package detect
