package main

import "testing"

func TestHeapLimitLeavesRoom(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int64{
		0: heapTarget, 30 << 20: heapTarget, 60 << 20: 100 << 20, 400 << 20: 600 << 20,
	} {
		if got := heapLimit(live); got != want {
			t.Errorf("%d MiB in use: limit %d MiB, want %d", live>>20, got>>20, want>>20)
		}
	}
}
