// Package shelly reads sensors and signs of life of Shelly devices of the second and later
// generations.
//
//	<prefix>/online               true, false      ──▶ device_status
//	<prefix>/events/rpc           NotifyFullStatus ──▶ device_status, a heartbeat; kitchen_reading each
//	<prefix>/events/rpc           NotifyStatus     ──▶ kitchen_reading each
//	<prefix>/events/rpc           NotifyEvent      ──▶ nothing
//	<prefix>/status/<component>   an object        ──▶ kitchen_reading each
//	<prefix>/rpc and answers to requests           ──▶ nothing
//
// Versions: firmware 0.10 to 1.x of Gen2, Gen3 and Gen4 over MQTT; frames of an outbound
// websocket have the same shape. The device is named after the level that begins with
// "shelly", else after all levels of its prefix, and where the topic is none of these, after
// the frame's src.
//
// What is read: temperature:N (tC or tF; the quantity of the mapping, else room),
// humidity:N (rh), smoke:N and flood:N (alarm), devicepower:N (battery.percent). Component
// 0 is the device itself, another is the device <device>-<N>. Facts that matter:
//
//   - A sleeping sensor says in sys.wakeup_period how often it wakes, in seconds: it is its
//     heartbeat's period.
//   - ts is Unix seconds with a fraction; it and sys.unixtime are null right after
//     waking, and then the time of receipt is taken.
//   - A value that cannot be measured is null: no event.
//   - A switch's own temperature is that of the chip, never a reading.
//
// Source: Shelly API documentation, Gen2+, "Notifications", "MQTT", "Temperature",
// "Humidity", "Smoke", "Flood", "DevicePower", "Sys" (shelly-api-docs.shelly.cloud/gen2).
//
//	subscriptions:
//	  - filter: "+/online"
//	    adapter: shelly
//	  - filter: "+/events/rpc"
//	    adapter: shelly
//	  - filter: "shellyplusht-a1b2c3d4e5f6/events/rpc"
//	    adapter: shelly
//	    quantity: cold_store
package shelly
