package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/campusgate/campusgate/gateway/event"
)

// The store's keys. Numbers are big endian, so that keys sort as numbers.
//
//	r class seq   block of records of one class; seq is that of its last record
//	x class seq   extent: what the blocks up to seq, and after the extent before, hold
//	c name        consumer: its cursors
//	s name 0 key  consumer: its state
//	d id          dead letter
//	i id          size of the dead letter
//	m id          the folder's random id
//	m mark        highest sequence number and counters
//
// A block's key holds its last number, so that seeking n+1 finds the first block with
// anything after n, and deleting up to n deletes whole blocks that end at or before n.
const (
	prefixRecord   = 'r'
	prefixExtent   = 'x'
	prefixConsumer = 'c'
	prefixState    = 's'
	prefixDead     = 'd'
	prefixDeadSize = 'i'
)

func metaID() []byte   { return []byte("mid") }
func metaMark() []byte { return []byte("mmark") }

func appendClassKey(dst []byte, prefix byte, class event.Class, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, prefix, byte(class)), seq)
}

func classKey(prefix byte, class event.Class, seq uint64) []byte {
	return appendClassKey(make([]byte, 0, 10), prefix, class, seq)
}

// classEnd is the key after all of a class.
func classEnd(prefix byte, class event.Class) []byte { return []byte{prefix, byte(class) + 1} }

func seqOfClassKey(key []byte) (uint64, bool) {
	if len(key) != 10 {
		return 0, false
	}
	return binary.BigEndian.Uint64(key[2:]), true
}

func numberKey(prefix byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{prefix}, n)
}

func numberOfKey(key []byte) (uint64, bool) {
	if len(key) != 9 {
		return 0, false
	}
	return binary.BigEndian.Uint64(key[1:]), true
}

func consumerKey(name string) []byte { return append([]byte{prefixConsumer}, name...) }

func stateKey(name, key string) []byte {
	return append(append(append([]byte{prefixState}, name...), 0), key...)
}

// prefixSuccessor is the first key after all keys that begin with prefix.
func prefixSuccessor(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < math.MaxUint8 {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}

var errDamaged = errors.New("damaged value")

// numbers reads unsigned varints.
type numbers struct {
	b   []byte
	bad bool
}

func (n *numbers) next() uint64 {
	v, size := binary.Uvarint(n.b)
	if size <= 0 {
		n.bad, n.b = true, nil
		return 0
	}
	n.b = n.b[size:]
	return v
}

func (n *numbers) bytes(size uint64) []byte {
	if size > uint64(len(n.b)) {
		n.bad, n.b = true, nil
		return nil
	}
	out := n.b[:size]
	n.b = n.b[size:]
	return out
}

// mark is what must outlive trimming: it is stored with every batch that removes records.
type mark struct {
	head        uint64 // highest sequence number given
	deadNext    uint64 // next dead letter's id
	deadDropped uint64
	dropped     [event.NumClasses]uint64
	damaged     uint64
}

func (m *mark) encode() []byte {
	b := []byte{1}
	for _, v := range []uint64{m.head, m.deadNext, m.deadDropped, m.damaged} {
		b = binary.AppendUvarint(b, v)
	}
	for _, v := range m.dropped {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

func (m *mark) decode(b []byte) error {
	if len(b) == 0 || b[0] != 1 {
		return fmt.Errorf("mark: %w", errDamaged)
	}
	n := numbers{b: b[1:]}
	for _, v := range []*uint64{&m.head, &m.deadNext, &m.deadDropped, &m.damaged} {
		*v = n.next()
	}
	for i := range m.dropped {
		m.dropped[i] = n.next()
	}
	if n.bad {
		return fmt.Errorf("mark: %w", errDamaged)
	}
	return nil
}
