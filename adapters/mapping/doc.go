// Package mapping reads payloads of vendors that no other adapter knows, as a YAML file
// tells it to: JSON, CSV, lines of pairs or InfluxDB line protocol, or lines that a regular
// expression takes apart. It covers any transport that hands in a topic and bytes.
//
//	payload ─▶ records ─▶ ignore? ─▶ for each output: when? ─▶ fields ─▶ Stamp ─▶ event
//
// To take in a new vendor:
//
//  1. Keep one real message in a file, byte for byte, and note its topic.
//  2. Copy the nearest example (testdata/configs; the catalogue of adapters shows them) and give it a name.
//  3. Set format; for JSON set records, the path of the list of measurements, if there is one.
//  4. Say where the device's name stands: a field (from), a level of the topic (topic), or a
//     fixed text (value). What the subscription's mapping says goes first.
//  5. Say where the time stands; without a zone it is China's.
//  6. List the outputs: one for each event that a record gives, with its type and fields.
//  7. Turn the vendor's words into ours with map, its units with unit, its digits with scale.
//  8. List under ignore what is no observation, heartbeats of the link for instance.
//  9. Run campusgate check --adapter NAME --sample FILE and compare with the device's screen.
//  10. Keep message and result as a case, so that the next change shows what it breaks.
//
// A path is a list of names with dots between them: data.temp, list.0.value (the first),
// params[code=T1].value (the member of a list whose code is T1), $.head.sn (from the top of
// the payload instead of the record). A dot within a name is written \. there.
//
// An expression (github.com/expr-lang/expr) sees value, what from gave, and num("path"),
// text("path"), has("path"), level(2). Where num or text finds nothing, the result counts
// as not known. There are no loops in it, so it ends, and no clock, so it is pure.
//
// A message gives all its events or an error. A value that is absent, empty or one of the
// usual words for "not known" gives no measurement; map goes before that, so a word may be
// given a meaning. Personal data stays out by not being mapped: map numbers, never names.
package mapping
