// Package rules judges events by the county's own rules, which are written in YAML with
// expressions of expr-lang.
//
//	document ──Parse──▶ Set ──SetRules──┐
//	                                    ▼
//	journal ──events in order──▶ Process ─┐
//	                                      ├──▶ anomalies
//	clock ────────time──────────▶ Advance ┘
//	                                      └──▶ Dirty ─────▶ journal, with the cursor
//
// An Engine runs beside that of package detect, under the same contract: a pure state
// machine, a function of events and time, used by one goroutine at a time.
//
// Promises:
//
//   - Parse takes a document whole or refuses it with every fault, each with file, line,
//     column and key. What it takes cannot stop an engine: expressions have no loops, their
//     length and memory are bounded, and one that fails on an event is counted, told once
//     for its rule, and counts as not fulfilled.
//   - The same events in the same order give the same anomalies with the same ids, however
//     they are batched. Deadlines fire in the order of their times before an event that came
//     after them.
//   - State saved with the cursor (Dirty) and given to a new Engine (Restore) continues
//     exactly where the old one stood.
//   - SetRules keeps what rules remember that have not changed, and clears the anomalies of
//     those that have, or are gone. So does Restore, when the document changed meanwhile.
//   - Late, backfilled and retained events are not looked at; nor is the second delivery of
//     one of a device's last 8 events.
//   - What the gateway did not watch is no absence, and a condition that was waiting then
//     waits a minute more.
//   - Memory is bounded: 200,000 states and devices, windows of at most 24 hours in 30 parts.
package rules
