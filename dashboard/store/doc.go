// Package store is the dashboard's SQL: alarms with their audit, accounts and sessions, in
// one SQLite file.
//
//	alarm.Service ─┐             ┌─ one writer connection, BEGIN IMMEDIATE, fsync each commit
//	auth ──────────┼─▶ Store ─────┤
//	api (lists) ───┘             └─ a few reader connections (WAL: readers never wait)
//
// Promises:
//   - A write that returned nil has been fsynced (synchronous=FULL).
//   - The schema is what the numbered migrations say; they only ever grow. A file written
//     by a newer program is refused, not touched.
//   - SQL stays in the part that SQLite and Postgres share, apart from triggers and pragmas.
package store
