package detect

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// coder writes fields to a buffer or reads them from it; one description of a record
// serves both, so they cannot drift apart. The first error stays.
type coder struct {
	buf     []byte
	base    int64 // times are stored as distances from it, which are short
	reading bool
	failed  bool
}

func (c *coder) end(key string) error {
	if c.failed || len(c.buf) != 0 {
		return fmt.Errorf("%w: %q", errState, key)
	}
	return nil
}

func (c *coder) version() {
	v := uint8(version)
	c.u8(&v)
	if v != version {
		c.failed = true
	}
}

func (c *coder) u8(v *uint8) {
	if !c.reading {
		c.buf = append(c.buf, *v)
		return
	}
	if c.failed || len(c.buf) == 0 {
		c.failed = true
		return
	}
	*v, c.buf = c.buf[0], c.buf[1:]
}

func (c *coder) boolean(v *bool) {
	var b uint8
	if *v {
		b = 1
	}
	c.u8(&b)
	*v = b == 1
}

func (c *coder) u64(v *uint64) {
	if !c.reading {
		c.buf = binary.AppendUvarint(c.buf, *v)
		return
	}
	if c.failed {
		return
	}
	x, n := binary.Uvarint(c.buf)
	if n <= 0 {
		c.failed = true
		return
	}
	*v, c.buf = x, c.buf[n:]
}

func (c *coder) i64(v *int64) {
	if !c.reading {
		c.buf = binary.AppendVarint(c.buf, *v)
		return
	}
	if c.failed {
		return
	}
	x, n := binary.Varint(c.buf)
	if n <= 0 {
		c.failed = true
		return
	}
	*v, c.buf = x, c.buf[n:]
}

// time codes a time in Unix nanoseconds, or 0.
func (c *coder) time(v *int64) {
	var x uint64
	if !c.reading {
		if *v != 0 {
			d := c.base - *v
			x = uint64(d<<1^d>>63) + 1
		}
		c.buf = binary.AppendUvarint(c.buf, x)
		return
	}
	c.u64(&x)
	if *v = 0; x != 0 {
		x--
		*v = c.base - int64(x>>1^-(x&1))
	}
}

// hash codes a fingerprint, which is as long as it is whatever its value.
func (c *coder) hash(v *uint64) {
	if !c.reading {
		c.buf = binary.LittleEndian.AppendUint64(c.buf, *v)
		return
	}
	if c.failed || len(c.buf) < 8 {
		c.failed = true
		return
	}
	*v, c.buf = binary.LittleEndian.Uint64(c.buf), c.buf[8:]
}

// length codes how many items follow; no more than there are bytes can.
func (c *coder) length(n int) int {
	v := uint64(n)
	c.u64(&v)
	if c.reading && (c.failed || v > uint64(len(c.buf))) {
		c.failed = true
		return 0
	}
	return int(v)
}

func (c *coder) str(v *string) {
	n := c.length(len(*v))
	if !c.reading {
		c.buf = append(c.buf, *v...)
		return
	}
	*v, c.buf = string(c.buf[:n]), c.buf[n:]
}

// stamps codes a list of stamps, or the ring r in the order of age.
func (c *coder) stamps(list *[]stamp, r *recent) {
	n, head, mask := len(*list), 0, math.MaxInt
	if r != nil {
		n, head, mask = r.n, r.head, len(r.buf)-1
	}
	n = c.length(n)
	if c.reading {
		room := n
		if r != nil && n > 0 {
			for room = recentLeast; room < n; room *= 2 {
			}
			r.head, r.n = 0, n
			head, mask = 0, room-1
		}
		*list = make([]stamp, room)
	}
	for i := range n {
		s := &(*list)[(head+i)&mask]
		c.hash(&s.key)
		c.time(&s.at)
	}
}

func (c *coder) anomaly(a **event.Anomaly) {
	var text string
	if !c.reading {
		b, err := json.Marshal(*a)
		if err != nil { // an Anomaly holds nothing that JSON cannot say but NaN, which no rule lets in
			b = nil
		}
		text = string(b)
	}
	c.str(&text)
	if c.reading {
		*a = &event.Anomaly{}
		if c.failed || json.Unmarshal([]byte(text), *a) != nil {
			c.failed = true
			return
		}
		(*a).StartedAt, (*a).UpdatedAt = (*a).StartedAt.In(time.UTC), (*a).UpdatedAt.In(time.UTC)
	}
}
