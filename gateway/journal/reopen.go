package journal

import (
	"context"
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// reopen tries to open the store again after it failed. What was acknowledged is in its
// write-ahead log; what was refused may be there too and is delivered then.
func (c *committer) reopen(now time.Time) {
	j := c.j
	old := j.store.Load()
	if c.failedSince.IsZero() {
		c.failedSince, c.refused, c.openPause = now, 0, openEvery
		c.nextOpen = now
		j.metrics.failures.Inc()
		j.log.Error().Err(old.err()).Msg("journal cannot write; nothing is acknowledged until it can")
	}
	if c.opening != nil {
		select {
		case r := <-c.opening:
			c.opening = nil
			c.reopened(r, old, now)
		default:
		}
		return
	}
	if now.Before(c.nextOpen) || stopped(j.stopping) || j.accounts.isDiskLow() {
		return
	}
	// Apart from the committer, which goes on refusing: opening waits for the disk.
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan opened, 1)
	c.opening, c.cancelOpening = result, cancel
	go func() {
		result <- c.openAgain(ctx)
		signal(j.dirty)
	}()
}

// opened is the outcome of opening the store again.
type opened struct {
	st     *store
	loaded *loaded
	err    error
}

func (c *committer) openAgain(ctx context.Context) opened {
	j := c.j
	if err := probe(j.cfg, j.fs); err != nil {
		return opened{err: err}
	}
	st := newStore(j.fs, j.log)
	if err := openLocked(ctx, st, j.cfg, j.fs); err != nil {
		return opened{err: err}
	}
	l, err := readStore(st.db)
	if err != nil {
		st.fail(err)
		c.retire(st)
	}
	return opened{st, l, err}
}

// probe writes as much as opening the store may need, and removes it.
func probe(cfg Config, base vfs.FS) error {
	path := base.PathJoin(cfg.Dir, "probe.tmp")
	f, err := base.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	block := make([]byte, 64<<10)
	for n := int64(0); err == nil && n < 2*cfg.MemtableBytes; n += int64(len(block)) {
		_, err = f.Write(block)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close(), base.Remove(path))
}

// endOpening gives up an opening that is under way when the journal stops.
func (c *committer) endOpening() {
	if c.opening == nil {
		return
	}
	c.cancelOpening()
	if r := <-c.opening; r.err == nil {
		r.st.fail(ErrStopped)
		c.retire(r.st)
	}
}

// reopened goes on with the store that was opened, or waits to try again.
func (c *committer) reopened(r opened, old *store, now time.Time) {
	j := c.j
	c.cancelOpening()
	st, l, err := r.st, r.loaded, r.err
	if isDamage(err) {
		st, l, err = c.beginAnew(err)
	}
	if err != nil {
		c.openPause = min(2*c.openPause, openMost)
		c.nextOpen = now.Add(c.openPause)
		j.log.Debug().Err(err).Msg("journal still cannot be opened")
		return
	}
	_, head, _ := j.tail.window()
	if l.mark.head < head {
		// Only a new folder, or a disk that lost what it had synced, can be behind.
		j.log.Error().Uint64("stored", l.mark.head).Uint64("acknowledged", head).Msg("journal's disk lost acknowledged records")
		j.accounts.mu.Lock()
		j.accounts.lost += head - l.mark.head
		j.accounts.mu.Unlock()
		l.mark.head = head
	}
	j.takeAccounts(l)
	j.store.Store(st)
	c.retire(old)
	if l.mark.head > head {
		j.tail.reset(l.mark.head)
	}
	for _, consumer := range j.everyConsumer() {
		consumer.mu.Lock()
		consumer.markDirty()
		consumer.mu.Unlock()
	}
	j.log.Info().Dur("after", now.Sub(c.failedSince)).Uint64("refused", c.refused).Msg("journal writes again")
	c.failedSince = time.Time{}
	c.dirty = true
}

// retire closes a store that was given up, as soon as its readers are done.
func (c *committer) retire(st *store) {
	c.j.closers.Go(func() {
		if err := st.close(); err != nil {
			c.j.log.Debug().Err(err).Msg("close journal store that was given up")
		}
	})
}

// beginAnew sets the folder aside while running and begins a new one, which goes on with
// the present numbers, consumers and tail.
func (c *committer) beginAnew(damage error) (*store, *loaded, error) {
	j := c.j
	aside, err := moveAside(j.cfg.Dir, j.fs)
	if err != nil {
		return nil, nil, err
	}
	st, lock, err := tryOpen(context.Background(), j.cfg, j.fs, j.log)
	if err != nil {
		return nil, nil, err
	}
	l, err := readStore(st.db)
	if err != nil {
		st.fail(err)
		c.retire(st)
		return nil, nil, errors.Join(err, lock.Close())
	}
	j.mu.Lock()
	if err := j.lock.Close(); err != nil {
		j.log.Debug().Err(err).Msg("unlock damaged journal folder")
	}
	j.lock, j.id, j.setAside = lock, l.id, aside
	j.mu.Unlock()
	j.log.Error().Str("moved_to", aside).Err(damage).Msg("journal folder is damaged and was set aside; a new one is begun")
	if j.deps.OnSetAside != nil {
		j.deps.OnSetAside(aside, damage)
	}
	return st, l, nil
}

// flushSoon makes the store reclaim what was just removed.
func flushSoon(db *pebble.DB) { _, _ = db.AsyncFlush() }
