// Package probe asks cameras that say nothing by themselves: whether they answer, whether
// their picture is usable, and whether what they see is recorded. These are the three rates
// by which a county's cameras are judged.
//
//	                        ┌ online     RTSP OPTIONS and DESCRIBE, ONVIF clock and identity  ──▶ device_status
//	schedule ─▶ pace, hosts ┼ image      HTTP(S) snapshot, diagnosis                          ──▶ camera_check
//	                        └ recording  Hikvision ISAPI ContentMgmt/search                   ──▶ camera_check
//
// It is asked for by configuration alone and is off unless enabled. Every check of every
// camera has its own place in its interval, given by a hash of its name, so that neither a
// start nor a power cut's end asks all at once. How many checks run together, how many begin
// each second and how many meet one host are bounded.
//
// A camera that does not answer is asked again at once before it is called down. Whatever it
// answers, reasons are of a few words (dns, refused, timeout, auth, no stream, codec, clock
// …). One that answers, and not as it should, is degraded. A picture that cannot be fetched
// and recordings that cannot be searched are unknown: that says nothing of the camera. The
// picture of a camera that is down is not asked for.
//
// An event's message is JSON of our own making: {"check": "online" | "image" | "recording",
// "ts": …} and the fields of event.DeviceStatus or event.CameraCheck, under the topic
// probe/<site>/<device>/<check>. The same may come over MQTT from a probe elsewhere:
//
//   - filter: probe/+/+/+
//     adapter: probe
//
// The listener:
//
//	credentials_file: /etc/campusgate/cameras.credentials   # <name> <user> <password>
//	targets:
//	  - site: s012
//	    device: c017
//	    rtsp: rtsp://10.12.0.17/Streaming/Channels/101
//	    onvif: http://10.12.0.17/onvif/device_service
//	    snapshot: http://10.12.0.17/ISAPI/Streaming/channels/101/picture
//	    recorder: http://10.12.0.2
//	    track: 1701
//	    credentials: hikvision
//	targets_file: /etc/campusgate/cameras.csv               # the same for thousands: configs/examples
//	evidence_dir: /var/lib/campusgate/evidence
//
// A picture that shows a fault is kept under evidence_dir as <id>.jpg, scaled down, for some
// days and up to some bytes; the event names the id. It may show people: the folder is
// readable by the gateway's user alone.
//
// Sources: RFC 2326 (RTSP), RFC 4566 (SDP), RFC 7616 and 2617 (Digest), ONVIF Core
// Specification 5.9.4 and 8.1, WSS UsernameToken Profile 1.0, Hikvision's ISAPI manuals.
package probe
