// Package api is the dashboard's HTTP: REST described by OpenAPI, the door to the
// websocket, health, metrics and the page.
//
//	request ─▶ headers, limits ─▶ same origin? ─▶ session ─▶ role ─▶ handler(scope) ─▶ answer
//	                                                                     └─▶ problem+json
//
// Promises:
//   - Every answer about sites is limited to the caller's scope. A site outside it is "not
//     found", as if it were not there. An empty scope sees nothing.
//   - Errors are problem+json with a "code" for the page's own words, and never an
//     internal error's text.
//   - A state-changing request from another origin, or with a body that is not JSON, is refused.
//   - People appear as pseudonyms only: the events carry nothing else.
package api
