package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for a condition: a busy machine is slow, not wrong.
const patience = 3 * time.Minute

// process is a program that a test starts, ends and looks at.
type process struct {
	t      testing.TB
	name   string
	cmd    *exec.Cmd
	stdout output
	stderr output
	exited chan struct{}
}

// output keeps what a process printed.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// launch starts a program. It is killed at the end of the test if it still runs; what it
// logged is shown when the test has failed.
func launch(t testing.TB, name, path string, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, name: name, exited: make(chan struct{})}
	p.cmd = exec.Command(path, args...)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.Env = append(cleanEnviron(), env...)
	p.cmd.SysProcAttr = endsWithUs()
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // the exit code is in ProcessState
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s (pid %d, %v) said last:\n%s%s", name, p.cmd.Process.Pid, p.cmd.ProcessState,
				tailOf(p.stdout.String()), tailOf(p.stderr.String()))
		}
	})
	return p
}

// campusgate starts the program under test.
func campusgate(t testing.TB, args ...string) *process {
	t.Helper()
	return launch(t, "campusgate "+args[0], builtAt, nil, args...)
}

// cleanEnviron is the environment without settings of ours.
func cleanEnviron() []string {
	var out []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "CAMPUSGATE_") {
			out = append(out, e)
		}
	}
	return out
}

func tailOf(text string) string {
	const most = 3000
	if len(text) > most {
		text = "… " + text[len(text)-most:]
	}
	return text
}

func (p *process) running() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// kill ends it at once, as a power failure of the process would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.exited
}

// signal asks it to end and returns its exit code, -1 when a signal ended it.
func (p *process) signal(s os.Signal) int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatalf("signal %s: %v", p.name, err)
	}
	return p.wait()
}

// wait returns its exit code.
func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.exited:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatalf("%s does not end", p.name)
		return -1
	}
}

// mustRun fails the test when the process has ended by itself.
func (p *process) mustRun() {
	p.t.Helper()
	if !p.running() {
		p.t.Fatalf("%s has ended: %v", p.name, p.cmd.ProcessState)
	}
}

// service is a process that is killed and started again with the same settings.
type service struct {
	begin func() *process
	*process
}

func newService(begin func() *process) *service { return &service{begin: begin, process: begin()} }

// start starts it again after it has ended.
func (s *service) start() { s.process = s.begin() }

// eventually waits until done returns "", which otherwise says what is missing.
func eventually(t testing.TB, what string, done func() string) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(patience)
	for {
		missing := done()
		if missing == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v: %s", what, patience, missing)
		}
		<-tick.C
	}
}

// freePort returns a port that nothing listens on. It lies below the ports that the system
// gives to clients: while a server is down, nobody else gets its port, and a client that
// keeps dialling cannot meet itself there.
func freePort(t testing.TB) int {
	t.Helper()
	for range 1000 {
		port := 10_000 + rand.IntN(22_000)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return port
	}
	t.Fatal("no free port")
	return 0
}

func listens(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

func writeFile(t testing.TB, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// mosquitto is a real broker that keeps its queues on disk and holds them without bound.
func mosquitto(t testing.TB, port int) *service {
	t.Helper()
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		if path = "/usr/sbin/mosquitto"; !exists(path) {
			t.Fatal("these tests need Mosquitto 2 (Debian: apt-get install mosquitto)")
		}
	}
	dir := t.TempDir()
	config := writeFile(t, filepath.Join(dir, "mosquitto.conf"), fmt.Sprintf(`user root
persistence true
persistence_location %s/
autosave_interval 5
max_queued_messages 0
max_inflight_messages 5000
log_dest stderr
log_type error
log_type warning
listener %d 127.0.0.1
allow_anonymous true
`, dir, port))
	s := newService(func() *process { return launch(t, "mosquitto", path, nil, "-c", config) })
	eventually(t, "mosquitto listens", func() string {
		s.mustRun()
		if !listens(fmt.Sprintf("127.0.0.1:%d", port)) {
			return "nothing listens"
		}
		return ""
	})
	return s
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// influxdb is the embedded InfluxDB as a process of its own.
func influxdb(t testing.TB, port int, dir string) *service {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	spec := fmt.Sprintf("%s=127.0.0.1:%d %s", influxVariable, port, dir)
	return newService(func() *process { return launch(t, "influxdb", self, []string{spec}) })
}

// interrupt is Ctrl-C.
const interrupt = syscall.SIGINT

// terminate is what a service manager sends.
const terminate = syscall.SIGTERM

// newRandom draws the same numbers in every run.
func newRandom(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(20261124, seed)) }
