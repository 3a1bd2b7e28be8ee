// Package bench measures campusgate on the machine it runs on, and Telegraf beside it
// where that is installed, on the same broker and database in the same run.
//
//	publisher ──MQTT──▶ Mosquitto ──▶ gateway | telegraf ──HTTP──▶ meter ──▶ InfluxDB 1.8.10
//	                                     └──bus──▶ dashboard ──websocket──▶ clients
//
// Every contender is a process of its own, so that its processor time and memory are its
// own; publisher, meter, database and websocket clients live in the bench's process.
// Latencies need no book-keeping: each message carries its time of sending in nanoseconds
// as its device time, which arrives unchanged in InfluxDB and in the browser.
//
// Figures from different machines, or different runs on a busy one, do not compare;
// ratios within a run do.
package bench
