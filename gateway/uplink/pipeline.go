package uplink

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/campusgate/campusgate/gateway/journal"
	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"
)

// Consumer is what the uplink needs of a journal consumer.
type Consumer interface {
	// Next waits for records and returns at most limit of one lane.
	Next(ctx context.Context, limit int) (*journal.Chunk, error)
	// Commit stores tx and moves the cursor over the chunk, durably when tx.Sync is set.
	Commit(ch *journal.Chunk, tx journal.Tx) error
	// State yields what earlier commits have Put.
	State(yield func(key string, value []byte) error) error
}

const (
	// depth is how many chunks are prepared, and how many sent, ahead of the next stage.
	depth = 1
	// reserve is room left in a message for headers.
	reserve = 1024
	// slowBatch and fastBatch steer the size of batches on a slow link, so that nothing
	// waits behind a batch for longer, and nothing comes near the acknowledgement timeout.
	slowBatch = time.Second
	fastBatch = 250 * time.Millisecond
	minBatch  = 20
)

var errAckTimeout = errors.New("bus did not acknowledge in time")

// pipeline carries one journal consumer: fetch and encode, publish, commit, each a
// goroutine, so that the bus works while the next batch is encoded and the last one's
// cursor is being stored.
type pipeline struct {
	name     string
	consumer Consumer
	chains   []*chain // by the word of their stream
	link     *link
	config   *Config
	log      zerolog.Logger
	metrics  *metrics
	states   map[string]chainState // of the journal, at start

	size   int    // records a batch, steered; publisher only
	newest newest // fetch only

	mu     sync.Mutex
	reason string // why it does not get on, empty when it does
}

// job is one chunk on its way.
type job struct {
	chunk   *journal.Chunk
	parts   [][]message // for each chain
	dead    []journal.DeadLetter
	done    []uint64 // for each chain, the last batch
	skipped []map[*openRef]uint64
}

// run works until fetch is done and the jobs taken by then are committed, or until ctx is
// done.
func (p *pipeline) run(ctx, fetch context.Context) {
	prepared := make(chan *job, depth)
	sent := make(chan *job, depth)
	var wg sync.WaitGroup
	wg.Go(func() { defer close(prepared); p.fetch(ctx, fetch, prepared) })
	wg.Go(func() { defer close(sent); p.publish(ctx, prepared, sent) })
	wg.Go(func() { p.commit(ctx, sent) })
	wg.Wait()
}

func (p *pipeline) fetch(ctx, fetch context.Context, out chan<- *job) {
	for failures := 0; ; {
		chunk, err := p.consumer.Next(fetch, p.config.MaxBatchRecords)
		if fetch.Err() != nil || errors.Is(err, journal.ErrStopped) {
			return
		}
		if err != nil {
			p.trouble(fmt.Errorf("read journal: %w", err))
			if failures++; sleep(fetch, backoff(failures)) != nil {
				return
			}
			continue
		}
		failures = 0
		select {
		case out <- p.encode(chunk):
		case <-ctx.Done():
			return
		}
	}
}

// publish sends jobs in their order and hands them on when the bus has all of it.
func (p *pipeline) publish(ctx context.Context, in <-chan *job, out chan<- *job) {
	p.size = p.config.MaxBatchRecords
	for j := range in {
		for c, ch := range p.chains {
			if len(j.parts[c]) == 0 {
				continue
			}
			if err := p.deliver(ctx, c, ch, j); err != nil {
				return // ctx is done; what was not handed on comes again
			}
		}
		select {
		case out <- j:
		case <-ctx.Done():
			return
		}
	}
}

// deliver brings one part of a job onto the bus, in one batch or several.
func (p *pipeline) deliver(ctx context.Context, c int, ch *chain, j *job) error {
	rest := j.parts[c]
	filtered := false
	for failures := 0; len(rest) > 0 || !filtered; {
		up, err := p.link.await(ctx)
		if err != nil {
			return err
		}
		if !ch.synced {
			if _, err := p.sync(ctx, up, ch, nil); err != nil {
				if failures, err = p.failed(ctx, ch, failures, err); err != nil {
					return err
				}
				continue
			}
		}
		if !filtered {
			// Only now the chain knows what the bus has from an earlier run.
			rest, filtered = p.skip(ch, rest, j, c), true
			continue
		}
		n := p.take(rest)
		sent, err := p.sendBatch(ctx, up, ch, rest[:n], j.chunk.Lane.String())
		if sent {
			j.done[c] = ch.next - 1
			rest, failures = rest[n:], 0
			p.trouble(nil)
			continue
		}
		if refused := (*refusedError)(nil); errors.As(err, &refused) {
			m := rest[refused.index]
			j.dead = append(j.dead, journal.DeadLetter{
				Time: time.Now().UTC(), Topic: m.subject, Reason: "bus: " + refused.err.Error(), Payload: m.data, Source: "uplink",
			})
			p.metrics.dead.WithLabelValues(ch.stream.Name).Inc()
			rest = append(rest[:refused.index:refused.index], rest[refused.index+1:]...)
			continue
		}
		if incomplete(err) && failures == 0 && !p.link.refused() {
			ch.careful = true // the next attempt finds out which message it is
			failures++
			continue
		}
		if failures, err = p.failed(ctx, ch, failures, err); err != nil {
			return err
		}
	}
	return nil
}

// skip drops what the bus has from before a restart.
func (p *pipeline) skip(ch *chain, part []message, j *job, c int) []message {
	if !ch.hasOpen() {
		return part
	}
	kept := part[:0:0]
	for _, m := range part {
		if o := ch.published(m.seq); o != nil {
			if j.skipped[c] == nil {
				j.skipped[c] = make(map[*openRef]uint64)
			}
			j.skipped[c][o]++
			continue
		}
		kept = append(kept, m)
	}
	p.metrics.skipped.WithLabelValues(ch.stream.Name).Add(float64(len(part) - len(kept)))
	return kept
}

// take says how many messages go into the next batch.
func (p *pipeline) take(rest []message) int {
	n := min(len(rest), p.size, p.config.MaxBatchRecords)
	var bytes int64
	for i := range n {
		if bytes += int64(len(rest[i].data)); bytes > p.config.MaxBatchBytes {
			return max(i, 1)
		}
	}
	return n
}

// sendBatch sends one batch and, if it is unclear whether the bus took it, finds out. It
// returns true when the bus has it, and an error when it certainly has not.
func (p *pipeline) sendBatch(ctx, up context.Context, ch *chain, batch []message, lane string) (bool, error) {
	if limit := p.link.conn.MaxPayload() - reserve; limit > 0 {
		for i := range batch {
			if int64(len(batch[i].data)) > limit {
				return false, &refusedError{i, fmt.Errorf("%w: %d bytes, the bus takes %d", nats.ErrMaxPayload, len(batch[i].data), limit)}
			}
		}
	}
	m, payload, err := ch.newMark(batch, lane)
	if err != nil {
		return false, err
	}
	began := time.Now()
	sendCtx, cancel := both(ctx, up, p.config.AckTimeout)
	err = ch.send(sendCtx, p.link.js, batch, m, payload)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		err = context.Cause(sendCtx)
	}
	cancel()
	p.steer(len(batch), time.Since(began))
	if err != nil {
		if refused := (*refusedError)(nil); errors.As(err, &refused) {
			return false, err // never committed, so nothing is in doubt
		}
		sendErr := err
		for failures := 0; ; {
			up, err := p.link.await(ctx)
			if err != nil {
				return false, err
			}
			landed, err := p.sync(ctx, up, ch, m)
			if landed {
				break
			}
			if err == nil {
				return false, sendErr
			}
			if failures, err = p.failed(ctx, ch, failures, err); err != nil {
				return false, err
			}
		}
	}
	p.metrics.seconds.WithLabelValues(ch.stream.Name).Observe(time.Since(began).Seconds())
	p.metrics.batches.WithLabelValues(ch.stream.Name).Inc()
	p.metrics.published.WithLabelValues(ch.stream.Name).Add(float64(len(batch)))
	return true, nil
}

// steer adapts the size of batches to the link.
func (p *pipeline) steer(n int, took time.Duration) {
	switch {
	case took > slowBatch:
		p.size = max(min(minBatch, p.config.MaxBatchRecords), min(p.size, n)/2)
	case took < fastBatch && p.size < p.config.MaxBatchRecords:
		p.size = min(p.config.MaxBatchRecords, p.size*2)
	}
}

func (p *pipeline) sync(ctx, up context.Context, ch *chain, inDoubt *mark) (bool, error) {
	syncCtx, cancel := both(ctx, up, p.config.AckTimeout)
	defer cancel()
	landed, err := ch.sync(syncCtx, p.link.js, p.states[ch.key], inDoubt)
	if errors.Is(err, errTakenOver) {
		// Both go on; people must give one of them another id.
		p.log.Error().Err(err).Msg("two gateways with one id")
		err = nil
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		err = context.Cause(syncCtx)
	}
	return landed, err
}

// failed counts a failure and waits before the next attempt; it fails when ctx is done.
func (p *pipeline) failed(ctx context.Context, ch *chain, failures int, err error) (int, error) {
	if ctx.Err() != nil {
		return failures, context.Cause(ctx)
	}
	ch.synced = false
	p.metrics.retries.WithLabelValues(ch.stream.Name).Inc()
	if denied := p.link.refusal(); denied != "" {
		err = errors.New(denied)
	}
	if !errors.Is(err, errBusAway) && !errors.Is(err, nats.ErrConnectionClosed) {
		p.trouble(fmt.Errorf("send to %s: %w", ch.stream.Name, err))
	}
	return failures + 1, sleep(ctx, backoff(failures))
}

// commit moves the journal's cursor over what the bus has.
func (p *pipeline) commit(ctx context.Context, in <-chan *job) {
	for j := range in {
		put := make(map[string][]byte, len(p.chains))
		for c, ch := range p.chains {
			if j.done[c] != 0 || j.skipped[c] != nil {
				put[ch.key] = ch.stateAfter(j.done[c], j.skipped[c])
			}
		}
		for failures := 0; ; failures++ {
			// Synced, so that after a power failure too no more than the batches in flight
			// are on the bus and not under the cursor.
			err := p.consumer.Commit(j.chunk, journal.Tx{Put: put, Dead: j.dead, Sync: true})
			if err == nil {
				break
			}
			if errors.Is(err, journal.ErrStopped) || ctx.Err() != nil {
				return
			}
			p.trouble(fmt.Errorf("store cursor: %w", err))
			if sleep(ctx, backoff(failures)) != nil {
				return
			}
		}
		for c, ch := range p.chains {
			ch.committed(j.done[c], j.skipped[c])
		}
	}
}

// trouble logs a change of what is wrong, nil for nothing.
func (p *pipeline) trouble(err error) {
	reason := ""
	if err != nil {
		reason = err.Error()
	}
	p.mu.Lock()
	before := p.reason
	p.reason = reason
	p.mu.Unlock()
	switch {
	case before == "" && reason != "":
		p.log.Warn().Err(err).Msg("uplink stalls")
	case before != "" && reason == "":
		p.log.Info().Msg("uplink goes on")
	}
}

func (p *pipeline) stalled() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reason
}
