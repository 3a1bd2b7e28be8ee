package journal

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// size is about what a dead letter takes in the store.
func (d *DeadLetter) size() int64 {
	return int64(len(d.Broker)+len(d.Topic)+len(d.Adapter)+len(d.Reason)+len(d.Source)+len(d.Payload)) + 32
}

// encode is version, time (Unix ns), QoS and retained, then the texts and the payload with
// their sizes.
func (d *DeadLetter) encode() []byte {
	b := make([]byte, 0, d.size()+16)
	b = append(b, 1)
	b = binary.BigEndian.AppendUint64(b, uint64(d.Time.UnixNano()))
	retained := byte(0)
	if d.Retained {
		retained = 1
	}
	b = append(b, d.QoS, retained)
	for _, s := range []string{d.Broker, d.Topic, d.Adapter, d.Reason, d.Source} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	b = binary.AppendUvarint(b, uint64(len(d.Payload)))
	return append(b, d.Payload...)
}

func decodeDeadLetter(id uint64, b []byte) (DeadLetter, error) {
	if len(b) < 11 || b[0] != 1 {
		return DeadLetter{}, fmt.Errorf("dead letter %d: %w", id, errDamaged)
	}
	d := DeadLetter{
		ID: id, Time: time.Unix(0, int64(binary.BigEndian.Uint64(b[1:]))).UTC(),
		QoS: b[9], Retained: b[10] == 1,
	}
	n := numbers{b: b[11:]}
	for _, s := range []*string{&d.Broker, &d.Topic, &d.Adapter, &d.Reason, &d.Source} {
		*s = string(n.bytes(n.next()))
	}
	d.Payload = append([]byte{}, n.bytes(n.next())...)
	if n.bad {
		return DeadLetter{}, fmt.Errorf("dead letter %d: %w", id, errDamaged)
	}
	return d, nil
}

// deadIndex knows which dead letters there are and how large they are, oldest first.
type deadIndex struct {
	entries []deadEntry
	bytes   int64
}

type deadEntry struct {
	id   uint64
	size int64
}

func (x *deadIndex) add(id uint64, size int64) {
	x.entries = append(x.entries, deadEntry{id, size})
	x.bytes += size
}

// excess returns how many of the oldest must go to keep the bounds.
func (x *deadIndex) excess(maxCount int, maxBytes int64) int {
	n, bytes := 0, x.bytes
	for n < len(x.entries)-1 && (len(x.entries)-n > maxCount || bytes > maxBytes) {
		bytes -= x.entries[n].size
		n++
	}
	return n
}

func (x *deadIndex) removeOldest(n int) {
	for _, e := range x.entries[:n] {
		x.bytes -= e.size
	}
	x.entries = x.entries[:copy(x.entries, x.entries[n:])]
}

func (x *deadIndex) remove(id uint64) bool {
	i, ok := slices.BinarySearchFunc(x.entries, id, func(e deadEntry, id uint64) int {
		switch {
		case e.id < id:
			return -1
		case e.id > id:
			return 1
		}
		return 0
	})
	if ok {
		x.bytes -= x.entries[i].size
		x.entries = slices.Delete(x.entries, i, i+1)
	}
	return ok
}

// writeDead adds dead letters to the batch and removes the oldest over the bounds.
func (c *committer) writeDead(b *pebble.Batch, dead []DeadLetter, now time.Time) error {
	a := &c.j.accounts
	for i := range dead {
		d := dead[i]
		if d.Time.IsZero() {
			d.Time = now
		}
		if a.mark.deadNext == 0 {
			a.mark.deadNext = 1
		}
		d.ID = a.mark.deadNext
		a.mark.deadNext++
		value := d.encode()
		size := int64(len(value))
		if err := b.Set(numberKey(prefixDead, d.ID), value, nil); err != nil {
			return err
		}
		if err := b.Set(numberKey(prefixDeadSize, d.ID), binary.AppendUvarint(nil, uint64(size)), nil); err != nil {
			return err
		}
		a.dead.add(d.ID, size)
	}
	n := a.dead.excess(c.j.cfg.MaxDeadLetters, c.j.cfg.MaxDeadLetterBytes)
	for _, e := range a.dead.entries[:n] {
		if err := deleteDead(b, e.id); err != nil {
			return err
		}
	}
	a.dead.removeOldest(n)
	a.mark.deadDropped += uint64(n)
	return nil
}

func deleteDead(b *pebble.Batch, id uint64) error {
	if err := b.Delete(numberKey(prefixDead, id), nil); err != nil {
		return err
	}
	return b.Delete(numberKey(prefixDeadSize, id), nil)
}

// DeadLetters returns up to limit dead letters with an ID above after, oldest first.
func (j *Journal) DeadLetters(after uint64, limit int) ([]DeadLetter, error) {
	if limit < 1 || after == math.MaxUint64 {
		return nil, nil
	}
	st := j.store.Load()
	if st == nil || !st.acquire() {
		return nil, ErrStopped
	}
	defer st.release()
	it, err := st.db.NewIter(&pebble.IterOptions{
		LowerBound: numberKey(prefixDead, after+1), UpperBound: []byte{prefixDead + 1},
	})
	if err != nil {
		return nil, fmt.Errorf("read dead letters: %w", err)
	}
	defer func() { _ = it.Close() }() // its error was seen by Error
	var out []DeadLetter
	for ok := it.First(); ok && len(out) < limit; ok = it.Next() {
		id, _ := numberOfKey(it.Key())
		value, err := it.ValueAndErr()
		if err != nil {
			return out, fmt.Errorf("read dead letters: %w", err)
		}
		d, err := decodeDeadLetter(id, value)
		if err != nil {
			return out, err
		}
		out = append(out, d)
	}
	if err := it.Error(); err != nil {
		return out, fmt.Errorf("read dead letters: %w", err)
	}
	return out, nil
}

// DeadLetter returns one dead letter, ErrNotFound when it is not there.
func (j *Journal) DeadLetter(id uint64) (DeadLetter, error) {
	if id == 0 {
		return DeadLetter{}, ErrNotFound
	}
	list, err := j.DeadLetters(id-1, 1)
	if len(list) == 1 && list[0].ID == id {
		return list[0], nil
	}
	if err != nil {
		return DeadLetter{}, err
	}
	return DeadLetter{}, ErrNotFound
}

// DeleteDeadLetters removes dead letters and waits until that is durable. Those that are
// not there are passed over.
func (j *Journal) DeleteDeadLetters(ids ...uint64) error {
	if len(ids) == 0 {
		return nil
	}
	return j.submitAndWait(context.Background(), &request{deletes: ids})
}
