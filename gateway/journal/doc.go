// Package journal is the gateway's durable, bounded, ordered log of events and anomalies,
// kept in a Pebble store.
//
//	ingest ──Submit──▶ queue ──committer──▶ one batch, one fsync ──▶ done callbacks
//	                                            │
//	                          memory tail ◀─────┤ (published after the fsync)
//	                              │             ▼
//	             keeps up ────────┤          Pebble ──── lags behind ──┐
//	                              ▼                                    ▼
//	             Consumer.Next ─────────────▶ chunks ◀─────────────────┘
//	             Consumer.Commit: cursor, state, appended records and dead letters together
//
// Three things are not as Pebble gives them. Records of one class and commit share a key
// (block.go). The file system is fenced (fence.go): after a write error Pebble would panic
// or end the process; here the store is cut off from its files, everything is refused, and
// another one is opened as soon as the disk allows. And a witness file (witness.go) shows
// when a damaged log or manifest hides records that were acknowledged.
//
// Promises:
//   - What was acknowledged (Append returned nil, done got nil) survives a crash and a
//     power cut, and every consumer gets it at least once, unless the bounds made the
//     journal drop it, which is counted by class and device and reported.
//   - Records have one sequence over all classes, in the order of Submit. A number is never
//     used again for another record in the same folder. A consumer's lane delivers in the
//     order of the sequence.
//   - A consumer's cursor, its state and what it appends are one atomic batch.
//   - Memory is bounded: queue, tail and store each have a limit.
//   - Nothing is deleted that cannot be read: a damaged folder is set aside under another
//     name, reported, and a new one is begun.
package journal
