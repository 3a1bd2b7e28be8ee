// Package payloadtest holds the tests that every adapter passes. A case is a folder:
//
//	testdata/cases/<name>/topic.txt       the topic; then "site: x", "device: y", "quantity: z", "retained"
//	testdata/cases/<name>/payload.json    the payload, byte for byte
//	testdata/cases/<name>/want.jsonl      the events, one a line, or
//	testdata/cases/<name>/want_error.txt  the error
//
// A fault seen in the field becomes a new folder. `go test ./adapters/<family> -update`
// writes what the adapter says now: read the difference before committing it.
package payloadtest
