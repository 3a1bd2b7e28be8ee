package rules

import (
	"fmt"
	"strings"
)

// Fault is one thing that is wrong with a document.
type Fault struct {
	File string `json:"file"`
	// Line and Column count from 1; 0 where the fault has no place.
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Key    string `json:"key"` // "rules[2].when"
	// Message says what is wrong and what would be allowed.
	Message string `json:"message"`
}

// Error says file, line, column, key and what is wrong.
func (f *Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", f.Line, f.Column)
	}
	if f.Key != "" {
		b.WriteString(": " + f.Key)
	}
	return b.String() + ": " + f.Message
}

// Faults are all that is wrong with a document, in the order of their places.
type Faults []*Fault

// Error is one fault a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i := range f {
		lines[i] = f[i].Error()
	}
	return strings.Join(lines, "\n")
}
