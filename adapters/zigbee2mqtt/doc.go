// Package zigbee2mqtt reads the sensors and emergency buttons of a Zigbee2MQTT bridge.
//
//	zigbee2mqtt/<name>               an object of values         ──▶ kitchen_reading each, emergency_call
//	zigbee2mqtt/<name>/availability  online, {"state":"offline"} ──▶ device_status
//	zigbee2mqtt/bridge/state         online, {"state":"offline"} ──▶ device_status of the bridge
//	zigbee2mqtt/bridge/health        an object                   ──▶ device_status, a heartbeat
//	bridge/* otherwise, <name>/get, <name>/set                   ──▶ nothing
//
// Versions: 1.17 to 2.x over MQTT, with output json or attribute_and_json. The device is
// named after its friendly name, which may have slashes and spaces: all levels after the
// level zigbee2mqtt, or after the first one where the base topic is called otherwise. The
// bridge is named after what stands before.
//
// What is read: temperature (the quantity of the mapping, else room), humidity, battery,
// gas, smoke, water_leak, carbon_monoxide, contact, tamper, battery_low, co2, pm25,
// pressure. Truths are readings of 0 and 1. Facts that matter:
//
//   - Objects are partial: a missing or null value is unchanged, not gone.
//   - contact true, and so 1, is closed.
//   - gas is a truth without a measure: an alarm is 100 %LEL, none is 0.
//   - device_temperature is that of the chip, never a reading.
//   - action is a moment, never a level: sos, emergency and panic are calls, so is a true
//     sos; every other action is nothing.
//   - last_seen, where it is switched on, is the time, as ISO 8601 or in milliseconds.
//   - An empty payload clears a retained message when a device is renamed or removed: it
//     is not offline.
//   - A bridge that is offline says nothing of its devices: name it as their uplink.
//
// Source: Zigbee2MQTT documentation, "MQTT topics and messages" and "Availability"
// (zigbee2mqtt.io/guide).
//
//	subscriptions:
//	  - filter: "zigbee2mqtt/#"
//	    adapter: zigbee2mqtt
//	  - filter: "zigbee2mqtt/cold_store_1"
//	    adapter: zigbee2mqtt
//	    quantity: cold_store
package zigbee2mqtt
