package detect

import (
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

const (
	// clockSpread is how much the offset of a wrong clock may vary from message to
	// message: the network's delay, and devices that give whole seconds.
	clockSpread = int64(10 * time.Second)
	// clockSpan is the least time over which an offset must have been constant. What a
	// device sends in one burst after a cut was observed at one time, and is no evidence.
	clockSpan = int64(30 * time.Second)
)

// clockOf judges the device's clock by one message. It reports whether the message is late
// by just the constant by which the clock is known to be wrong, and so is live.
func (d *device) clockOf(o *observation, received int64) bool {
	if o.Backfill {
		return false
	}
	key := ruleTable[clockWrong].name
	limit := d.limits.seconds(clockSkewSeconds)
	offset := received - o.ObservedAt.UnixNano()
	if o.Skew != 0 {
		offset = int64(o.Skew) // the event carries the corrected time
	}
	a := d.find(key)
	if offset >= -limit && offset <= limit {
		d.offsets = 0
		if a != nil {
			if d.right++; int(d.right) >= int(d.limits[clockMessages]) {
				d.right = 0
				d.engine.clear(&d.node, key, o.ID)
			}
		}
		return false
	}
	d.right = 0
	if drift := offset - d.offset; d.offsets == 0 || drift > clockSpread || drift < -clockSpread {
		d.offset, d.offsets, d.offsetAt = offset, 0, received
	}
	d.offsets = min(d.offsets+1, 250)
	// A time in the future needs no second message: nothing observes what is still to come.
	if o.Skew == 0 && (int(d.offsets) < int(d.limits[clockMessages]) || received-d.offsetAt < clockSpan) {
		return false
	}
	f := o.finding(clockWrong).from(o.now).measured(float64(offset)/1e9, d.limits[clockSkewSeconds], "s")
	switch {
	case a == nil:
		d.engine.raise(&d.node, f)
	case a.Value-f.value > 60 || f.value-a.Value > 60:
		a.Value, a.EventID = f.value, o.ID
		a.Text = f.text(a)
		d.engine.change(&d.node, a, event.Updated)
	}
	return true
}

// sequence keeps the account of the device's counter. Late and backfilled messages count:
// they fill the holes that their delay has left.
func (d *device) sequence(o *observation) {
	switch {
	case d.seq == 0:
		d.seq, d.seqAt, d.seqSeen = o.Seq, o.at, 1
	case o.Seq > d.seq:
		step := o.Seq - d.seq
		if step > 1_000_000 { // another counter, not a million lost messages
			d.restartSequence(o)
			return
		}
		if step < 64 {
			d.seqSeen = d.seqSeen<<step | 1
		} else {
			d.seqSeen = 1
		}
		d.seq, d.seqAt = o.Seq, max(d.seqAt, o.at)
		if step > 1 {
			d.holes += step - 1
			if d.timers[timerSequence] == never {
				d.engine.set(&d.node, timerSequence, o.now+d.limits.seconds(sequenceSettleSeconds))
			}
		}
	case o.Backfill || o.Late || o.at < d.seqAt+int64(time.Second):
		back := d.seq - o.Seq
		if back < 64 && d.seqSeen&(1<<back) == 0 {
			d.seqSeen |= 1 << back
			if d.holes > 0 {
				d.holes--
			}
		}
	case o.Seq < d.seq:
		d.restartSequence(o) // newer and counting from below: the device has restarted
	}
}

func (d *device) restartSequence(o *observation) {
	d.seq, d.seqAt, d.seqSeen = o.Seq, o.at, ^uint64(0)
}

// confirmGap tells the messages that are missing for good.
func (d *device) confirmGap(at int64) {
	if d.holes == 0 {
		return
	}
	d.missing += d.holes
	d.holes = 0
	d.engine.set(&d.node, timerSeqClear, at+d.limits.minutes(sequenceClearMinutes))
	f := finding{rule: sequenceGap, site: d.site, device: d, at: at, count: int(min(d.missing, 1<<31))}.
		measured(float64(d.missing), 0, "messages")
	a := d.find(ruleTable[sequenceGap].name)
	if a == nil {
		d.engine.raise(&d.node, f)
		return
	}
	a.Count, a.Value, a.EventID = f.count, f.value, ""
	a.Text = f.text(a)
	if at-a.UpdatedAt.UnixNano() >= int64(time.Minute) {
		d.engine.change(&d.node, a, event.Updated)
	}
}
