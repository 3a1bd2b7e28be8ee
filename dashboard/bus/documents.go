package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/campusgate/campusgate/gateway/event"
)

const (
	// DocumentStream keeps the centre's documents: the registry, the county's own rules.
	DocumentStream = "CAMPUS_DOCUMENTS"
	documentPrefix = "campus.document."
	// documentHistory is how many versions of each document the bus keeps.
	documentHistory = 20
	// packedReserve is left of the bus's longest message for its subject and headers.
	packedReserve = 4 << 10
)

// MaxDocument is the longest document in bytes.
const MaxDocument = 16 << 20

// ErrNoDocument means that no document of that name was ever published.
var ErrNoDocument = errors.New("no such document on the bus")

// DocumentStreamConfig returns the stream of the documents. The server sends word of each
// one after it is stored, so that a gateway needs no right but that to read.
func (c *Config) DocumentStreamConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              DocumentStream,
		Description:       "campusgate: documents of the command centre for all gateways, by version",
		Subjects:          []string{documentPrefix + "*"},
		Retention:         jetstream.LimitsPolicy,
		Discard:           jetstream.DiscardOld,
		Storage:           jetstream.FileStorage,
		MaxMsgsPerSubject: documentHistory,
		MaxMsgSize:        MaxDocument,
		Replicas:          c.AnomalyStream.Replicas,
		AllowDirect:       true,
		RePublish: &jetstream.RePublish{
			Source: documentPrefix + "*", Destination: "campus.stored.document.{{wildcard(1)}}", HeadersOnly: true,
		},
	}
}

// PublishDocument makes doc the newest version of the document and returns its version, a
// number that grows within one life of the stream. Where the newest version has the same
// text there is no new one. It fails while the bus is away, and on a document longer than
// MaxDocument or, packed with zstd, than the bus takes.
func (c *Client) PublishDocument(ctx context.Context, name string, doc []byte) (uint64, error) {
	if !event.ValidName(name) {
		return 0, fmt.Errorf("publish document %q: want a name of 1 to 64 of a-z, 0-9, '-', '_'", name)
	}
	if len(doc) == 0 || len(doc) > MaxDocument {
		return 0, fmt.Errorf("publish document %s: %d bytes: want 1 to %d", name, len(doc), MaxDocument)
	}
	present, version, err := c.Document(ctx, name)
	switch {
	case err == nil && bytes.Equal(present, doc):
		return version, nil
	case err != nil && !errors.Is(err, ErrNoDocument):
		return 0, err
	}
	packed, err := packDocument(doc)
	if err != nil {
		return 0, fmt.Errorf("publish document %s: %w", name, err)
	}
	ctx, l, leave, err := c.ask(ctx)
	if err != nil {
		return 0, fmt.Errorf("publish document %s: %w", name, err)
	}
	defer leave()
	if limit := l.conn.MaxPayload() - packedReserve; limit > 0 && int64(len(packed)) > limit {
		return 0, fmt.Errorf("publish document %s: %d bytes, packed %d, are more than the bus takes (max_payload %d)", name, len(doc), len(packed), l.conn.MaxPayload())
	}
	if _, err := l.js.CreateOrUpdateStream(ctx, c.config.DocumentStreamConfig()); err != nil {
		return 0, fmt.Errorf("publish document %s: set up stream %s: %w", name, DocumentStream, err)
	}
	ack, err := l.js.PublishMsg(ctx, &nats.Msg{Subject: documentPrefix + name, Data: packed})
	if err != nil {
		return 0, fmt.Errorf("publish document %s: %w", name, err)
	}
	return ack.Sequence, nil
}

// Document returns the newest version of a document, ErrNoDocument when there is none.
func (c *Client) Document(ctx context.Context, name string) ([]byte, uint64, error) {
	if !event.ValidName(name) {
		return nil, 0, fmt.Errorf("read document %q: want a name of 1 to 64 of a-z, 0-9, '-', '_'", name)
	}
	ctx, l, leave, err := c.ask(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("read document %s: %w", name, err)
	}
	defer leave()
	stream, err := l.js.Stream(ctx, DocumentStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, 0, fmt.Errorf("read document %s: %w", name, ErrNoDocument)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read document %s: %w", name, err)
	}
	m, err := stream.GetLastMsgForSubject(ctx, documentPrefix+name)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, 0, fmt.Errorf("read document %s: %w", name, ErrNoDocument)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read document %s: %w", name, err)
	}
	doc, err := unpackDocument(m.Data)
	if err != nil {
		return nil, 0, fmt.Errorf("read document %s version %d: %w", name, m.Sequence, err)
	}
	return doc, m.Sequence, nil
}

// ask is enter for a question that the present connection answers, in time or not at all.
func (c *Client) ask(ctx context.Context) (context.Context, *link, func(), error) {
	ctx, l, leave, err := c.enter(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	if l.away() > 0 {
		leave()
		return nil, nil, nil, errBusAway
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.RequestTimeout)
	up, err := l.await(ctx)
	if err != nil {
		cancel()
		leave()
		return nil, nil, nil, err
	}
	ctx, answered := while(ctx, up)
	return ctx, l, func() { answered(); cancel(); leave() }, nil
}

// FollowDocuments hands over the newest version of each document, and then each newer one,
// until ctx ends, Stop is called or fn fails. It bridges outages of the bus, after which
// the newest versions come again. Other dashboards' documents come, too, and our own.
func (c *Client) FollowDocuments(ctx context.Context, fn func(name string, version uint64, doc []byte) error) error {
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
		var refused error
		err = c.followDocuments(ctx, up, l, func(batch []message) {
			failures = 0
			for _, m := range batch {
				doc, err := unpackDocument(m.data)
				if err != nil {
					c.metrics.undecodable.WithLabelValues(DocumentStream).Inc()
					continue
				}
				if refused = fn(strings.TrimPrefix(m.subject, documentPrefix), m.seq, doc); refused != nil {
					return
				}
			}
		}, &refused)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case refused != nil:
			return refused
		case !errors.Is(err, errBusAway) && failures == 3:
			c.log.Warn().Err(err).Msg("reading documents was interrupted")
		}
		if failures++; sleep(ctx, backoff(failures)) != nil {
			return context.Cause(ctx)
		}
	}
}

// followDocuments reads until the connection breaks or something goes wrong.
func (c *Client) followDocuments(ctx, up context.Context, l *link, take func([]message), refused *error) error {
	stream, err := l.stream(ctx, up, DocumentStream)
	if err != nil {
		return err
	}
	last := stream.CachedInfo().State.LastSeq
	hand := func(batch []message) error {
		take(batch)
		last = max(last, batch[len(batch)-1].seq)
		return *refused
	}
	err = c.read(ctx, up, stream, jetstream.ConsumerConfig{
		FilterSubject: documentPrefix + "*", DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy,
	}, func(batch []message, pending uint64) (bool, error) { return pending == 0, hand(batch) })
	if err != nil {
		return err
	}
	return c.read(ctx, up, stream, jetstream.ConsumerConfig{
		FilterSubject: documentPrefix + "*", DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: last + 1,
	}, func(batch []message, _ uint64) (bool, error) { return false, hand(batch) })
}

func packDocument(doc []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedBetterCompression))
	if err != nil {
		return nil, err
	}
	return w.EncodeAll(doc, nil), w.Close()
}

func unpackDocument(packed []byte) ([]byte, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxDocument))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.DecodeAll(packed, nil)
}
