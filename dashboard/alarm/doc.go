// Package alarm is what people do about anomalies: the life cycle of ISA-18.2, kept with
// an audit row for every change.
//
//	bus ─anomaly─▶ Service.Apply ─┐                        ┌─▶ Sink (live hub), after commit
//	                              ├─▶ table ─▶ one SQL tx ─┤
//	people ─REST──▶ Service.Act ──┘    (alarm + audit)     └─▶ answer
//
// Promises:
//   - One alarm for one anomaly, under the anomaly's ID. The same anomaly revision twice
//     changes nothing, and the bus position is stored in the same transaction.
//   - Every change of state is in Transitions, and is refused by the database when it is
//     not (a foreign key from the audit to the table of transitions).
//   - Every change has an audit row in the same transaction. Replaying the audit gives the
//     stored state. Nothing is ever deleted by a person; only retention removes closed ones.
//   - Sites of one township that go dark together are one alarm of the township, raised in
//     the transaction that takes their outages in and decided from what is stored.
//   - Sinks see changes in the order of commit, and only committed ones.
//   - Time is an argument; the package has no clock, no goroutine and no SQL of its own.
package alarm
