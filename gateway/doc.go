// Package gateway builds the edge pipeline from its configuration and runs it.
//
//	listeners ─┐
//	MQTT ──ingest──▶ JOURNAL ──▶ influx writer ──▶ InfluxDB
//	                  ▲  │ └───▶ uplink ─────────▶ bus
//	                  │  └─────▶ detector
//	                  └─anomalies──┘
//
// The journal is the middle: nothing upstream waits for anything but its fsync, and
// nothing downstream can lose what it has taken. Parts start from sink to source (journal,
// writer, uplink, detector, page, ingest, listeners) and stop in the opposite order.
package gateway
