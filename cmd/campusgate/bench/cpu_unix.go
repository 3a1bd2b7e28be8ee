//go:build unix

package bench

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// cpuTime is what this process has used of all cores so far, in user and system time.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// loadAverage is Linux' of the last minute; 0 elsewhere.
func loadAverage() float64 {
	var l float64
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		_, _ = fmt.Sscan(string(text), &l)
	}
	return l
}
