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
// Sources: ZKTeco "Attendance PUSH Communication Protocol" 2.4 and "Security PUSH
// Communication Protocol" 3.1 (tables, event codes of appendix 2, verification modes).
//
//	ingest:
//	  brokers:
//	    - url: mqtt://127.0.0.1:1883
//	      subscriptions:
//	        - topic: zkteco/#
//	          adapter: zkteco
package zkteco
