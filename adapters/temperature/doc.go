// Package temperature reads what our own thermometers at the gates send: one message for
// each person measured.
//
//	campus/<site>/temperature/<device>/check      ──▶ temperature_check
//	campus/<site>/temperature/<device>/heartbeat  ──▶ device_status
//	campus/<site>/temperature/<device>/status     ──▶ device_status
//
// Fahrenheit becomes Celsius, to a hundredth. An implausible value is still an event: the
// detectors tell a fever from a broken thermometer. The device's own verdict is kept as its
// word, and nobody relies on it.
package temperature
