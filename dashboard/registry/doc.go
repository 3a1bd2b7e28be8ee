// Package registry is what the county has and where: sites, devices, vehicles, routes, and
// people as pseudonyms. People edit it; each change is a version that everybody follows.
//
//	REST, import, adoption ─▶ Service.Apply ─▶ County.Index ─▶ Store (one transaction, with audit)
//	                                                │
//	                       event.Registry ◀─────────┴────────▶ document "registry" ─▶ every gateway
//	                  (the dashboard's own parts)
//
// Promises:
//   - What event.County refuses, and what a gateway would refuse of it, is never stored. An
//     edit of many entries is stored whole or not at all.
//   - An edit says which revision of each entry it has seen; when somebody was faster it
//     fails with a *Conflict and nothing is changed.
//   - A change is in the database, with who made it, before it is told. What is published is
//     always the newest version; it is tried until the bus has it.
//   - Names of people are in the entries of the database only: not in the audit (masked), not
//     in the County, not in logs.
package registry
