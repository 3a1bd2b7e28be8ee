package influx

import (
	"context"
	"strings"
)

// manyTries is after how many 5xx answers a batch is split, in case that one of its lines
// is what the server stumbles over.
const manyTries = 4

// writeSpan writes lines that fit into one request.
func (w *Writer) writeSpan(ctx context.Context, b *batch, from, to int) error {
	for try := 0; ; try++ {
		v, words, after, broken := w.send(ctx, b, from, to)
		if v != stored && w.soft.Err() != nil {
			return errStopping
		}
		switch v {
		case stored:
			b.same = 0
			return nil
		case tooLarge:
			if to-from == 1 {
				// What was learnt on the way down was about this line: learn anew.
				w.maxBytes.Store(0)
				w.metrics.limit.Set(0)
				b.refuse(from, words)
				return nil
			}
			w.shrink(int64(len(b.slice(from, to))) / 2)
			return w.write(ctx, b, from, to)
		case rejected:
			return w.rejected(ctx, b, from, to, words)
		case missing:
			if _, err := w.setUp(); err == nil && try == 0 {
				continue
			}
			w.outage.failed(v, words)
		default:
			w.outage.failed(v, words)
			if !broken || try < manyTries {
				break
			}
			if to-from > 1 {
				mid := from + (to-from)/2
				if err := w.writeSpan(ctx, b, from, mid); err != nil {
					return err
				}
				return w.writeSpan(ctx, b, mid, to)
			}
			if done := w.tried(ctx, b, from); done {
				return nil
			}
		}
		if !w.pause(try, after) {
			return errStopping
		}
	}
}

// tried decides whether a line that gets 5xx again and again is at fault, or the server: it
// sends a line that is known to be stored, which changes nothing, and the accused again,
// in turn. It reports whether the line is done with.
func (w *Writer) tried(ctx context.Context, b *batch, line int) (done bool) {
	words := ""
	for range 2 {
		takes, known := w.control(ctx)
		if !known { // nothing was ever stored: perhaps another line of the batch will be
			b.aside = append(b.aside, line)
			return true
		}
		if !takes {
			return false
		}
		var v verdict
		var broken bool
		if v, words, _, broken = w.send(ctx, b, line, line+1); v == stored {
			return true
		} else if !broken {
			return false
		}
	}
	b.refuse(line, words)
	return true
}

// witness is a line that the server has stored.
type witness struct{ measurement, line string }

// control writes the last stored line again. known is false when there is none.
func (w *Writer) control(ctx context.Context) (takes, known bool) {
	c := w.witness.Load()
	if c == nil {
		return false, false
	}
	if w.targets[c.measurement].WriteRecord(ctx, c.line) != nil {
		return false, true
	}
	w.tookLines()
	return true, true
}

// rejected bisects down to the line. 1.x has stored the good lines of a refused batch
// already, 2.x mostly too; writing them again changes nothing, and only a 2xx is proof.
func (w *Writer) rejected(ctx context.Context, b *batch, from, to int, words string) error {
	if to-from > 1 {
		mid := from + (to-from)/2
		if err := w.write(ctx, b, from, mid); err != nil {
			return err
		}
		return w.write(ctx, b, mid, to)
	}
	if strings.Contains(words, "beyond retention policy") {
		w.metrics.lines.WithLabelValues("expired").Inc()
		return nil
	}
	if !aboutLines(words) {
		// Without this, a proxy that answers 400 to everything would turn a county's events
		// into dead letters.
		if b.lastWords != words {
			b.lastWords, b.same = words, 0
		}
		b.same++
		takes, known := w.control(ctx)
		if known && !takes || !known && b.same >= suspicious {
			return errRefusesAll
		}
	}
	b.refuse(from, words)
	return nil
}

func (b *batch) refuse(line int, words string) { b.dead = append(b.dead, refusal{line, words}) }

// suspicious is how many lines in a row may be refused with the very same words, before
// anything was ever stored, until the fault is taken to lie not with the lines.
const suspicious = 20

// aboutLines reports whether the server speaks of the lines themselves.
func aboutLines(words string) bool {
	for _, s := range []string{"unable to parse", "partial write", "field type conflict"} {
		if strings.Contains(words, s) {
			return true
		}
	}
	return false
}
