// Package tasmota reads sensors and signs of life of devices with the firmware Tasmota.
//
//	tele/<device>/LWT     Online, Offline ──▶ device_status
//	tele/<device>/STATE   an object       ──▶ device_status, a heartbeat
//	tele/<device>/UPTIME  the same of old versions
//	tele/<device>/SENSOR  an object       ──▶ kitchen_reading each
//	stat/<device>/STATUS8, STATUS10       ──▶ the same, asked for
//	everything else (RESULT, INFO, POWER, …) ──▶ nothing
//
// Versions: 5.x to 15.x over MQTT. FullTopic may be the default %prefix%/%topic%/, turned
// round, or stand under other levels: the device is named by what lies between tele (or
// stat) and the last level, else by what lies before.
//
// What is read of each sensor: Temperature (the quantity of the mapping, else room),
// Humidity, Battery, CarbonDioxide, PM2.5; of MLX90614 AMBTMP (room) and OBJTMP (the
// quantity of the mapping, else surface); of ZbReceived also Fire and Water. Facts that matter:
//
//   - One message may speak of many sensors. A name with '-' (the second of a kind, or a
//     Bluetooth device) is a device of its own, <device>-<sensor>; so is what would give
//     the same quantity a second time, and each Zigbee device, by its Name.
//   - TempUnit is C or F, absent is C; events are in °C.
//   - ESP32, AXP192, AXP2101, ENERGY and MPU6050 give the temperature of a chip: never a
//     reading.
//   - Time is local. Without a zone it is Shanghai's; Epoch, where given, goes before it. A
//     time before 2000 is a clock that was never set.
//   - A broken sensor writes null: no event.
//   - A switch is no sensor, and a card's number (PN532) is nobody's passage: nothing.
//
// Sources: Tasmota documentation, "MQTT", "Commands" (FullTopic, SetOption8), "DeepSleep",
// "Bluetooth", "Zigbee" (tasmota.github.io/docs).
//
//	subscriptions:
//	  - filter: "tele/#"
//	    adapter: tasmota
//	  - filter: "tele/freezer-2/SENSOR"
//	    adapter: tasmota
//	    quantity: freezer
package tasmota
