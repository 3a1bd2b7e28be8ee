// Package campus reads all of our own devices under one subscription (campus/#): it looks
// at the kind in the topic and hands the message to that family's adapter.
//
//	campus/<site>/<kind>/<device>/<channel> ──kind──▶ gate, temperature, bus, …
//
// Use either this adapter or those of the families on a broker: overlapping subscriptions
// deliver everything twice.
package campus
