// Package homeassistant reads what home-made sensors and bridges send in the conventions of
// Home Assistant's MQTT integration: an availability topic, and a state that is one JSON
// object or a bare number.
//
//	<prefix>/<name>/status|availability|LWT|state  online, Connected, {"state": "offline"} …  ──▶ device_status
//	<prefix>/<name>[/state]                        {"temperature": 23.2, "humidity": 43.7}    ──▶ kitchen_reading each
//	<prefix>/<name>/<quantity>[/state]             290.00                                     ──▶ kitchen_reading
//	homeassistant/<component>/…/config             discovery                                  ──▶ remembered
//
// The device is the topic without its last convention level, "/" as "-": home/sensor1/status
// and home/sensor1 are both "home-sensor1"; the prefix "homeassistant/<component>/" is left
// out. A mapping says it better. Names that are not known (linkquality, brightness of a lamp,
// device's settings) and states of switches and lamps make no event. "contact" true is a
// CLOSED door, as bridges write it; it comes out as contact 1. "gas" is read as a truth, an
// alarm is 100 %LEL; a number of it only where discovery says that it is %LEL.
//
// Discovery messages are remembered, in memory and within bounds (brokers send them anew at
// each connection, where the subscription covers homeassistant/#): of a state_topic, and the
// field that value_template takes from it, the device_class and unit_of_measurement (°F, K,
// kPa and Pa are converted), and the words of an availability_topic; "~" and the short names
// are known. Without one a temperature is taken as °C.
//
// "unknown", "unavailable", "nan", null and an empty text are no measurement; an empty
// payload is a topic that was cleared, not a device that left. Times are read from
// last_seen, timestamp, time or tst where they are there; one before 2000 is a clock that was
// never set, and makes the time that of receipt. A device that is available only when several
// topics say so (availability_mode all) gives one status for each topic.
//
// Sources: home-assistant.io, integrations "MQTT", "MQTT Sensor" and "MQTT discovery"
// (payload_available, payload_not_available); ESP Easy's "Connected". A subscription:
//
//	subscriptions:
//	  - filter: "home/+/status"
//	    adapter: homeassistant
//	  - filter: "office/+"
//	    adapter: homeassistant
package homeassistant
