package journal

import (
	"context"
	"sync"
)

// request is one entry of the queue: a batch, a consumer's commit, or both.
type request struct {
	entries []tailEntry // records; the committer sets their numbers
	forms   []byte      // encoded records one after the other …
	ends    []int       // … and where each ends
	dead    []DeadLetter
	bytes   int64
	done    func(error)

	commit  *commitPart
	deletes []uint64 // dead letters to remove
	forget  string   // consumer to remove
}

// commitPart is what a consumer's Commit asks for.
type commitPart struct {
	consumer *Consumer
	chunk    *delivery
	put      map[string][]byte
	remove   []string
}

// requestPool spares the buffers of encoded records.
var requestPool = sync.Pool{New: func() any { return new(request) }} //nolint:gochecknoglobals // a pool holds no state

// newRequest encodes records and dead letters.
func newRequest(records []Record, dead []DeadLetter) (*request, error) {
	r := requestPool.Get().(*request)
	r.dead = dead
	var room [512]byte
	scratch := room[:0]
	for i := range records {
		rec := records[i]
		start := len(r.forms)
		var err error
		if r.forms, scratch, err = appendForm(r.forms, &rec, scratch); err != nil {
			r.release()
			return nil, err
		}
		r.entries = append(r.entries, tailEntry{
			rec: rec, class: rec.Class(), size: int32(len(r.forms) - start + tailOverhead),
		})
		r.ends = append(r.ends, len(r.forms))
	}
	r.bytes = int64(len(r.forms))
	for i := range dead {
		r.bytes += dead[i].size()
	}
	return r, nil
}

// maxPooledForms keeps a rare huge batch from staying in memory.
const maxPooledForms = 256 << 10

func (r *request) release() {
	if cap(r.forms) > maxPooledForms {
		return
	}
	clear(r.entries)
	*r = request{entries: r.entries[:0], forms: r.forms[:0], ends: r.ends[:0]}
	requestPool.Put(r)
}

// weight is what a request counts in the queue's bound of records.
func (r *request) weight() int { return max(len(r.entries)+len(r.dead), 1) }

// queue holds the requests that wait for the committer, bounded.
type queue struct {
	maxRecords int
	maxBytes   int64

	mu      sync.Mutex
	waiting []*request
	records int
	bytes   int64
	closed  bool
	space   chan struct{} // closed and replaced when the committer has taken

	ready  chan struct{} // something is there
	enough chan struct{} // so much is there that waiting for more gains nothing
}

// A group of this size is worth a commit without further wait.
const (
	enoughRecords = 2048
	enoughBytes   = 512 << 10
	// groupBytes bounds one commit; Pebble treats batches over half a write buffer apart.
	groupBytes = 2 << 20
)

func newQueue(maxRecords int, maxBytes int64) *queue {
	return &queue{
		maxRecords: maxRecords, maxBytes: maxBytes,
		space: make(chan struct{}), ready: make(chan struct{}, 1), enough: make(chan struct{}, 1),
	}
}

// push waits for room and appends r. A request larger than the bounds gets in alone.
func (q *queue) push(ctx context.Context, r *request) error {
	for {
		q.mu.Lock()
		if q.closed {
			q.mu.Unlock()
			r.release()
			return ErrStopped
		}
		if len(q.waiting) == 0 || q.records+r.weight() <= q.maxRecords && q.bytes+r.bytes <= q.maxBytes {
			q.waiting = append(q.waiting, r)
			q.records += r.weight()
			q.bytes += r.bytes
			first := len(q.waiting) == 1
			plenty := q.plenty()
			q.mu.Unlock()
			if first {
				signal(q.ready)
			}
			if plenty {
				signal(q.enough)
			}
			return nil
		}
		space := q.space
		q.mu.Unlock()
		select {
		case <-space:
		case <-ctx.Done():
			r.release()
			return ctx.Err()
		}
	}
}

func (q *queue) plenty() bool {
	return q.records >= min(enoughRecords, q.maxRecords/2) || q.bytes >= min(enoughBytes, q.maxBytes/2)
}

// take moves the oldest requests, up to the size of a group, to dst.
func (q *queue) take(dst []*request) []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	var bytes int64
	n := 0
	for n < len(q.waiting) && (n == 0 || bytes+q.waiting[n].bytes <= groupBytes) {
		bytes += q.waiting[n].bytes
		q.records -= q.waiting[n].weight()
		n++
	}
	if n == 0 {
		return dst
	}
	dst = append(dst, q.waiting[:n]...)
	rest := copy(q.waiting, q.waiting[n:])
	clear(q.waiting[rest:])
	q.waiting = q.waiting[:rest]
	q.bytes -= bytes
	close(q.space)
	q.space = make(chan struct{})
	drain(q.ready)
	drain(q.enough)
	if rest > 0 {
		signal(q.ready)
		if q.plenty() {
			signal(q.enough)
		}
	}
	return dst
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	close(q.space)
	q.space = make(chan struct{})
}

func (q *queue) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.records
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func drain(c chan struct{}) {
	select {
	case <-c:
	default:
	}
}
