package main

import (
	"context"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"time"
)

const (
	// heapTarget is what a gateway's heap stays below while it can: with the program itself
	// about 150 MB, so that it fits beside others on a school's small machine.
	heapTarget = 90 << 20
	// heapHeadroom is how much more than what is in use the limit leaves at the least: a
	// county with more devices must not make the collector run without pause.
	heapHeadroom = 40 << 20
	// heapPercent lets the heap grow to three times of what is in use where the target
	// allows: the journal's records are garbage a moment after they came.
	heapPercent = 200
)

// boundMemory holds the process's heap near heapTarget until the context ends, unless the
// environment says something of its own about the garbage collector.
func boundMemory(ctx context.Context, environ []string) {
	for _, e := range environ {
		if strings.HasPrefix(e, "GOGC=") || strings.HasPrefix(e, "GOMEMLIMIT=") {
			return
		}
	}
	percent, limit := debug.SetGCPercent(heapPercent), debug.SetMemoryLimit(heapTarget)
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		for {
			select {
			case <-ctx.Done():
				debug.SetGCPercent(percent)
				debug.SetMemoryLimit(limit)
				return
			case <-tick.C:
			}
			metrics.Read(live)
			if live[0].Value.Kind() == metrics.KindUint64 {
				debug.SetMemoryLimit(heapLimit(live[0].Value.Uint64()))
			}
		}
	}()
}

// heapLimit is the soft limit for so many bytes in use.
func heapLimit(live uint64) int64 {
	if live > math.MaxInt64/2 {
		return math.MaxInt64
	}
	return max(heapTarget, int64(live)+max(heapHeadroom, int64(live)/2))
}
