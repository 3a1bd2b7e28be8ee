// Package bus is the dashboard's door to the NATS JetStream bus.
//
//	CAMPUS_ANOMALY ──all after the caller's position───────────────▶ FollowAnomalies  alarm service
//	CAMPUS_EVENT   ──last value per subject, then all that follows─▶ FollowEvents     live hub
//	campus.status.<gateway> ───────────────────────────────────────▶ FollowStatus
//	PublishDocument ──▶ CAMPUS_DOCUMENTS ──▶ every gateway, FollowDocuments
//	Request(gateway, verb) ──campus.rpc.<gateway>.<verb>──▶ gateway ──▶ answer
//
// Promises:
//   - Start returns whether or not the bus is there; everything waits for it. An outage is
//     two lines of log.
//   - Anomalies: the bus remembers nothing about its readers. The caller names the position
//     from which it wants to read and stores the next one in the transaction in which it
//     stores the alarms; then each anomaly counts exactly once, over crashes of either side.
//     A call ends with the connection; the next one asks from where the caller then is. A
//     stream that was made anew, or that is shorter than the position, is read from its
//     beginning.
//   - Events: a snapshot (the last event of each subject), then every event after it, once,
//     in the order of the stream. After an outage it goes on behind the last one handed
//     over; where the bus no longer has that, with a new snapshot. The position lives as
//     long as the call, as the state made of events lives as long as the process.
//   - What cannot be decoded is counted and stepped over, never a stop.
//   - Each call hands over from one goroutine, nothing after it has returned, and what it
//     hands over may be kept. An error of the caller's function ends the call and is
//     returned; the end of the context returns its cause, Stop returns ErrStopped.
package bus
