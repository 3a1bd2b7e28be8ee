package broker_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/broker"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"
)

// childEnv makes the test binary run one server instead of tests, so that a test can
// kill it as the system would: with SIGKILL, nothing flushed.
const childEnv = "CAMPUSGATE_BROKER_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		os.Exit(child(dir))
	}
	goleak.VerifyTestMain(m,
		// nats-server 2.15 leaves these behind when it is stopped while a stream is being
		// made; its own process would end with them.
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*fileStore).flushStreamStateLoop"),
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server/ats.Register.func1"),
	)
}

func child(dir string) int {
	config := broker.DefaultMQTTConfig()
	config.Listen, config.DataDir = "127.0.0.1:0", dir
	m, err := broker.NewMQTT(config, zerolog.New(os.Stderr).Level(zerolog.WarnLevel))
	if err != nil {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := m.Start(ctx); err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	_ = json.NewEncoder(os.Stdout).Encode(m.Addr())
	<-ctx.Done()
	return 0
}

// process is a broker in a process of its own.
type process struct {
	addr string
	cmd  *exec.Cmd
}

func startProcess(t *testing.T, dir string) *process {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd}
	t.Cleanup(func() { p.kill() })
	if err := json.NewDecoder(out).Decode(&p.addr); err != nil {
		t.Fatalf("broker process said no address: %v", err)
	}
	return p
}

// kill ends the process as a crash does.
func (p *process) kill() {
	if p.cmd.ProcessState != nil {
		return
	}
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func mqttConfig(t *testing.T) broker.MQTTConfig {
	t.Helper()
	c := broker.DefaultMQTTConfig()
	c.Listen, c.DataDir = "127.0.0.1:0", t.TempDir()
	return c
}

func startMQTT(t *testing.T, c broker.MQTTConfig) *broker.MQTT {
	t.Helper()
	m, err := broker.NewMQTT(c, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return m
}

func startBus(t *testing.T, c broker.BusConfig) *broker.Bus {
	t.Helper()
	b, err := broker.NewBus(c, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return b
}

func busConfig(t *testing.T) broker.BusConfig {
	t.Helper()
	c := broker.DefaultBusConfig()
	c.Listen, c.DataDir = "127.0.0.1:0", t.TempDir()
	return c
}

func secretFile(t *testing.T, secret string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func wantError(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Fatalf("got error %v, want one with %q", err, part)
	}
}
