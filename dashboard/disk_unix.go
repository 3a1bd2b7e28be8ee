//go:build linux || darwin || freebsd

package dashboard

import "syscall"

// freeBytes is what this user may still write to the disk of a folder, -1 when it cannot be
// told.
func freeBytes(dir string) int64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return -1
	}
	return int64(s.Bavail) * int64(s.Bsize) //nolint:unconvert // the types differ between systems
}
