package uplink_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/uplink"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestCrashesBetweenPublishAndCommit(t *testing.T) {
	t.Parallel()
	bus := startBus(t, nil)
	f := newFakeJournal()
	c := config(bus.URL())
	c.MaxBatchRecords = 60
	random := rand.New(rand.NewPCG(3, 4))
	n := 0
	for range 25 {
		f.append(gate(n+1, 300)...)
		n += 301
		f.append(call(n))
		left := random.IntN(8)
		crashed := make(chan struct{})
		f.mu.Lock()
		var once bool
		f.lose = func() bool {
			left--
			if left < 0 && !once {
				once = true
				close(crashed)
			}
			return left < 0
		}
		f.mu.Unlock()
		u := startUplink(t, c, f)
		<-crashed // a batch is on the bus whose commit is lost
		crash(u)
	}
	f.mu.Lock()
	f.lose = func() bool { return false }
	f.mu.Unlock()
	startUplink(t, c, f)
	eventually(t, "all committed", func() bool { return f.pending() == 0 })
	wantOnce(t, bus.URL(), n)
}

func TestBusAndGatewayKilled(t *testing.T) {
	t.Parallel()
	p := newBusProcess(t)
	p.start()
	f := newFakeJournal()
	c := config("nats://" + p.listen)
	c.MaxBatchRecords = 100
	c.AckTimeout = 2 * time.Second
	random := rand.New(rand.NewPCG(5, 6))
	u := startUplink(t, c, f)
	n := 0
	for round := range 12 {
		f.append(gate(n+1, 2000)...)
		n += 2000
		before := f.pending()
		target := before - 1 - random.IntN(1500)
		eventually(t, "some progress", func() bool { return f.pending() <= target })
		if round%3 != 0 {
			p.kill()
		}
		if round%2 == 0 {
			crash(u)
			u = startUplink(t, c, f)
		}
		if round%3 != 0 {
			p.start()
		}
	}
	eventually(t, "all committed", func() bool { return f.pending() == 0 })
	wantOnce(t, "nats://"+p.listen, n)
}

func TestConnectionCutAnywhere(t *testing.T) {
	t.Parallel()
	bus := startBus(t, nil)
	proxy := newCuttingProxy(t, bus.Addr())
	f := newFakeJournal()
	c := config("nats://" + proxy.addr())
	c.MaxBatchRecords = 50
	c.AckTimeout = time.Second
	startUplink(t, c, f)
	n := 0
	for range 40 {
		f.append(gate(n+1, 100)...)
		n += 100
		cuts := proxy.cuts.Load()
		eventually(t, "a cut or all sent", func() bool { return proxy.cuts.Load() > cuts || f.pending() == 0 })
	}
	proxy.calm.Store(true)
	eventually(t, "all committed", func() bool { return f.pending() == 0 })
	if proxy.cuts.Load() < 5 {
		t.Errorf("only %d cuts: the test shows nothing", proxy.cuts.Load())
	}
	wantOnce(t, bus.URL(), n)
}

func TestLateBatchIsFencedOff(t *testing.T) {
	t.Parallel()
	bus := startBus(t, nil)
	f := newFakeJournal()
	f.append(gate(1, 1)...)
	u := startUplink(t, config(bus.URL()), f)
	eventually(t, "first committed", func() bool { return f.pending() == 0 })
	crash(u)

	// A batch of the dead process, on its way since before the crash.
	js := jetStream(t, bus.URL())
	ctx := context.Background()
	stream, err := js.Stream(ctx, uplink.EventStream)
	if err != nil {
		t.Fatal(err)
	}
	const marks = "campus.mark.event.gw1.main"
	mark, err := stream.GetLastMsgForSubject(ctx, marks)
	if err != nil {
		t.Fatal(err)
	}
	f.append(gate(2, 1)...)
	startUplink(t, config(bus.URL()), f)
	eventually(t, "second committed", func() bool { return f.pending() == 0 })

	late := nats.NewMsg(marks)
	late.Data = []byte("{}")
	late.Header.Set(jetstream.ExpectedLastSubjSeqHeader, fmt.Sprint(mark.Sequence))
	if _, err := js.PublishMsg(ctx, late); err == nil || !strings.Contains(err.Error(), "wrong last sequence") {
		t.Fatalf("late batch: %v, want it refused", err)
	}
	wantOnce(t, bus.URL(), 2)
}
