// Package kitchen reads what our own sensors in canteen kitchens send: one message for each
// measured quantity.
//
//	campus/<site>/kitchen/<device>/reading    ──▶ kitchen_reading
//	campus/<site>/kitchen/<device>/heartbeat  ──▶ device_status
//	campus/<site>/kitchen/<device>/status     ──▶ device_status
//
// Temperatures come out in °C. A quantity outside the list is kept under its own name, as
// long as that is a lower-case word. Humidity, and gas in %LEL, lie between 0 and 100.
package kitchen
