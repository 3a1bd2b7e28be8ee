package probe_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/probe"
	"github.com/campusgate/campusgate/adapters/probe/probetest"
	"github.com/campusgate/campusgate/gateway/event"
)

const password = "open-sesame-1"

// world is a listener and what it delivered.
type world struct {
	t        *testing.T
	listener *probe.Listener
	log      *lockedLog

	mu     sync.Mutex
	events []event.Event
	dead   []string
	refuse bool
}

type lockedLog struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// quick asks everything as often as the configuration allows.
func quick(t *testing.T, targets ...probe.Target) probe.Config {
	t.Helper()
	cfg := probe.DefaultConfig()
	cfg.Online = probe.Check{Interval: 5 * time.Second, Timeout: 3 * time.Second}
	cfg.Image, cfg.Recording = cfg.Online, cfg.Online
	cfg.PerSecond = 1000
	secrets := filepath.Join(t.TempDir(), "secrets")
	if err := os.WriteFile(secrets, []byte("cam admin "+password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg.CredentialsFile = secrets
	for i := range targets {
		targets[i].Site, targets[i].Credentials = "s001", "cam"
		if targets[i].Device == "" {
			targets[i].Device = "c1"
		}
	}
	cfg.Targets = targets
	return cfg
}

func run(t *testing.T, cfg probe.Config, now func() time.Time) *world {
	t.Helper()
	w := &world{t: t, log: &lockedLog{}}
	decoder := probe.New()
	deps := payload.ListenerDeps{
		Deliver: func(_ context.Context, messages ...payload.Message) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.refuse {
				return errors.New("the journal is full")
			}
			for _, m := range messages {
				if strings.Contains(string(m.Payload), password) {
					t.Error("a password is delivered")
				}
				events, err := decoder.Decode(nil, m, event.Clock{})
				if err != nil {
					w.dead = append(w.dead, err.Error())
				}
				w.events = append(w.events, events...)
			}
			return nil
		},
		Now: now, Log: zerolog.New(w.log), Metrics: prometheus.NewRegistry(),
	}
	l, err := probe.NewListener(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	w.listener = l
	if err := l.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		if strings.Contains(w.log.String(), password) {
			t.Error("a password is logged")
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.dead) > 0 {
			t.Error(w.dead)
		}
	})
	return w
}

// wait returns the first event that is as wanted.
func (w *world) wait(what string, is func(*event.Event) bool) event.Event {
	w.t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for time.Now().Before(deadline) {
		w.mu.Lock()
		for i := range w.events {
			if is(&w.events[i]) {
				e := w.events[i]
				w.mu.Unlock()
				return e
			}
		}
		w.mu.Unlock()
		pause(w.t)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.events {
		w.t.Logf("%s", w.events[i].AppendJSON(nil))
	}
	w.t.Fatalf("no event: %s; log %s", what, w.log)
	return event.Event{}
}

func pause(t *testing.T) {
	t.Helper()
	select {
	case <-t.Context().Done():
	case <-time.After(20 * time.Millisecond):
	}
}

func status(word, reason string) func(*event.Event) bool {
	return func(e *event.Event) bool {
		return e.Status != nil && e.Status.Status == word && strings.HasPrefix(e.Status.Reason, reason)
	}
}

func checked(check, result, reason string) func(*event.Event) bool {
	return func(e *event.Event) bool {
		return e.Check != nil && e.Check.Check == check && e.Check.Result == result && strings.Contains(e.Check.Reason, reason)
	}
}

func settings() probetest.Settings {
	return probetest.Settings{
		User: "admin", Password: password, Scheme: "Digest", Algorithm: "MD5", QOP: "auth",
		SDP: probetest.SDP, Picture: probetest.Scene(640, 360, 1),
	}
}

// TestACamerasLife meets one camera in all states that it can be in.
func TestACamerasLife(t *testing.T) {
	t.Parallel()
	s := settings()
	now := time.Now()
	s.Zone = time.FixedZone("", 8*3600)
	s.Files = [][2]time.Time{{now.Add(-72 * time.Hour), now.Add(time.Hour)}}
	c := probetest.New(t, s)
	cfg := quick(t, probe.Target{RTSP: c.RTSP, ONVIF: c.ONVIF, Snapshot: c.Snapshot, Recorder: c.Recorder})
	cfg.EvidenceDir = t.TempDir()
	w := run(t, cfg, nil)
	up := w.wait("up", status("up", ""))
	if up.Status.LatencyMS <= 0 || !up.Status.Heartbeat || up.Status.Period != 5*time.Second || up.Site != "s001" || up.Kind != event.KindCamera || up.ID == "" {
		t.Errorf("%s", up.AppendJSON(nil))
	}
	w.wait("a usable picture", checked("image", "passed", ""))
	day := w.wait("a recorded day", checked("recording", "passed", ""))
	if day.Check.ExpectedS != 86400 || day.Check.CoveredS != 86400 || day.Check.To.Sub(day.Check.From) != 24*time.Hour {
		t.Errorf("%s", day.AppendJSON(nil))
	}

	c.Set(func(s *probetest.Settings) {
		s.Picture, s.Files, s.Clock = probetest.Plain(640, 360, 3), nil, -20*time.Minute
	})
	black := w.wait("a black picture", checked("image", "failed", "black"))
	if black.Check.Score < black.Check.Limit || black.Check.Limit <= 0 {
		t.Errorf("%s", black.AppendJSON(nil))
	}
	if _, err := os.Stat(filepath.Join(cfg.EvidenceDir, black.Check.Evidence+".jpg")); err != nil {
		t.Error(err)
	}
	w.wait("not recorded", checked("recording", "failed", "no recording"))
	w.wait("a wrong clock", status("degraded", "clock: 1"))

	c.Set(func(s *probetest.Settings) { s.Password, s.Clock = "changed-on-site", 0 })
	w.wait("a changed password", status("degraded", "rtsp: auth, onvif: auth"))
	w.wait("no picture", checked("image", "unknown", "snapshot: auth"))
	w.wait("no search", checked("recording", "unknown", "recorder: auth"))

	c.Set(func(s *probetest.Settings) { s.Password, s.SDP = password, "" })
	w.wait("its channel is gone", status("down", "rtsp: no stream"))
	w.wait("a picture that is not asked for", checked("image", "unknown", "the camera is down"))
	if !strings.Contains(w.log.String(), `"model":"M-1"`) {
		t.Error("the camera is not introduced")
	}
	if h := w.listener.Health(); h.State != event.OK {
		t.Errorf("%+v", h)
	}
}

// TestHostile meets cameras that would hold us up or fill us.
func TestHostile(t *testing.T) {
	t.Parallel()
	mute := settings()
	mute.RTSP = func(c net.Conn) { _, _ = io.Copy(io.Discard, c) } // until it hangs up
	garbage := settings()
	garbage.RTSP = func(c net.Conn) { _, _ = io.WriteString(c, "\x00\x01\x02\n") } // it may hang up
	large := settings()
	large.Picture = make([]byte, 9<<20)
	wide := settings()
	wide.Picture = probetest.Plain(400, 400, 9)
	elsewhere := settings()
	elsewhere.HTTP = func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		return true
	}
	untrusted := probetest.NewTLS(t, settings())
	target := func(name event.DeviceID, s probetest.Settings) probe.Target {
		c := probetest.New(t, s)
		return probe.Target{Device: name, RTSP: c.RTSP, Snapshot: c.Snapshot}
	}
	cfg := quick(
		t, target("mute", mute), target("garbage", garbage), target("large", large), target("wide", wide), target("elsewhere", elsewhere),
		probe.Target{Device: "untrusted", Snapshot: untrusted.Snapshot},
		probe.Target{Device: "taken", Snapshot: untrusted.Snapshot, InsecureTLS: true},
		probe.Target{Device: "gone", RTSP: "rtsp://127.0.0.1:1/live"},
	)
	cfg.Online.Timeout, cfg.PerHost, cfg.MaxPixels = time.Second, 100, 100_000
	w := run(t, cfg, nil)
	for _, c := range []struct {
		device event.DeviceID
		is     func(*event.Event) bool
	}{
		{"mute", status("down", "rtsp: timeout")},
		{"garbage", status("degraded", "rtsp: malformed")},
		{"large", checked("image", "unknown", "too large")},
		{"wide", checked("image", "unknown", "too large: 400 × 400 pixels")},
		{"elsewhere", checked("image", "unknown", "redirect")},
		{"elsewhere", status("up", "")},
		{"untrusted", status("degraded", "snapshot: tls")},
		{"taken", status("up", "")},
		{"gone", status("down", "rtsp: refused")},
	} {
		w.wait(string(c.device), func(e *event.Event) bool { return e.Device == c.device && c.is(e) })
	}
}

// TestStopWhileBusy stops while cameras are silent in the middle of an answer; nothing that
// the stop itself caused is told.
func TestStopWhileBusy(t *testing.T) {
	t.Parallel()
	s := settings()
	s.RTSP = func(c net.Conn) { _, _ = io.Copy(io.Discard, c) } // until it hangs up
	c := probetest.New(t, s)
	cfg := quick(t, probe.Target{RTSP: c.RTSP}, probe.Target{Device: "c2", RTSP: c.RTSP})
	cfg.Online = probe.Check{Interval: 10 * time.Second, Timeout: 10 * time.Second} // twice: 20 s until it is down
	cfg.PerHost = 2
	w := run(t, cfg, nil)
	deadline := time.Now().Add(60 * time.Second)
	for c.Asked("RTSP") < 2 && time.Now().Before(deadline) {
		pause(t)
	}
	if c.Asked("RTSP") < 2 {
		t.Fatal("nothing is asked")
	}
	for range 2 {
		if err := w.listener.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.events) != 0 || w.listener.Health().State != event.Stopped {
		t.Error(len(w.events), w.listener.Health())
	}
	if err := w.listener.Start(t.Context()); err == nil {
		t.Error("started again")
	}
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	cfg := quick(t, probe.Target{RTSP: "rtsp://127.0.0.1:1/live"})
	l, err := probe.NewListener(cfg, payload.ListenerDeps{Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Stop(t.Context()); err != nil {
		t.Error("a stop without a start:", err)
	}
	cfg.CredentialsFile = filepath.Join(t.TempDir(), "none")
	l, err = probe.NewListener(cfg, payload.ListenerDeps{Log: zerolog.Nop()})
	if err != nil {
		t.Fatal("New opened a file:", err)
	}
	if err := l.Start(t.Context()); err == nil || l.Health().State != event.Failed {
		t.Error(err, l.Health())
	}
	if _, err := probe.NewListener(probe.Config{}, payload.ListenerDeps{}); err == nil {
		t.Error("an empty configuration")
	}
	cfg = quick(t, probe.Target{RTSP: "rtsp://127.0.0.1:1/live"})
	cfg.PerSecond = 0.01
	w := run(t, cfg, nil)
	if h := w.listener.Health(); h.State != event.Degraded || !strings.Contains(h.Reason, "per_second") {
		t.Errorf("%+v", h)
	}
}
