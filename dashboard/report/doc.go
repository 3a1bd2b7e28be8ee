// Package report makes the county's monthly report: its inputs are frozen, everything in it
// is computed from them alone, and a digest of both can be verified without the server.
package report
