// Package report makes the county's monthly report. Its inputs are frozen as JSON when it is
// made, everything in it is computed from them alone, and so are the files that are handed
// out: the report can be made again at any time, and says the same.
//
// A bundle is the file to keep: the inputs (compressed with zstd), and a seal with the SHA-256
// of the inputs and of each rendered file. Where the county has a key, the seal is signed with
// Ed25519 (RFC 8032). Verify needs the bundle only: it computes the report again and compares.
package report
