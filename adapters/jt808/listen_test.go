package jt808_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/jt808"
	"github.com/campusgate/campusgate/adapters/jt808/jt808test"
)

func TestATerminalRegistersAndReports(t *testing.T) {
	t.Parallel()
	for _, version2019 := range []bool{false, true} {
		g := start(t, nil)
		term := g.dial(phone)
		term.Version2019 = version2019
		ask(t, term, jt808.IDPosition, position(1).Append(nil), 1) // not before it has authenticated
		if err := term.Login(); err != nil {
			t.Fatal(err)
		}
		ask(t, term, jt808.IDHeartbeat, nil, 0)
		ask(t, term, jt808.IDPosition, position(1).Append(nil), 0)
		ask(t, term, jt808.IDPositionBatch, jt808test.Batch(1, position(2), position(3)), 0)
		ask(t, term, jt808.IDPositionAnswer, position(4).Append([]byte{0, 7}), 0)
		ask(t, term, 0x0f01, []byte{1, 2, 3}, 3)
		got := g.delivered(0)
		want := []string{"0100", "0102", "0002", "0200", "0704", "0201"}
		if len(got) != len(want) {
			t.Fatalf("%d messages delivered, want %d", len(got), len(want))
		}
		for i, m := range got {
			if m.Topic != "jt808/"+phone+"/0x"+want[i] || m.Site != "s012" || m.Device != "bus-1" || !m.Received.Equal(g.clock()) {
				t.Errorf("message %d: %s of %s/%s at %s", i, m.Topic, m.Site, m.Device, m.Received)
			}
		}
		if g.listener.Terminals() != 1 || g.listener.Connections() != 1 {
			t.Errorf("%d terminals on %d connections", g.listener.Terminals(), g.listener.Connections())
		}
	}
}

func TestServerTimeIsUTC(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	term := g.login(phone)
	if _, err := term.Send(jt808.IDTimeQuery, nil); err != nil {
		t.Fatal(err)
	}
	m, err := term.Receive()
	if err != nil || m.ID != jt808.IDTimeAnswer || !bytes.Equal(m.Body, []byte{0x26, 0x11, 0x24, 0, 0, 0}) {
		t.Errorf("0x%04x % x, %v", m.ID, m.Body, err)
	}
	if _, err := term.Send(jt808.IDTerminalAnswer, []byte{0, 1, 0x82, 1, 0}); err != nil {
		t.Fatal(err)
	}
	silent(t, term) // an answer is not answered
}

func TestATerminalIsAskedForItsParameters(t *testing.T) {
	t.Parallel()
	g := start(t, func(c *jt808.Config) { c.AskParameters = true })
	term := g.login(phone)
	m, err := term.Receive()
	if err != nil || m.ID != jt808.IDQueryParameters || len(m.Body) != 0 {
		t.Fatalf("0x%04x % x, %v", m.ID, m.Body, err)
	}
	heartbeat := []byte{0, 0, 0, 1, 4, 0, 0, 0, 60}
	ask(t, term, jt808.IDParametersAnswer, append([]byte{byte(m.Serial >> 8), byte(m.Serial), 1}, heartbeat...), 0)
	if n := len(g.delivered(jt808.IDParametersAnswer)); n != 1 {
		t.Errorf("%d answers delivered", n)
	}
	again := g.login(phone) // out of a tunnel
	ask(t, again, jt808.IDHeartbeat, nil, 0)
	silent(t, again)
}

func TestACodeOutlivesARestart(t *testing.T) {
	t.Parallel()
	var secret string
	first := start(t, func(c *jt808.Config) { secret = c.AuthSecretFile })
	term := first.login(phone)
	second := start(t, func(c *jt808.Config) { c.AuthSecretFile = secret })
	again := second.dial(phone)
	again.Code = term.Code
	if result, err := again.Authenticate(); err != nil || result != 0 {
		t.Errorf("the code of before: %d, %v", result, err)
	}
	thief := second.dial(other)
	thief.Code = term.Code
	if result, err := thief.Authenticate(); err != nil || result != 1 {
		t.Errorf("the code of another terminal: %d, %v", result, err)
	}
	ask(t, thief, jt808.IDHeartbeat, nil, 1)
	if g := second.metric("refused_total", "password"); g != 1 {
		t.Errorf("%v wrong codes counted", g)
	}
}

func TestRegistrationByTheRegistry(t *testing.T) {
	t.Parallel()
	g := start(t, func(c *jt808.Config) { c.Registration = jt808.RegistrationRegistry })
	for _, c := range []struct {
		phone, plate, number string
		want                 byte
	}{
		{phone, "浙A00001", "T000001", 0},
		{other, plateOfOther, numberOfOther, 0},
		{phone, plateOfOther, "T000001", 1},
		{phone, "浙A00001", numberOfOther, 3},
		{stranger, "浙A00009", "T000009", 4},
	} {
		term := g.dial(c.phone)
		term.Plate, term.Number = c.plate, c.number
		if result, err := term.Register(); err != nil || result != c.want || (term.Code != "") != (c.want == 0) {
			t.Errorf("%+v: result %d, code %q, %v", c, result, term.Code, err)
		}
	}
	open := start(t, nil)
	term := open.login(stranger)
	ask(t, term, jt808.IDHeartbeat, nil, 0)
	if m := open.delivered(jt808.IDHeartbeat)[0]; m.Site != "county" || m.Device != "jt808-"+stranger {
		t.Errorf("taken in as %s/%s", m.Site, m.Device)
	}
}

func TestATestStandSkipsAuthentication(t *testing.T) {
	t.Parallel()
	g := start(t, func(c *jt808.Config) { c.RequireAuth, c.AuthSecretFile = false, "" })
	term := g.dial(phone)
	ask(t, term, jt808.IDPosition, position(1).Append(nil), 0)
	term.Code = "any"
	ask(t, term, jt808.IDAuthenticate, []byte("any"), 0)
}

// TestSplitsAtEveryByte sends three messages in two writes, cut at every place; the listener
// must not care, nor for a flag that ends one and begins the next, nor for what stands
// between them.
func TestSplitsAtEveryByte(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	term := g.login(phone)
	for _, between := range []string{"", "shared", "noise"} {
		size := len(three(term, between))
		for cut := 1; cut < size; cut++ {
			stream := three(term, between)
			for _, part := range [][]byte{stream[:cut], stream[cut:]} {
				if _, err := term.Conn.Write(part); err != nil {
					t.Fatal(err)
				}
			}
			for range 3 {
				m, err := term.Receive()
				if err != nil || m.ID != jt808.IDPlatformAnswer || m.Body[4] != 0 {
					t.Fatalf("%q cut at %d: 0x%04x % x %v", between, cut, m.ID, m.Body, err)
				}
			}
		}
	}
	if n := g.metric("skipped_bytes_total"); n == 0 {
		t.Error("noise is not counted")
	}
}

// three are three messages in one stream.
func three(term *jt808test.Terminal, between string) (stream []byte) {
	for n := range 3 {
		frame := jt808.AppendMessage(nil, term.Header(jt808.IDPosition), position(n).Append(nil))
		switch {
		case n == 0:
		case between == "shared":
			frame = frame[1:]
		default:
			stream = append(stream, between...)
		}
		stream = append(stream, frame...)
	}
	return stream
}

func TestOneByteAtATime(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	term := g.login(phone)
	for _, b := range three(term, "") {
		if _, err := term.Conn.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if m, err := term.Receive(); err != nil || m.Body[4] != 0 {
			t.Fatal(m, err)
		}
	}
}

func TestMessagesThatCameTogetherAreAnsweredInOrder(t *testing.T) {
	t.Parallel()
	const many = 1000
	g := start(t, func(c *jt808.Config) { c.MaxBatch = 16 })
	term := g.login(phone)
	before := len(g.delivered(0))
	go func() {
		var stream []byte
		for n := range many {
			stream = jt808.AppendMessage(stream, jt808.Header{ID: jt808.IDPosition, Phone: phone, Serial: uint16(n)}, position(n).Append(nil))
		}
		_, _ = term.Conn.Write(stream) // the answers show it
	}()
	for n := range many {
		m, err := term.Receive()
		if err != nil || int(binary.BigEndian.Uint16(m.Body)) != n {
			t.Fatalf("answer %d: % x %v", n, m.Body, err)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if n := len(g.messages) - before; n != many || g.calls >= many || g.calls < many/16 {
		t.Errorf("%d messages in %d deliveries", n, g.calls)
	}
}

func TestNothingIsAnsweredBeforeItIsDurable(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	term := g.login(phone)
	g.refuse(errFull)
	header := term.Header(jt808.IDPosition)
	frame := jt808.AppendMessage(nil, header, position(1).Append(nil))
	if _, err := term.Conn.Write(frame); err != nil {
		t.Fatal(err)
	}
	silent(t, term)
	if n := g.metric("unanswered_total"); n != 1 {
		t.Errorf("%v unanswered", n)
	}
	g.refuse(nil)
	for range 2 { // the terminal repeats; so it does when an answer is lost
		if _, err := term.Conn.Write(frame); err != nil {
			t.Fatal(err)
		}
		if result, err := term.Answer(header.ID, header.Serial); err != nil || result != 0 {
			t.Fatal(result, err)
		}
	}
	got := g.delivered(jt808.IDPosition)
	if len(got) != 2 || !bytes.Equal(got[0].Payload, got[1].Payload) {
		t.Errorf("%d deliveries", len(got))
	}
}

func TestASecondConnectionReplacesTheFirst(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	first := g.login(phone)
	second := g.login(phone)
	closed(t, first)
	ask(t, second, jt808.IDHeartbeat, nil, 0)
	eventually(t, "one connection", func() bool { return g.listener.Connections() == 1 && g.listener.Terminals() == 1 })
	if n := g.metric("closed_total", "replaced"); n != 1 {
		t.Errorf("%v connections replaced", n)
	}
	g.advance(5 * time.Minute) // more than the grace: it has never been away
	ask(t, second, jt808.IDHeartbeat, nil, 0)
}

func TestAnotherTerminalOnAConnectionIsAStranger(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	term := g.login(phone)
	term.Phone = other
	ask(t, term, jt808.IDPosition, position(1).Append(nil), 1)
	term.Phone = phone
	ask(t, term, jt808.IDPosition, position(1).Append(nil), 0)
}

func TestChecksumPolicyByTerminal(t *testing.T) {
	t.Parallel()
	g := start(t, func(c *jt808.Config) { c.ChecksumExceptions = []string{"0" + phone} })
	for _, p := range []string{phone, other} {
		term := g.login(p)
		h := term.Header(jt808.IDPosition)
		frame := jt808.AppendMessage(nil, h, position(1).Append(nil))
		frame[len(frame)-2] ^= 0x11
		if _, err := term.Conn.Write(frame); err != nil {
			t.Fatal(err)
		}
		if p == other {
			silent(t, term)
			ask(t, term, jt808.IDHeartbeat, nil, 0)
			continue
		}
		if result, err := term.Answer(h.ID, h.Serial); err != nil || result != 0 {
			t.Error(result, err)
		}
	}
	if n := g.metric("refused_total", "checksum"); n != 1 {
		t.Errorf("%v wrong checksums counted", n)
	}
}

func TestBodiesThatAreTooShort(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	term := g.login(phone)
	ask(t, term, jt808.IDPosition, []byte{1, 2, 3}, 2)
	if got := g.delivered(jt808.IDPosition); len(got) != 1 {
		t.Error("it must come to the dead letters")
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	cfg := jt808.DefaultConfig()
	cfg.AuthSecretFile = "secret"
	if err := cfg.Validate(); err != nil {
		t.Errorf("the defaults with a secret: %v", err)
	}
	for key, change := range map[string]func(*jt808.Config){
		"listen_tcp":          func(c *jt808.Config) { c.ListenTCP = "" },
		"listen_udp":          func(c *jt808.Config) { c.ListenUDP = "nowhere" },
		"key_file":            func(c *jt808.Config) { c.CertFile = "cert.pem" },
		"registration":        func(c *jt808.Config) { c.Registration = "closed" },
		"auth_secret_file":    func(c *jt808.Config) { c.AuthSecretFile = "" },
		"checksum":            func(c *jt808.Config) { c.Checksum = "maybe" },
		"checksum_exceptions": func(c *jt808.Config) { c.ChecksumExceptions = []string{"x"} },
		"max_connections":     func(c *jt808.Config) { c.MaxConnections = 0 },
		"max_per_address":     func(c *jt808.Config) { c.MaxPerAddress = 1 << 20 },
		"max_terminals":       func(c *jt808.Config) { c.MaxTerminals = -1 },
		"login_timeout":       func(c *jt808.Config) { c.LoginTimeout = 0 },
		"idle_timeout":        func(c *jt808.Config) { c.IdleTimeout = 48 * time.Hour },
		"reconnect_grace":     func(c *jt808.Config) { c.ReconnectGrace = -1 },
		"message_timeout":     func(c *jt808.Config) { c.MessageTimeout = 0 },
		"max_batch":           func(c *jt808.Config) { c.MaxBatch = 0 },
		"fragment_delay":      func(c *jt808.Config) { c.FragmentDelay = 0 },
		"fragment_requests":   func(c *jt808.Config) { c.FragmentRequests = 99 },
		"max_message_bytes":   func(c *jt808.Config) { c.MaxMessageBytes = 1 },
		"max_fragment_bytes":  func(c *jt808.Config) { c.MaxFragmentBytes = 1 },
	} {
		wrong := cfg
		change(&wrong)
		if err := wrong.Validate(); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
}
