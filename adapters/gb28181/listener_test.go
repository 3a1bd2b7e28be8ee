package gb28181_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/adapters/gb28181"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

const (
	server   = "33018511002000000001"
	nvr      = "33018511001180000007"
	password = "sesame 7"
	patience = 30 * time.Second
)

func channel(n int) string { return fmt.Sprintf("3301851100131%07d", n) }

// gateway stands for what is behind the listener: it decodes what is delivered.
type gateway struct {
	t        *testing.T
	listener *gb28181.Listener

	mu     sync.Mutex
	now    time.Time
	fail   error
	events []string
	errs   []string
	ids    map[string]bool
	looks  int // at the clock
}

func start(t *testing.T, change func(*gb28181.Config)) *gateway {
	t.Helper()
	g := &gateway{t: t, now: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), ids: map[string]bool{}}
	cfg := gb28181.DefaultConfig()
	cfg.Listen, cfg.ServerID = "127.0.0.1:0", server
	cfg.PasswordFile = filepath.Join(t.TempDir(), "passwords")
	if err := os.WriteFile(cfg.PasswordFile, []byte(nvr+" "+password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&cfg)
	}
	l, err := gb28181.NewListener(cfg, payload.ListenerDeps{
		Deliver: g.deliver, Now: g.clock, Log: zerolog.Nop(), Metrics: prometheus.NewRegistry(),
		Resolve: func(address string) (event.SiteID, event.DeviceID, bool) {
			if address == channel(1) {
				return "s012", "gate-cam", true
			}
			return "", "", false
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var _ payload.Listener = l
	if l.Addr() != "" || l.Health().State != event.Starting {
		t.Error("something is open before Start")
	}
	if err := l.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.listener = l
	t.Cleanup(func() {
		for range 2 {
			if err := l.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		}
	})
	return g
}

func (g *gateway) clock() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.looks++
	return g.now
}

func (g *gateway) advance(d time.Duration) { g.mu.Lock(); defer g.mu.Unlock(); g.now = g.now.Add(d) }

func (g *gateway) refuse(err error) { g.mu.Lock(); defer g.mu.Unlock(); g.fail = err }

func (g *gateway) deliver(_ context.Context, messages ...payload.Message) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.fail != nil {
		return g.fail
	}
	for _, m := range messages {
		events, err := gb28181.New().Decode(nil, m, event.Clock{})
		if err != nil {
			g.errs = append(g.errs, err.Error())
			continue
		}
		if len(events) != 1 {
			g.t.Errorf("%s: %d events of one message: %s", m.Topic, len(events), m.Payload)
		}
		for i := range events {
			e := &events[i]
			if g.ids[e.ID] {
				continue // a redelivery
			}
			g.ids[e.ID] = true
			if c := e.Check; c != nil {
				g.events = append(g.events, fmt.Sprintf("%s/%s %s %s %s %g of %g, open %g, %d gaps %s", e.Site, strings.TrimPrefix(string(e.Device), "gb28181-"),
					c.Check, c.Result, c.Reason, c.CoveredS, c.ExpectedS, c.OpenGapS, c.Gaps, c.GapList))
				continue
			}
			g.events = append(g.events, fmt.Sprintf("%s/%s %s %s", e.Site, strings.TrimPrefix(string(e.Device), "gb28181-"), e.Status.Status, e.Status.Reason))
		}
	}
	return nil
}

// expect waits for an event.
func (g *gateway) expect(want string) {
	g.t.Helper()
	for end := time.Now().Add(patience); ; {
		g.mu.Lock()
		all := strings.Join(g.events, "\n")
		g.mu.Unlock()
		if strings.Contains("\n"+all+"\n", "\n"+want+"\n") {
			return
		}
		if time.Now().After(end) {
			g.t.Fatalf("no event %q in\n%s", want, all)
		}
		pause()
	}
}

func pause() {
	timer := time.NewTimer(5 * time.Millisecond)
	<-timer.C
}

const keepalive = "<Notify><CmdType>Keepalive</CmdType><SN>43</SN><DeviceID>" + nvr + "</DeviceID><Status>OK</Status>%s</Notify>"

func TestSession(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			g := start(t, nil)
			d := connect(g, network, nvr)
			status(t, d.message(fmt.Sprintf(keepalive, "")), "403")
			answer := d.register(3600, password)
			status(t, answer, "200")
			for _, want := range []string{"Date: 2026-11-24T08:00:00.000\r\n", "Expires: 3600\r\n", "Contact: <sip:" + nvr + "@"} {
				if !strings.Contains(answer, want) {
					t.Errorf("no %q in %s", want, answer)
				}
			}
			g.expect("county/" + nvr + " up registered")

			status(t, d.message(fmt.Sprintf(keepalive, "<Info><DeviceID>"+channel(1)+"</DeviceID><DeviceID>"+channel(2)+"</DeviceID></Info>")), "200")
			g.expect("county/" + nvr + " up ")
			g.expect("s012/gate-cam down reported faulty by its recorder")
			g.expect("county/" + channel(2) + " down reported faulty by its recorder")

			d.catalog()
			d.alarm()
			status(t, d.message("<Notify><CmdType>Keepalive</CmdType></Notify>"), "400")
			status(t, d.message("<campusgate><CmdType>Offline</CmdType><DeviceID>"+nvr+"</DeviceID></campusgate>"), "400")
			status(t, d.ask("OPTIONS", "", ""), "200")
			status(t, d.ask("INVITE", "", ""), "405")
			status(t, d.register(0, password), "200")
			g.expect("county/" + nvr + " down signed off")
			if n := g.listener.Devices(); n != 0 {
				t.Errorf("%d devices are left", n)
			}
		})
	}
}

// catalog answers the query, one channel a message, and takes the subscriptions.
func (d *device) catalog() {
	d.t.Helper()
	q := d.await("MESSAGE sip:"+nvr+"@", "<CmdType>Catalog</CmdType>")
	sn := regexp.MustCompile(`<SN>(\d+)</SN>`).FindStringSubmatch(q)
	for n := 1; n <= 3; n++ {
		word := "ON"
		if n == 2 {
			word = "OFF"
		}
		status(d.t, d.message(fmt.Sprintf("<Response><CmdType>Catalog</CmdType><SN>%s</SN><DeviceID>%s</DeviceID><SumNum>3</SumNum>"+
			"<DeviceList Num=\"1\"><Item><DeviceID>%s</DeviceID><Name>\xd0\xa3\xc3\xc5</Name><Status>%s</Status></Item></DeviceList></Response>",
			sn[1], nvr, channel(n), word)), "200")
	}
	d.g.expect("s012/gate-cam up ")
	d.g.expect("county/" + channel(2) + " down offline")
	d.g.expect("county/" + channel(3) + " up ")
	d.await("SUBSCRIBE sip:"+nvr+"@", "<CmdType>Catalog</CmdType>", "Expires: 3600\r\n", "Event: presence\r\n")
	d.await("SUBSCRIBE sip:"+nvr+"@", "<CmdType>Alarm</CmdType>")
	d.await("MESSAGE sip:"+channel(1)+"@", "<CmdType>DeviceStatus</CmdType>")
	status(d.t, d.message("<Response><CmdType>DeviceStatus</CmdType><SN>9</SN><DeviceID>"+channel(1)+"</DeviceID><Result>OK</Result><Online>ONLINE</Online>"+
		"<Status>OK</Status><Record>OFF</Record><Alarmstatus Num=1><Item><DeviceID>33018511001340000001</DeviceID><DutyStatus>ALARM</DutyStatus></Item></Alarmstatus></Response>"), "200")
	d.g.expect("s012/gate-cam degraded recording off")
	d.g.expect("county/33018511001340000001 degraded in alarm")
	status(d.t, d.ask("NOTIFY", "Event: Catalog\r\nSubscription-State: active\r\n", "<Notify><CmdType>Catalog</CmdType><SN>5</SN><DeviceID>"+nvr+
		"</DeviceID><SumNum>2</SumNum><DeviceList Num=\"2\"><Item><DeviceID>"+channel(1)+"</DeviceID><Event>VLOST</Event></Item><Item><DeviceID>"+
		channel(3)+"</DeviceID><Event>DEFECT</Event></Item></DeviceList></Notify>"), "200")
	d.g.expect("s012/gate-cam down video lost")
	d.g.expect("county/" + channel(3) + " degraded defect")
}

func (d *device) alarm() {
	d.t.Helper()
	status(d.t, d.message("<Notify><CmdType>Alarm</CmdType><SN>77</SN><DeviceID>"+channel(3)+"</DeviceID><AlarmPriority>1</AlarmPriority>"+
		"<AlarmMethod>2</AlarmMethod><AlarmTime>2026-11-24T07:59:58</AlarmTime><Info><AlarmType>3</AlarmType></Info></Notify>"), "200")
	d.g.expect("county/" + channel(3) + " degraded disk full")
	d.await("MESSAGE sip:"+nvr+"@", "<Response>", "<CmdType>Alarm</CmdType>", "<SN>77</SN>", "<DeviceID>"+channel(3)+"</DeviceID>", "<Result>OK</Result>")
	d.await("<AlarmCmd>ResetAlarm</AlarmCmd>", "<DeviceID>"+channel(3)+"</DeviceID>")
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	status(t, connect(g, "udp", nvr).register(3600, "guess"), "403")
	status(t, connect(g, "udp", channel(9)).register(3600, password), "403") // has no password
	status(t, connect(g, "udp", "admin").register(3600, password), "403")
	if n := g.listener.Devices(); n != 0 {
		t.Errorf("%d devices", n)
	}
}

// TestGuessingIsHeldBack lets nobody try passwords without end: after ten wrong ones in a
// minute the right one is refused too, until the minute is over.
func TestGuessingIsHeldBack(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	d := connect(g, "udp", nvr)
	for range 10 {
		status(t, d.register(3600, "guess"), "403")
	}
	status(t, d.register(3600, password), "403")
	g.advance(time.Minute)
	status(t, d.register(3600, password), "200")
}

func TestOffline(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	d := connect(g, "udp", nvr)
	status(t, d.register(3600, password), "200")
	g.advance(3 * time.Minute)
	g.expect("county/" + nvr + " down no keepalive for 3m0s")
	if g.listener.Devices() != 1 {
		t.Error("the registration has not ended yet")
	}
	status(t, d.message(fmt.Sprintf(keepalive, "")), "200")
	g.expect("county/" + nvr + " up ")
	g.advance(time.Hour)
	g.expect("county/" + nvr + " down registration expired")
}

// TestNotDurable answers nothing good while the journal takes nothing.
func TestNotDurable(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	d := connect(g, "udp", nvr)
	g.refuse(errors.New("journal full"))
	status(t, d.register(3600, password), "503")
	g.refuse(nil)
	status(t, d.register(3600, password), "200")
	g.refuse(errors.New("journal full"))
	status(t, d.message(fmt.Sprintf(keepalive, "")), "503")
	g.refuse(nil)
	status(t, d.message(fmt.Sprintf(keepalive, "")), "200")
}

func TestHostile(t *testing.T) {
	t.Parallel()
	g := start(t, func(c *gb28181.Config) { c.MaxDevices, c.MaxMessageBytes = 1, 4096 })
	udp := connect(g, "udp", nvr)
	for _, raw := range []string{"x", "\r\n\r\n", "REGISTER sip:a SIP/2.0\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n", strings.Repeat("a", 60000)} {
		udp.write(raw)
	}
	status(t, udp.register(3600, password), "200")
	for _, raw := range []string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		strings.Repeat("x", 5000),
		"MESSAGE sip:a@b SIP/2.0\r\n" + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 20),
		"MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 99999999\r\n\r\n",
		"MESSAGE sip:a@b SIP/2.0\r\nTo: <sip:a@b>\r\n\r\n",
	} {
		d := connect(g, "tcp", nvr)
		_, _ = io.WriteString(d.conn, raw) // it may be closed before the last byte
		if _, err := io.Copy(io.Discard, d.conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%.40q: the connection stays open", raw)
		}
	}
	status(t, udp.message(fmt.Sprintf(keepalive, "")), "200")
}

// TestSplit sends a message in single bytes, and two in one write.
func TestSplit(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	d := connect(g, "tcp", nvr)
	status(t, d.register(3600, password), "200")
	body := fmt.Sprintf(keepalive, "")
	for _, c := range []byte(d.request("MESSAGE", "", body)) {
		d.write(string(c))
	}
	status(t, d.await("SIP/2.0 ", fmt.Sprintf("CSeq: %d MESSAGE", d.cseq)), "200")
	d.write(d.request("MESSAGE", "", body) + "\r\n\r\n" + d.request("MESSAGE", "", body))
	status(t, d.await("SIP/2.0 ", fmt.Sprintf("CSeq: %d MESSAGE", d.cseq-1)), "200")
	status(t, d.await("SIP/2.0 ", fmt.Sprintf("CSeq: %d MESSAGE", d.cseq)), "200")
}

func TestStart(t *testing.T) {
	t.Parallel()
	cfg := gb28181.DefaultConfig()
	if _, err := gb28181.NewListener(cfg, payload.ListenerDeps{}); err == nil {
		t.Error("no server_id, and no error")
	}
	cfg.Listen, cfg.ServerID, cfg.PasswordFile = "127.0.0.1:0", server, filepath.Join(t.TempDir(), "none")
	l, err := gb28181.NewListener(cfg, payload.ListenerDeps{})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Start(t.Context()); err == nil {
		t.Error("no password file, and no error")
	}
	if err := l.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestCatalogTimeout asks again for a catalogue that did not come.
func TestCatalogTimeout(t *testing.T) {
	t.Parallel()
	g := start(t, func(c *gb28181.Config) { c.SubscribeExpires = 0 })
	d := connect(g, "udp", nvr)
	status(t, d.register(3600, password), "200")
	d.await("<CmdType>Catalog</CmdType>", "<SN>1</SN>")
	status(t, d.message("<Response><CmdType>Catalog</CmdType><SN>1</SN><DeviceID>"+nvr+"</DeviceID><SumNum>2</SumNum><DeviceList Num=\"1\"><Item><DeviceID>"+
		channel(2)+"</DeviceID><Status>ON</Status></Item></DeviceList></Response>"), "200")
	g.expect("county/" + channel(2) + " up ")
	// The first step ends the collection, the second is when the query is due again; both
	// together may fall between two looks of the listener.
	for range 4 {
		g.advance(61 * time.Second)
		status(t, d.message(fmt.Sprintf(keepalive, "")), "200")
		g.untilAsked()
	}
	d.await("<CmdType>Catalog</CmdType>", "<SN>2</SN>")
}

// untilAsked waits until the listener has looked at its clock a few times more.
func (g *gateway) untilAsked() {
	g.mu.Lock()
	from := g.looks
	g.mu.Unlock()
	for end := time.Now().Add(patience); time.Now().Before(end); pause() {
		g.mu.Lock()
		looks := g.looks - from
		g.mu.Unlock()
		if looks >= 4 {
			return
		}
	}
	g.t.Fatal("the listener does not look at its clock")
}

func TestLimits(t *testing.T) {
	t.Parallel()
	g := start(t, func(c *gb28181.Config) {
		c.MaxDevices, c.MaxConnections = 1, 1
		if err := os.WriteFile(c.PasswordFile, []byte("* "+password+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	first := connect(g, "tcp", nvr)
	status(t, first.register(3600, password), "200")
	second := connect(g, "tcp", channel(2))
	if _, err := io.Copy(io.Discard, second.conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("a second connection stays open")
	}
	status(t, connect(g, "udp", channel(2)).register(3600, password), "503")
	status(t, first.message(fmt.Sprintf(keepalive, "")), "200")
}

// TestManyChannels is a recorder that sends its catalogue one channel a message, and then
// all of it in one.
func TestManyChannels(t *testing.T) {
	t.Parallel()
	const channels = 400
	g := start(t, nil)
	d := connect(g, "tcp", nvr)
	status(t, d.register(3600, password), "200")
	d.await("MESSAGE ", "<CmdType>Catalog</CmdType>")
	item := func(n int, word string) string {
		return "<Item><DeviceID>" + channel(n) + "</DeviceID><Name>\xd0\xa3\xc3\xc5</Name><Status>" + word + "</Status></Item>"
	}
	list := func(items string) string {
		return fmt.Sprintf("<Response><CmdType>Catalog</CmdType><SN>1</SN><DeviceID>%s</DeviceID><SumNum>%d</SumNum><DeviceList Num=1>%s</DeviceList></Response>",
			nvr, channels, items)
	}
	all := ""
	for n := 2; n < channels+2; n++ {
		status(t, d.message(list(item(n, "ON"))), "200")
		all += item(n, "OFF")
	}
	d.await("MESSAGE sip:"+channel(2)+"@", "<CmdType>DeviceStatus</CmdType>")
	status(t, d.message(list(all)), "200")
	g.expect("county/" + channel(2) + " down offline")
	g.expect("county/" + channel(channels+1) + " down offline")
}
