package ingest

import "time"

// pace decides whether to wait a moment before the next read. Where messages come fast, a
// read for every few of them costs more than they do; where they come slowly, a wait would
// only cost time.
type pace struct {
	since time.Time
	count int
	rate  float64 // messages a second in the last paceSpan
}

const (
	paceSpan   = 10 * time.Millisecond
	fastRate   = 10_000 // messages a second from which on to wait
	fewAtOnce  = 64     // messages for which not to wait any more
	longLinger = time.Millisecond
)

func (p *pace) linger(now time.Time, taken int) time.Duration {
	p.count += taken
	if span := now.Sub(p.since); span >= paceSpan {
		p.rate = float64(p.count) / span.Seconds()
		p.since, p.count = now, 0
	}
	if p.rate < fastRate || taken >= fewAtOnce {
		return 0
	}
	return min(longLinger, time.Duration(fewAtOnce/p.rate*float64(time.Second)))
}
