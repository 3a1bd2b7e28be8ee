// Package chirpstack reads the events of a ChirpStack v4 LoRaWAN network server, as its MQTT
// integration (JSON marshaler) or its HTTP integration sends them, and the gateways' states.
//
//	application/<id>/device/<devEui>/event/up        ──▶ kitchen_reading for each known name of "object",
//	                                                     else device_status up (heartbeat)
//	application/<id>/device/<devEui>/event/status    ──▶ device_status up (heartbeat), reading "battery"
//	application/<id>/device/<devEui>/event/join      ──▶ device_status up
//	application/<id>/device/<devEui>/event/ack       ──▶ device_status up (heartbeat) when acknowledged
//	application/<id>/device/<devEui>/event/log       ──▶ device_status degraded for level ERROR
//	application/<id>/device/<devEui>/event/location  ──▶ vehicle_position
//	application/…/event/txack, integration, command  ──▶ nothing
//	<region>/gateway/<id>/event/stats                ──▶ device_status up (heartbeat)
//	<region>/gateway/<id>/state/conn                 ──▶ device_status up or down
//	<region>/gateway/<id>/event/…                    ──▶ nothing: frames of radio, not of devices
//
// The HTTP integration names the event in the query: a topic that ends in "?event=up" is
// read alike. The device is the DevEUI; the tenant's and the device's names stay out.
//
// "object" is what the device profile's codec makes of a frame: its names are free. Known are
// those of common codecs (temperature, TempC_SHT, humidity, batV, co2 …) and the numbered
// channels of Cayenne LPP, {"temperatureSensor": {"1": 25}}; channels after the first are
// "<quantity>-<channel>". The values with which a sensor says that its probe is missing, such
// as 327.67 °C, make no reading. Without a codec a frame is opaque: then it is a sign of life.
//
// A location is where the network found the device; it has no speed and an error of tens to
// hundreds of metres. batteryLevel 0 is a device on mains (LoRaWAN 1.0.4, DevStatusAns).
//
// Sources: chirpstack-docs, integrations/events.md and chirpstack-gateway-bridge/payloads
// (ChirpStack v4). A subscription:
//
//	subscriptions:
//	  - filter: "application/+/device/+/event/+"
//	    adapter: chirpstack
//	  - filter: "+/gateway/+/state/conn"
//	    adapter: chirpstack
package chirpstack
