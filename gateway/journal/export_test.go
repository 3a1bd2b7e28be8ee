package journal

import (
	"github.com/cockroachdb/pebble/v2/vfs"
)

// NewOn makes a journal on another file system.
func NewOn(cfg Config, deps Deps, base vfs.FS) (*Journal, error) { return newOn(cfg, deps, base) }
