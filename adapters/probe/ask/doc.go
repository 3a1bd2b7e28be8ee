// Package ask asks one camera or recorder one thing.
//
//	Stream   ──▶ RTSP 1.0 OPTIONS and DESCRIBE over TCP or TLS       (RFC 2326)
//	Device   ──▶ ONVIF GetSystemDateAndTime, GetDeviceInformation    (ONVIF Core, 5.9.4, 8.1)
//	Picture  ──▶ HTTP(S) GET of a snapshot
//	Recorded ──▶ Hikvision ISAPI POST /ISAPI/ContentMgmt/search
//
// A camera proves nothing and may answer anything: every answer is bounded in bytes, lines
// and depth, redirects are not followed, XML has no entities, and a context bounds the time.
// Passwords are sent by Digest (RFC 7616 and 2617: MD5 and SHA-256, with and without qop)
// where a camera offers it, by Basic where it offers nothing else, and by WS-UsernameToken
// for ONVIF. An error is a Fault: one of a few words, with a detail that holds neither a
// password nor a URL.
package ask
