package journal

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Health says how the journal is: failed while nothing can be stored, degraded while it
// drops, after a damaged folder was set aside, and when places on disk were damaged.
func (j *Journal) Health() event.Health {
	j.mu.Lock()
	current, aside := j.phase, j.setAside
	j.mu.Unlock()
	switch current {
	case phaseNew:
		return event.Health{State: event.Starting}
	case phaseStopping, phaseStopped:
		return event.Health{State: event.Stopped}
	}
	st := j.store.Load()
	if err := st.err(); err != nil {
		return event.Health{State: event.Failed, Reason: fmt.Sprintf("cannot store, trying again: %v", err)}
	}
	a := &j.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.diskLow {
		return event.Health{State: event.Failed, Reason: fmt.Sprintf("disk is full: %d MiB free, nothing more is taken", a.diskFree/mib)}
	}
	var reasons []string
	if !a.lastDrop.IsZero() && time.Since(a.lastDrop) < droppingFor {
		reasons = append(reasons, fmt.Sprintf("full (%s): the oldest records of the least important class are dropped", a.dropWhy))
	}
	if a.lost > 0 {
		reasons = append(reasons, fmt.Sprintf("%d acknowledged records were missing when it was opened", a.lost))
	}
	if aside != "" {
		reasons = append(reasons, fmt.Sprintf("damaged files were set aside as %q", aside))
	}
	if a.mark.damaged > 0 || st.damage.Load() > 0 {
		reasons = append(reasons, "damaged places on disk were stepped over")
	}
	if len(reasons) > 0 {
		return event.Health{State: event.Degraded, Reason: strings.Join(reasons, "; ")}
	}
	return event.Health{State: event.OK}
}

// Stats returns a picture of the journal. Numbers of records, bytes and ages are exact for
// whole extents (256 KiB or 10 s) and interpolated within one.
func (j *Journal) Stats() Stats {
	j.mu.Lock()
	s := Stats{ID: j.id, SetAside: j.setAside, Queue: j.queue.length()}
	consumers := slices.SortedFunc(maps.Values(j.consumers), func(a, b *Consumer) int { return strings.Compare(a.name, b.name) })
	j.mu.Unlock()
	first, head, _ := j.tail.window()
	s.Head, s.Tail = head, int(head+1-first)
	now := time.Now()

	// Consumer.mu comes before accounts.mu.
	for _, c := range consumers {
		s.Consumers = append(s.Consumers, c.stats(head))
	}
	a := &j.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	s.Records, s.Bytes = a.ledgers.totals()
	for i := range a.ledgers {
		l := &a.ledgers[i]
		s.ByClass[i] = ClassStats{Records: l.records, Bytes: l.bytes}
		if len(l.extents) > 0 {
			s.ByClass[i].Oldest = time.UnixMilli(l.extents[0].at).UTC()
		}
	}
	s.DiskBytes, s.DiskFree = a.diskUsed, a.diskFree
	s.Dead = DeadStats{Count: len(a.dead.entries), Bytes: a.dead.bytes, Dropped: a.mark.deadDropped, Next: max(a.mark.deadNext, 1)}
	s.Lost, s.Appended, s.Damaged, s.Dropped = a.lost, a.appended, a.mark.damaged, a.mark.dropped
	s.DroppedByDevice = maps.Clone(a.droppedBy)
	s.Dropping = !a.lastDrop.IsZero() && now.Sub(a.lastDrop) < droppingFor
	s.GrowthBytesPerSecond = a.growth.rate(now, s.Bytes)
	if s.GrowthBytesPerSecond > 0 {
		room := float64(j.cfg.MaxBytes)*dropAbove - float64(s.Bytes)
		if a.diskTotal > 0 {
			room = min(room, float64(a.diskFree-j.minFree(a.diskTotal)))
		}
		// A hundred days is as good as never, and fits a Duration.
		seconds := min(max(room, 0)/s.GrowthBytesPerSecond, 100*24*3600)
		s.TimeToLoss = max(time.Duration(seconds*float64(time.Second)), time.Millisecond)
	}
	for i := range s.Consumers {
		fillLag(&s.Consumers[i], consumers[i].mask(), &a.ledgers, head)
	}
	return s
}

func (c *Consumer) stats(head uint64) ConsumerStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := ConsumerStats{Name: c.name, Attached: c.attached, Missed: c.missed}
	for i, seg := range c.segments {
		lane := Backlog
		if i == len(c.segments)-1 {
			lane = Live
		}
		s.Outstanding += len(seg.out)
		s.Lanes = append(s.Lanes, LaneStats{Lane: lane, Cursor: seg.cursor, Read: seg.read, End: min(seg.end, head)})
	}
	return s
}

// fillLag sums up what lies behind a consumer's cursors.
func fillLag(s *ConsumerStats, classes classMask, l *ledgers, head uint64) {
	oldest := int64(0)
	for i := range s.Lanes {
		lane := &s.Lanes[i]
		for class := range event.Class(event.NumClasses) {
			if !classes.has(class) {
				continue
			}
			records, bytes, at := l[class].after(lane.Cursor, min(lane.End, head))
			lane.LagRecords += records
			lane.LagBytes += bytes
			if at != 0 && (oldest == 0 || at < oldest) {
				oldest = at
			}
		}
		s.LagRecords += lane.LagRecords
		s.LagBytes += lane.LagBytes
	}
	if oldest != 0 {
		s.Oldest = time.UnixMilli(oldest).UTC()
	}
}
