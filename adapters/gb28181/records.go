package gb28181

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/campusgate/campusgate/adapters/payload/recording"
	"github.com/campusgate/campusgate/gateway/event"
)

// records is what we know and want to know of a device's recordings.
type records struct {
	known   []string // channels of the last catalogue
	next    time.Time
	queue   []string         // channels of this round
	windows []recording.Span // of the first of them, still to be asked for
	open    *recordQuery
	settled map[string]time.Time // by channel, the last day of which all is known
}

// recordQuery is a RecordInfo whose answer arrives in many messages.
type recordQuery struct {
	id, serial string
	window     recording.Span
	want       int // SumNum; -1 before the first message
	got        map[uint64]struct{}
	spans      []recording.Span
	deadline   time.Time // of the next message
	last       time.Time // of all
}

// complete tells whether all that was announced has come.
func (q *recordQuery) complete() bool { return q.want >= 0 && len(q.got) >= min(q.want, maxItems) }

// learn takes in the channels of a catalogue. The first round begins some time after it, at
// a part of the interval that is the device's own: not all recorders are asked at once.
func (r *records) learn(channels []string, device string, now time.Time, every time.Duration) {
	r.known = channels
	if every == 0 || !r.next.IsZero() {
		return
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(device)) // a hash does not fail
	r.next = now.Add(every/4 + every*3/4/1000*time.Duration(h.Sum32()%1000))
}

// askRecords returns the query that is due, and one whose answer did not come in time. The
// lock is held.
func (l *Listener) askRecords(p *peer, now time.Time) (*errand, *recordQuery) {
	r := &p.records
	if l.cfg.RecordsEvery == 0 {
		return nil, nil
	}
	var lapsed *recordQuery
	if q := r.open; q != nil {
		if now.Before(q.deadline) && now.Before(q.last) {
			return nil, nil
		}
		r.open, lapsed = nil, q
	}
	if len(r.queue) == 0 && len(r.known) > 0 && !now.Before(r.next) {
		r.queue, r.next = slices.Clone(r.known), now.Add(l.cfg.RecordsEvery)
		settled := make(map[string]time.Time, len(r.known)) // channels that are gone are forgotten
		for _, id := range r.known {
			if at, ok := r.settled[id]; ok {
				settled[id] = at
			}
		}
		r.settled = settled
	}
	for len(r.queue) > 0 {
		id := r.queue[0]
		if len(r.windows) == 0 {
			r.windows = recording.Windows(now.In(beijing()), r.settled[id])
		}
		if len(r.windows) == 0 {
			r.queue = r.queue[1:]
			continue
		}
		q := &recordQuery{
			id: id, serial: l.next(), window: r.windows[0], want: -1, got: map[uint64]struct{}{},
			deadline: now.Add(l.cfg.RecordsTimeout), last: now.Add(10 * l.cfg.RecordsTimeout),
		}
		if r.windows = r.windows[1:]; len(r.windows) == 0 {
			r.queue = r.queue[1:]
		}
		r.open = q
		return &errand{p.from, l.request("MESSAGE", id, p.from, recordInfo(q))}, lapsed
	}
	return nil, lapsed
}

// recordInfo is the query of A.2.4.5.
func recordInfo(q *recordQuery) string {
	const layout = "2006-01-02T15:04:05"
	return declaration + "<Query>\r\n<CmdType>RecordInfo</CmdType>\r\n<SN>" + q.serial + "</SN>\r\n<DeviceID>" + q.id + "</DeviceID>\r\n<StartTime>" +
		q.window.From.In(beijing()).Format(layout) + "</StartTime>\r\n<EndTime>" + q.window.To.In(beijing()).Format(layout) +
		"</EndTime>\r\n<Secrecy>0</Secrecy>\r\n<Type>all</Type>\r\n</Query>\r\n"
}

// collect takes in one message of an answer, and returns the query that it completes.
// Devices that do not repeat our SN are known by the channel: there is one query at a time.
// A message that comes twice counts once. The lock is held.
func (r *records) collect(d *document, now time.Time, patience time.Duration) *recordQuery {
	q := r.open
	if q == nil || d.root != "response" || !strings.EqualFold(d.command, "RecordInfo") || d.id != q.id && d.serial != q.serial {
		return nil
	}
	if n, err := strconv.Atoi(d.sum); err == nil && n >= 0 {
		q.want = n
	}
	for _, rec := range d.records {
		h := fnv.New64a()
		_, _ = h.Write(d.text[rec.start:rec.end]) // a hash does not fail
		if _, twice := q.got[h.Sum64()]; twice || len(q.got) == maxItems {
			continue
		}
		q.got[h.Sum64()] = struct{}{}
		from, _, okFrom := parseTime(rec.from)
		to, _, okTo := parseTime(rec.to)
		if okFrom && okTo && to.After(from) {
			q.spans = append(q.spans, recording.Span{From: from, To: to})
		}
	}
	q.deadline = now.Add(patience)
	if !q.complete() {
		return nil
	}
	r.open = nil
	if r.settled != nil && recording.Settled(q.window, now) {
		r.settled[q.id] = q.window.From
	}
	return q
}

// tellRecords delivers what a query has found out.
func (l *Listener) tellRecords(ctx context.Context, q *recordQuery, now time.Time) error {
	var check *event.CameraCheck
	result := "complete"
	switch {
	case q.complete():
		check = l.cfg.Recorded.Check(q.window, q.spans)
	case q.want < 0:
		result = "silent"
		check = &event.CameraCheck{Check: event.CheckRecording, Result: event.CheckUnknown, Reason: "no answer to RecordInfo"}
	default:
		result = "incomplete"
		check = &event.CameraCheck{Check: event.CheckRecording, Result: event.CheckUnknown, Reason: fmt.Sprintf("%d of %d recordings listed", len(q.got), q.want)}
	}
	l.recordings.WithLabelValues(result).Inc()
	check.Period = l.cfg.RecordsEvery
	text, err := json.Marshal(check)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<%s><CmdType>Recording</CmdType><SN>%d</SN><DeviceID>%s</DeviceID><Check>", rootListener, now.UnixNano(), q.id)
	if err := xml.EscapeText(&b, text); err != nil {
		return err
	}
	fmt.Fprintf(&b, "</Check></%s>", rootListener)
	return l.deps.Deliver(ctx, l.deliverable(q.id, "recording", []byte(b.String()), now))
}
