package ingest_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// mosquitto is a real broker on a free port.
type mosquitto struct {
	t      testing.TB
	dir    string
	port   int
	cmd    *exec.Cmd
	exited chan struct{}
	log    bytes.Buffer
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// startMosquitto starts a broker. extra is added to its configuration; lines before an
// empty line are general, the rest belongs to the listener. "DIR" stands for its folder.
func startMosquitto(t testing.TB, extra string) *mosquitto {
	t.Helper()
	m := &mosquitto{t: t, dir: t.TempDir(), port: freePort(t)}
	general, listener, _ := strings.Cut(extra, "\n\n")
	if !strings.Contains(extra, "allow_anonymous") {
		listener += "\nallow_anonymous true\n"
	}
	config := fmt.Sprintf("user root\nmax_queued_messages 0\nlog_dest stderr\nlog_type error\nlog_type warning\n%s\nlistener %d 127.0.0.1\n%s\n",
		general, m.port, listener)
	config = strings.ReplaceAll(config, "DIR", m.dir)
	if err := os.WriteFile(filepath.Join(m.dir, "mosquitto.conf"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	m.start()
	t.Cleanup(m.stop)
	return m
}

func (m *mosquitto) start() {
	m.t.Helper()
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		if path = "/usr/sbin/mosquitto"; !exists(path) {
			m.t.Fatal("these tests need Mosquitto 2 (Debian: apt-get install mosquitto)")
		}
	}
	m.cmd = exec.Command(path, "-c", filepath.Join(m.dir, "mosquitto.conf"))
	m.cmd.Stderr = &m.log
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		_ = cmd.Wait()
		close(exited)
	}(m.cmd, m.exited)
	eventually(m.t, "mosquitto listens", func() bool {
		select {
		case <-m.exited:
			m.t.Fatalf("mosquitto did not start: %s", m.log.String())
		default:
		}
		c, err := net.Dial("tcp", m.addr())
		if err != nil {
			return false
		}
		_ = c.Close()
		return true
	})
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// stop ends the broker in order, so that it saves what it keeps.
func (m *mosquitto) stop() {
	_ = m.cmd.Process.Signal(syscall.SIGTERM)
	<-m.exited
}

func (m *mosquitto) addr() string { return fmt.Sprintf("127.0.0.1:%d", m.port) }
func (m *mosquitto) url() string  { return "tcp://" + m.addr() }
