package broker

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// thinAfter and thinFor bound how often one kind of line of the server is logged: a
// scanner that knocks at the MQTT port would otherwise fill the disk.
const (
	thinAfter = 3
	thinFor   = 10 * time.Second
)

// serverLog passes the server's log to zerolog. Notices (banner, recovery, shutdown) are
// debug; a fatal line becomes the error of Start, since the server must not end the process.
type serverLog struct {
	log    zerolog.Logger
	fatals chan error

	mu    sync.Mutex
	first error
	kinds map[string]*thinned
}

type thinned struct {
	since      time.Time
	count      int
	suppressed int
}

func newServerLog(log zerolog.Logger) *serverLog {
	return &serverLog{log: log, fatals: make(chan error, 1), kinds: make(map[string]*thinned)}
}

func (l *serverLog) fatal() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.first
}

// pass reports whether a line of this format may be logged, and how many before it were not.
func (l *serverLog) pass(format string, now time.Time) (suppressed int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	format = kindOf(format)
	k := l.kinds[format]
	if k == nil {
		if len(l.kinds) >= 1024 {
			clear(l.kinds)
		}
		k = &thinned{since: now}
		l.kinds[format] = k
	}
	if now.Sub(k.since) >= thinFor {
		suppressed = k.suppressed
		*k = thinned{since: now}
	}
	if k.count++; k.count > thinAfter {
		k.suppressed++
		return 0, false
	}
	return suppressed, true
}

// kindOf drops the client's name ("10.0.0.7:4711 - mid:12 - "), which the server puts into
// the format itself.
func kindOf(format string) string {
	for _, mark := range []string{" - mid:", " - cid:"} {
		if _, rest, ok := strings.Cut(format, mark); ok {
			if _, message, ok := strings.Cut(rest, " - "); ok {
				return message
			}
		}
	}
	return format
}

func (l *serverLog) write(e *zerolog.Event, format string, v []any) {
	if e == nil { // level is off
		return
	}
	suppressed, ok := l.pass(format, time.Now())
	if !ok {
		return
	}
	if suppressed > 0 {
		e.Int("suppressed", suppressed)
	}
	e.Msgf(format, v...)
}

// Noticef implements the server's logger.
func (l *serverLog) Noticef(format string, v ...any) { l.log.Debug().Msgf(format, v...) }

// Warnf implements the server's logger.
func (l *serverLog) Warnf(format string, v ...any) { l.write(l.log.Warn(), format, v) }

// Errorf implements the server's logger. Most are faults of one client, so they rank as
// warnings here; the server's own end is Fatalf.
func (l *serverLog) Errorf(format string, v ...any) { l.write(l.log.Warn(), format, v) }

// Fatalf implements the server's logger.
func (l *serverLog) Fatalf(format string, v ...any) {
	err := fmt.Errorf(format, v...)
	l.mu.Lock()
	if l.first == nil {
		l.first = err
	}
	l.mu.Unlock()
	select {
	case l.fatals <- err:
	default:
	}
	l.log.Error().Msgf(format, v...)
}

// Debugf implements the server's logger.
func (l *serverLog) Debugf(string, ...any) {}

// Tracef implements the server's logger.
func (l *serverLog) Tracef(string, ...any) {}
