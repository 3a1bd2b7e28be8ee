// Package influx stores events and anomalies in InfluxDB and reads them back: line
// protocol in, InfluxQL out. It also runs the embedded InfluxDB 1.8.10.
//
//	journal ──Next──▶ Writer ──lines──▶ POST /api/v2/write ─┐
//	   ▲                │                                   ▼
//	   └──Commit(Dead)──┘                        InfluxDB 1.8, 2.x or Embedded
//	                                                        │
//	dashboard ◀──events── Reader ◀──rows── POST /query ◀────┘
//
// Promises:
//   - A record is committed only when the server has said 2xx to it, or refused that very
//     line (then the line goes to the dead letters with the server's words), or when it is
//     older than the retention of its measurement (then it is counted).
//   - A line that the server refuses never holds up the others.
//   - Writing twice is writing once: time and tags of a record follow from the record.
//   - The type of a field never changes (see AppendEvent). New fields may come.
//   - Whatever can have many values (people, plates, cards, texts) is a field, never a tag.
//
// The paths used are those that InfluxDB 1.8 and 2.x share: the bucket "db" or "db/rp" of
// /api/v2/write is the database and retention policy of /query. A measurement with a
// retention of its own lives in the retention policy named after it.
package influx
