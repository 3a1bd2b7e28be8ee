// Package uplink carries a gateway's journal to the bus, and answers the dashboard's
// questions about the gateway.
//
//	journal ─"uplink-event"───▶ fetch ▶ publish ▶ commit ──▶ CAMPUS_EVENT    (live before backlog)
//	journal ─"uplink-anomaly"─▶ fetch ▶ publish ▶ commit ──▶ CAMPUS_ANOMALY  (strict order)
//	                                                    └──▶ CAMPUS_EVENT    (emergency calls, SOS)
//	dashboard ──campus.rpc.<gateway>.<verb>──▶ Handle'd functions
//	gateway   ──campus.status.<gateway>──────▶ every five seconds
//	dashboard ──CAMPUS_DOCUMENTS──▶ the newest version of each of the centre's documents
//
// # Exactly once
//
// Records travel in atomic batches. The last message of a batch is its mark, on
// campus.mark.<stream>.<gateway>.<chain>, and says which journal sequence numbers the
// batch holds. Every batch is accepted only if the mark before it is the one this gateway
// believes to be the last (expected last sequence per subject), so
//
//   - a batch whose acknowledgement was lost is looked up before it is sent again;
//   - one that arrives late, after it was looked up, is refused, because a fence (a mark
//     without records) was put in its place first;
//   - two gateways with the same id cannot interleave unseen.
//
// The journal's cursor and the number of the last batch it covers are stored together. A
// batch on the bus that the cursor does not cover is remembered after a restart, and its
// records are skipped when the journal delivers them again, in whichever lane.
//
// # Promises
//
//   - A record is on the bus once and only once, in the order of its lane, whatever is
//     killed when; as long as the bus keeps what it has acknowledged and the journal did
//     not have to drop the record.
//   - Start returns whether or not the bus is there. Nothing but the bus is waited for.
//   - A record the bus can never take (too large, no valid subject) becomes a dead letter.
//   - Stop finishes the batches on their way, if the bus answers, and waits.
//
// # Rights on an external bus
//
// A gateway's credentials need no more than this (package broker grants it to the users
// of role gateway):
//
//	publish   campus.event.<site>.>, campus.anomaly.<site>.>      for its sites and "county"
//	          campus.mark.event.<gateway>.>, campus.mark.anomaly.<gateway>.>
//	          campus.status.<gateway>
//	          $JS.API.STREAM.{INFO,CREATE,UPDATE}.{CAMPUS_EVENT,CAMPUS_ANOMALY}
//	          $JS.API.DIRECT.GET.{CAMPUS_EVENT,CAMPUS_ANOMALY} and …>
//	          $JS.API.STREAM.INFO.CAMPUS_DOCUMENTS, $JS.API.DIRECT.GET.CAMPUS_DOCUMENTS
//	subscribe campus.rpc.<gateway>.>, _INBOX.<gateway>.>, campus.stored.document.*
//	responses allowed (one for each request)
package uplink
