//go:build !unix

package bench

import "time"

// cpuTime and loadAverage are not measured here.
func cpuTime() time.Duration { return 0 }

func loadAverage() float64 { return 0 }
