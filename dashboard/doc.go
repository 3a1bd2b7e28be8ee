// Package dashboard builds the command centre's server from its configuration and runs it.
//
//	bus ─anomalies─▶ alarm.Service ─commit─▶ live hub ─▶ browsers
//	 │                    ▲    └─▶ store (SQLite)   ▲
//	 └─events──▶ state.Model ──────────────────────┘
//	browsers ─REST─▶ api ─▶ alarm.Service, state.Model, History (InfluxDB), gateways (bus)
//
// Promises:
//   - Start returns although the bus or the history cannot be reached; both are tried again
//     until they can, and Health says so meanwhile.
//   - An anomaly is taken in exactly once: its alarm and the bus position commit together.
//   - Stop ends the sources first, then the browsers (close code 4001), then the database.
//   - Without TLS it listens on the loopback only, unless insecure_http says otherwise.
package dashboard
