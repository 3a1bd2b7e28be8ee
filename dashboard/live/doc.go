// Package live is the websocket hub: it carries state and changes to browsers, by the
// protocol campus.live.v1 (snapshot, contiguous deltas, resume by epoch and sequence).
//
//	Publish ─▶ Channel: rows, pending ops, ring ──flush (≤ 100/s)──▶ one frame for each scope
//	                       │                                            │ shared, encoded once
//	  subscribe: snapshot + seq under the same lock                     ▼
//	                       └───────────────▶ client queue ─▶ writer ─▶ browser
//
// Promises:
//   - A snapshot and the deltas after it leave no gap and repeat nothing: both are made
//     under the channel's lock.
//   - Publish never waits for a client. A client that does not keep up loses freshness
//     (latest value for each key, feed events counted as skipped), or, on a lossless
//     channel, its connection: it is closed with 4008 and resumes where it was.
//   - Nobody is sent a row outside their scope. A channel without a classifier, and a row
//     that the classifier does not know, go to nobody.
//   - Memory is bounded for each client: 1 MiB or 1,024 ops on lossless channels, 256 KiB
//     of telemetry and then one mark for each key.
//
// Lock order: Channel.mu, then client.mu. Nothing is called under client.mu.
package live
