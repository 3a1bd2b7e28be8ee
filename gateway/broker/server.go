package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	natsd "github.com/nats-io/nats-server/v2/server"
	"github.com/rs/zerolog"
)

// startLimit bounds a start whose context has no deadline. A store of some gigabytes that
// was not closed cleanly is read through at start.
const startLimit = 2 * time.Minute

// embedded is what the two servers have in common: one nats-server, its folder and lock.
type embedded struct {
	what    string // "mqtt" or "bus", in errors and logs
	listen  string
	dataDir string
	options func() (*natsd.Options, error) // reads secrets and certificates
	log     zerolog.Logger

	mu      sync.Mutex
	server  *natsd.Server
	opts    *natsd.Options
	lock    *folderLock
	state   event.Health
	stopped bool
}

func (e *embedded) start(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.server != nil || e.stopped {
		return fmt.Errorf("start %s: already started", e.what)
	}
	began := time.Now()
	if err := e.open(ctx); err != nil {
		e.state = event.Health{State: event.Failed, Reason: err.Error()}
		return err
	}
	e.state = event.Health{State: event.OK}
	e.log.Info().Str("listen", e.addr()).Str("data_dir", e.dataDir).
		Dur("took", time.Since(began)).Msg(e.what + " server listens")
	return nil
}

func (e *embedded) open(ctx context.Context) (err error) {
	opts, err := e.options()
	if err != nil {
		return fmt.Errorf("start %s: %w", e.what, err)
	}
	if err := os.MkdirAll(e.dataDir, 0o750); err != nil {
		return fmt.Errorf("start %s: %w", e.what, err)
	}
	lock, err := lockFolder(e.dataDir)
	if err != nil {
		return fmt.Errorf("start %s: %w", e.what, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, lock.release())
		}
	}()
	// Probing first gives the plain error: the server itself reports a taken port only in
	// its log, after it has opened its store.
	if err := probe(ctx, e.what, e.listen); err != nil {
		return err
	}
	opts.StoreDir = filepath.Join(e.dataDir, "store")
	server, err := natsd.NewServer(opts)
	if err != nil {
		return fmt.Errorf("start %s: %w", e.what, err)
	}
	logger := newServerLog(e.log)
	server.SetLoggerV2(logger, false, false, false)

	ready := make(chan bool, 1)
	go func() {
		server.Start()
		ready <- server.ReadyForConnections(startLimit)
	}()
	stop := func() {
		server.Shutdown()
		server.WaitForShutdown()
	}
	select {
	case ok := <-ready:
		if fatal := logger.fatal(); fatal != nil || !ok {
			stop()
			return fmt.Errorf("start %s: not ready for connections: %w", e.what, errors.Join(fatal))
		}
	case fatal := <-logger.fatals:
		// ReadyForConnections would go on polling until its limit.
		stop()
		return fmt.Errorf("start %s: %w", e.what, fatal)
	case <-ctx.Done():
		stop()
		return fmt.Errorf("start %s: %w", e.what, context.Cause(ctx))
	}
	e.server, e.opts, e.lock = server, opts, lock
	return nil
}

// stop is idempotent and safe without start.
func (e *embedded) stop(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stopped = true
	server := e.server
	if server == nil {
		e.state = event.Health{State: event.Stopped}
		return nil
	}
	done := make(chan struct{})
	go func() {
		server.Shutdown()
		server.WaitForShutdown()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		// The lock stays: the store is still being written.
		return fmt.Errorf("stop %s: %w", e.what, context.Cause(ctx))
	}
	e.server = nil
	e.state = event.Health{State: event.Stopped}
	e.log.Info().Msg(e.what + " server stopped")
	return e.lock.release()
}

func (e *embedded) health() event.Health {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state.State == "" {
		return event.Health{State: event.Starting}
	}
	if e.server != nil && !e.server.JetStreamEnabled() {
		// The server switches its store off when the disk fails or is full.
		return event.Health{State: event.Failed, Reason: "store switched off after a disk fault"}
	}
	return e.state
}

// addr is host:port in use, empty before start; mu is held.
func (e *embedded) addr() string {
	if e.server == nil {
		return ""
	}
	if e.opts.MQTT.Port != 0 {
		return net.JoinHostPort(e.opts.MQTT.Host, fmt.Sprint(e.opts.MQTT.Port))
	}
	addr := e.server.Addr()
	if addr == nil {
		return ""
	}
	return addr.String()
}

func (e *embedded) lockedAddr() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.addr()
}

func probe(ctx context.Context, what, listen string) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", listen)
	if err == nil {
		return l.Close()
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("listen %s %s: address already in use", what, listen)
	}
	return fmt.Errorf("listen %s %s: %w", what, listen, err)
}

// baseOptions are the settings both servers share: no signal handlers, no ports but the
// one asked for, a store with explicit bounds so that the start does not depend on what
// the disk has free at the moment.
func baseOptions(name string, maxPayload, maxStore int64) *natsd.Options {
	return &natsd.Options{
		ServerName:             name,
		NoSigs:                 true,
		MaxPayload:             int32(maxPayload), // checked: at most 64 MiB
		JetStream:              true,
		JetStreamMaxMemory:     256 * mebibyte,
		JetStreamMaxStore:      maxStore,
		DisableJetStreamBanner: true,
		MaxTracedMsgLen:        256,
	}
}
