package gb28181

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestDigestVector is the exchange of GB/T 28181-2016 Annex J.1.3.
func TestDigestVector(t *testing.T) {
	t.Parallel()
	c, ok := parseCredentials(`Digest username="64010000002020000001",realm="64010000",nonce="6fe9ba44a76be22a",` +
		`uri="sip:64010000002000000001@172.18.16.5:5060",response="9625d92d1bddea7a911926e0db054968",algorithm=MD5`)
	if !ok || !c.answers("REGISTER", "12345678") {
		t.Errorf("the vector is refused: %+v", c)
	}
	if c.answers("REGISTER", "12345679") || c.answers("MESSAGE", "12345678") {
		t.Error("a wrong password or method is taken")
	}
	c.algorithm = "SHA-256"
	if c.answers("REGISTER", "12345678") {
		t.Error("another algorithm is taken")
	}
}

func TestParseCredentials(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		``:                               false,
		`Basic`:                          false,
		`Digest username="a", nonce="b"`: false,
		`Digest username="a`:             false,
		`digest Username = "a" , nonce=b,response="c", qop=auth, nc=00000001, cnonce="x,y"`: true,
		`Digest =,=,=,,,`: false,
	} {
		if c, ok := parseCredentials(header); ok != want {
			t.Errorf("%s: %+v, %v", header, c, ok)
		} else if ok && (c.cnonce != "x,y" || c.nc != "00000001" || c.username != "a") {
			t.Errorf("%s: %+v", header, c)
		}
	}
	// RFC 2617 3.5, with a qop.
	c := credentials{
		username: "Mufasa", realm: "testrealm@host.com", nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
		uri: "/dir/index.html", qop: "auth", nc: "00000001", cnonce: "0a4f113b", response: "6629fae49393a05397450978507c4ef1",
	}
	if !c.answers("GET", "Circle Of Life") {
		t.Error("the vector of RFC 2617 is refused")
	}
}

func TestNonce(t *testing.T) {
	t.Parallel()
	l := &Listener{key: []byte("key")}
	now := time.Unix(1764000000, 0)
	nonce := l.nonce("33018511001180000007", "10.0.0.1", now)
	if !l.fresh(nonce, "33018511001180000007", "10.0.0.1", now.Add(nonceLife)) {
		t.Error("a fresh nonce is refused")
	}
	if l.fresh(nonce, "33018511001180000007", "10.0.0.1", now.Add(nonceLife+time.Second)) || l.fresh(nonce, "33018511001180000008", "10.0.0.1", now) ||
		l.fresh(nonce, "33018511001180000007", "10.0.0.2", now) ||
		l.fresh("", "33018511001180000007", "10.0.0.1", now) || l.fresh(strings.Repeat("f", 40), "33018511001180000007", "10.0.0.1", now) {
		t.Error("a nonce that is old, foreign, empty or made up is taken")
	}
}

func TestParsePasswords(t *testing.T) {
	t.Parallel()
	got, err := parsePasswords(strings.NewReader("# cameras\n\n33018511001180000007 a b\n* rest\n"))
	if err != nil || got["33018511001180000007"] != "a b" || got["*"] != "rest" {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := parsePasswords(strings.NewReader("nvr secret\n")); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	cfg := DefaultConfig()
	cfg.ServerID, cfg.PasswordFile = "33018511002000000001", "f"
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
	cfg.Listen = ":5060"
	if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), "advertise:") {
		t.Errorf("got %v", err)
	}
	cfg.Advertise = "10.7.0.2:5060"
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
	err := Config{Realm: "a\"b"}.Validate()
	for _, key := range []string{
		"listen", "server_id", "realm", "password_file", "keepalive_interval", "keepalive_count",
		"max_expires", "catalog_every", "catalog_timeout", "max_devices", "max_connections", "max_message_bytes",
		"idle_timeout", "message_timeout",
	} {
		if err == nil || !strings.Contains(err.Error(), key+":") {
			t.Errorf("%s is not named in %v", key, err)
		}
	}
}

// FuzzHandle feeds the listener with messages of a registered device: whatever comes, what
// it delivers is decoded to one event each, or stands alone as a dead letter.
func FuzzHandle(f *testing.F) {
	const nvr = "33018511001180000007"
	head := "MESSAGE sip:33018511002000000001@10.7.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.7.3.9:5060;rport;branch=z9hG4bK7\r\nFrom: <sip:" + nvr +
		"@10.7.3.9>;tag=5\r\nTo: <sip:33018511002000000001@10.7.0.2>\r\nCall-ID: 8\r\nCSeq: 31 MESSAGE\r\nContent-Length: 9\r\n\r\n"
	for _, body := range []string{
		"<Notify><CmdType>Keepalive</CmdType><DeviceID>" + nvr + "</DeviceID><Info><DeviceID>1</DeviceID></Info></Notify>",
		"<Response><CmdType>Catalog</CmdType><SumNum>2</SumNum><DeviceList><Item><DeviceID>33018511001310000001</DeviceID><Status>ON</Status></Item>" +
			"<Item><DeviceID>33018511001310000002</DeviceID><Event>DEL</Event></Item></DeviceList></Response>",
		"<Response><CmdType>DeviceStatus</CmdType><DeviceID>1</DeviceID><Online>ON</Online><Alarmstatus><Item><DeviceID>2</DeviceID><DutyStatus>ALARM</DutyStatus></Item></Alarmstatus></Response>",
		"<Notify><CmdType>Alarm</CmdType><SN>3</SN><DeviceID>" + nvr + "</DeviceID><AlarmMethod>2</AlarmMethod></Notify>",
	} {
		f.Add([]byte(head + body))
	}
	f.Add([]byte(strings.ReplaceAll(head, "MESSAGE", "REGISTER")))
	cfg := DefaultConfig()
	cfg.ServerID, cfg.PasswordFile, cfg.Advertise = "33018511002000000001", "none", "10.7.0.2:5060"
	f.Fuzz(func(t *testing.T, raw []byte) {
		now := time.Unix(1764000000, 0)
		deliver := func(_ context.Context, messages ...payload.Message) error {
			for _, m := range messages {
				events, err := New().Decode(nil, m, event.Clock{})
				if (err != nil && len(messages) > 1) || len(events) > 1 || (err == nil && len(events) == 0) {
					t.Errorf("%s: %d events, %v, of %q", m.Topic, len(events), err, m.Payload)
				}
			}
			return nil
		}
		l, err := NewListener(cfg, payload.ListenerDeps{Deliver: deliver, Now: func() time.Time { return now }, Log: zerolog.Nop()})
		if err != nil {
			t.Fatal(err)
		}
		from := origin{addr: "10.7.3.9:5060", transport: "UDP", send: func([]byte) error { return nil }}
		l.peers[nvr] = &peer{id: nvr, from: from, open: &collection{got: map[string]struct{}{}}}
		l.handle(t.Context(), raw, from)
	})
}

func TestThrottleIsBounded(t *testing.T) {
	t.Parallel()
	var guessing throttle
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for i := range maxHosts + 100 {
		guessing.failed(strconv.Itoa(i), now)
	}
	if n := len(guessing.from); n > maxHosts {
		t.Errorf("%d hosts are remembered", n)
	}
}
