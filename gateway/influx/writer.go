package influx

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/influxdata/influxdb-client-go/v2/api"
	"github.com/influxdata/influxdb-client-go/v2/api/write"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

// Source is where records come from; *journal.Consumer is one. Several chunks are
// outstanding at a time and are committed in any order.
type Source interface {
	Next(ctx context.Context, max int) (*journal.Chunk, error)
	Commit(ch *journal.Chunk, tx journal.Tx) error
}

// WriterDeps are what a Writer needs.
type WriterDeps struct {
	// Sources are drawn from side by side; one is the usual number.
	Sources []Source
	Log     zerolog.Logger
	Metrics prometheus.Registerer // nil: a registry of its own
	Now     func() time.Time      // nil: time.Now
}

// Writer carries records from the journal to InfluxDB.
//
//	source ──Next──▶ pull (paces) ──▶ worker: encode, write, bisect ──Commit──▶ source
//
// One chunk is one batch. A batch is written as soon as a record is there, but at most one
// batch each FlushInterval unless batches are large: at a low rate a record waits for
// nothing, at a high rate batches fill up while the workers are busy.
type Writer struct {
	config  WriterConfig
	sources []Source
	log     zerolog.Logger
	now     func() time.Time
	client  *client
	targets map[string]api.WriteAPIBlocking // by measurement
	metrics *metrics
	outage  *outage

	live, backlog chan struct{} // slots of the workers
	maxBytes      atomic.Int64  // largest request that the server takes; 0: unknown
	witness       atomic.Pointer[witness]
	again         chan struct{} // asks for set-up
	setupMu       sync.Mutex
	setupAt       time.Time

	// soft ends pulling and waiting when Stop begins, hard the requests when Stop runs out
	// of time.
	soft, hard             context.Context
	cancelSoft, cancelHard context.CancelFunc

	mu      sync.Mutex
	started bool
	running sync.WaitGroup
}

// NewWriter checks the settings and reads the secrets; it connects to nothing.
func NewWriter(c WriterConfig, deps WriterDeps) (*Writer, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if len(deps.Sources) == 0 {
		return nil, errors.New("influx: a writer needs a source")
	}
	m, err := newMetrics(deps.Metrics)
	if err != nil {
		return nil, err
	}
	cl, err := newClient(c.ServerConfig, c.RequestTimeout, c.Workers+1)
	if err != nil {
		return nil, err
	}
	now := deps.Now
	if now == nil {
		now = time.Now
	}
	w := &Writer{
		config: c, sources: deps.Sources, log: deps.Log, now: now, client: cl, metrics: m,
		outage:  newOutage(deps.Log, now, m, len(deps.Sources)),
		targets: map[string]api.WriteAPIBlocking{},
		live:    make(chan struct{}, c.Workers), backlog: make(chan struct{}, max(c.Workers-1, 1)),
		again: make(chan struct{}, 1),
	}
	w.hard, w.cancelHard = context.WithCancel(context.Background())
	w.soft, w.cancelSoft = context.WithCancel(w.hard)
	options := write.DefaultOptions().SetPrecision(time.Nanosecond).SetUseGZip(c.Gzip)
	for _, name := range Measurements() {
		w.targets[name] = api.NewWriteAPIBlocking(c.Org, c.bucket(name), cl.http, options)
	}
	return w, nil
}

// Start begins to connect and write in the background.
func (w *Writer) Start(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.started || w.soft.Err() != nil {
		return errors.New("influx: writer was started or stopped before")
	}
	w.started = true
	w.running.Go(w.run)
	return nil
}

// Stop draws nothing more, lets requests that are under way finish as long as ctx lasts,
// and gives up waiting for a server that is away: the journal keeps what is not committed.
func (w *Writer) Stop(ctx context.Context) error {
	w.mu.Lock()
	w.cancelSoft()
	w.mu.Unlock()
	finished := make(chan struct{})
	go func() {
		w.running.Wait()
		close(finished)
	}()
	select {
	case <-finished:
	case <-ctx.Done():
	}
	w.cancelHard()
	<-finished
	w.client.idle()
	w.outage.stopped()
	return nil
}

// Health is Failed while InfluxDB takes nothing, Degraded while set-up is incomplete.
func (w *Writer) Health() event.Health { return w.outage.current() }

func (w *Writer) run() {
	if !w.connect() {
		return
	}
	for i := range w.sources {
		w.running.Go(func() { w.pull(i) })
	}
	retry := time.NewTicker(setUpAgain)
	defer retry.Stop()
	for {
		select {
		case <-w.soft.Done():
			return
		case <-w.again:
			// A failure shows in the health when it matters: writes get 404.
			_, _ = w.setUp()
		case <-retry.C:
			if w.outage.incomplete() { // somebody may have given the rights
				_, _ = w.setUp()
			}
		}
	}
}

// setUpAgain is how often a set-up that was incomplete is tried again.
const setUpAgain = 5 * time.Minute

// connect tries until a server has answered. One that answers but cannot be set up is good
// enough: writing may work all the same, and says so if it does not.
func (w *Writer) connect() bool {
	for try := 0; ; try++ {
		answers, err := w.setUp()
		if answers {
			w.outage.answered()
			return true
		}
		_, words, after := judge(err)
		w.outage.failed(down, words)
		if !w.pause(try, after) {
			return false
		}
	}
}

// setUp runs at most once a second, whoever asks. answers tells that a server is there,
// whatever it said.
func (w *Writer) setUp() (answers bool, err error) {
	w.setupMu.Lock()
	defer w.setupMu.Unlock()
	if w.now().Sub(w.setupAt) < time.Second {
		return true, nil
	}
	version, done, err := w.client.setUp(w.soft, w.config.Setup)
	w.setupAt = w.now()
	for _, what := range done {
		w.log.Info().Str("version", version).Msgf("InfluxDB: made %s", what)
	}
	if version != "" && w.soft.Err() == nil {
		w.outage.setUp(err)
	}
	return version != "", err
}

// pull draws chunks from a source and gives each to a worker.
func (w *Writer) pull(source int) {
	var (
		src   = w.sources[source]
		last  time.Time
		large bool
		short int // live chunks in a row that were not full
		fails int
	)
	for {
		if !large && !sleep(w.soft, w.config.FlushInterval-time.Since(last)) {
			return
		}
		ch, err := w.next(src)
		switch {
		case w.soft.Err() != nil || errors.Is(err, journal.ErrStopped):
			return
		case errors.Is(err, context.DeadlineExceeded):
			w.outage.caughtUp(source)
			continue
		case err != nil:
			if fails++; fails == 1 {
				w.log.Error().Err(err).Msg("InfluxDB writer cannot read the journal")
			}
			if !w.pause(fails, 0) {
				return
			}
			continue
		}
		fails, last = 0, time.Now()
		large = len(ch.Records)*8 >= w.config.BatchLines
		number := w.outage.drawn()
		if ch.Lane == journal.Live && len(ch.Records) < w.config.BatchLines {
			short++
		} else {
			short = 0
		}
		release, ok := w.slot(ch.Lane)
		if !ok {
			return
		}
		w.running.Go(func() {
			defer release()
			w.handle(w.hard, src, ch, number)
		})
		// The lanes take turns, so two short live chunks in a row mean that nothing waits.
		if short >= 2 {
			w.outage.caughtUp(source)
		}
	}
}

// idleAfter is how long nothing may come until a source counts as read to its end.
const idleAfter = 500 * time.Millisecond

func (w *Writer) next(src Source) (*journal.Chunk, error) {
	ctx, cancel := context.WithTimeout(w.soft, idleAfter)
	defer cancel()
	return src.Next(ctx, w.config.BatchLines)
}

// slot waits for a free worker. One worker is never given to backlog.
func (w *Writer) slot(lane journal.Lane) (release func(), ok bool) {
	if lane == journal.Backlog {
		select {
		case w.backlog <- struct{}{}:
		case <-w.soft.Done():
			return nil, false
		}
	}
	select {
	case w.live <- struct{}{}:
	case <-w.soft.Done():
		if lane == journal.Backlog {
			<-w.backlog
		}
		return nil, false
	}
	return func() {
		<-w.live
		if lane == journal.Backlog {
			<-w.backlog
		}
	}, true
}

// commit retries: a chunk that is stored and cannot be committed would be written again
// after a restart, which is harmless, but the journal would grow.
func (w *Writer) commit(src Source, ch *journal.Chunk, tx journal.Tx) bool {
	for try := 0; ; try++ {
		err := src.Commit(ch, tx)
		if err == nil {
			return true
		}
		if errors.Is(err, journal.ErrStopped) {
			return false
		}
		if try == 0 {
			w.log.Error().Err(err).Msg("InfluxDB writer cannot commit to the journal")
		}
		if !w.pause(try, 0) {
			return false
		}
	}
}

// Replay writes one dead-lettered line again, as it is. The error holds the server's words.
func (w *Writer) Replay(ctx context.Context, line []byte) error {
	name := measurementOf(line)
	target := w.targets[name]
	if target == nil {
		return fmt.Errorf("no measurement of ours: %q", name)
	}
	if err := target.WriteRecord(ctx, string(line)); err != nil {
		_, words, _ := judge(err)
		return errors.New(words)
	}
	return nil
}
