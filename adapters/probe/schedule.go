package probe

import (
	"container/heap"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"
)

// job is one check of one camera.
type job struct {
	camera   *camera
	check    string
	host     string
	interval time.Duration
	timeout  time.Duration

	grid   time.Time // its place, without jitter
	next   time.Time
	dice   *rand.Rand
	jitter float64
}

// schedule says which job begins when. A job is in one place: due, parked, ready, or out
// with whoever took it. Time is an argument, and nothing is locked.
type schedule struct {
	due     jobs              // waits for its time
	parked  map[string][]*job // its time has come, its host is busy
	ready   []*job            // its host has become free
	busy    map[string]int    // jobs that are out, by host
	perHost int
	gap     time.Duration // between two beginnings
	free    time.Time     // when the next may begin
}

func newSchedule(perHost int, perSecond float64) *schedule {
	return &schedule{
		parked: map[string][]*job{}, busy: map[string]int{}, perHost: perHost,
		gap: time.Duration(float64(time.Second) / perSecond),
	}
}

// add gives a job its place in the interval that begins now: the same at every start, and
// as good as random among all.
func (s *schedule) add(j *job, now time.Time, jitter float64) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(string(j.camera.site) + "/" + string(j.camera.device) + "/" + j.check)) // a hash does not fail
	sum := h.Sum64()
	j.dice, j.jitter = rand.New(rand.NewPCG(sum, 1)), jitter //nolint:gosec // no secret
	j.grid = now.Add(time.Duration(j.dice.Int64N(int64(j.interval))))
	j.next = j.grid
	heap.Push(&s.due, j)
}

// take returns a job that may begin now, nil when there is none.
func (s *schedule) take(now time.Time) *job {
	if now.Before(s.free) {
		return nil
	}
	j := s.first(now)
	if j == nil {
		return nil
	}
	s.busy[j.host]++
	s.free = now.Add(s.gap) // time that nothing used is not saved up for a burst
	return j
}

func (s *schedule) first(now time.Time) *job {
	if len(s.ready) > 0 {
		j := s.ready[0]
		s.ready = s.ready[1:]
		return j
	}
	for len(s.due) > 0 && !s.due[0].next.After(now) {
		j, _ := heap.Pop(&s.due).(*job)
		if s.busy[j.host] >= s.perHost {
			s.parked[j.host] = append(s.parked[j.host], j)
			continue
		}
		return j
	}
	return nil
}

// done takes a job back and sets its next time. One that comes back later than that goes to
// its next place, so that nothing is caught up on in a burst.
func (s *schedule) done(j *job, now time.Time) {
	for j.grid = j.grid.Add(j.interval); !j.grid.After(now); j.grid = j.grid.Add(j.interval) {
	}
	j.next = j.grid.Add(time.Duration(j.jitter * (2*j.dice.Float64() - 1) * float64(j.interval)))
	if j.next.Before(now) {
		j.next = now
	}
	heap.Push(&s.due, j)
	if s.busy[j.host]--; s.busy[j.host] <= 0 {
		delete(s.busy, j.host)
	}
	if waiting := s.parked[j.host]; len(waiting) > 0 && s.busy[j.host]+s.promised(j.host) < s.perHost {
		s.ready = append(s.ready, waiting[0])
		if s.parked[j.host] = waiting[1:]; len(waiting) == 1 {
			delete(s.parked, j.host)
		}
	}
}

// promised counts the ready jobs of a host: they have its places. There are few.
func (s *schedule) promised(host string) int {
	n := 0
	for _, j := range s.ready {
		if j.host == host {
			n++
		}
	}
	return n
}

// wait is how long nothing can begin; a job that is done may change that.
func (s *schedule) wait(now time.Time) time.Duration {
	at := s.free
	switch {
	case len(s.ready) > 0:
	case len(s.due) == 0:
		return time.Hour
	case s.due[0].next.After(at):
		at = s.due[0].next
	}
	return max(at.Sub(now), 0)
}

// behind is how late the oldest job is that could not begin.
func (s *schedule) behind(now time.Time) time.Duration {
	late := time.Duration(0)
	note := func(j *job) { late = max(late, now.Sub(j.next)) }
	if len(s.due) > 0 {
		note(s.due[0])
	}
	if len(s.ready) > 0 {
		note(s.ready[0])
	}
	for _, waiting := range s.parked {
		note(waiting[0])
	}
	return late
}

// jobs is a heap by time.
type jobs []*job

func (h jobs) Len() int           { return len(h) }
func (h jobs) Less(a, b int) bool { return h[a].next.Before(h[b].next) }
func (h jobs) Swap(a, b int)      { h[a], h[b] = h[b], h[a] }
func (h *jobs) Push(x any)        { j, _ := x.(*job); *h = append(*h, j) }
func (h *jobs) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = slices.Delete(old, len(old)-1, len(old))
	return last
}
