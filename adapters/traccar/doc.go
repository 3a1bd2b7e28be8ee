// Package traccar reads the positions of school buses as a Traccar server forwards them, and
// as Teltonika trackers with "Codec JSON" send them over MQTT.
//
//	{"position": {…}, "device": {…}}, {…}, [{…}, …]          ──▶ vehicle_position
//	{"event": {"type": "deviceOnline"}, "device": {…}}        ──▶ device_status
//	{"state": {"reported": {"ts", "latlng", "sp", …}}}, [ … ] ──▶ vehicle_position
//
// Traccar (server 5 and 6: position and event forwarding, JSON, over HTTP or MQTT; also the
// positions of its REST API): speed is in KNOTS, course in degrees, fixTime RFC 3339. A
// position that is not valid, or "outdated" (the server repeats the last known place), has no
// fix; an outdated one takes deviceTime. Attributes read: ignition, door, sat, alarm "sos",
// archive (history sent late). The device is device.uniqueId, else deviceId; name, phone and
// contact stay out. Of an event's messages deviceOnline, deviceOffline and deviceUnknown make
// a status, the others nothing (their position is forwarded by itself).
//
// Teltonika (FMB and TFT families, Codec JSON): ts in Unix milliseconds, latlng
// "latitude,longitude", sp in km/h, ang, alt, sat; AVL 239 is ignition; pr 2 is the priority
// "panic". sat 0 is no fix. The device is the level before "data", or before "shadow" of a
// cloud's shadow topic. Other AVL ids have other meanings in each model: they are not read.
//
// How many ride is unknown in both.
//
// Sources: traccar openapi.yaml (Position: speed in knots), and the forwarding chapter of its
// documentation; the maker's page "Codec JSON" and the AVL id list. A subscription:
//
//	subscriptions:
//	  - filter: "traccar/positions"
//	    adapter: traccar
//	  - filter: "+/data"
//	    adapter: traccar
package traccar
