package uplink

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

// Where the command centre's documents are. The dashboard's bus package makes the stream
// and publishes; a gateway only reads.
const (
	DocumentStream = "CAMPUS_DOCUMENTS"
	documentPrefix = "campus.document."
	// storedSubjects carry word of each document after it is stored, without its text.
	storedSubjects = "campus.stored.document.*"
)

// MaxDocument is the longest document in bytes.
const MaxDocument = 16 << 20

// documentPoll is how often a gateway asks whether it missed the word of a new document,
// or, where the last look failed for another reason than an outage, looks again.
const documentPoll = time.Minute

// documents hands over the newest version of each document: all at each connect where
// they may have changed, and each one that follows.
type documents struct {
	config *Config
	link   *link
	hand   func(name string, version uint64, doc []byte) error
	log    zerolog.Logger

	created time.Time         // of the stream that the versions below belong to
	last    uint64            // sequence of the stream up to which all is handed over
	handed  map[string]uint64 // version by name
	behind  int               // looks in a row that were answered with less than the stream has
	told    string            // the last fault that was logged
}

// maxBehind is how often an answer may be older than the stream: longer than a server of a
// cluster needs, and not for ever, as somebody may have deleted the newest by hand.
const maxBehind = 8

// run looks at each connect, at each word of a new document and now and then.
func (d *documents) run(ctx context.Context) {
	word := make(chan *nats.Msg, 16)
	// Before the first look, so that nothing falls between the two; it lasts over
	// reconnects. Words beyond 16 that wait say nothing new.
	s, err := d.link.conn.Subscribe(storedSubjects, func(m *nats.Msg) {
		select {
		case word <- m:
		default:
		}
	})
	if err != nil {
		d.fault(err)
		return
	}
	defer func() { _ = s.Unsubscribe() }() // fails on a closed connection only
	tick := time.NewTicker(documentPoll)
	defer tick.Stop()
	for {
		up, err := d.link.await(ctx)
		if err != nil {
			return
		}
		err = d.look(ctx, up)
		switch {
		case ctx.Err() != nil:
			return
		case up.Err() != nil:
			continue
		case errors.Is(err, errBehind):
			if sleep(ctx, backoff(d.behind)) != nil {
				return
			}
			continue
		case err != nil:
			d.fault(err)
		}
		select {
		case <-word:
		case <-tick.C:
		case <-up.Done():
		case <-ctx.Done():
			return
		}
	}
}

// errBehind says that a server of a cluster has not got the newest document yet.
var errBehind = errors.New("the answer is older than the stream")

// look hands over what is new.
func (d *documents) look(ctx, up context.Context) error {
	ctx, cancel := both(ctx, up, d.config.AckTimeout)
	defer cancel()
	stream, err := d.link.js.Stream(ctx, DocumentStream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil // no dashboard of this version has been there yet
	}
	if err != nil {
		return fmt.Errorf("look up stream %s: %w", DocumentStream, err)
	}
	info := stream.CachedInfo()
	if !info.Created.Equal(d.created) {
		d.created, d.last = info.Created, 0
		clear(d.handed)
	}
	if info.State.LastSeq == d.last {
		return nil
	}
	messages, err := jetstreamext.GetLastMsgsFor(ctx, d.link.js, DocumentStream, []string{documentPrefix + "*"})
	if err != nil {
		return fmt.Errorf("read documents: %w", err)
	}
	newest := uint64(0)
	for m, err := range messages {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			break
		}
		if err != nil {
			return fmt.Errorf("read documents: %w", err)
		}
		newest = max(newest, m.Sequence)
		d.take(strings.TrimPrefix(m.Subject, documentPrefix), m.Sequence, m.Data)
	}
	if newest < info.State.LastSeq && d.behind < maxBehind {
		d.behind++
		return errBehind
	}
	d.last, d.behind = info.State.LastSeq, 0
	return nil
}

// take hands one version over, once: what refuses it knows where to say so, and another
// version must come before it is tried again.
func (d *documents) take(name string, version uint64, packed []byte) {
	if d.handed[name] == version {
		return
	}
	d.handed[name] = version
	doc, err := unpackDocument(packed)
	if err == nil {
		err = d.hand(name, version, doc)
	}
	if err != nil {
		d.fault(fmt.Errorf("document %s version %d: %w", name, version, err))
	}
}

// fault logs what is wrong, once while it stays the same.
func (d *documents) fault(err error) {
	if text := err.Error(); text != d.told {
		d.told = text
		d.log.Warn().Err(err).Msg("a document of the command centre was not taken")
	}
}

func unpackDocument(packed []byte) ([]byte, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxDocument))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	doc, err := r.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("not a zstd frame of at most %d MiB: %w", MaxDocument>>20, err)
	}
	return doc, nil
}
