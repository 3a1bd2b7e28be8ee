// Package dahua reads events of Dahua access controllers, face terminals, cameras and
// recorders: what they push to an HTTP server or a bridge takes from eventManager.cgi
// (attach), what recordFinder.cgi answers, and the same as JSON on MQTT.
//
//	dahua/<device>[/camera][/in|/out]
//
//	AccessControl, BreakIn, DoorStatus Break ──▶ gate_access, and temperature_check when measured
//	Heartbeat                                ──▶ device_status, a heartbeat
//	VideoLoss, VideoBlind, StorageFailure …  ──▶ device_status of a camera, degraded, then up
//	DoorNotClosed, ChassisIntruded           ──▶ device_status of the gate
//
// A body is JSON ({"Events": […]}, one event, or client.notifyEventStream with an eventList),
// or lines "Code=…;action=…;index=…;data={…}" whose data may span lines and hold braces and
// semicolons in its texts, or key=value records, each alone or in parts with pictures.
// DataSource Offline, a stored event that is uploaded later, is backfill. Names are not read.
//
// A temperature of 0 is not measured; the device's own verdict is only a flag. Status 1 is
// granted; where Status is missing an ErrorCode other than 0 is denied. RealUTC counts before
// UTC, which some firmwares shift by their zone. The direction is Type (Entry, Exit), else
// the topic's last level, else in.
//
// The listener takes the same bodies by HTTP. Its credentials file has one device a line,
// "<address> <secret> [in|out|camera]"; the address is the user of Basic or Digest, or the URL is
// /dahua/<address>/<secret>. The device is answered when the
// journal has the message; a body that cannot be decoded is a dead letter, and answered.
//
// Sources: Dahua HTTP API for DSS and access control V2.x, "Subscribe to event message",
// "AccessControl" event and AccessControlCardRec (Method, Status, TemperatureUnit).
//
//	ingest:
//	  brokers:
//	    - url: tcp://127.0.0.1:1883
//	      subscriptions:
//	        - filter: "dahua/#"
//	          adapter: dahua
package dahua
