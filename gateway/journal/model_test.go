package journal_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

// model is what a journal must be like, kept beside one on a file system that forgets
// what was not synced.
type model struct {
	t  *rapid.T
	fs *vfs.MemFS
	j  *journal.Journal

	records   []journal.Record // acknowledged, numbers 1…
	consumers map[string]*modelConsumer
	tag       int
}

type modelConsumer struct {
	cfg     journal.ConsumerConfig
	c       *journal.Consumer
	classes map[event.Class]bool
	// done holds what was committed at any time: it may come again, and only after a crash.
	done map[uint64]bool
	// sure holds what a synced commit made durable: it must not come again, if all before it
	// in its lane is committed as well.
	out  []*journal.Chunk
	last map[journal.Lane]uint64
	seen map[uint64]bool // delivered since the last start
}

func modelConfig() journal.Config {
	cfg := config("/j")
	cfg.TailRecords = 40
	cfg.MaxLinger = 0
	return cfg
}

func (m *model) start() {
	j, err := journal.NewOn(modelConfig(), quiet(), m.fs)
	if err == nil {
		err = j.Start(context.Background())
	}
	if err != nil {
		m.t.Fatalf("start: %v", err)
	}
	m.j = j
	for _, mc := range m.consumers {
		if mc.c, err = j.Consumer(mc.cfg); err != nil {
			m.t.Fatalf("consumer: %v", err)
		}
		mc.out, mc.last, mc.seen = nil, map[journal.Lane]uint64{}, map[uint64]bool{}
	}
}

func (m *model) stop() {
	if err := m.j.Stop(context.Background()); err != nil {
		m.t.Fatalf("stop: %v", err)
	}
}

func (m *model) random(n int) []journal.Record {
	out := make([]journal.Record, n)
	for i := range out {
		m.tag++
		switch rapid.IntRange(0, 3).Draw(m.t, "class") {
		case 0:
			out[i].Event = heartbeat(m.tag)
		case 1:
			out[i].Anomaly = anomaly(m.tag)
		default:
			out[i].Event = gate(m.tag)
		}
	}
	return out
}

func (m *model) acknowledged(records []journal.Record) {
	for _, r := range records {
		r.Seq = uint64(len(m.records) + 1)
		m.records = append(m.records, r)
	}
}

func (m *model) Append(t *rapid.T) {
	records := m.random(rapid.IntRange(1, 30).Draw(t, "records"))
	if err := m.j.Append(context.Background(), journal.Batch{Records: records}); err != nil {
		t.Fatalf("append: %v", err)
	}
	m.acknowledged(records)
}

func (m *model) pick(t *rapid.T) *modelConsumer {
	return m.consumers[rapid.SampledFrom([]string{"all", "live", "anomaly"}).Draw(t, "consumer")]
}

func (mc *modelConsumer) wants(r journal.Record) bool {
	return len(mc.classes) == 0 || mc.classes[r.Class()]
}

// unread reports whether something was not delivered since the start.
func (m *model) unread(mc *modelConsumer) bool {
	for _, r := range m.records {
		if mc.wants(r) && !mc.seen[r.Seq] && !mc.done[r.Seq] {
			return true
		}
	}
	return false
}

func (m *model) Next(t *rapid.T) {
	mc := m.pick(t)
	if !m.unread(mc) {
		return
	}
	m.next(t, mc, rapid.IntRange(1, 25).Draw(t, "limit"))
}

func (m *model) next(t *rapid.T, mc *modelConsumer, limit int) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	ch, err := mc.c.Next(ctx, limit)
	if err != nil {
		t.Fatalf("next of %s: %v", mc.cfg.Name, err)
	}
	if len(ch.Records) == 0 || len(ch.Records) > limit {
		t.Fatalf("chunk of %d records, limit %d", len(ch.Records), limit)
	}
	if !mc.cfg.LiveFirst && ch.Lane != journal.Live {
		t.Fatalf("%s has a backlog", mc.cfg.Name)
	}
	for _, r := range ch.Records {
		if r.Seq == 0 || r.Seq > uint64(len(m.records)) {
			t.Fatalf("%s got number %d, head is %d", mc.cfg.Name, r.Seq, len(m.records))
		}
		if want := m.records[r.Seq-1]; id(want) != id(r) || !mc.wants(want) {
			t.Fatalf("%s got %s as number %d, want %s", mc.cfg.Name, id(r), r.Seq, id(want))
		}
		if mc.seen[r.Seq] {
			t.Fatalf("%s got number %d twice", mc.cfg.Name, r.Seq)
		}
		if r.Seq <= mc.last[ch.Lane] {
			t.Fatalf("%s lane %s: %d after %d", mc.cfg.Name, ch.Lane, r.Seq, mc.last[ch.Lane])
		}
		m.noGap(t, mc, ch.Lane, r.Seq)
		mc.seen[r.Seq], mc.last[ch.Lane] = true, r.Seq
	}
	mc.out = append(mc.out, ch)
}

// noGap checks that in strict order nothing uncommitted was passed over.
func (m *model) noGap(t *rapid.T, mc *modelConsumer, lane journal.Lane, seq uint64) {
	if mc.cfg.LiveFirst {
		return // checked as a whole by drain
	}
	for n := seq - 1; n > mc.last[lane]; n-- {
		if mc.wants(m.records[n-1]) && !mc.done[n] {
			t.Fatalf("%s passed over number %d before %d", mc.cfg.Name, n, seq)
		}
	}
}

func (m *model) Commit(t *rapid.T) {
	mc := m.pick(t)
	if len(mc.out) == 0 {
		return
	}
	i := rapid.IntRange(0, len(mc.out)-1).Draw(t, "chunk")
	ch := mc.out[i]
	mc.out = slices.Delete(mc.out, i, i+1)
	m.tag++
	tx := journal.Tx{
		Sync: rapid.Bool().Draw(t, "sync"),
		Put:  map[string][]byte{fmt.Sprintf("%020d", ch.Last()): []byte(fmt.Sprint(m.tag))},
	}
	if rapid.IntRange(0, 3).Draw(t, "append") == 0 {
		tx.Append = m.random(rapid.IntRange(1, 3).Draw(t, "records"))
	}
	if err := mc.c.Commit(ch, tx); err != nil {
		t.Fatalf("commit: %v", err)
	}
	m.acknowledged(tx.Append)
	for _, r := range ch.Records {
		mc.done[r.Seq] = true
	}
}

// Crash forgets what was not synced; some of it may still be there.
func (m *model) Crash(t *rapid.T) {
	seed := rapid.Uint64().Draw(t, "seed")
	clone := m.fs.CrashClone(vfs.CrashCloneCfg{
		UnsyncedDataPercent: rapid.SampledFrom([]int{0, 50, 100}).Draw(t, "unsynced"),
		RNG:                 rand.New(rand.NewPCG(seed, seed)),
	})
	m.stop() // writes to the file system that is forgotten
	m.fs = clone
	m.start()
}

func (m *model) Restart(*rapid.T) {
	m.stop()
	m.start()
}

// Check compares the numbers.
func (m *model) Check(t *rapid.T) {
	if head := m.j.Stats().Head; head != uint64(len(m.records)) {
		t.Fatalf("head is %d, acknowledged %d", head, len(m.records))
	}
}

// drain reads everything that is left: all that is not committed must come.
func (m *model) drain(t *rapid.T) {
	for _, mc := range m.consumers {
		for m.unread(mc) {
			m.next(t, mc, 50)
		}
	}
}

func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &model{t: t, fs: vfs.NewCrashableMem(), consumers: map[string]*modelConsumer{}}
		for _, cfg := range []journal.ConsumerConfig{
			{Name: "all"},
			{Name: "live", LiveFirst: true, LiveLimit: 50, Classes: []event.Class{event.ClassHeartbeat, event.ClassGate}},
			{Name: "anomaly", Classes: []event.Class{event.ClassAnomaly}},
		} {
			mc := &modelConsumer{cfg: cfg, classes: map[event.Class]bool{}, done: map[uint64]bool{}}
			for _, c := range cfg.Classes {
				mc.classes[c] = true
			}
			m.consumers[cfg.Name] = mc
		}
		m.start()
		defer m.stop()
		t.Repeat(map[string]func(*rapid.T){
			"append": m.Append, "append2": m.Append, "next": m.Next, "next2": m.Next, "commit": m.Commit,
			"commit2": m.Commit, "crash": m.Crash, "restart": m.Restart, "": m.Check,
		})
		m.drain(t)
		m.Crash(t)
		m.drain(t)
	})
}
