// Package gb28181 takes in cameras and recorders that speak GB/T 28181-2016 (and the 2022
// revision where it differs only in character set): the MANSCDP bodies of SIP messages,
// and a registrar for SIP over UDP and TCP that collects them.
//
//	REGISTER            ──▶ device_status up, or down at Expires 0   (9.1)
//	Keepalive           ──▶ device_status, heartbeat, of the recorder; down for every child in Info (9.6)
//	Catalog, response   ──▶ device_status of every channel           (9.5, A.2.6)
//	Catalog, NOTIFY     ──▶ ON up, OFF and VLOST down, DEFECT degraded, DEL unknown (9.11, Annex P)
//	DeviceStatus        ──▶ device_status; Record OFF is degraded    (9.5, A.2.6)
//	Alarm               ──▶ methods 2 and 6 and "video abnormal" of method 5: device_status
//	                        with the reason; other alarms are no state of a device (9.4, A.2.5)
//	RecordInfo          ──▶ camera_check of the day's recordings, if asked for (A.2.4.5, A.2.6.6)
//	missed keepalives   ──▶ device_status down, made by the listener (9.6.1)
//
// All events are of kind camera. A channel that the registry does not know is
// "gb28181-<20 digits>" under the county. A message may be a whole SIP message or the XML
// alone; text is UTF-8, GB2312, GBK or GB18030, whatever the declaration says. Accepted as
// devices write it: Status ON for OK, lower-case element names, a root Query around a
// Keepalive, no SN, attributes without quotes, no empty line before the body, padded or
// wrong Content-Length. Names, addresses and passwords of a catalogue are not kept.
// Times without a zone are Beijing time; DeviceTime is a clock's reading, not the time of
// an observation, and is not used.
//
// In a message with several devices, a topic gb28181/<id>/… chooses the events of one of
// them: so the listener gives each its own site and name.
//
// Sources: GB/T 28181-2016 clauses 9.1, 9.4 to 9.6, 9.10, 9.11, annexes A, D, J, N and P;
// RFC 3261 and RFC 2617 for SIP and digest; captures of Dahua recorders and cameras.
//
// The same bodies relayed over MQTT:
//
//   - filter: "cameras/+/manscdp"
//     adapter: gb28181
//
// The listener, which registers as the platform "server_id" of the devices' settings:
//
//	listen: 10.7.0.2:5060
//	server_id: "33018511002000000001"
//	password_file: /etc/campusgate/gb28181.passwords
//
// It asks a device for its catalogue at registration and from time to time, subscribes to
// changes and alarms, confirms alarms and resets those of method 2. A REGISTER of a device
// is remembered until the gateway stops: after a restart its messages are refused with 403,
// and it registers again. The channels of a recorder that is offline are left as they were.
// SIP is read and written with sipgo; sockets, buffers and goroutines are our own, because
// they must be bounded, and requests are answered without transactions: a repeated message
// gives events with the same identifiers.
package gb28181
