// Package button reads what our own emergency buttons send.
//
//	campus/<site>/button/<device>/call       ──▶ emergency_call
//	campus/<site>/button/<device>/heartbeat  ──▶ device_status
//	campus/<site>/button/<device>/status     ──▶ device_status
//
// A call must say its state: a test is announced as a test, and silence is never read as
// "pressed".
package button
