// Package payload reads the JSON payloads of campusgate's own devices: what all families
// share. A family is a literal that names its kind and its channels; the package does the
// rest.
//
//	Message ─▶ topic ─▶ channel ─▶ JSON object(s) ─▶ body fields ─▶ Stamp ─▶ events
//	                       └ "status", "heartbeat": the same for every kind
//
// A topic is campus/<site>/<kind>/<device>/<channel>; a payload is one object or an array
// of up to 500 objects, each one event. Common fields: ts, seq, backfill. Promises:
//
//   - Decoding is pure: no I/O, no clock, no state, safe for concurrent use.
//   - It is all or nothing: an error leaves dst as it was, and says which field is wrong.
//   - Types are read loosely, as real devices write them: a number may come as a numeric
//     string, a truth as 0 or 1, an identifier as a number; null is absent. Values are read
//     strictly: out of range is an error, never clamped.
//   - Unknown fields are ignored.
//   - No event keeps a reference to the payload.
package payload
