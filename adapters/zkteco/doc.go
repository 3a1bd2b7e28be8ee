// Package zkteco reads what ZKTeco attendance and access terminals push by their ADMS
// ("push SDK") protocol over HTTP, versions 2.x (attendance) and 3.x (access control).
//
//	zkteco/<serial number>/<table>[/in|/out]
//
//	ATTLOG                      ──▶ gate_access, one a row; temperature_check when measured
//	rtlog                       ──▶ gate_access or device_status, one a row
//	rtstate, handshake and poll ──▶ device_status, a heartbeat
//	OPERLOG                     ──▶ device_status for power and tamper; users are not read
//	registry, options           ──▶ device_status
//
// The payload is the request's body. A body may be led by its request line and an empty
// line, which then names serial number and table; requests without a body are their request
// line alone. So a message means the same from the listener, from MQTT and as a dead letter.
//
// Times have no zone and are UTC+8; their order is not relied on. The direction is the
// attendance state or inoutstatus, else the topic's last level, else in. 0 and 255 as a
// temperature mean not measured. Fingerprints, palms and passwords count as manual. These
// devices do not say that they send history again: old rows are late by their time.
//
// The listener takes the same bodies by HTTP. Its credentials file has one device a line,
// "<address> <secret> [in|out|camera]"; the address is the serial number as the terminal writes it.
// A terminal that can only be given host and port has the secret "-" and is known by its
// number alone: let such a listener be reached from the schools' network only. One that
// takes a path before /iclock is given /<secret>. The device is answered when the
// journal has the message; a body that cannot be decoded is a dead letter, and answered.
//
// Sources: ZKTeco "Attendance PUSH Communication Protocol" 2.4 and "Security PUSH
// Communication Protocol" 3.1 (tables, event codes of appendix 2, verification modes).
//
//	ingest:
//	  brokers:
//	    - url: tcp://127.0.0.1:1883
//	      subscriptions:
//	        - filter: "zkteco/#"
//	          adapter: zkteco
package zkteco
