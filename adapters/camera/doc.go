// Package camera reads what our own camera watchers send: heartbeats and changes of state
// of camera channels, each channel under its own topic.
//
//	campus/<site>/camera/<device>/heartbeat  ──▶ device_status
//	campus/<site>/camera/<device>/status     ──▶ device_status
//
// "recording": false is a fault although the camera is up, so it is kept apart from the
// status. Plain texts online and offline (birth and last will) are read as a status.
package camera
