// Package signon lets people log in with the county's identity provider (OpenID Connect Core
// 1.0, authorization code with PKCE).
//
//	button ─▶ Begin ─▶ provider ─▶ callback ─▶ Finish ─▶ auth.Person ─▶ auth.Manager.LoginExternal
//	           state, nonce, verifier;          once, in the same browser;
//	           digest of a cookie               code ─▶ ID token ─▶ mapping of claims
//
// Promises:
//   - The provider is asked when somebody first wants to log in with it. While it is out of
//     reach the program starts, and passwords work; the next try waits up to a minute.
//   - State, nonce and PKCE verifier stay in memory, for minutes, and are good once, in the
//     browser that began: it has a cookie that the provider never sees.
//   - Fail closed: role and scope come from the configuration's mapping at every login. A
//     person whom no mapping fits, whom an administrator has disabled here, or whose name
//     another account has, is refused, and the page says which.
//   - Nobody is sent elsewhere than to a path of the page, or to the provider.
//   - A logout ends the session here; that at the provider is the provider's. Who is removed
//     there keeps a running session until it ends, and API tokens until they expire: disable
//     the account here as well.
package signon
