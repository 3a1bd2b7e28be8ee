package journal

import (
	"sync"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// accounts is what the journal knows of its store without reading it.
type accounts struct {
	mu       sync.Mutex
	ledgers  ledgers
	mark     mark
	dead     deadIndex
	appended uint64
	lost     uint64 // acknowledged records that were missing at Start

	droppedBy map[event.DeviceKey]uint64
	lastDrop  time.Time
	dropWhy   string
	diskUsed  int64
	diskFree  int64
	diskTotal int64
	diskLow   bool // less free than the reserve: nothing more is taken
	growth    growth
}

func (a *accounts) head() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.mark.head
}

// maxDropDevices bounds the devices counted apart in drops.
const maxDropDevices = 4096

// countDevice adds n to a device's count in a bounded map.
func countDevice(m map[event.DeviceKey]uint64, key event.DeviceKey, n uint64) {
	if _, known := m[key]; !known && len(m) >= maxDropDevices {
		key = event.DeviceKey{}
	}
	m[key] += n
}

// growth keeps a minute of sizes.
type growth struct {
	at    [growthSamples]time.Time
	bytes [growthSamples]int64
	n     int
}

const (
	growthSamples = 13
	growthEvery   = 5 * time.Second
)

func (g *growth) add(now time.Time, bytes int64) {
	if g.n > 0 && now.Sub(g.at[(g.n-1)%growthSamples]) < growthEvery {
		return
	}
	g.at[g.n%growthSamples], g.bytes[g.n%growthSamples] = now, bytes
	g.n++
}

// rate is bytes a second over the samples and now.
func (g *growth) rate(now time.Time, bytes int64) float64 {
	if g.n == 0 {
		return 0
	}
	oldest := 0
	if g.n > growthSamples {
		oldest = g.n % growthSamples
	}
	span := now.Sub(g.at[oldest]).Seconds()
	if span < 1 {
		return 0
	}
	return float64(bytes-g.bytes[oldest]) / span
}
