package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a contender or a helper program that the bench started.
type process struct {
	name    string
	cmd     *exec.Cmd
	output  *tail
	started time.Time
	done    chan struct{}
	err     error
}

// usage is what a process took from its start to its end.
type usage struct {
	cpu    time.Duration
	peakMB float64
}

func start(ctx context.Context, name, program string, env []string, args ...string) (*process, error) {
	p := &process{name: name, output: &tail{}, done: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, program, args...)
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 20 * time.Second
	p.started = time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// stop asks the process to end and returns what it used. Safe to call twice.
func (p *process) stop() (usage, error) {
	u := usage{peakMB: peakMB(p.cmd.Process.Pid)}
	select {
	case <-p.done:
	default:
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
	}
	select {
	case <-p.done:
	case <-time.After(60 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
		return u, fmt.Errorf("%s did not end within a minute; its last words:\n%s", p.name, p.output)
	}
	state := p.cmd.ProcessState
	u.cpu = state.UserTime() + state.SystemTime()
	return u, nil
}

// peakMB is the most memory a running process has held; 0 where the system does not say.
// The figure that comes with a process's end counts its parent's memory before exec too.
func peakMB(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	return 0
}

// ended returns an error with the process's last words when it is no longer running.
func (p *process) ended() error {
	select {
	case <-p.done:
		return fmt.Errorf("%s ended early (%v); its last words:\n%s", p.name, p.err, p.output) //nolint:errorlint // nil where it ended well
	default:
		return nil
	}
}

// waitFor asks until ready is true, the process ends, or the context is done.
func (p *process) waitFor(ctx context.Context, what string, every time.Duration, ready func() (bool, error)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		ok, err := ready()
		if err != nil {
			return fmt.Errorf("wait until %s: %w", what, err)
		}
		if ok {
			return nil
		}
		if err := p.ended(); err != nil {
			return fmt.Errorf("wait until %s: %w", what, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until %s: %w; last words of %s:\n%s", what, ctx.Err(), p.name, p.output)
		case <-tick.C:
		}
	}
}

// answers is a condition for waitFor: the address answers 200.
func answers(ctx context.Context, url string) func() (bool, error) {
	return func() (bool, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return false, err
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return false, nil //nolint:nilerr // not listening yet
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK, nil
	}
}

// freeAddr returns a loopback address that nothing listened on a moment ago, for programs
// that cannot be given port 0.
func freeAddr(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// tail keeps the last of what a process prints, and all of it for contains.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 64 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if over := len(t.text) - tailBytes; over > tailBytes {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(b), nil
}

func (t *tail) contains(s string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Contains(t.text, []byte(s))
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text[max(0, len(t.text)-4096):])
}

// errors that callers tell apart.
var errNotInstalled = errors.New("is not installed")

// findProgram looks on PATH and where Debian puts servers.
func findProgram(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	if path := "/usr/sbin/" + name; isFile(path) {
		return path, nil
	}
	return "", fmt.Errorf("%s %w", name, errNotInstalled)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
