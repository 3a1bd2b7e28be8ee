package uplink

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

// encode writes the records of a chunk as they go on the bus.
func (p *pipeline) encode(chunk *journal.Chunk) *job {
	j := &job{
		chunk: chunk, parts: make([][]message, len(p.chains)),
		done: make([]uint64, len(p.chains)), skipped: make([]map[*openRef]uint64, len(p.chains)),
	}
	buf := make([]byte, 0, 512*len(chunk.Records))
	for i := range chunk.Records {
		r := &chunk.Records[i]
		start := len(buf)
		subject, data, stream, err := encodeRecord(r, buf)
		if err != nil {
			j.dead = append(j.dead, deadLetter(r, subject, data, err.Error()))
			p.metrics.dead.WithLabelValues(stream).Inc()
			continue
		}
		buf = data
		if e := r.Event; e != nil && p.newest.isPast(subject, e) {
			subject += event.PastSuffix
		}
		for c, ch := range p.chains {
			if ch.stream.Name == stream {
				j.parts[c] = append(j.parts[c], message{r.Seq, subject, data[start:len(data):len(data)]})
			}
		}
	}
	return j
}

// maxNewest bounds the memory of newest; beyond it, it begins anew.
const maxNewest = 200_000

// newest remembers the latest second of each subject, so that what comes later and is older
// does not become the last value that a dashboard starts with.
type newest map[string]int64

func (n *newest) isPast(subject string, e *event.Event) bool {
	at := e.ObservedAt.Unix() // digits below a second may be made up
	if last, known := (*n)[subject]; e.Late || known && at < last {
		return true
	}
	if *n == nil || len(*n) >= maxNewest {
		*n = make(newest)
	}
	(*n)[subject] = at
	return false
}

// encodeRecord appends the record's bus form to buf. The stream is set in any case.
func encodeRecord(r *journal.Record, buf []byte) (subject string, data []byte, stream string, err error) {
	switch {
	case r.Event != nil:
		if err := checkEvent(r.Event); err != nil {
			return "", nil, EventStream, err
		}
		return r.Event.Subject(), r.Event.AppendJSON(buf), EventStream, nil
	case r.Anomaly != nil:
		a := r.Anomaly
		if !event.ValidName(string(a.Site)) || !event.ValidName(a.Rule) || (a.Device != "" && !event.ValidName(string(a.Device))) {
			return "", nil, AnomalyStream, fmt.Errorf("no bus subject: site %q, rule %q, device %q", a.Site, a.Rule, a.Device)
		}
		b, err := json.Marshal(a)
		if err != nil {
			return a.Subject(), nil, AnomalyStream, fmt.Errorf("write anomaly: %w", err)
		}
		return a.Subject(), append(buf, b...), AnomalyStream, nil
	}
	return "", nil, EventStream, errors.New("record holds neither event nor anomaly")
}

// checkEvent makes sure that Subject gives a subject the bus takes.
func checkEvent(e *event.Event) error {
	if !event.ValidName(string(e.Site)) || !event.ValidName(string(e.Kind)) || !event.ValidName(string(e.Device)) {
		return fmt.Errorf("no bus subject: site %q, kind %q, device %q", e.Site, e.Kind, e.Device)
	}
	if e.Type == event.TypeKitchenReading && (e.Reading == nil || !event.ValidName(e.Reading.Quantity)) {
		return errors.New("no bus subject: kitchen reading without a valid quantity")
	}
	return nil
}

// deadLetter keeps a record that has no bus form.
func deadLetter(r *journal.Record, subject string, data []byte, reason string) journal.DeadLetter {
	if data == nil {
		if r.Event != nil {
			data, _ = json.Marshal(r.Event)
		} else if r.Anomaly != nil {
			data = fmt.Appendf(nil, "%+v", *r.Anomaly)
		}
	}
	return journal.DeadLetter{Time: time.Now().UTC(), Topic: subject, Reason: "bus: " + reason, Payload: data, Source: "uplink"}
}
