// Package watch notices what has stopped saying anything: a gateway, an adapter, the
// database of a gateway, the bus, the disk of the centre itself; and it tells a second
// system, at a steady pace, that this one lives.
//
//	facts ─Judge─▶ conditions ─hold for a while─▶ Raiser ─anomaly─▶ alarm.Service
//	healthy? ─▶ Heart ─HTTP─▶ a system that alarms when nothing comes any more
//
// Promises:
//   - A condition that holds is one alarm of the site "county", under one id from its start
//     to its end, over restarts too: its anomaly is stored before it is applied, and applied
//     again at the next start.
//   - Judging is a pure function of facts and time.
//   - A gateway that fell silent while the dashboard was stopped is noticed: those that were
//     ever seen are remembered.
//   - The heart stops when this system cannot do its work, not only when it has ended.
package watch
