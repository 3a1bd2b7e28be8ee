package journal

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/campusgate/campusgate/gateway/event"
)

// loaded is what a store says of itself when it is opened.
type loaded struct {
	id        string
	mark      mark
	ledgers   ledgers
	dead      deadIndex
	consumers []loadedConsumer
}

type loadedConsumer struct {
	name    string
	classes classMask
	spans   []span
}

// load reads a store at Start. j.mu is held.
func (j *Journal) load(s *store) error {
	l, err := readStore(s.db)
	if err != nil {
		return err
	}
	j.id = l.id
	j.takeAccounts(l)
	for _, c := range l.consumers {
		j.consumers[c.name] = newConsumer(j, c.name, c.classes, c.spans)
	}
	j.tail.reset(l.mark.head)
	return nil
}

func (j *Journal) takeAccounts(l *loaded) {
	a := &j.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ledgers, a.mark, a.dead = l.ledgers, l.mark, l.dead
}

// readStore reads everything but the records, and makes the id of a new store.
func readStore(db *pebble.DB) (*loaded, error) {
	l := &loaded{}
	b := db.NewBatch()
	defer func() { _ = b.Close() }() // only returns its memory
	for _, step := range []func(*pebble.DB, *pebble.Batch) error{
		l.readMark, l.readDead, l.readConsumers, l.readRecords, l.readID,
	} {
		if err := step(db, b); err != nil {
			if pebble.IsCorruptionError(err) || errors.Is(err, errDamaged) {
				return nil, &damageError{err}
			}
			return nil, err
		}
	}
	if b.Empty() {
		return l, nil
	}
	if err := db.Apply(b, pebble.Sync); err != nil {
		return nil, err
	}
	return l, nil
}

func get(db *pebble.DB, key []byte) ([]byte, error) {
	value, closer, err := db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := append([]byte{}, value...)
	return out, closer.Close()
}

// scan calls yield for every key from lower to upper.
func scan(db *pebble.DB, lower, upper []byte, yield func(key, value []byte) error) error {
	it, err := db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return err
	}
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err == nil {
			err = yield(it.Key(), value)
		}
		if err != nil {
			_ = it.Close()
			return err
		}
	}
	return it.Close()
}

func (l *loaded) readMark(db *pebble.DB, _ *pebble.Batch) error {
	value, err := get(db, metaMark())
	if err != nil || value == nil {
		return err
	}
	return l.mark.decode(value)
}

func (l *loaded) readDead(db *pebble.DB, _ *pebble.Batch) error {
	l.mark.deadNext = max(l.mark.deadNext, 1)
	return scan(db, []byte{prefixDeadSize}, []byte{prefixDeadSize + 1}, func(key, value []byte) error {
		id, ok := numberOfKey(key)
		size, n := binary.Uvarint(value)
		if !ok || n <= 0 {
			return fmt.Errorf("size of dead letter: %w", errDamaged)
		}
		l.dead.add(id, int64(size))
		l.mark.deadNext = max(l.mark.deadNext, id+1)
		return nil
	})
}

func (l *loaded) readConsumers(db *pebble.DB, _ *pebble.Batch) error {
	return scan(db, []byte{prefixConsumer}, []byte{prefixConsumer + 1}, func(key, value []byte) error {
		classes, spans, err := decodeSpans(value)
		if err != nil {
			return err
		}
		l.consumers = append(l.consumers, loadedConsumer{name: string(key[1:]), classes: classes, spans: spans})
		return nil
	})
}

// readRecords builds the ledgers: from the stored extents, and from the blocks that came
// after the last of them.
func (l *loaded) readRecords(db *pebble.DB, b *pebble.Batch) error {
	for class := range event.Class(event.NumClasses) {
		led := &l.ledgers[class]
		from := uint64(0)
		err := scan(db, classKey(prefixExtent, class, 0), classEnd(prefixExtent, class), func(key, value []byte) error {
			last, ok := seqOfClassKey(key)
			if !ok {
				return fmt.Errorf("extent: %w", errDamaged)
			}
			x, err := decodeExtent(last, value)
			if err != nil {
				return err
			}
			led.extents = append(led.extents, x)
			led.records += x.records
			led.bytes += x.bytes
			from = last + 1
			return nil
		})
		if err != nil {
			return err
		}
		err = scan(db, classKey(prefixRecord, class, from), classEnd(prefixRecord, class), func(key, value []byte) error {
			last, ok := seqOfClassKey(key)
			if !ok {
				return fmt.Errorf("record: %w", errDamaged)
			}
			block, err := openBlock(value)
			if err != nil {
				return err
			}
			closed, ok := led.add(block.first, last, int64(block.left), int64(len(key)+len(value)), block.at)
			if ok {
				return b.Set(classKey(prefixExtent, class, closed.last), closed.encode(), nil)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if n := len(led.extents); n > 0 {
			led.trimmed = led.extents[0].first - 1
			l.mark.head = max(l.mark.head, led.extents[n-1].last)
		}
	}
	for class := range l.ledgers {
		if led := &l.ledgers[class]; len(led.extents) == 0 {
			led.trimmed = l.mark.head
		}
		l.ledgers[class].extentsTrimmed = l.ledgers[class].trimmed
	}
	return nil
}

func (l *loaded) readID(db *pebble.DB, b *pebble.Batch) error {
	value, err := get(db, metaID())
	if err != nil {
		return err
	}
	if value == nil {
		if l.mark.head > 0 || len(l.consumers) > 0 || len(l.dead.entries) > 0 {
			return fmt.Errorf("folder's id is missing: %w", errDamaged)
		}
		var random [10]byte
		if _, err := rand.Read(random[:]); err != nil {
			return fmt.Errorf("make folder's id: %w", err)
		}
		value = []byte(hex.EncodeToString(random[:]))
		if err := b.Set(metaID(), value, nil); err != nil {
			return err
		}
	}
	l.id = string(value)
	return nil
}
