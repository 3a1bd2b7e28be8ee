// Package bus reads what our own vehicle terminals send: position and state of a school
// bus, every few seconds on a trip.
//
//	campus/<site>/bus/<device>/position   ──▶ vehicle_position
//	campus/<site>/bus/<device>/heartbeat  ──▶ device_status
//	campus/<site>/bus/<device>/status     ──▶ device_status
//
// Latitude and longitude are needed unless fix is false. Passengers left unsaid are -1,
// not 0: nobody aboard is a fact that somebody must have stated.
//
// Positions are WGS-84, or with "datum":"gcj02" of that datum: they become WGS-84 here.
package bus
