package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/campusgate/campusgate/gateway/event"
)

// FollowEvents hands over the newest event of each subject, a nil event at the end of
// that, and then every event in the order of the stream, until ctx ends. It bridges
// outages of the bus itself; after one that the stream did not survive the snapshot comes
// again. stream and after are where the caller was; a caller that has nothing passes "", 0.
func (c *Client) FollowEvents(ctx context.Context, _ string, _ uint64,
	fn func(stream string, seq uint64, snapshot bool, e *event.Event, raw []byte) error,
) error {
	var last uint64
	return c.Events(ctx, func(_ context.Context, b EventBatch) error {
		for i, e := range b.Events {
			last = b.Seqs[i]
			if err := fn("", last, b.Snapshot, e, nil); err != nil {
				return err
			}
		}
		if b.End {
			return fn("", last, true, nil, nil)
		}
		return nil
	})
}

// FollowAnomalies hands over batches of the anomalies after a position, in the order of
// the stream, from its beginning when stream is not the present one. The caller stores the
// position together with what it makes of the anomalies, so that each counts once. It
// returns when ctx ends, the bus goes away or fn fails: the caller asks again from where
// it then is.
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
	s, err := l.js.Stream(ctx, AnomalyStream)
	if err != nil {
		return fmt.Errorf("look up stream %s: %w", AnomalyStream, err)
	}
	// A stream that was made anew counts from 1 again; its time of birth tells it apart.
	info := s.CachedInfo()
	present := strconv.FormatInt(info.Created.UnixNano(), 36)
	if stream != present || after > info.State.LastSeq {
		after = 0
	}
	consumer, err := s.CreateConsumer(ctx, jetstream.ConsumerConfig{
		FilterSubject: "campus.anomaly.>", AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1,
		InactiveThreshold: inactiveAfter, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: after + 1,
	})
	if err != nil {
		return fmt.Errorf("set up anomaly consumer: %w", err)
	}
	r, err := read(consumer, 4*c.config.BatchSize)
	if err != nil {
		return err
	}
	defer r.stop()
	var msgs []jetstream.Msg
	for delivered := uint64(0); ; {
		if msgs, err = r.next(ctx, up, c.config.BatchSize, msgs); err != nil {
			return err
		}
		seqs, anomalies := make([]uint64, 0, len(msgs)), make([]*event.Anomaly, 0, len(msgs))
		for _, m := range msgs {
			meta, err := m.Metadata()
			if err != nil {
				return fmt.Errorf("read anomaly: %w", err)
			}
			if delivered++; meta.Sequence.Consumer != delivered {
				return fmt.Errorf("read anomalies: message %d follows %d", meta.Sequence.Consumer, delivered-1)
			}
			a, err := anomalyOf(m.Data())
			if err != nil {
				c.metrics.undecodable.WithLabelValues(AnomalyStream).Inc()
				c.log.Error().Err(err).Str("subject", m.Subject()).Msg("anomaly cannot be read; stepped over")
				continue
			}
			seqs, anomalies = append(seqs, meta.Sequence.Stream), append(anomalies, a)
		}
		if len(seqs) == 0 {
			continue
		}
		if err := fn(present, seqs, anomalies); err != nil {
			return err
		}
		c.metrics.anomalies.Add(float64(len(anomalies)))
	}
}

func anomalyOf(data []byte) (*event.Anomaly, error) {
	a := new(event.Anomaly)
	if err := json.Unmarshal(data, a); err != nil {
		return nil, err
	}
	if a.ID == "" || a.Rule == "" {
		return nil, errors.New("neither id nor rule")
	}
	return a, nil
}

// FollowStatus hands over every report of a gateway on itself, until ctx ends.
func (c *Client) FollowStatus(ctx context.Context, fn func(gateway string, payload []byte)) error {
	ctx, l, leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	const subject = "campus.status."
	s, err := l.conn.Subscribe(subject+"*", func(m *nats.Msg) { fn(m.Subject[len(subject):], m.Data) })
	if err != nil {
		return fmt.Errorf("listen to gateways: %w", err)
	}
	<-ctx.Done()
	return s.Unsubscribe()
}
