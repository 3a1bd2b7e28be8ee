// Package ingest receives what devices publish over MQTT and hands it to the journal.
//
//	broker ══TCP/TLS══▶ link ──PUBLISH──▶ receiver ──route──▶ decoder ──▶ batch ──▶ Sink (journal)
//	   ▲                 │ ▲                                               │          │ fsync
//	   │                 │ └── all other packets ──▶ paho                  │          ▼
//	   └──PUBACK, many a write── link ◀──────────── pipeline (in order) ◀──┴─────── done(nil)
//
// A session holds one broker: it connects with a fixed client id and clean session off,
// subscribes, watches, and reconnects with a jittered back-off for ever. paho speaks the
// protocol (CONNECT, SUBSCRIBE, PINGREQ, DISCONNECT); the link below it takes PUBLISH
// packets out of the stream before paho sees them, because that costs a tenth.
//
// Promises:
//
//   - A QoS 1 message is acknowledged only after the sink called done without an error, on
//     the connection it came from, in the order of arrival. Where done brings an error,
//     nothing of that batch is acknowledged: the connection is dropped and made again, so
//     the broker delivers once more.
//   - Every message becomes events, or a dead letter with its whole payload, or a counted
//     duplicate of something that was submitted before. Only a packet above
//     max_payload_bytes is cut: its first 4 KiB go to the dead letters with its length.
//   - Memory is bounded: at most max_in_flight messages and max_in_flight_bytes of packets
//     wait for the sink on each connection (more by what one read brings, at most). At the
//     bound the socket is not read, and TCP holds the broker back. PINGREQs still go out
//     and paho is answered by the link, so a session survives being held back.
//   - Events of one connection reach the sink in the order of arrival.
//   - An exact redelivery of something among about the last duplicate_window events is
//     dropped and acknowledged. After a restart of the process that memory is empty: then the event
//     goes to the journal once more, with the same id. A message without a time of its own
//     cannot be told from its next equal, so it is never taken for a duplicate.
//
// The broker's own limits still hold: Mosquitto sends at most max_inflight_messages (20
// unless set) before it waits for acknowledgements and drops beyond max_queued_messages
// (1000 unless set). Set both to what the gateway is meant to bear.
//
// The ledger counts, for each device, what the numbers of its messages say was lost, when
// it was last heard, and how far its clock is off. It is saved every save_every and at
// Stop; after a kill it is as old as the last save, and lost counts are approximate then.
package ingest
