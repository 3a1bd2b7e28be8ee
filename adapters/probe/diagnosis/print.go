package diagnosis

import (
	"encoding/binary"
	"errors"
	"time"
)

// The picture is judged in columns × rows cells of equal size, on 320×180 pixels 10×10 each.
const (
	columns = 32
	rows    = 18
	cells   = columns * rows
	// bodyTop and bodyEnd bound the rows that are judged for texture: cameras burn their
	// clock and name into the others, and text stays sharp whatever befalls the lens.
	bodyTop = 2
	bodyEnd = rows - 2
	body    = (bodyEnd - bodyTop) * columns
)

// Print is what is kept of a camera's pictures from one check to the next: no picture, but
// a fixed number of figures. The zero Print stands for a camera not seen before.
type Print struct {
	// Taken is when the last picture was checked.
	Taken time.Time
	// Since is when the picture last changed.
	Since time.Time
	// width and height are the camera's own pixels; a change of them is a change.
	width, height uint32
	// marks are fingerprints of the samples in each cell.
	marks [cells]uint16
	// colour and grey are what good pictures by day and in infrared light look like.
	colour, grey reference
}

// reference is the texture that good pictures have had, as a moving average.
type reference struct {
	known bool
	// texture is each cell's in sixteenths of a level, as measured by measures.texture.
	texture [cells]uint8
}

// printVersion is the first byte of the stored form.
const printVersion = 1

// printSize is the length of the stored form: version, flags, two times, two sizes, marks
// and both references.
const printSize = 1 + 1 + 2*8 + 2*4 + cells*2 + 2*cells

// MarshalBinary returns the stored form, of a fixed length below 3 KiB.
func (p *Print) MarshalBinary() ([]byte, error) {
	b := make([]byte, 0, printSize)
	var flags byte
	if p.colour.known {
		flags |= 1
	}
	if p.grey.known {
		flags |= 2
	}
	b = append(b, printVersion, flags)
	b = binary.BigEndian.AppendUint64(b, stamp(p.Taken))
	b = binary.BigEndian.AppendUint64(b, stamp(p.Since))
	b = binary.BigEndian.AppendUint32(b, p.width)
	b = binary.BigEndian.AppendUint32(b, p.height)
	for _, m := range p.marks {
		b = binary.BigEndian.AppendUint16(b, m)
	}
	b = append(b, p.colour.texture[:]...)
	return append(b, p.grey.texture[:]...), nil
}

// UnmarshalBinary reads the stored form. On an error p is as it was: a caller may then go
// on with it, which costs a frozen camera one more frozen_after until it is found.
func (p *Print) UnmarshalBinary(b []byte) error {
	if len(b) != printSize || b[0] != printVersion || b[1] > 3 {
		return errors.New("not a stored print of a camera's pictures in a form that is known")
	}
	var q Print
	q.colour.known, q.grey.known = b[1]&1 != 0, b[1]&2 != 0
	q.Taken = moment(binary.BigEndian.Uint64(b[2:]))
	q.Since = moment(binary.BigEndian.Uint64(b[10:]))
	q.width = binary.BigEndian.Uint32(b[18:])
	q.height = binary.BigEndian.Uint32(b[22:])
	b = b[26:]
	for i := range q.marks {
		q.marks[i] = binary.BigEndian.Uint16(b[2*i:])
	}
	b = b[2*cells:]
	copy(q.colour.texture[:], b)
	copy(q.grey.texture[:], b[cells:])
	*p = q
	return nil
}

// stamp returns t in nanoseconds since 1970, and 0 for the zero time.
func stamp(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.UnixNano())
}

// moment is the reverse of stamp.
func moment(ns uint64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(ns)).UTC()
}
