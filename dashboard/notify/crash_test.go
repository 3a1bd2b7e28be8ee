package notify_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/dashboard/notify"
	"github.com/campusgate/campusgate/dashboard/notify/channel"
	"github.com/campusgate/campusgate/gateway/event"
)

var errCrashed = errors.New("the process is gone")

// crashing is a store that a crash cuts off: after so many writes nothing reaches it any more.
type crashing struct {
	notify.Store
	left atomic.Int64
}

func (c *crashing) gone() error {
	if c.left.Add(-1) < 0 {
		return errCrashed
	}
	return nil
}

func (c *crashing) Commit(ctx context.Context, through int64, ops []notify.Op, now time.Time) error {
	if err := c.gone(); err != nil {
		return err
	}
	return c.Store.Commit(ctx, through, ops, now)
}

func (c *crashing) Claim(ctx context.Context, ids []string, digest string, now, lease time.Time) ([]string, error) {
	if err := c.gone(); err != nil {
		return nil, err
	}
	return c.Store.Claim(ctx, ids, digest, now, lease)
}

func (c *crashing) Finish(ctx context.Context, ids []string, o notify.Outcome) (int, error) {
	if err := c.gone(); err != nil {
		return 0, err
	}
	return c.Store.Finish(ctx, ids, o)
}

func (c *crashing) Pause(ctx context.Context, receiver string, until time.Time) error {
	if err := c.gone(); err != nil {
		return err
	}
	return c.Store.Pause(ctx, receiver, until)
}

// Whatever fails and whenever the process dies: every alarm that must page reaches every
// receiver, and more than once only where a crash came between.
func TestNothingIsLostOverCrashes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		if n++; n > 40 {
			return // each opens a database; the race detector makes that slow
		}
		crashes := rapid.SliceOfN(rapid.IntRange(0, 25), 0, 3).Draw(rt, "writes before each crash")
		faults := rapid.SliceOfN(rapid.IntRange(0, 3), 0, 12).Draw(rt, "answers") // 0, 1: taken
		perMinute := rapid.IntRange(1, 4).Draw(rt, "messages a minute")
		alarms := rapid.IntRange(1, 6).Draw(rt, "alarms")
		late := rapid.IntRange(0, 2).Draw(rt, "late ones")
		var bad string
		synctest.Test(t, func(t *testing.T) {
			bad = crashRun(t, fmt.Sprintf("%s/%d", dir, n), crashes, faults, perMinute, alarms, late)
		})
		if bad != "" {
			rt.Fatal(bad)
		}
	})
}

func crashRun(t *testing.T, dir string, crashes, faults []int, perMinute, alarms, late int) string {
	far := &memory{}
	far.fail = func() error {
		if len(faults) == 0 {
			return nil
		}
		next := faults[0]
		faults = faults[1:]
		switch next {
		case 2:
			return &channel.Error{Text: "502"}
		case 3:
			return &channel.Error{Text: "429", Slow: true, After: 90 * time.Second}
		}
		return nil
	}
	cfg := voiceConfig("voice")
	cfg.Receivers[0].MaxPerMinute, cfg.Tries = perMinute, 50
	w := open(t, dir, cfg, func(d *notify.Deps) { d.Speak = far.speak })
	stored := w.deps.Store
	run := func(writes int64) {
		c := &crashing{Store: stored}
		c.left.Store(writes)
		w.deps.Store = c
		w.start()
	}
	end := func() {
		if err := w.notify.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}
	raised := 0
	raise := func(upTo int) {
		for ; raised < min(upTo, alarms); raised++ {
			w.apply(anomaly(fmt.Sprintf("a%d", raised), 1, event.Raised))
		}
	}
	for i := range late {
		a := anomaly(fmt.Sprintf("late%d", i), 1, event.Raised)
		a.Late = true
		w.apply(a)
	}
	for i, writes := range crashes {
		run(int64(writes))
		raise((i + 1) * 2)
		after(40 * time.Second)
		end()
	}
	run(1 << 40)
	raise(alarms)
	after(10 * time.Minute)
	end()
	defer func() {
		w.notify = nil
		w.stop()
	}()
	told := map[string]int{}
	for _, m := range far.messages() {
		if len(m.Alarms) == 0 {
			told[m.AlarmID]++
		}
		for _, id := range m.Alarms {
			told[id]++
		}
	}
	for i := range alarms {
		switch k := told[fmt.Sprintf("a%d", i)]; {
		case k == 0:
			return fmt.Sprintf("a%d was lost: %v", i, told)
		case k > 1+len(crashes):
			return fmt.Sprintf("a%d was told %d times with %d crashes", i, k, len(crashes))
		}
	}
	if len(told) != alarms {
		return fmt.Sprintf("told %v of %d alarms", told, alarms)
	}
	if rows := w.log(notify.Query{State: notify.Sent}); len(rows) != alarms {
		return fmt.Sprintf("%d rows are sent, of %d", len(rows), alarms)
	}
	if rest, err := stored.Inbox(context.Background(), 10); err != nil || len(rest) > 0 {
		return fmt.Sprintf("the inbox holds %v, %v", rest, err)
	}
	return ""
}
