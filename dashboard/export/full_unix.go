//go:build unix

package export

import (
	"errors"
	"syscall"
)

// full reports whether the disk had no room.
func full(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
