// Package auth knows who asks: accounts, sessions, roles and the sites a person may see.
//
//	login ─▶ Throttle ─▶ argon2id ─▶ session (cookie, digest in SQL) ─▶ Identity in the context
//	                                                                     role + Scope
//
// Promises:
//   - Fail closed: no session, a disabled account, an account that changed since the login,
//     an empty scope and a zero Scope see nothing.
//   - Passwords are stored as argon2id only. An unknown name takes as long as a wrong
//     password. Too many tries are answered with a waiting time, for each account and for
//     each address.
//   - Cookies are HttpOnly and SameSite=Strict, and Secure under TLS; the database holds
//     only digests of their tokens.
package auth
