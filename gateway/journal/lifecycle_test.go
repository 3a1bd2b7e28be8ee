package journal_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

func TestLifecycle(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	t.Run("stop without start", func(t *testing.T) {
		t.Parallel()
		j, err := journal.New(config(filepath.Join(t.TempDir(), "j")), quiet())
		if err != nil {
			t.Fatal(err)
		}
		if h := j.Health(); h.State != event.Starting {
			t.Errorf("before start: %v", h)
		}
		stop(t, j)
		stop(t, j)
		if err := j.Start(ctx); err == nil {
			t.Error("start after stop succeeded")
		}
	})
	t.Run("stop twice, then everything says stopped", func(t *testing.T) {
		t.Parallel()
		j := start(t, config(t.TempDir()), quiet())
		if h := j.Health(); h.State != event.OK {
			t.Errorf("running: %v", h)
		}
		c := consumer(t, j, journal.ConsumerConfig{Name: "c"})
		waiting := make(chan error, 1)
		go func() {
			_, err := c.Next(ctx, 1)
			waiting <- err
		}()
		stop(t, j)
		stop(t, j)
		if err := <-waiting; !errors.Is(err, journal.ErrStopped) {
			t.Errorf("waiting Next: %v", err)
		}
		if err := j.Append(ctx, events(1, 1)); !errors.Is(err, journal.ErrStopped) {
			t.Errorf("append: %v", err)
		}
		if err := c.Commit(nil, journal.Tx{Put: map[string][]byte{"k": nil}}); !errors.Is(err, journal.ErrStopped) {
			t.Errorf("commit: %v", err)
		}
		if err := c.Commit(nil, journal.Tx{Sync: true}); !errors.Is(err, journal.ErrStopped) {
			t.Errorf("commit with sync: %v", err)
		}
		if _, err := j.Consumer(journal.ConsumerConfig{Name: "d"}); !errors.Is(err, journal.ErrStopped) {
			t.Errorf("consumer: %v", err)
		}
		if _, err := j.DeadLetters(0, 1); !errors.Is(err, journal.ErrStopped) {
			t.Errorf("dead letters: %v", err)
		}
		if h := j.Health(); h.State != event.Stopped {
			t.Errorf("stopped: %v", h)
		}
	})
	t.Run("stop under load acknowledges what it took", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		j := start(t, config(dir), quiet())
		var mu sync.Mutex
		acked := map[string]bool{}
		var work sync.WaitGroup
		for p := range 4 {
			work.Go(func() {
				for n := 0; ; n++ {
					e := gate(p*1_000_000 + n)
					err := j.Submit(ctx, journal.Batch{Records: []journal.Record{{Event: e}}}, func(err error) {
						if err == nil {
							mu.Lock()
							acked[e.ID] = true
							mu.Unlock()
						}
					})
					if err != nil {
						return
					}
				}
			})
		}
		eventually(t, "some records", func() bool { return j.Stats().Head > 1000 })
		stop(t, j)
		work.Wait()
		j = start(t, config(dir), quiet())
		c := consumer(t, j, journal.ConsumerConfig{Name: "c"})
		for left := int(j.Stats().Head); left > 0; {
			ch := next(t, c, 1000)
			for _, r := range ch.Records {
				delete(acked, id(r))
				left--
			}
		}
		if len(acked) > 0 {
			t.Errorf("%d acknowledged records are gone", len(acked))
		}
	})
}
