// Package notify tells people about alarms: which receivers, when, and who is next when
// nobody answers.
//
//	alarm + audit ─same SQL tx─▶ inbox ─planner─▶ outbox + escalations ─lanes─▶ channels
//	   (a trigger of the store)           │                                (one a receiver)
//	          routes, rotas, quiet hours ─┘
//
// Promises:
//   - The alarm path never waits: the inbox row is written with the alarm's own change, and
//     everything else happens behind it.
//   - At least once. A crash anywhere leaves a row that is taken up again; the same alarm,
//     receiver, person, step and revision is one row, and is sent twice only when a crash
//     comes between the sending and its record.
//   - One worker a receiver: one that hangs, fails or is too slow delays nobody else.
//   - At most so many messages a minute go to a receiver; the rest is folded into one.
//   - Escalation stops at acknowledgement, return, shelving and suppression.
//   - What a late event shows never pages.
//   - A message that cannot be delivered is told to Deps.Failing, and never goes around
//     through the receiver that failed.
//   - All timers are rows: a restart, or another dashboard, goes on where this one ended.
package notify
