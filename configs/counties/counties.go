// Package counties carries the invented counties and their script of incidents into the
// program, so that the demo needs no files beside it.
//
//	demo.yaml       the county of the demo: 86 schools, 1,962 cameras, 53 buses
//	small.yaml      three sites, for tests and for learning
//	incidents.yaml  what goes wrong, and when
package counties

import _ "embed"

//go:embed demo.yaml
var filesDemo string

//go:embed small.yaml
var filesSmall string

// Demo is demo.yaml.
func Demo() []byte { return []byte(filesDemo) }

// Small is small.yaml.
func Small() []byte { return []byte(filesSmall) }

//go:embed incidents.yaml
var filesIncidents string

// Incidents is incidents.yaml.
func Incidents() []byte { return []byte(filesIncidents) }
