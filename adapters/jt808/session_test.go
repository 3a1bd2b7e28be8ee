package jt808_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/jt808"
	"github.com/campusgate/campusgate/adapters/jt808/jt808test"
)

// gone waits until n terminals were reported down.
func (g *gateway) gone(n int) {
	g.t.Helper()
	eventually(g.t, "reported down", func() bool { return len(g.delivered(jt808.IDLogout)) == n })
}

func TestATerminalThatDoesNotComeBackIsDown(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	term := g.login(phone)
	term.Close()
	eventually(t, "away", func() bool { return g.listener.Terminals() == 0 })
	g.advance(time.Minute)
	back := g.login(phone) // out of the tunnel
	g.advance(3 * time.Minute)
	ask(t, back, jt808.IDHeartbeat, nil, 0)
	if n := len(g.delivered(jt808.IDLogout)); n != 0 {
		t.Fatalf("%d terminals down", n)
	}
	back.Close()
	eventually(t, "away", func() bool { return g.listener.Terminals() == 0 })
	g.refuse(errFull)
	g.advance(3 * time.Minute)
	eventually(t, "a try", func() bool { g.mu.Lock(); defer g.mu.Unlock(); return g.calls > 0 })
	g.refuse(nil) // it is said again until it is durable
	g.gone(1)
	if m := g.delivered(jt808.IDLogout)[0]; m.Device != "bus-1" || !m.Received.Equal(g.clock()) {
		t.Errorf("%s at %s", m.Device, m.Received)
	}
}

func TestASilentTerminalIsDown(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	term := g.login(phone)
	g.advance(9 * time.Minute)
	ask(t, term, 0x0f02, nil, 3) // any message is a sign of life
	g.advance(9 * time.Minute)
	ask(t, term, jt808.IDHeartbeat, nil, 0)
	g.advance(11 * time.Minute)
	closed(t, term)
	g.gone(1)
	if n := g.metric("closed_total", "idle"); n != 1 {
		t.Errorf("%v closed as idle", n)
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	term := g.login(phone)
	ask(t, term, jt808.IDLogout, nil, 0)
	ask(t, term, jt808.IDHeartbeat, nil, 1)
	if result, err := term.Authenticate(); err != nil || result != 0 {
		t.Fatal(result, err)
	}
	ask(t, term, jt808.IDLogout, nil, 0)
	g.advance(40 * time.Second) // nobody is there
	closed(t, term)
	if n := len(g.delivered(jt808.IDLogout)); n != 2 {
		t.Errorf("%d logouts", n)
	}
}

func TestConnectionsThatSayNothingOrTooLittle(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	mute, loud := g.dial(phone), g.dial(phone)
	slow := g.login(other)
	if _, err := slow.Conn.Write([]byte{0x7e, 2, 0, 0}); err != nil {
		t.Fatal(err)
	}
	ask(t, loud, jt808.IDHeartbeat, nil, 1) // what it says does not make it known
	eventually(t, "the clock moves until they are closed", func() bool {
		g.advance(time.Second)
		return g.metric("closed_total", "login") == 2 && g.metric("closed_total", "slow") == 1
	})
	closed(t, mute)
	closed(t, loud)
	closed(t, slow)
}

// TestMessagesThatOverlapTheirReads sends the end of one message with the beginning of the
// next: each is quick, though something is half there at any time.
func TestMessagesThatOverlapTheirReads(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	term := g.login(phone)
	const many = 10
	var stream []byte
	for n := range many {
		stream = jt808.AppendMessage(stream, term.Header(jt808.IDPosition), position(n).Append(nil))
	}
	size := len(stream) / many
	write(t, term, stream[:size/2])
	for n := range many {
		write(t, term, stream[size/2+n*size:min(len(stream), size/2+(n+1)*size)])
		if m, err := term.Receive(); err != nil || m.Body[4] != 0 {
			t.Fatal(m, err)
		}
		g.advance(20 * time.Second)
		looks := g.seen()
		eventually(t, "the watch has looked", func() bool { return g.seen() > looks+4 })
	}
	ask(t, term, jt808.IDHeartbeat, nil, 0)
}

func TestGarbageForEverIsBounded(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	term := g.login(phone)
	noise := make([]byte, 1<<20)
	for i := range noise {
		noise[i] = byte(i%100) + 1
	}
	write(t, term, noise, []byte{0x7e}, noise, []byte{0x7e})
	ask(t, term, jt808.IDHeartbeat, nil, 0)
	if n := g.metric("skipped_bytes_total"); n < 2<<20 {
		t.Errorf("%v bytes skipped", n)
	}
}

// TestATerminalThatDoesNotRead writes until its answers fill every buffer on the way.
func TestATerminalThatDoesNotRead(t *testing.T) {
	t.Parallel()
	g := start(t, func(c *jt808.Config) { c.MessageTimeout = 500 * time.Millisecond })
	term := g.login(phone)
	if err := term.Conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	var stream []byte
	for range 1000 {
		stream = jt808.AppendMessage(stream, term.Header(0x0f01), nil)
	}
	for range 10_000 {
		if err := term.Conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		if _, err := term.Conn.Write(stream); err != nil {
			break
		}
	}
	eventually(t, "closed", func() bool { return g.metric("closed_total", "write") == 1 })
}

func TestLimitsOfConnectionsAndTerminals(t *testing.T) {
	t.Parallel()
	g := start(t, func(c *jt808.Config) { c.MaxConnections, c.MaxPerAddress = 3, 2 })
	g.login(phone)
	second := g.login(other)
	closed(t, g.dial("13800000003"))
	second.Close()
	eventually(t, "room", func() bool { return g.listener.Connections() == 1 })
	g.login("13800000003")
	if n := g.metric("refused_total", "connections"); n != 1 {
		t.Errorf("%v refused", n)
	}

	g = start(t, func(c *jt808.Config) { c.MaxTerminals = 1 })
	g.login(phone)
	next := g.dial(other)
	if result, err := next.Register(); err != nil || result != 0 {
		t.Fatal(result, err)
	}
	next.Patience = 300 * time.Millisecond
	if _, err := next.Authenticate(); !errors.Is(err, jt808test.ErrNoAnswer) {
		t.Errorf("a terminal too many: %v", err)
	}
}

func TestUDP(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	term := g.connect("udp", g.listener.AddrUDP(), phone)
	ask(t, term, jt808.IDHeartbeat, nil, 1)
	if err := term.Login(); err != nil {
		t.Fatal(err)
	}
	write(t, term, three(term, "noise"))
	for range 3 {
		if m, err := term.Receive(); err != nil || m.Body[4] != 0 {
			t.Fatal(m, err)
		}
	}
	liar := g.connect("udp", g.listener.AddrUDP(), phone)
	ask(t, liar, jt808.IDPosition, position(1).Append(nil), 1) // not where it authenticated
	g.refuse(errFull)
	if _, err := term.Send(jt808.IDHeartbeat, nil); err != nil {
		t.Fatal(err)
	}
	silent(t, term)
	g.refuse(nil)
	ask(t, term, jt808.IDHeartbeat, nil, 0)
	body := long(100)
	frames, serials := packets(term, jt808.IDPositionBatch, body, 1000)
	write(t, term, frames...)
	answered(t, term, jt808.IDPositionBatch, serials...)
	whole(t, g, serials[0], body)
	tcp := g.login(phone) // the same terminal by another way
	ask(t, term, jt808.IDHeartbeat, nil, 1)
	ask(t, tcp, jt808.IDHeartbeat, nil, 0)
	tcp.Close()
	eventually(t, "away", func() bool { return g.listener.Terminals() == 0 })
	if result, err := term.Authenticate(); err != nil || result != 0 {
		t.Fatal(result, err)
	}
	g.advance(11 * time.Minute)
	g.gone(1)
}

func TestAcknowledgedAlarms(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	if err := g.listener.Acknowledge(phone, 1); !errors.Is(err, jt808.ErrNotConnected) {
		t.Errorf("a terminal that is not there: %v", err)
	}
	term := g.login(phone)
	if err := g.listener.Acknowledge(phone, 1<<1); !errors.Is(err, jt808.ErrNotConfirmable) {
		t.Errorf("overspeed ends by itself: %v", err)
	}
	sos := position(1)
	sos.Alarm = 1<<0 | 1<<1
	ask(t, term, jt808.IDPosition, sos.Append(nil), 0)
	acknowledge := func() uint16 {
		t.Helper()
		if err := g.listener.Acknowledge("0"+phone, 1<<0|1<<1|1<<20); err != nil {
			t.Fatal(err)
		}
		m, err := term.Receive()
		if err != nil || m.ID != jt808.IDConfirmAlarm || fmt.Sprintf("%x", m.Body) != "000000100001" {
			t.Fatalf("0x%04x % x, %v", m.ID, m.Body, err)
		}
		return m.Serial
	}
	acknowledge()
	ask(t, term, jt808.IDHeartbeat, nil, 0)
	g.refuse(errFull)
	if _, err := term.Send(jt808.IDPosition, sos.Append(nil)); err != nil {
		t.Fatal(err)
	}
	silent(t, term)
	g.refuse(nil)
	ask(t, term, jt808.IDPosition, sos.Append(nil), 4)
	ask(t, term, jt808.IDPosition, sos.Append(nil), 0) // the next one is another alarm

	serial := acknowledge() // a terminal of 2013 clears it by 0x8203
	if _, err := term.Send(jt808.IDTerminalAnswer, []byte{byte(serial >> 8), byte(serial), 0x82, 0x03, 0}); err != nil {
		t.Fatal(err)
	}
	ask(t, term, jt808.IDPosition, sos.Append(nil), 0)

	acknowledge() // it has cleared the alarm before its position comes
	ask(t, term, jt808.IDPosition, position(2).Append(nil), 0)
	ask(t, term, jt808.IDPosition, sos.Append(nil), 0)

	term.Close() // it is told when it comes back
	eventually(t, "away", func() bool { return g.listener.Terminals() == 0 })
	if err := g.listener.AcknowledgeRule(phone, "bus_off_route"); !errors.Is(err, jt808.ErrNotConfirmable) {
		t.Errorf("a rule of our own: %v", err)
	}
	if err := g.listener.AcknowledgeRule(phone, "bus_sos"); err != nil {
		t.Fatal(err)
	}
	ask(t, g.login(phone), jt808.IDPosition, sos.Append(nil), 4)
}

func TestManyTerminals(t *testing.T) {
	t.Parallel()
	many := 2000
	if testing.Short() {
		many = 200
	}
	g := start(t, nil)
	var wait sync.WaitGroup
	errs := make(chan error, many)
	gate := make(chan struct{}, 64) // dialling at once, not connected at once
	ready := make(chan struct{})
	for n := range many {
		wait.Go(func() {
			gate <- struct{}{}
			term, err := jt808test.Dial("tcp", g.listener.Addr(), fmt.Sprintf("139%08d", n))
			<-gate
			if err != nil {
				errs <- err
				return
			}
			defer term.Close()
			term.Version2019 = n%2 == 0
			if err := term.Login(); err != nil {
				errs <- err
				return
			}
			<-ready
			for i := range 3 {
				if result, err := term.Ask(jt808.IDPosition, position(i).Append(nil)); err != nil || result != 0 {
					errs <- fmt.Errorf("result %d: %w", result, err)
					return
				}
			}
		})
	}
	eventually(t, "all are connected", func() bool { return g.listener.Terminals() == many || len(errs) > 0 })
	close(ready)
	wait.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	g.mu.Lock()
	n := len(g.messages)
	g.mu.Unlock()
	if n != many*5 {
		t.Errorf("%d messages of %d terminals", n, many)
	}
}

func TestStopWhileBusy(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	tcp, udp := g.login(phone), g.connect("udp", g.listener.AddrUDP(), other)
	if err := udp.Login(); err != nil {
		t.Fatal(err)
	}
	g.mu.Lock()
	g.hold = make(chan struct{})
	g.mu.Unlock()
	for _, term := range []*jt808test.Terminal{tcp, udp} {
		if _, err := term.Send(jt808.IDPosition, position(1).Append(nil)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := g.listener.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	closed(t, tcp)
	if n := len(g.delivered(jt808.IDLogout)); n != 0 {
		t.Errorf("%d terminals down: it was us who left", n)
	}
}

func TestStartTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	short := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(short, []byte("too short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	taken := start(t, nil)
	for what, change := range map[string]func(*jt808.Config){
		"auth_secret_file: the secret has 9 bytes": func(c *jt808.Config) { c.AuthSecretFile = short },
		"no such file":           func(c *jt808.Config) { c.AuthSecretFile = short + ".not" },
		"cert_file, key_file":    func(c *jt808.Config) { c.CertFile, c.KeyFile = short, short },
		"address already in use": func(c *jt808.Config) { c.ListenTCP = taken.listener.Addr() },
		"bind: address already":  func(c *jt808.Config) { c.ListenUDP = taken.listener.AddrUDP() },
	} {
		cfg := settings(t)
		change(&cfg)
		l, err := jt808.NewListener(cfg, taken.deps())
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Start(t.Context()); err == nil || !contains(err, what) {
			t.Errorf("%s: %v", what, err)
		}
		if err := l.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
