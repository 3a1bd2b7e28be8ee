// Package availability says how long a device was up, and why not.
//
//	samples (status, valid for a while) ─┐
//	watched (somebody was listening) ────┼─▶ Timeline ─▶ spans that fill the window ─▶ Sum
//	layers (maintenance, hours, causes) ─┘
//
//	camera_check events ──▶ CameraChecks ─▶ Rates: online, recorded, usable
//
// A camera is judged by three figures: how long it answered (its timeline: up and degraded),
// how much of what should be recorded is (the last word on each day), and how long its
// picture was usable (each check holds for three of its periods). Maintenance and hours off
// duty count for none of them. Past days are kept and added up by the package rollup.
//
// Promises:
//   - The spans of a window touch one another and fill it exactly; each moment has one state.
//   - The order in which samples and layers are given does not matter.
//   - Percentages are over observed service time: up, degraded and down. Without any, there
//     is no percentage (nil), never 100 %.
//   - Time is an argument; what is not known yet (after now) belongs outside the window.
package availability
