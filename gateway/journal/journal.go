package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
)

// Deps are what a journal is given.
type Deps struct {
	Logger zerolog.Logger
	// Registerer takes the metrics while the journal runs; nil: a registry of its own.
	Registerer prometheus.Registerer
	// OnDrop is told of records given up, at most about once a second, from a goroutine of
	// its own: it may use the journal. Nil is allowed.
	OnDrop func(Drop)
	// OnSetAside is told that damaged files were found and are kept at path: before Start
	// returns, or later when the store had to be opened again. It must not use the journal.
	// Nil is allowed.
	OnSetAside func(path string, cause error)
}

// Journal is a durable, bounded, ordered log of events and anomalies. Its methods are safe
// for concurrent use.
//
// Locks, outer before inner: Consumer.reading, Journal.mu, Consumer.mu, accounts.mu,
// tail.mu. None is held while a batch is written.
type Journal struct {
	cfg     Config
	deps    Deps
	fs      vfs.FS
	log     zerolog.Logger
	queue   *queue
	tail    *tail
	metrics *metrics

	mu        sync.Mutex
	phase     phase
	id        string
	consumers map[string]*Consumer
	setAside  string

	lock     io.Closer // on the folder
	store    atomic.Pointer[store]
	accounts accounts
	dirty    chan struct{} // a consumer has something to write
	stopping chan struct{} // closed when Stop begins: consumers wake
	finished chan finish   // from the committer to the callbacks
	reports  chan Drop
	work     sync.WaitGroup
	closers  sync.WaitGroup // stores that were given up and are being closed
	stopped  chan struct{}
	stopErr  error
}

// phase is how far the life of a journal has come.
type phase int

const (
	phaseNew phase = iota
	phaseRunning
	phaseStopping
	phaseStopped
)

// New checks the settings and opens nothing.
func New(cfg Config, deps Deps) (*Journal, error) { return newOn(cfg, deps, vfs.Default) }

func newOn(cfg Config, deps Deps, base vfs.FS) (*Journal, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.Registerer == nil {
		deps.Registerer = prometheus.NewRegistry()
	}
	j := &Journal{
		cfg: cfg, deps: deps, fs: base,
		log:       deps.Logger.With().Str("component", "journal").Logger(),
		queue:     newQueue(cfg.QueueRecords, cfg.QueueBytes),
		tail:      newTail(cfg.TailRecords, cfg.TailBytes),
		consumers: make(map[string]*Consumer),
		dirty:     make(chan struct{}, 1),
		stopping:  make(chan struct{}),
		finished:  make(chan finish, 2),
		reports:   make(chan Drop, 16),
		stopped:   make(chan struct{}),
	}
	j.accounts.droppedBy = make(map[event.DeviceKey]uint64)
	j.metrics = newMetrics(j)
	return j, nil
}

// Start opens the folder, sets a damaged one aside, and begins to take records. It may be
// called once.
func (j *Journal) Start(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.phase != phaseNew {
		return errors.New("journal was started before")
	}
	witnessID, witnessed := readWitness(j.cfg, j.fs)
	s, lock, aside, damage, err := openFolder(ctx, j.cfg, j.fs, j.log)
	if err != nil {
		return err
	}
	fail := func(err error) error { return errors.Join(err, s.close(), lock.Close()) }
	if err := j.load(s); err != nil {
		if !isDamage(err) || aside != "" {
			return fail(fmt.Errorf("read journal folder %s: %w", j.cfg.Dir, err))
		}
		damage = err
		if err := fail(nil); err != nil {
			j.log.Warn().Err(err).Msg("close damaged journal folder")
		}
		if aside, err = moveAside(j.cfg.Dir, j.fs); err != nil {
			return fmt.Errorf("journal folder %s is damaged (%w) and cannot be set aside: %w", j.cfg.Dir, damage, err)
		}
		if s, lock, err = tryOpen(ctx, j.cfg, j.fs, j.log); err != nil {
			return err
		}
		if err := j.load(s); err != nil {
			return fail(fmt.Errorf("read journal folder %s: %w", j.cfg.Dir, err))
		}
	}
	if kept := j.checkWitness(witnessID, witnessed); kept != "" {
		aside, damage = kept, fmt.Errorf("%d acknowledged records are missing after opening", j.accounts.lost)
	}
	if err := j.deps.Registerer.Register(j.metrics); err != nil {
		return fail(fmt.Errorf("register journal metrics: %w", err))
	}
	j.lock, j.setAside = lock, aside
	j.store.Store(s)
	j.phase = phaseRunning
	if aside != "" {
		j.log.Error().Str("moved_to", aside).Err(damage).Msg("journal folder is damaged; its files are kept")
		if j.deps.OnSetAside != nil {
			j.deps.OnSetAside(aside, damage)
		}
	}
	c := newCommitter(j)
	c.measureSpace(time.Now())
	j.work.Go(c.run)
	j.work.Go(j.finishLoop)
	j.work.Go(j.reportLoop)
	j.log.Info().Str("dir", j.cfg.Dir).Str("id", j.id).Uint64("head", j.accounts.head()).Msg("journal opened")
	return nil
}

// Stop takes no more records, makes durable what was submitted, runs its callbacks, writes
// the consumers' cursors and closes the folder. Consumers blocked in Next get ErrStopped.
// When ctx ends first, closing goes on in the background.
func (j *Journal) Stop(ctx context.Context) error {
	j.mu.Lock()
	switch j.phase {
	case phaseNew:
		j.phase = phaseStopped
		close(j.stopping)
		close(j.stopped)
	case phaseRunning:
		j.phase = phaseStopping
		close(j.stopping)
		j.queue.close()
		go j.shutdown()
	}
	j.mu.Unlock()
	select {
	case <-j.stopped:
		return j.stopErr
	case <-ctx.Done():
		return fmt.Errorf("stop journal: %w", ctx.Err())
	}
}

// shutdown ends what Start began. The committer closes finished and reports.
func (j *Journal) shutdown() {
	defer close(j.stopped)
	j.work.Wait()
	j.mu.Lock()
	consumers := make([]*Consumer, 0, len(j.consumers))
	for _, c := range j.consumers {
		consumers = append(consumers, c)
	}
	j.mu.Unlock()
	for _, c := range consumers {
		c.reading <- struct{}{}
		c.reader.close()
		<-c.reading
	}
	s := j.store.Load()
	err := s.close()
	if s.failure.Load() != nil {
		err = nil // told already, and nothing more could be saved
	}
	j.closers.Wait()
	if lockErr := j.lock.Close(); lockErr != nil {
		err = errors.Join(err, fmt.Errorf("unlock journal folder: %w", lockErr))
	}
	j.deps.Registerer.Unregister(j.metrics)
	if err != nil {
		j.stopErr = fmt.Errorf("close journal folder %s: %w", j.cfg.Dir, err)
	}
	j.mu.Lock()
	j.phase = phaseStopped
	j.mu.Unlock()
	j.log.Info().Msg("journal closed")
}

// ID returns the random id made with the folder, empty before Start. A new folder has a
// new one; within one, sequence numbers are never used again.
func (j *Journal) ID() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.id
}

// Submit queues a batch for the next commit and returns. It blocks while the queue is full,
// and fails with ErrStopped, with the context's error, or when a record cannot be encoded:
// then done is not called. Otherwise done (which may be nil) is called once, with nil when
// the batch is durable, or with an error that wraps ErrUnavailable or ErrStopped. Calls
// come in the order of Submit from one goroutine, which waits for each: done must be quick
// and must not wait for the journal.
func (j *Journal) Submit(ctx context.Context, b Batch, done func(error)) error {
	r, err := newRequest(b.Records, b.Dead)
	if err != nil {
		return err
	}
	r.done = done
	return j.queue.push(ctx, r)
}

// Append submits a batch and waits until it is durable. When ctx ends first, the batch may
// still become durable.
func (j *Journal) Append(ctx context.Context, b Batch) error {
	result := make(chan error, 1)
	if err := j.Submit(ctx, b, func(err error) { result <- err }); err != nil {
		return err
	}
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// finish is a committed (or refused) group whose callers are to be told.
type finish struct {
	requests []*request
	err      error
}

func (j *Journal) finishLoop() {
	for f := range j.finished {
		for _, r := range f.requests {
			if r.done != nil {
				r.done(f.err)
			}
			r.release()
		}
	}
}

func (j *Journal) reportLoop() {
	for d := range j.reports {
		if j.deps.OnDrop != nil {
			j.deps.OnDrop(d)
		}
	}
}
