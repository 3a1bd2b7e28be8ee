// Package broker runs two nats-servers inside this process: the MQTT broker of small
// schools, demo and tests, and the JetStream bus of a centre on one machine.
//
//	devices ──MQTT 3.1.1──▶ MQTT (sessions and offline queues in JetStream) ──▶ ingest
//	uplink  ──────NATS────▶ Bus  (JetStream, synced before every acknowledgement) ──▶ dashboard
//
// They are two servers because syncing is a setting of a whole server: the bus must not
// lose an acknowledged batch when the power fails, while an MQTT broker that syncs every
// message takes a thousand a second at best. The MQTT broker therefore syncs in the
// background (MQTTConfig.SyncInterval); killing the process loses nothing, losing power
// loses at most that interval. The gateway's journal, which acknowledges after its own
// fsync, empties the queue continuously.
//
// Promises:
//   - New… checks settings and opens nothing; Start returns when clients can connect; Stop
//     closes every connection, flushes the store and waits for all goroutines.
//   - A port in use and a store folder in use by another process are errors of Start that
//     name the address or the folder.
//   - Nothing but the configured listener is opened: no cluster, monitoring, websocket or
//     profiling port, and for MQTT no NATS client port.
//   - No signal handlers; the server's log goes to zerolog, repeated lines are thinned.
//   - Without users, only loopback addresses are accepted, unless allow_anonymous says so.
//
// MQTT topics outside campus/ are accepted; what reads them decides. A topic level may not
// contain a space or a dot-only level (limits of the NATS MQTT listener).
package broker
