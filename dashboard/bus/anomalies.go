package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/campusgate/campusgate/gateway/event"
)

// FollowAnomalies hands over batches of the anomalies behind after, a sequence of the
// stream, in the order of the stream. stream names the life of the stream that after
// belongs to: when it is another one than the present, or after lies beyond its end, the
// anomalies come from the beginning. The caller stores stream and the last of seqs together
// with what it makes of the batch, so that each anomaly counts once. The call returns when
// ctx ends, the bus goes away or fn fails: the caller asks again from where it then is.
func (c *Client) FollowAnomalies(ctx context.Context, stream string, after uint64,
	fn func(stream string, seqs []uint64, anomalies []*event.Anomaly) error,
) error {
	ctx, l, leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	up, err := l.await(ctx)
	if err != nil {
		return err
	}
	err = c.followAnomalies(ctx, up, l, stream, after, fn)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (c *Client) followAnomalies(ctx, up context.Context, l *link, stream string, after uint64,
	fn func(stream string, seqs []uint64, anomalies []*event.Anomaly) error,
) error {
	s, err := l.stream(ctx, up, AnomalyStream)
	if err != nil {
		return err
	}
	// A stream that was made anew counts from 1 again; its time of birth tells it apart.
	info := s.CachedInfo()
	present := strconv.FormatInt(info.Created.UnixNano(), 36)
	if stream != present || after > info.State.LastSeq {
		after = 0
	}
	config := jetstream.ConsumerConfig{
		FilterSubject: "campus.anomaly.>",
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:   c.beyondUnreadable(present, after, info.State.LastSeq) + 1,
	}
	var refused error
	err = c.read(ctx, up, s, config, func(batch []message, _ uint64) (bool, error) {
		seqs, anomalies := c.decodeAnomalies(batch)
		if len(seqs) > 0 {
			if refused = fn(present, seqs, anomalies); refused != nil {
				return true, nil //nolint:nilerr // no fault of reading: it is returned below, as it came
			}
			after = seqs[len(seqs)-1]
			c.metrics.anomalies.Add(float64(len(seqs)))
		}
		c.noteUnreadable(present, after, batch[len(batch)-1].seq)
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("read anomalies: %w", err)
	}
	return refused
}

// decodeAnomalies leaves out what can never be read.
func (c *Client) decodeAnomalies(batch []message) ([]uint64, []*event.Anomaly) {
	seqs, anomalies := make([]uint64, 0, len(batch)), make([]*event.Anomaly, 0, len(batch))
	var first error
	var at message
	for _, m := range batch {
		a, err := decodeAnomaly(m.data)
		if err == nil {
			seqs, anomalies = append(seqs, m.seq), append(anomalies, a)
		} else if first == nil {
			first, at = err, m
		}
	}
	if unreadable := len(batch) - len(seqs); unreadable > 0 {
		c.metrics.undecodable.WithLabelValues(AnomalyStream).Add(float64(unreadable))
		c.log.Error().Err(first).Int("count", unreadable).Uint64("seq", at.seq).Str("subject", strconv.Quote(at.subject)).
			Msg("anomalies cannot be read; stepped over")
	}
	return seqs, anomalies
}

func decodeAnomaly(data []byte) (*event.Anomaly, error) {
	a := new(event.Anomaly)
	if err := json.Unmarshal(data, a); err != nil {
		return nil, err
	}
	if a.ID == "" || a.Rule == "" {
		return nil, errors.New("neither id nor rule")
	}
	return a, nil
}

// unreadable is a stretch of the anomaly stream, behind from up to and with to, without an
// anomaly that can be read. Callers store positions of anomalies only, so theirs stays in
// front of such a stretch until a readable one follows; the client keeps in mind (as long
// as it lives) that there is nothing to see, so that reconnects do not read, count and log
// it over and over.
type unreadable struct {
	stream   string
	from, to uint64
}

func (c *Client) noteUnreadable(stream string, from, to uint64) {
	if from >= to {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unreadable = unreadable{stream, from, to}
}

// beyondUnreadable moves a position to the end of the stretch that it is in; last is the
// end of the stream.
func (c *Client) beyondUnreadable(stream string, after, last uint64) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if u := c.unreadable; u.stream == stream && u.from <= after && after < u.to && u.to <= last {
		return u.to
	}
	return after
}
