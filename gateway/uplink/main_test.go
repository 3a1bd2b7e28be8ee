package uplink_test

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/broker"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"
)

// The test binary runs the bus instead of tests when these are set, so that a test can
// end it with SIGKILL.
const (
	childDir    = "CAMPUSGATE_UPLINK_TEST_DIR"
	childListen = "CAMPUSGATE_UPLINK_TEST_LISTEN"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(child(dir, os.Getenv(childListen)))
	}
	goleak.VerifyTestMain(m,
		// nats-server 2.15 leaves these behind when it is stopped while a stream is being
		// made; its own process would end with them.
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*fileStore).flushStreamStateLoop"),
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server/ats.Register.func1"),
	)
}

func child(dir, listen string) int {
	config := broker.DefaultBusConfig()
	config.Listen, config.DataDir = listen, dir
	b, err := broker.NewBus(config, zerolog.New(os.Stderr).Level(zerolog.ErrorLevel))
	if err != nil {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := b.Start(ctx); err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	_ = json.NewEncoder(os.Stdout).Encode(b.URL())
	<-ctx.Done()
	return 0
}

// busProcess is a bus in a process of its own, on one address over all its lives.
type busProcess struct {
	t      *testing.T
	dir    string
	listen string
	cmd    *exec.Cmd
}

func newBusProcess(t *testing.T) *busProcess {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &busProcess{t: t, dir: t.TempDir(), listen: l.Addr().String()}
	_ = l.Close()
	t.Cleanup(p.kill)
	return p
}

func (p *busProcess) start() {
	p.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	p.cmd = exec.Command(exe)
	p.cmd.Env = append(os.Environ(), childDir+"="+p.dir, childListen+"="+p.listen)
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	var url string
	if err := json.NewDecoder(out).Decode(&url); err != nil {
		p.t.Fatalf("bus process said no address: %v", err)
	}
}

func (p *busProcess) kill() {
	if p.cmd == nil || p.cmd.ProcessState != nil {
		return
	}
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func startBus(t testing.TB, change func(*broker.BusConfig)) *broker.Bus {
	t.Helper()
	config := broker.DefaultBusConfig()
	config.Listen, config.DataDir = "127.0.0.1:0", t.TempDir()
	if change != nil {
		change(&config)
	}
	b, err := broker.NewBus(config, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := b.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return b
}

// eventually polls until ok, and fails the test after three minutes, since machines of CI are slow to sync.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(3 * time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("did not come about: %s", what)
		case <-tick.C:
		}
	}
}
