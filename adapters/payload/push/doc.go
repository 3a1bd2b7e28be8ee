// Package push is what the adapters of vendors' HTTP pushes share: loose reading of fields
// whose type differs by firmware, local times, multipart bodies without their header, and
// an HTTP server that takes pushes in with bounds on everything.
//
// Reading is pure and keeps no reference to the payload. The server opens nothing until it
// is started.
package push
