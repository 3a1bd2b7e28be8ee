package event

import (
	"errors"
	"fmt"
)

// Fault is one wrong setting: which key, what it says, what would be allowed. Whoever
// read the file adds name and line.
type Fault struct {
	Key   string // path below the section that was checked: "journal.max_bytes"
	Value any
	Want  string // "1 MiB or more", "one of info, warning, high, critical"
}

// Error says key, value and what is allowed.
func (f *Fault) Error() string {
	return fmt.Sprintf("%s: %v is not allowed: want %s", f.Key, f.Value, f.Want)
}

// Under puts a section's name before the keys of all faults in err.
func Under(section string, err error) error {
	if err == nil {
		return nil
	}
	// The error itself, not one that it wraps: what stands around a wrapped one would be lost.
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // see above
		parts := make([]error, 0, len(joined.Unwrap()))
		for _, e := range joined.Unwrap() {
			parts = append(parts, Under(section, e))
		}
		return errors.Join(parts...)
	}
	if f, ok := err.(*Fault); ok { //nolint:errorlint // see above
		return &Fault{Key: section + "." + f.Key, Value: f.Value, Want: f.Want}
	}
	return fmt.Errorf("%s: %w", section, err)
}
