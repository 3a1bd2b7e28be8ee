package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

// Bounds of one answer about dead letters: it must fit into a message of the bus.
const (
	maxLettersListed = 500
	maxPayloadListed = 64 << 10
	maxListBytes     = 512 << 10
	listFrame        = 64 // the list around the letters
	maxReplayed      = 10_000
	replayPage       = 200 // read at once: each may be of some MB
)

// Letter is a dead letter as it is listed: whole, but for payloads above 64 KiB, which
// DeadLetter gives.
type Letter struct {
	journal.DeadLetter
	PayloadBytes int  `json:"payload_bytes"`
	Truncated    bool `json:"truncated,omitempty"`
}

// LettersQuery asks for dead letters with IDs above After, oldest first.
type LettersQuery struct {
	After uint64 `json:"after"`
	Limit int    `json:"limit"` // 1 to 500; 100 when 0
}

// Letters is a page of dead letters; Next is the After of the following page, 0 when
// there is none.
type Letters struct {
	Items []Letter `json:"items"`
	Next  uint64   `json:"next"`
}

// ReplayQuery names the dead letters to try again.
type ReplayQuery struct {
	IDs []uint64 `json:"ids"`
	All bool     `json:"all"`
}

// Replayed is what became of them. Those that failed stay, and Detail says why for the
// first of them.
type Replayed struct {
	Replayed int    `json:"replayed"`
	Failed   int    `json:"failed"`
	Detail   string `json:"detail,omitempty"`
}

// DeadLetters lists what could not be understood or stored.
func (g *Gateway) DeadLetters(q LettersQuery) (Letters, error) {
	if q.Limit <= 0 {
		q.Limit = 100
	}
	found, err := g.journal.DeadLetters(q.After, min(q.Limit, maxLettersListed))
	if err != nil {
		return Letters{}, err
	}
	page := Letters{Items: []Letter{}}
	size := 0
	for _, d := range found {
		l := Letter{DeadLetter: d, PayloadBytes: len(d.Payload)}
		if len(d.Payload) > maxPayloadListed {
			l.Payload, l.Truncated = d.Payload[:maxPayloadListed], true
		}
		wire, err := json.Marshal(l) // counted exactly: JSON may write six bytes for one of a topic
		if err != nil {
			return Letters{}, err
		}
		size += len(wire) + 1
		if size > maxListBytes-listFrame && len(page.Items) > 0 {
			break
		}
		page.Items = append(page.Items, l)
		page.Next = d.ID
	}
	if len(page.Items) == len(found) && len(found) < min(q.Limit, maxLettersListed) {
		page.Next = 0
	}
	return page, nil
}

// DeadLetter returns one dead letter, whole.
func (g *Gateway) DeadLetter(id uint64) (Letter, error) {
	d, err := g.journal.DeadLetter(id)
	return Letter{DeadLetter: d, PayloadBytes: len(d.Payload)}, err
}

// Replay tries dead letters again: messages go through their adapter, lines that InfluxDB
// refused go to InfluxDB. What succeeds leaves the dead letters; nothing is lost when the
// process dies in between, since a repeated event is the same event.
func (g *Gateway) Replay(ctx context.Context, q ReplayQuery) (Replayed, error) {
	var result Replayed
	if !q.All {
		if len(q.IDs) > maxReplayed {
			return result, fmt.Errorf("replay of %d dead letters: at most %d at once, or all", len(q.IDs), maxReplayed)
		}
		for _, id := range q.IDs {
			if err := ctx.Err(); err != nil {
				return result, err
			}
			d, err := g.journal.DeadLetter(id)
			if err == nil {
				err = g.replayOne(ctx, d)
			}
			result.note(id, err)
		}
		return result, nil
	}
	// What arrives meanwhile is left for another time: it might never end.
	after, left := uint64(0), g.journal.Stats().Dead.Count
	for left > 0 {
		page, err := g.journal.DeadLetters(after, min(replayPage, left))
		if err != nil || len(page) == 0 {
			return result, err
		}
		for _, d := range page {
			if err := ctx.Err(); err != nil {
				return result, err
			}
			result.note(d.ID, g.replayOne(ctx, d))
			after = d.ID
		}
		left -= len(page)
	}
	return result, nil
}

// note counts what became of one.
func (r *Replayed) note(id uint64, err error) {
	if err == nil {
		r.Replayed++
		return
	}
	r.Failed++
	if r.Detail == "" {
		r.Detail = fmt.Sprintf("dead letter %d: %v", id, err)
	}
}

// replayOne tries one, and deletes it when that went well.
func (g *Gateway) replayOne(ctx context.Context, d journal.DeadLetter) error {
	if err := g.tryAgain(ctx, d); err != nil {
		return err
	}
	return g.journal.DeleteDeadLetters(d.ID)
}

func (g *Gateway) tryAgain(ctx context.Context, d journal.DeadLetter) error {
	switch d.Source {
	case "influx":
		return g.writer.Replay(ctx, bytes.TrimRight(d.Payload, "\n"))
	case "decode":
		events, err := g.ingest.Decode(d)
		if err != nil {
			return err
		}
		batch := journal.Batch{}
		for i := range events {
			// An event is late by the clock of now: what waited for a fix sounds no alarm.
			events[i].Late = events[i].Late || time.Since(events[i].ObservedAt) > g.cfg.LateAfter
			batch.Records = append(batch.Records, journal.Record{Event: &events[i]})
		}
		return g.journal.Append(ctx, batch)
	}
	return fmt.Errorf("came from %q, which cannot be tried again", d.Source)
}

// answer registers the questions that the command centre may ask over the bus.
func (g *Gateway) answer() error {
	return errors.Join(
		g.uplink.Handle("dead-letters", func(_ context.Context, request []byte) ([]byte, error) {
			var q LettersQuery
			if err := unmarshal(request, &q); err != nil {
				return nil, err
			}
			page, err := g.DeadLetters(q)
			if err != nil {
				return nil, err
			}
			return json.Marshal(page)
		}),
		g.uplink.Handle("replay", func(ctx context.Context, request []byte) ([]byte, error) {
			var q ReplayQuery
			if err := unmarshal(request, &q); err != nil {
				return nil, err
			}
			result, err := g.Replay(ctx, q)
			if err != nil {
				return nil, err
			}
			return json.Marshal(result)
		}),
		g.uplink.Handle("acknowledge", func(_ context.Context, request []byte) ([]byte, error) { return g.acknowledgeJSON(request) }),
		g.uplink.Handle("status", func(ctx context.Context, _ []byte) ([]byte, error) { return g.statusJSON(ctx) }),
	)
}

// unmarshal takes an empty request as one without wishes.
func unmarshal(request []byte, into any) error {
	if len(request) == 0 {
		return nil
	}
	return json.Unmarshal(request, into)
}

// ready is whether the gateway does its work: degraded parts still do.
func ready(h event.Health) bool { return h.State == event.OK || h.State == event.Degraded }
