package uplink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

// maxOpen bounds the batches remembered from earlier runs. An entry stays when the
// journal dropped the records before it could deliver them again.
const maxOpen = 64

// errTakenOver says that somebody else has written this gateway's marks.
var errTakenOver = errors.New("another gateway publishes under this gateway's id")

// message is one record ready to be sent.
type message struct {
	seq     uint64
	subject string
	data    []byte
}

// chain is a sequence of batches into one stream, held together by their marks. Only its
// pipeline's publisher sends; the committer reports what the journal has covered.
type chain struct {
	stream  jetstream.StreamConfig
	subject string // of the marks
	key     string // of the state in the journal
	journal string
	process string

	// Owned by the publisher.
	synced  bool // lastSeq is known to be that of the last mark
	fenced  bool // this process has put a fence
	lastSeq uint64
	next    uint64 // number of the next mark
	careful bool   // have each message acknowledged, to learn which one is refused

	mu   sync.Mutex
	done uint64
	sent []batchRef // acknowledged by the bus in this run, not yet covered by the cursor
	open []*openRef // from earlier runs
}

// openRef is a batch of an earlier run whose records come again.
type openRef struct {
	batchRef
	left uint64 // records not yet skipped and committed
}

// published returns the open batch that holds seq, nil when it must be sent.
func (c *chain) published(seq uint64) *openRef {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.open {
		if o.Runs.contains(seq) {
			return o
		}
	}
	return nil
}

func (c *chain) hasOpen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open) > 0
}

// stateAfter is the state to store with a commit that covers the batches up to done and
// skips records of open batches.
func (c *chain) stateAfter(done uint64, skipped map[*openRef]uint64) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := chainState{Done: max(done, c.done)}
	for _, o := range c.open {
		if o.left > skipped[o] && o.N <= s.Done {
			s.Open = append(s.Open, o.N)
		}
	}
	b, _ := json.Marshal(s) // numbers only
	return b
}

// committed notes that the journal has stored such a state.
func (c *chain) committed(done uint64, skipped map[*openRef]uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = max(c.done, done)
	c.sent = slices.DeleteFunc(c.sent, func(b batchRef) bool { return b.N <= c.done })
	for o, n := range skipped {
		o.left -= min(n, o.left)
	}
	c.open = slices.DeleteFunc(c.open, func(o *openRef) bool { return o.left == 0 })
}

// doubt lists what the next mark must carry.
func (c *chain) doubt() []batchRef {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]batchRef, 0, len(c.open)+len(c.sent))
	for _, o := range c.open {
		all = append(all, o.batchRef)
	}
	return append(all, c.sent...)
}

// sync finds out where the chain stands on the bus and fences off whatever may still be
// on its way. state is the journal's word at start; inDoubt is the mark whose
// acknowledgement is missing, nil for none, and landed tells whether it is there.
//
// It returns errTakenOver, with the chain in order all the same, when somebody else has
// written since.
func (c *chain) sync(ctx context.Context, js jetstream.JetStream, state chainState, inDoubt *mark) (landed bool, err error) {
	stream, err := ensureStream(ctx, js, c.stream)
	if err != nil {
		return false, err
	}
	var contested error
	for {
		last, seq, err := c.lastMark(ctx, stream)
		if err != nil {
			return false, err
		}
		switch {
		case !c.fenced:
			c.adopt(state, last)
		case last == nil:
		case last.Process == c.process:
			if inDoubt != nil && last.N == inDoubt.N {
				c.accept(inDoubt, seq)
				return true, contested
			}
		case seq > c.lastSeq:
			contested = fmt.Errorf("%w: mark %d on %s is of process %q", errTakenOver, last.N, c.subject, last.Process)
		}
		ack, err := c.fence(ctx, js, seq)
		if wrongLast(err) {
			// Something late came in between, or a follower answered with an old mark.
			if err := sleep(ctx, 5*time.Millisecond); err != nil {
				return false, err
			}
			continue
		}
		if err != nil {
			return false, fmt.Errorf("fence %s: %w", c.subject, err)
		}
		c.lastSeq, c.synced, c.fenced = ack.Sequence, true, true
		return false, contested
	}
}

// fence puts a mark without records after the one at seq: whatever batch is still on its
// way expects another mark before it, and is refused.
func (c *chain) fence(ctx context.Context, js jetstream.JetStream, seq uint64) (*jetstream.PubAck, error) {
	payload, err := json.Marshal(mark{
		Version: markVersion, Journal: c.journal, Process: c.process, N: c.next, At: time.Now().UTC(), Doubt: c.doubt(),
	})
	if err != nil {
		return nil, err
	}
	c.next++ // never use a number twice, whatever becomes of the fence
	msg := nats.NewMsg(c.subject)
	msg.Data = payload
	msg.Header.Set(jetstream.ExpectedLastSubjSeqHeader, strconv.FormatUint(seq, 10))
	return js.PublishMsg(ctx, msg, jetstream.WithRetryAttempts(0))
}

// adopt takes over what an earlier run of this gateway left on the bus.
func (c *chain) adopt(state chainState, last *mark) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = state.Done
	c.next = state.Done + 1
	c.open = nil
	if last == nil || last.Journal != c.journal {
		return
	}
	c.next = max(c.next, last.N+1)
	for _, b := range append(slices.Clone(last.Doubt), batchRef{last.N, last.Runs}) {
		if len(b.Runs) > 0 && (b.N > state.Done || slices.Contains(state.Open, b.N)) {
			c.open = append(c.open, &openRef{b, b.Runs.count()})
		}
	}
	if extra := len(c.open) - maxOpen; extra > 0 {
		c.open = c.open[extra:]
	}
}

func (c *chain) lastMark(ctx context.Context, stream jetstream.Stream) (*mark, uint64, error) {
	raw, err := stream.GetLastMsgForSubject(ctx, c.subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read last mark %s: %w", c.subject, err)
	}
	m, err := parseMark(raw.Data)
	if err != nil {
		// Of a newer program, or not ours. What it covers may be sent again; to stop here
		// for ever would be worse.
		return nil, raw.Sequence, nil //nolint:nilerr // see above
	}
	return &m, raw.Sequence, nil
}

// newMark prepares the mark of a batch.
func (c *chain) newMark(batch []message, lane string) (*mark, []byte, error) {
	seqs := make([]uint64, len(batch))
	for i := range batch {
		seqs[i] = batch[i].seq
	}
	m := &mark{
		Version: markVersion, Journal: c.journal, Process: c.process, N: c.next, Lane: lane,
		First: slices.Min(seqs), Last: slices.Max(seqs), At: time.Now().UTC(), Runs: runsOf(seqs), Doubt: c.doubt(),
	}
	payload, err := json.Marshal(m)
	if err != nil {
		return nil, nil, fmt.Errorf("write mark: %w", err)
	}
	return m, payload, nil
}

// send publishes the batch and its mark, all or nothing, and waits for the
// acknowledgement until ctx is done.
func (c *chain) send(ctx context.Context, js jetstream.JetStream, batch []message, m *mark, payload []byte) error {
	c.next = m.N + 1
	c.synced = false // until the acknowledgement is in
	flow := jetstreamext.BatchFlowControl{}
	if c.careful {
		c.careful = false
		flow = jetstreamext.BatchFlowControl{AckEvery: 1, AckTimeout: js.Options().DefaultTimeout}
	}
	p, err := jetstreamext.NewBatchPublisher(js, flow)
	if err != nil {
		return err
	}
	for i := range batch {
		if err := p.Add(batch[i].subject, batch[i].data); permanent(err) {
			return &refusedError{i, err}
		} else if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	ack, err := p.Commit(ctx, c.subject, payload, jetstreamext.WithBatchExpectLastSequencePerSubject(c.lastSeq))
	if err != nil {
		return err
	}
	c.accept(m, ack.Sequence)
	return nil
}

// accept notes that the bus has the batch.
func (c *chain) accept(m *mark, seq uint64) {
	c.lastSeq, c.synced = seq, true
	c.mu.Lock()
	c.sent = append(c.sent, batchRef{m.N, m.Runs})
	c.mu.Unlock()
}
