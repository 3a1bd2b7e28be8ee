// Package hikvision reads what Hikvision access terminals, thermal cameras, number plate
// cameras, cameras and recorders push by ISAPI (event notification to an HTTP host, and the
// same payloads when a bridge puts them on MQTT).
//
//	hikvision/<device>[/camera][/in|/out]
//
//	AccessControllerEvent             ──▶ gate_access, and temperature_check when measured
//	faceCapture with a temperature    ──▶ temperature_check
//	ANPR                              ──▶ gate_access by plate
//	heartBeat, videoloss/inactive     ──▶ device_status, a heartbeat
//	videoloss/active and other faults ──▶ device_status of a camera, degraded
//
// A body is JSON or XML (EventNotificationAlert), wrapped or plain, alone or in parts with
// pictures before or behind it; what it is shows in its bytes, so names and content types of
// parts do not matter. Numbers may be texts. currentEvent false, an event that the terminal
// kept while the network was away, is backfill; serialNo is the counter: a gap in it is a
// loss. Names, pictures and addresses of people are not read.
//
// The direction is attendanceStatus (checkIn, breakIn, … checkOut) where the terminal knows
// it, else the topic's last level, else in. Fingerprint, password, button and remote opening
// count as manual. An event that has a person or card but no code is taken as granted, as
// these terminals leave the codes out of plain attendance. A time without a zone is UTC+8.
//
// The listener takes the same bodies by HTTP. Its credentials file has one device a line,
// "<address> <secret> [in|out|camera]"; the address is the user of Basic or Digest, or the URL is
// /hikvision/<address>/<secret>, for devices whose host setting takes no password. The device is answered when the
// journal has the message; a body that cannot be decoded is a dead letter, and answered.
//
// Sources: Hikvision ISAPI, "Intelligent Security API (Access Control on Person)", event
// EventNotificationAlert and JSON_EventNotificationAlert_AccessControllerEvent; Hik Device
// Gateway API guide V1.8.0, appendix C (access control event types).
//
//	ingest:
//	  brokers:
//	    - url: tcp://127.0.0.1:1883
//	      subscriptions:
//	        - filter: "hikvision/#"
//	          adapter: hikvision
package hikvision
