// Package gate reads what our own gate terminals send: one message for each passage, or
// try to pass.
//
//	campus/<site>/gate/<device>/access     ──▶ gate_access
//	campus/<site>/gate/<device>/heartbeat  ──▶ device_status
//	campus/<site>/gate/<device>/status     ──▶ device_status
//
// A passage must say direction and result. What is not said stays unsaid: person_kind
// becomes "unknown", items_checked stays Unknown, celsius 0 means not measured.
package gate
