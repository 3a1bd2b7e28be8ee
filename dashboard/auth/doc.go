// Package auth knows who asks: accounts, sessions, roles and the sites a person may see.
//
//	login ─▶ Throttle ─▶ argon2id ─▶ TOTP ─▶ session (cookie, digest in SQL) ─▶ Identity in the context
//	passkey ─▶ challenge, signature, counter ───┘                                 permissions + Scope
//	program ─▶ token (digest in SQL) ────────────────────────────────────────────┘
//	signon ─▶ LoginExternal ─▶ account of the subject ────────────────────────────┘
//
// Promises:
//   - Fail closed: no session, a disabled account, an account that changed since the login,
//     an empty scope and a zero Scope see nothing.
//   - Passwords are stored as argon2id only. An unknown name takes as long as a wrong
//     password. Too many tries are answered with a waiting time, for each account and for
//     each address.
//   - Every login and logout is audited with the change; refused log-ins and lock-outs a few
//     seconds later, once a minute for an account with their number, so that guessing cannot
//     flood the audit, nor its time tell which names are accounts.
//   - A passkey is both factors: it must have verified its user. A challenge is kept here for
//     three minutes and is good for one answer; a counter that goes back refuses the passkey
//     until it is removed, and is audited. No answer says whether an account exists.
//   - A change of how an account logs in needs its password again and is audited.
//   - Somebody of the identity provider (package signon) has an account of their own, found by
//     issuer and subject, without a password here, and with the role and scope that the
//     configuration maps at each login. One that was disabled here stays so, and no account
//     that was made here is taken over.
//   - Cookies are HttpOnly and SameSite=Strict, and Secure under TLS; the database holds
//     only digests of their tokens.
package auth
