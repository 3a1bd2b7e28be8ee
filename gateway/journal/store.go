package journal

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable/block"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/rs/zerolog"
)

// store is one opening of the Pebble database. After the first write error it is failed
// for good: its fence is cut, nothing it holds unsynced may reach the disk any more, and
// the journal opens another one. Reading goes on until then.
type store struct {
	db    *pebble.DB
	fence *fence
	log   zerolog.Logger

	// failed is closed with the first error that makes writing impossible.
	failed   chan struct{}
	failOnce sync.Once
	failure  atomic.Pointer[error]
	// sick is why write buffers cannot be flushed at present. Pebble tries again by itself;
	// until it succeeds nothing more is written, or writing would block without end.
	sick atomic.Pointer[error]
	// damage counts blocks of the store that could not be read.
	damage atomic.Uint64
	// wedged says that a panic left Pebble's locks held: Close would never return.
	wedged atomic.Bool

	// readers holds the iterators that must be closed before the database.
	readers sync.WaitGroup
	gate    sync.Mutex
	closing bool
}

// newStore makes a store that is not open yet.
func newStore(base vfs.FS, log zerolog.Logger) *store {
	s := &store{log: log, failed: make(chan struct{})}
	s.fence = &fence{FS: base, fail: s.fail, failed: s.failed}
	return s
}

// open opens the database in the folder, whose lock the caller holds. On a full disk it
// waits for room until the store is failed.
func (s *store) open(cfg Config) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("open store: %v", r)
			s.fail(err)
		}
	}()
	s.fence.opening.Store(true)
	defer s.fence.opening.Store(false)
	cache := pebble.NewCache(cfg.CacheBytes)
	defer cache.Unref()
	opts := &pebble.Options{
		FS:    s.fence,
		Cache: cache,
		// Named, not "newest": a newer Pebble must not make the folder unreadable for the
		// program that was there before.
		FormatMajorVersion: pebble.FormatWALSyncChunks,
		Logger:             s,
		EventListener:      s.listener(),
		MemTableSize:       uint64(cfg.MemtableBytes),
		// Data lives for seconds where consumers keep up: write buffers are dropped with
		// what they hold, so compacting early would only write it twice.
		MemTableStopWritesThreshold: 3,
		L0CompactionThreshold:       8,
		L0StopWritesThreshold:       1000,
		LBaseMaxBytes:               128 << 20,
		FlushSplitBytes:             4 << 20,
		FlushDelayDeleteRange:       30 * time.Second,
		MaxOpenFiles:                256,
		MaxManifestFileSize:         8 << 20,
	}
	opts.Experimental.FileCacheShards = 2
	for i := range opts.TargetFileSizes {
		opts.TargetFileSizes[i] = 8 << 20
	}
	for i := range opts.Levels {
		profile := block.FastestCompression
		if i == 0 {
			profile = block.NoCompression // short-lived
		}
		opts.Levels[i].BlockSize = 32 << 10
		opts.Levels[i].Compression = func() *block.CompressionProfile { return profile }
	}
	s.db, err = pebble.Open(cfg.Dir, opts)
	if err == nil {
		if err = s.err(); err == nil { // told to the fence, not to Pebble
			return nil
		}
		err = errors.Join(err, s.close())
	}
	s.fail(err)
	return err
}

func (s *store) listener() *pebble.EventListener {
	return &pebble.EventListener{
		// Pebble tries failing background work again at once; see fence.slow.
		BackgroundError: func(err error) {
			if !s.fence.slow.Swap(true) {
				s.log.Warn().Err(err).Msg("journal store: background work fails and is tried again")
			}
		},
		FlushEnd: func(info pebble.FlushInfo) {
			// "Empty table" is Pebble's word for a buffer whose records were all removed before
			// it came to be written: just what is wanted.
			if info.Err == nil || info.Err.Error() == "pebble: empty table" {
				s.sick.Store(nil)
				s.fence.slow.Store(false)
			} else {
				s.sick.Store(&info.Err)
			}
		},
		CompactionEnd: func(info pebble.CompactionInfo) {
			if info.Err == nil {
				s.fence.slow.Store(false)
			}
		},
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			if s.damage.Add(1) == 1 {
				s.log.Error().Str("file", info.Path).Err(info.Details).Msg("journal store: damaged file")
			}
		},
	}
}

// fail gives the store up. It may be called from any goroutine, with Pebble's locks held.
func (s *store) fail(err error) {
	s.failOnce.Do(func() {
		s.fence.cut.Store(true)
		s.fence.slow.Store(true)
		s.failure.Store(&err)
		close(s.failed)
	})
}

// err is why nothing can be written now, nil when it can.
func (s *store) err() error {
	if p := s.failure.Load(); p != nil {
		return *p
	}
	if p := s.sick.Load(); p != nil {
		return *p
	}
	return nil
}

// apply writes and syncs a batch. An error means that the store has failed and that it is
// unknown whether the batch will be there when it is opened again.
func (s *store) apply(b *pebble.Batch) (err error) {
	defer func() {
		// Pebble panics where it cannot go on, for instance when a new log file cannot be
		// made. Its locks stay held then.
		if r := recover(); r != nil {
			s.wedged.Store(true)
			err = fmt.Errorf("store: %v", r)
			if cause, ok := r.(error); ok {
				err = fmt.Errorf("store: %w", cause)
			}
			s.fail(err)
		}
	}()
	if err := s.failure.Load(); err != nil {
		return *err
	}
	if err := s.db.Apply(b, pebble.Sync); err != nil {
		s.fail(err)
		return err
	}
	// A failing commit is told to Fatalf only; Apply returns nil.
	if err := s.failure.Load(); err != nil {
		return *err
	}
	return nil
}

// acquire keeps the database open for reading; release must follow. It returns false when
// the store is closing.
func (s *store) acquire() bool {
	s.gate.Lock()
	defer s.gate.Unlock()
	if s.closing {
		return false
	}
	s.readers.Add(1)
	return true
}

func (s *store) release() { s.readers.Done() }

// close waits for the readers and closes the database.
func (s *store) close() (err error) {
	s.gate.Lock()
	s.closing = true
	s.gate.Unlock()
	s.readers.Wait()
	if s.wedged.Load() {
		return errors.New("store cannot be closed after a panic inside it")
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("close store: %v", r)
		}
	}()
	return s.db.Close()
}

// Infof takes Pebble's chatter; it is of no use to an operator.
func (s *store) Infof(string, ...any) {}

// Errorf takes Pebble's complaints.
func (s *store) Errorf(format string, args ...any) {
	s.log.Warn().Msgf("journal store: "+format, args...)
}

// Fatalf is where Pebble would end the process. The journal gives this opening up instead
// and returns: the fence keeps whatever goes on from reaching the disk.
func (s *store) Fatalf(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	for _, a := range args {
		if cause, ok := a.(error); ok {
			err = fmt.Errorf("store: %w", cause)
		}
	}
	s.fail(err)
}
