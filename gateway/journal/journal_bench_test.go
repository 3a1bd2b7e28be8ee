package journal_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

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
