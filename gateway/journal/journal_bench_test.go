package journal_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/campusgate/campusgate/gateway/journal"
)

func benchConfig(b *testing.B) journal.Config {
	cfg := journal.DefaultConfig()
	cfg.Dir = b.TempDir()
	cfg.MinFreeDisk = 0
	return cfg
}

// commits reads how many fsyncs there were.
func commits(b *testing.B, reg *prometheus.Registry) float64 {
	families, err := reg.Gather()
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "campusgate_journal_commit_seconds" {
			return float64(f.GetMetric()[0].GetHistogram().GetSampleCount())
		}
	}
	return 0
}

// BenchmarkAppend stores events of about 200 bytes from several producers that submit
// without waiting, as ingest does, while one consumer keeps up.
func BenchmarkAppend(b *testing.B) {
	for _, producers := range []int{1, 8} {
		for _, size := range []int{1, 20} {
			b.Run(fmt.Sprintf("producers=%d/batch=%d", producers, size), func(b *testing.B) {
				reg := prometheus.NewRegistry()
				j := start(b, benchConfig(b), journal.Deps{Registerer: reg})
				c := consumer(b, j, journal.ConsumerConfig{Name: "reader"})
				ctx, cancel := context.WithCancel(context.Background())
				var reader, work sync.WaitGroup
				reader.Go(func() {
					for {
						ch, err := c.Next(ctx, 5000)
						if err != nil {
							return
						}
						if c.Commit(ch, journal.Tx{}) != nil {
							return
						}
					}
				})
				batch := events(1, size)
				b.ReportAllocs()
				b.ResetTimer()
				var left atomic.Int64
				left.Store(int64(b.N))
				for range producers {
					work.Go(func() {
						var inflight sync.WaitGroup
						for left.Add(-int64(size)) > -int64(size) {
							inflight.Add(1)
							if err := j.Submit(ctx, batch, func(error) { inflight.Done() }); err != nil {
								b.Error(err)
								inflight.Done()
								return
							}
						}
						inflight.Wait()
					})
				}
				work.Wait()
				b.StopTimer()
				seconds := b.Elapsed().Seconds()
				b.ReportMetric(float64(b.N)/seconds, "events/s")
				b.ReportMetric(commits(b, reg)/seconds, "fsyncs/s")
				cancel()
				reader.Wait()
			})
		}
	}
}

// BenchmarkRead reads back 200,000 events.
func BenchmarkRead(b *testing.B) {
	const total = 200_000
	for _, from := range []string{"tail", "disk"} {
		b.Run("from="+from, func(b *testing.B) {
			cfg := benchConfig(b)
			cfg.TailRecords = total
			cfg.TailBytes = 1 << 30
			if from == "disk" {
				cfg.TailRecords = 1
			}
			j := start(b, cfg, quiet())
			for n := 0; n < total; n += 1000 {
				appendAll(b, j, events(n, 1000))
			}
			runtime.GC()
			b.ReportAllocs()
			b.ResetTimer()
			name := 0
			read := 0
			var c *journal.Consumer
			for read < b.N {
				if read%total == 0 {
					name++
					c = consumer(b, j, journal.ConsumerConfig{Name: fmt.Sprintf("r%d", name)})
				}
				ch, err := c.Next(context.Background(), 5000)
				if err != nil {
					b.Fatal(err)
				}
				if err := c.Commit(ch, journal.Tx{}); err != nil {
					b.Fatal(err)
				}
				read += len(ch.Records)
			}
			b.StopTimer()
			b.ReportMetric(float64(read)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkPaced submits single events at a steady rate, as devices do, with a consumer
// that keeps up, and reports what that costs and how long a publisher waits.
func BenchmarkPaced(b *testing.B) {
	for _, rate := range []int{200, 1000, 5000, 10_000, 130_000} {
		b.Run(fmt.Sprintf("rate=%d", rate), func(b *testing.B) {
			reg := prometheus.NewRegistry()
			j := start(b, benchConfig(b), journal.Deps{Registerer: reg})
			c := consumer(b, j, journal.ConsumerConfig{Name: "reader"})
			ctx, cancel := context.WithCancel(context.Background())
			var reader sync.WaitGroup
			reader.Go(func() {
				for {
					ch, err := c.Next(ctx, 5000)
					if err != nil || c.Commit(ch, journal.Tx{}) != nil {
						return
					}
				}
			})
			batch := events(1, 1)
			waits := make([]time.Duration, b.N)
			var inflight sync.WaitGroup
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			b.ResetTimer()
			began, before := time.Now(), cpuTime(b)
			for sent := 0; sent < b.N; {
				<-tick.C
				for due := min(int(time.Since(began).Seconds()*float64(rate)), b.N); sent < due; sent++ {
					inflight.Add(1)
					at, n := time.Now(), sent
					if err := j.Submit(ctx, batch, func(error) { waits[n] = time.Since(at); inflight.Done() }); err != nil {
						b.Fatal(err)
					}
				}
			}
			inflight.Wait()
			b.StopTimer()
			slices.Sort(waits)
			b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/event")
			b.ReportMetric(commits(b, reg)/b.Elapsed().Seconds(), "fsyncs/s")
			b.ReportMetric(waits[len(waits)/2].Seconds()*1000, "p50-ms")
			b.ReportMetric(waits[len(waits)*99/100].Seconds()*1000, "p99-ms")
			b.ReportMetric(float64(residentMiB(b)), "rss-MiB")
			b.ReportMetric(0, "ns/op")
			cancel()
			reader.Wait()
		})
	}
}

// cpuTime is what this process has used.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// residentMiB is the memory of this process now, 0 where /proc does not tell.
func residentMiB(b *testing.B) int {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident int
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		b.Fatal(err)
	}
	return resident * os.Getpagesize() >> 20
}

// BenchmarkOutage stores b.N events that a consumer does not read, and then drains them
// from disk, chunk by chunk, while new ones come in.
func BenchmarkOutage(b *testing.B) {
	cfg := benchConfig(b)
	j := start(b, cfg, quiet())
	c := consumer(b, j, journal.ConsumerConfig{Name: "influx", LiveFirst: true})
	b.ReportAllocs()
	began := time.Now()
	var inflight sync.WaitGroup
	for n := 0; n < b.N; n += 20 {
		inflight.Add(1)
		if err := j.Submit(context.Background(), events(n, 20), func(error) { inflight.Done() }); err != nil {
			b.Fatal(err)
		}
	}
	inflight.Wait()
	stored := time.Since(began)
	before := cpuTime(b)
	b.ResetTimer()
	for read, n := 0, 0; read < b.N; n++ {
		if err := j.Submit(context.Background(), events(b.N+n, 1), nil); err != nil {
			b.Fatal(err)
		}
		ch, err := c.Next(context.Background(), 5000)
		if err != nil {
			b.Fatal(err)
		}
		if err := c.Commit(ch, journal.Tx{}); err != nil {
			b.Fatal(err)
		}
		read += len(ch.Records)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/stored.Seconds(), "stored/s")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "drained/s")
	b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/event")
	b.ReportMetric(float64(residentMiB(b)), "rss-MiB")
}
