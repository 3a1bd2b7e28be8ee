package influx

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"sort"
	"strings"
	"time"
	"unsafe"

	http2 "github.com/influxdata/influxdb-client-go/v2/api/http"

	"github.com/campusgate/campusgate/gateway/journal"
)

// batch is the lines of one chunk for one bucket.
type batch struct {
	measurement string // one of those in the bucket
	text        string
	ends        []int // line i is text[ends[i-1]:ends[i]]
	records     []int // index of line i in the chunk
	dead        []refusal
	aside       []int // lines that got nothing but 5xx and wait for the end
	lastWords   string
	same        int // refusals in a row with the same words
}

// refusal is a line that the server does not take, and why.
type refusal struct {
	line  int
	words string
}

func (b *batch) slice(from, to int) string {
	start := 0
	if from > 0 {
		start = b.ends[from-1]
	}
	return b.text[start:b.ends[to-1]]
}

// fit returns how many lines from on fit into maxBytes, at least one.
func (b *batch) fit(from, to int, maxBytes int64) int {
	if maxBytes <= 0 || int64(len(b.slice(from, to))) <= maxBytes {
		return to - from
	}
	start := 0
	if from > 0 {
		start = b.ends[from-1]
	}
	n := sort.Search(to-from, func(i int) bool { return int64(b.ends[from+i]-start) > maxBytes })
	return max(n, 1)
}

var (
	errStopping = errors.New("stopping")
	// errRefusesAll tells that the server refuses every line for a reason not in the lines.
	errRefusesAll = errors.New("refuses all")
)

// handle brings one chunk to the server and commits it.
func (w *Writer) handle(ctx context.Context, src Source, ch *journal.Chunk, number uint64) {
	batches, dead := w.encode(ch)
	for _, b := range batches {
		for try := 0; ; try++ {
			err := w.writeAll(ctx, b)
			if err == nil {
				break
			}
			if errors.Is(err, errStopping) {
				return
			}
			w.outage.failed(rejected, b.lastWords)
			b.dead, b.aside, b.same = nil, nil, 0
			if !w.pause(try, 0) {
				return
			}
		}
		for _, r := range b.dead {
			dead = append(dead, w.deadLetter(ch.Records[b.records[r.line]], b.slice(r.line, r.line+1), r.words))
		}
	}
	if !w.commit(src, ch, journal.Tx{Dead: dead}) {
		return
	}
	w.outage.finished(number, func(back time.Time) int {
		n := 0
		for i := range ch.Records {
			if received(&ch.Records[i]).Before(back) {
				n++
			}
		}
		return n
	})
	if ch.Lane == journal.Live {
		w.metrics.delay.Observe(max(w.now().Sub(received(&ch.Records[0])).Seconds(), 0))
	}
}

func received(r *journal.Record) time.Time {
	if r.Event != nil {
		return r.Event.ReceivedAt
	}
	return r.Anomaly.UpdatedAt
}

// encode turns a chunk into one batch for each bucket. Records older than the retention of
// their measurement would be dropped by the server with an error; they are counted here.
func (w *Writer) encode(ch *journal.Chunk) ([]*batch, []journal.DeadLetter) {
	type target struct {
		batch *batch
		buf   []byte
	}
	var (
		dead    []journal.DeadLetter
		targets = map[string]*target{}
		order   []*target
		now     = w.now()
	)
	for i := range ch.Records {
		r := &ch.Records[i]
		name, observed := MeasurementAnomaly, time.Time{}
		if r.Event != nil {
			name, observed = string(r.Event.Type), r.Event.ObservedAt
		} else {
			observed = r.Anomaly.UpdatedAt
		}
		if keep := w.config.retention(name); keep > 0 && observed.Before(now.Add(-keep)) {
			w.metrics.lines.WithLabelValues("expired").Inc()
			continue
		}
		bucket := w.config.bucket(name)
		t := targets[bucket]
		if t == nil {
			t = &target{batch: &batch{measurement: name}, buf: make([]byte, 0, 320*len(ch.Records)+1024)}
			targets[bucket] = t
			order = append(order, t)
		}
		if r.Event != nil {
			var ok bool
			if t.buf, ok = AppendEvent(t.buf, r.Event); !ok {
				dead = append(dead, w.deadLetter(*r, string(r.Event.AppendJSON(nil)), "event has no body of its type"))
				continue
			}
		} else {
			t.buf = AppendAnomaly(t.buf, r.Anomaly)
		}
		t.batch.ends = append(t.batch.ends, len(t.buf))
		t.batch.records = append(t.batch.records, i)
	}
	batches := make([]*batch, 0, len(order))
	for _, t := range order {
		if len(t.buf) > 0 {
			// The buffer belongs to the batch and is not written any more.
			t.batch.text = unsafe.String(unsafe.SliceData(t.buf), len(t.buf))
			batches = append(batches, t.batch)
		}
	}
	return batches, dead
}

func (w *Writer) deadLetter(r journal.Record, payload, reason string) journal.DeadLetter {
	w.metrics.lines.WithLabelValues("dead").Inc()
	d := journal.DeadLetter{Time: w.now(), Reason: reason, Payload: []byte(payload), Source: "influx"}
	if r.Event != nil {
		d.Topic, d.Retained = r.Event.Subject(), r.Event.Retained
	} else {
		d.Topic = r.Anomaly.Subject()
	}
	return d
}

// writeAll writes the batch, and at the end again what was set aside on the way.
func (w *Writer) writeAll(ctx context.Context, b *batch) error {
	if err := w.write(ctx, b, 0, len(b.ends)); err != nil {
		return err
	}
	for len(b.aside) > 0 {
		line := b.aside[0]
		b.aside = b.aside[1:]
		if err := w.writeSpan(ctx, b, line, line+1); err != nil {
			return err
		}
	}
	return nil
}

// write brings the lines [from, to) to the server, in requests that it takes. It returns
// when each is stored or refused by itself, errStopping or errRefusesAll.
func (w *Writer) write(ctx context.Context, b *batch, from, to int) error {
	for from < to {
		n := b.fit(from, to, w.maxBytes.Load())
		if err := w.writeSpan(ctx, b, from, from+n); err != nil {
			return err
		}
		from += n
	}
	return nil
}

// send makes one request. broken tells a 5xx that the server gave itself.
func (w *Writer) send(ctx context.Context, b *batch, from, to int) (v verdict, words string, after time.Duration, broken bool) {
	start := time.Now()
	err := w.targets[b.measurement].WriteRecord(ctx, b.slice(from, to))
	v, words, after = judge(err)
	w.metrics.seconds.Observe(time.Since(start).Seconds())
	w.metrics.batch.Observe(float64(to - from))
	w.metrics.requests.WithLabelValues(v.String()).Inc()
	var answer *http2.Error
	broken = v == down && errors.As(err, &answer) && answer.StatusCode >= 500
	if v == stored {
		w.witness.Store(&witness{b.measurement, strings.Clone(b.slice(from, from+1))})
		w.metrics.lines.WithLabelValues("stored").Add(float64(to - from))
		w.tookLines()
	}
	return v, words, after, broken
}

// tookLines notes a 2xx. After an outage set-up is due: another server may have come back
// than went.
func (w *Writer) tookLines() {
	if w.outage.stored() {
		select {
		case w.again <- struct{}{}:
		default:
		}
	}
}

// shrink remembers what was too large.
func (w *Writer) shrink(limit int64) {
	limit = max(limit, 1)
	for {
		old := w.maxBytes.Load()
		if old != 0 && old <= limit {
			return
		}
		if w.maxBytes.CompareAndSwap(old, limit) {
			w.metrics.limit.Set(float64(limit))
			w.log.Warn().Int64("bytes", limit).Msg("InfluxDB takes smaller requests only")
			return
		}
	}
}

// pause waits before the next try: as long as the server asked, else a random time below a
// bound that doubles (full jitter), which ends early when another worker's try succeeds: one
// that sleeps on would hold up the cursor and the end of the drain. It reports whether to
// go on.
func (w *Writer) pause(try int, after time.Duration) bool {
	if after > 0 {
		return sleep(w.soft, after)
	}
	bound := w.config.RetryMin << min(try, 20)
	if bound <= 0 || bound > w.config.RetryMax {
		bound = w.config.RetryMax
	}
	wait, over := rand.N(bound)+time.Millisecond, w.outage.over()
	least := min(wait, rand.N(w.config.RetryMin)+time.Millisecond)
	if !sleep(w.soft, least) {
		return false
	}
	rest := time.NewTimer(wait - least)
	defer rest.Stop()
	select {
	case <-rest.C:
	case <-over:
	case <-w.soft.Done():
		return false
	}
	return true
}

// sleep waits, and reports whether ctx still lasts.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// measurementOf is the name at the begin of a line.
func measurementOf(line []byte) string {
	if i := bytes.IndexAny(line, ", "); i >= 0 {
		line = line[:i]
	}
	return string(line)
}
