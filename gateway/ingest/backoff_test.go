package ingest

import (
	"testing"
	"time"
)

func TestBackoffGrowsAndScatters(t *testing.T) {
	t.Parallel()
	b := backoff{low: 100 * time.Millisecond, high: 10 * time.Second}
	span := b.low
	seen := make(map[time.Duration]bool)
	for range 100 {
		d := b.next()
		if d < b.low/4 || d >= span+b.low/4 {
			t.Fatalf("pause %s, want %s to %s", d, b.low/4, span+b.low/4)
		}
		seen[d] = true
		span = min(2*span, b.high)
	}
	if len(seen) < 90 {
		t.Errorf("only %d different pauses", len(seen))
	}
	b.reset()
	if d := b.next(); d >= b.low+b.low/4 {
		t.Errorf("after reset: %s", d)
	}
}
