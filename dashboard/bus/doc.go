// Package bus is the dashboard's door to the NATS JetStream bus.
//
//	CAMPUS_ANOMALY ──durable consumer, acknowledged when stored──▶ Anomalies(handler)  alarm service
//	CAMPUS_EVENT   ──last value per subject, then all that follows─▶ Events(handler)   live hub
//	campus.status.<gateway> ───────────────────────────────────────▶ Gateways()
//	Request(gateway, verb) ──campus.rpc.<gateway>.<verb>──▶ gateway ──▶ answer
//
// Promises:
//   - Start returns whether or not the bus is there; everything waits for it and goes on
//     when it comes back. An outage is two lines of log.
//   - Anomalies: each is handed over until the handler has returned nil for it, in the
//     order of the stream unless a batch had to be delivered again. Dashboards with the
//     same consumer name share the work. The same anomaly may come twice (the bus sequence
//     tells), so storing it must be idempotent.
//   - Events: a snapshot (the last event of each subject), its end marked, then every event
//     after it, once, in the order of the stream. After an outage it goes on behind the
//     last one handed over; where the bus no longer has that, with a new snapshot, which is
//     marked as such.
//   - What cannot be decoded is counted and stepped over, never a stop.
//   - Handlers are called by one goroutine each and may keep what they get. Anomalies and
//     Events return when their context ends or Stop is called.
package bus
