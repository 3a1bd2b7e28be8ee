package uplink_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/campusgate/campusgate/gateway/journal"
	"github.com/campusgate/campusgate/gateway/uplink"
	"github.com/rs/zerolog"
)

// endless is a consumer that delivers chunks of one size for as long as tokens last.
type endless struct {
	records []journal.Record
	size    int
	seq     uint64
	tokens  chan struct{}
	done    chan struct{}
	idle    *atomic.Bool
}

func (e *endless) Next(ctx context.Context, _ int) (*journal.Chunk, error) {
	if e.idle != nil {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	select {
	case <-e.tokens:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ch := &journal.Chunk{Records: make([]journal.Record, e.size)}
	for i := range ch.Records {
		e.seq++
		ch.Records[i] = e.records[i]
		ch.Records[i].Seq = e.seq
	}
	return ch, nil
}

func (e *endless) Commit(*journal.Chunk, journal.Tx) error {
	e.done <- struct{}{}
	return nil
}

func (e *endless) State(func(string, []byte) error) error { return nil }

// BenchmarkPublish sends batches over a real, synced bus. An operation is one batch;
// events/s tells the throughput.
func BenchmarkPublish(b *testing.B) {
	for _, size := range []int{1, 10, 100, 500, 999} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			bus := startBus(b, nil)
			e := &endless{records: gate(1, size), size: size, tokens: make(chan struct{}, 1<<20), done: make(chan struct{}, 1<<20)}
			c := config(bus.URL())
			c.MaxBatchRecords = 999
			u, err := uplink.New(c, uplink.Deps{
				Open: func(c journal.ConsumerConfig) (uplink.Consumer, error) {
					if c.Name == uplink.EventConsumer {
						return e, nil
					}
					return &endless{idle: new(atomic.Bool)}, nil
				},
				JournalID: func() string { return "j" }, Logger: zerolog.Nop(),
			})
			if err != nil {
				b.Fatal(err)
			}
			if err := u.Start(context.Background()); err != nil {
				b.Fatal(err)
			}
			defer func() { _ = u.Stop(context.Background()) }()
			e.tokens <- struct{}{}
			<-e.done
			b.ReportAllocs()
			n, out := 0, 0
			for b.Loop() {
				e.tokens <- struct{}{}
				if out++; out > 4 { // what the pipeline holds
					<-e.done
					out--
				}
				n++
			}
			for ; out > 0; out-- {
				<-e.done
			}
			b.ReportMetric(float64(n*size)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
