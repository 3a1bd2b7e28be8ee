package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/nats-io/nats.go/jetstream"
)

// maxRedeliveryDelay bounds the doubling of Config.RedeliveryDelay.
const maxRedeliveryDelay = time.Minute

// Anomaly is an anomaly as the bus has it.
type Anomaly struct {
	// Seq is the sequence in the stream; the same record always has the same.
	Seq uint64
	// Stored is when the bus stored it.
	Stored time.Time
	// Delivered counts the deliveries of this record, from 1.
	Delivered uint64
	*event.Anomaly
}

// AnomalyHandler stores a batch, whole or not at all; nil acknowledges it.
type AnomalyHandler func(ctx context.Context, batch []Anomaly) error

// Anomalies hands over anomalies until ctx ends or Stop is called. When the handler
// fails, the records of the batch are handed over one by one, so that one that cannot be
// stored does not hold up the others; it comes again after a delay, without end.
func (c *Client) Anomalies(ctx context.Context, handler AnomalyHandler) error {
	ctx, l, leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	for failures := 0; ; {
		up, err := l.await(ctx)
		if err != nil {
			return err
		}
		err = c.anomalies(ctx, up, l, handler, func() { failures = 0 })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !errors.Is(err, errBusAway) && failures == 1 { // not the streams being set up at the same time
			c.log.Warn().Err(err).Msg("reading anomalies was interrupted")
		}
		if failures++; sleep(ctx, backoff(failures)) != nil {
			return ctx.Err()
		}
	}
}

func (c *Client) anomalies(ctx, up context.Context, l *link, handler AnomalyHandler, progress func()) error {
	consumer, err := l.js.CreateOrUpdateConsumer(ctx, AnomalyStream, jetstream.ConsumerConfig{
		Durable:       c.config.Consumer,
		Description:   "campusgate: alarms of the dashboards that share a store",
		FilterSubject: "campus.anomaly.>",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       c.config.AckWait,
		MaxDeliver:    -1,
		MaxAckPending: 4 * c.config.BatchSize,
	})
	if err != nil {
		return fmt.Errorf("set up anomaly consumer: %w", err)
	}
	r, err := read(consumer, c.config.BatchSize)
	if err != nil {
		return err
	}
	defer r.stop()
	var msgs []jetstream.Msg
	for {
		msgs, err = r.next(ctx, up, c.config.BatchSize, msgs)
		if err != nil {
			// What is prefetched stays: given up, it would come again only after AckWait.
			if up, err = c.still(ctx, l, consumer, err); err != nil {
				return err
			}
			continue
		}
		progress()
		batch, kept := c.decodeAnomalies(msgs)
		if len(batch) == 0 {
			continue
		}
		if err := handler(ctx, batch); err == nil {
			c.acknowledge(kept)
			continue
		}
		for i := range batch {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := handler(ctx, batch[i:i+1]); err == nil {
				c.acknowledge(kept[i : i+1])
				continue
			}
			// Lost with the connection, it comes again after AckWait.
			_ = kept[i].NakWithDelay(c.delay(batch[i].Delivered))
		}
	}
}

// still waits for the bus and says whether the consumer is there yet; cause is returned
// when it is not.
func (c *Client) still(ctx context.Context, l *link, consumer jetstream.Consumer, cause error) (context.Context, error) {
	up, err := l.await(ctx)
	if err != nil {
		return nil, err
	}
	if errors.Is(cause, jetstream.ErrConsumerDeleted) || errors.Is(cause, jetstream.ErrConsumerNotFound) {
		return nil, cause
	}
	check, cancel := context.WithTimeout(ctx, c.config.RequestTimeout)
	defer cancel()
	if _, err := consumer.Info(check); err != nil {
		return nil, errors.Join(cause, err)
	}
	return up, nil
}

// decodeAnomalies drops what can never be read, for good.
func (c *Client) decodeAnomalies(msgs []jetstream.Msg) ([]Anomaly, []jetstream.Msg) {
	batch := make([]Anomaly, 0, len(msgs))
	kept := make([]jetstream.Msg, 0, len(msgs))
	for _, m := range msgs {
		a := new(event.Anomaly)
		meta, err := m.Metadata()
		if err == nil {
			err = json.Unmarshal(m.Data(), a)
		}
		if err == nil && (a.ID == "" || a.Rule == "") {
			err = errors.New("neither id nor rule")
		}
		if err != nil {
			c.metrics.undecodable.WithLabelValues(AnomalyStream).Inc()
			c.log.Error().Err(err).Str("subject", m.Subject()).Msg("anomaly cannot be read; stepped over")
			_ = m.TermWithReason("cannot be read")
			continue
		}
		if meta.NumDelivered > 1 {
			c.metrics.redelivered.Inc()
		}
		batch = append(batch, Anomaly{Seq: meta.Sequence.Stream, Stored: meta.Timestamp, Delivered: meta.NumDelivered, Anomaly: a})
		kept = append(kept, m)
	}
	return batch, kept
}

func (c *Client) acknowledge(msgs []jetstream.Msg) {
	for _, m := range msgs {
		// An acknowledgement that is lost makes the record come again, and the store
		// knows its sequence.
		_ = m.Ack()
	}
	c.metrics.anomalies.Add(float64(len(msgs)))
}

func (c *Client) delay(delivered uint64) time.Duration {
	d := c.config.RedeliveryDelay << min(delivered-1, 10)
	return max(c.config.RedeliveryDelay, min(d, maxRedeliveryDelay))
}
