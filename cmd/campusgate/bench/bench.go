package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/influx"
)

// Config says what to measure; the command's flags hold the defaults.
type Config struct {
	Messages int           // waiting at the broker in the ingest part; 1,000 or more
	Backlog  int           // events of the drain part; 1,000 or more
	LiveFor  time.Duration // of each latency and fan-out part; 1 s or more
	Rates    []int         // messages a second of the latency parts
	Clients  int           // websockets of the fan-out part
	History  int           // passages of the history part, 1,000 or more; 0: it is left out
	Parts    []string      // of Parts; empty: all
	Program  string        // campusgate itself
	Version  string
	Progress io.Writer // one line for each step
}

// Parts lists what can be measured.
func Parts() []string { return []string{"ingest", "latency", "drain", "fanout", "startup", "history"} }

// bench is one run: a scratch folder, an InfluxDB, and the meter before it.
type bench struct {
	Config
	dir    string
	influx *influx.Embedded
	meter  *meter
	serial int // numbers databases, folders and client ids
}

// Run measures. What it reports is complete, or there is an error.
func Run(ctx context.Context, cfg Config) (report *Report, err error) {
	dir, err := os.MkdirTemp("", "campusgate-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	// InfluxDB runs in this process and serves every contender: let its garbage collector
	// take as little of the two cores from them as Telegraf's own tuning does.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	b := &bench{Config: cfg, dir: dir}
	settings := influx.DefaultEmbeddedConfig()
	settings.DataDir, settings.Addr = filepath.Join(dir, "influxdb"), "127.0.0.1:0"
	// InfluxDB serves every contender alike; with memory enough it does not compact while
	// they are measured, and so is less of what is measured.
	settings.CacheBytes, settings.SnapshotBytes = 2<<30, 1<<30
	b.influx, err = influx.NewEmbedded(settings, zerolog.Nop())
	if err != nil {
		return nil, err
	}
	if err := b.influx.Start(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.influx.Stop(context.WithoutCancel(ctx))) }()
	b.meter, err = newMeter(ctx, b.influx.URL())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.meter.close(context.WithoutCancel(ctx))) }()

	report = &Report{Machine: machine(cfg.Version), At: time.Now()}
	for _, part := range []struct {
		name string
		run  func(context.Context, *Report) error
	}{
		{"startup", b.startUp},
		{"ingest", b.ingest},
		{"latency", b.latency},
		{"fanout", b.fanOut},
		{"drain", b.drain},
		{"history", b.history},
	} {
		if len(cfg.Parts) > 0 && !contains(cfg.Parts, part.name) {
			continue
		}
		if err := part.run(ctx, report); err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return report, nil
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func (b *bench) say(format string, args ...any) {
	_, _ = fmt.Fprintf(b.Progress, "bench: "+format+"\n", args...)
}

// fresh returns a new name and folder for a contender.
func (b *bench) fresh(what string) (name, dir string, err error) {
	b.serial++
	name = fmt.Sprintf("%s%d", what, b.serial)
	dir = filepath.Join(b.dir, name)
	return name, dir, os.MkdirAll(dir, 0o750)
}

func machine(version string) Machine {
	m := Machine{CPU: runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version(), Version: version}
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return m
	}
	for line := range strings.Lines(string(info)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			m.CPU = strings.TrimSpace(value)
			break
		}
	}
	return m
}
