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
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		parts := make([]error, 0, len(joined.Unwrap()))
		for _, e := range joined.Unwrap() {
			parts = append(parts, Under(section, e))
		}
		return errors.Join(parts...)
	}
	if f, ok := err.(*Fault); ok {
		return &Fault{Key: section + "." + f.Key, Value: f.Value, Want: f.Want}
	}
	return fmt.Errorf("%s: %w", section, err)
}
