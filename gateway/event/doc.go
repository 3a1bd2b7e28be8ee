// Package event is campusgate's vocabulary: what a device observed (Event), what a
// detector concluded (Anomaly), and the county it happened in (County).
//
//	message ──adapter──▶ Event ──journal──▶ detector ──▶ Anomaly ──bus──▶ alarm
//
// Everything else speaks in these types, so the package imports the standard library
// only and does no I/O.
//
// Promises:
//   - The same message gives the same Event, with the same ID and ObservedAt, however
//     often and whenever it is delivered. Only ReceivedAt differs.
//   - Times are UTC. Coordinates are WGS-84 degrees. Temperatures are degrees Celsius.
//   - People appear as pseudonyms only (DOMAIN: PIPL art. 28, 51).
package event
