// Package onvifmqtt reads the events that cameras publish over MQTT themselves: Axis
// (AXIS OS, "MQTT event bridge") and cameras with ONVIF event JSON (Bosch, Hanwha: topics
// with "onvif-ej").
//
//	axis/<serial>/event/tns:axis/CameraApplicationPlatform/…   {"topic", "timestamp", "message": {source, key, data}}
//	<prefix>/<camera>/onvif-ej/VideoSource/…                   {"UtcTime", "Source": {…}, "Data": {…}}
//	<any>/<camera>/<any>                                       connect message and last will
//
// What comes out, kind camera:
//
//	tampering, video loss, scene change, storage and hardware failure  ──▶ device_status degraded, up when it ends
//	a counter ("total" of a scenario, "Count" of a rule)                ──▶ kitchen_reading count-<class>
//	a digital input                                                     ──▶ kitchen_reading contact (1: active)
//	connect message, last will                                          ──▶ device_status up or down
//	every other event (motion, objects in a zone)                       ──▶ device_status up, a heartbeat
//
// Which objects a camera saw, and where, has no event in the gateway: that the camera sent
// something proves it lives. Numbers and truths come as texts ("1", "21093", "true"); both
// forms are read. timestamp is Unix milliseconds, UtcTime RFC 3339. The event is named by the
// payload's "topic", else by the MQTT topic; prefixes such as tns1: and tnsaxis: do not
// matter. The device is the payload's "serial", else the level of the MQTT topic before
// "event" or "onvif-ej". Topics hold spaces and '&' (Bosch); some brokers refuse such names.
// Texts of a camera never reach an event: they are hostile until shown otherwise.
//
// Connect message and last will are whatever the operator typed: online/offline,
// connected/disconnected, true/false, {"online": true}, {"connected": …}, {"status": "…"}.
//
// Sources: the maker's VAPIX "MQTT client API" and "Object Analytics" pages, ONVIF Core
// specification 9 (event topics), ONVIF event broker "JSON event format". A subscription:
//
//	subscriptions:
//	  - filter: "axis/+/event/#"
//	    adapter: onvifmqtt
//	  - filter: "+/onvif-ej/#"
//	    adapter: onvifmqtt
package onvifmqtt
