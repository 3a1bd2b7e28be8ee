// Package owntracks reads positions that the OwnTracks apps publish: a telephone or a
// tracker on a school bus.
//
//	owntracks/<user>/<device>  _type location ──▶ vehicle_position
//	owntracks/<user>/<device>  _type lwt      ──▶ device_status down
//	beacon, card, cmd, configuration, dump, request, status, steps, transition, waypoint,
//	waypoints ──▶ nothing
//
// Versions: the apps for Android and iOS as of 2015 and later, and trackers that speak the
// same JSON (qtripp), over MQTT 3.1.1 or pushed over HTTP. Levels before <user> are ignored,
// and so is the level after <device> that tells the kind of message; the device is named
// <user>-<device>. A push without such a topic is named by its field "topic", and at last
// by "tid".
//
// Facts that matter:
//
//   - vel is in km/h and cog in degrees; -1 means not known, and then nothing is said (0).
//   - A position whose accuracy is worse than a kilometre comes from a radio cell. It is
//     kept without a fix, for it would leave every route's corridor. So is 0, 0.
//   - tst is in Unix seconds: a whole number, a fraction, or a text.
//   - tst of a last will is when the app connected, hours before it was lost: the time of
//     receipt is taken.
//   - No flag marks what was queued while offline: an old tst makes an event late.
//   - An encrypted payload is an error, since nobody would notice that a bus is missing.
//     Arrays are errors too: the apps publish none.
//
// Source: OwnTracks booklet, "JSON" (owntracks.org/booklet/tech/json).
//
//	subscriptions:
//	  - filter: "owntracks/+/+"
//	    adapter: owntracks
package owntracks
