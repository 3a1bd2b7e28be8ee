package ask_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/payload/recording"
	"github.com/campusgate/campusgate/adapters/probe/ask"
	"github.com/campusgate/campusgate/adapters/probe/probetest"
)

const password = "open-sesame-1"

func address(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// patient is far more time than anything here takes.
func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func reason(f *ask.Fault) string {
	if f == nil {
		return ""
	}
	if strings.Contains(f.Error(), password) || len(f.Error()) > 300 {
		return "an error that says too much"
	}
	return string(f.Reason)
}

// TestCredentials meets every scheme over RTSP and HTTP, with the right and a wrong password.
func TestCredentials(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]probetest.Settings{
		"open":           {},
		"basic":          {User: "admin", Scheme: "Basic"},
		"digest":         {User: "admin", Scheme: "Digest"},
		"digest qop":     {User: "admin", Scheme: "Digest", Algorithm: "MD5", QOP: "auth"},
		"digest sha-256": {User: "admin", Scheme: "Digest", Algorithm: "SHA-256", QOP: "auth,auth-int"},
		"digest session": {User: "admin", Scheme: "Digest", Algorithm: "MD5-sess", QOP: "auth"},
		"sha without":    {User: "admin", Scheme: "Digest", Algorithm: "SHA-256"},
		"stale":          {User: "admin", Scheme: "Digest", Algorithm: "MD5", QOP: "auth", StaleNonces: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.Password, s.SDP, s.Picture = password, probetest.SDP, []byte("picture")
			right, wrong := ask.Access{User: "admin", Password: password}, ask.Access{User: "admin", Password: "not-the-password"}
			for path, once := range map[string]func(c *probetest.Camera, a ask.Access) *ask.Fault{
				"rtsp": func(c *probetest.Camera, a ask.Access) *ask.Fault {
					info, f := ask.Stream(patient(t), address(t, c.RTSP), a)
					if f == nil && (info.Codec != "H264" || info.Latency <= 0) {
						t.Errorf("%+v", info)
					}
					return f
				},
				"http": func(c *probetest.Camera, a ask.Access) *ask.Fault {
					picture, latency, f := ask.NewWeb().Picture(patient(t), address(t, c.Snapshot), a, 100)
					if f == nil && (string(picture) != "picture" || latency <= 0) {
						t.Errorf("%q %v", picture, latency)
					}
					return f
				},
			} {
				if f := once(probetest.New(t, s), right); f != nil {
					t.Errorf("%s: %v", path, f)
				}
				if s.User == "" {
					continue
				}
				other := s
				other.StaleNonces = 0
				c := probetest.New(t, other)
				if got := reason(once(c, wrong)); got != "auth" {
					t.Errorf("%s with a wrong password: %q", path, got)
				}
				// A camera that counts failures must not be locked by us.
				if n := c.Asked("DESCRIBE") + c.Asked("/picture"); n != 2 {
					t.Errorf("%s: a wrong password was tried %d times", path, n-1)
				}
				if got := reason(once(c, ask.Access{})); got != "auth" {
					t.Errorf("%s without credentials: %q", path, got)
				}
			}
		})
	}
}

// TestBadStreams meets cameras that say anything.
func TestBadStreams(t *testing.T) {
	t.Parallel()
	says := func(text string) probetest.Settings {
		return probetest.Settings{RTSP: func(c net.Conn) {
			_, _ = io.WriteString(c, text) // it may have hung up
			_, _ = io.Copy(io.Discard, c)  // until it hangs up
		}}
	}
	for name, c := range map[string]struct {
		settings probetest.Settings
		want     string
	}{
		"no such stream":      {probetest.Settings{}, "no stream"},
		"no video":            {probetest.Settings{SDP: "v=0\r\nm=audio 0 RTP/AVP 0\r\n"}, "no stream"},
		"coding":              {probetest.Settings{SDP: "m=video 0 RTP/AVP 97\r\na=rtpmap:97 XYZ/90000\r\n"}, "codec"},
		"HTTP":                {says("HTTP/1.1 400 Bad Request\r\n\r\n"), "malformed"},
		"garbage":             {says(strings.Repeat("\x00\xff", 9000)), "too large"},
		"headers without end": {says("RTSP/1.0 200 OK\r\n" + strings.Repeat("A: b\r\n", 9000)), "too large"},
		"a huge description":  {says("RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 1000000000\r\n\r\n"), "too large"},
		"a wrong CSeq":        {says("RTSP/1.0 200 OK\r\nCSeq: 7\r\n\r\n"), "malformed"},
		"hangs up":            {probetest.Settings{RTSP: func(net.Conn) {}}, "closed"},
		"never answers":       {says(""), "timeout"},
		"drips": {probetest.Settings{RTSP: func(c net.Conn) {
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for range tick.C {
				if _, err := io.WriteString(c, "R"); err != nil {
					return
				}
			}
		}}, "timeout"},
		"half an answer":  {says("RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 5\r\n\r\nab"), "timeout"},
		"sends elsewhere": {says("RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\nRTSP/1.0 302 Moved\r\nCSeq: 2\r\nLocation: rtsp://127.0.0.1:1/\r\n\r\n"), "redirect"},
		"broken":          {says("RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\nRTSP/1.0 500 Oops\r\nCSeq: 2\r\n\r\n"), "error status"},
		"no challenge":    {says("RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\nRTSP/1.0 401 No\r\nCSeq: 2\r\n\r\n"), "auth"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, limit := patient(t), 30*time.Second
			if c.want == "timeout" {
				limit = 300 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			_, f := ask.Stream(ctx, address(t, probetest.New(t, c.settings).RTSP), ask.Access{User: "u", Password: password})
			if got := reason(f); got != c.want {
				t.Errorf("%q (%v), want %q", got, f, c.want)
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		_, f := ask.Stream(patient(t), address(t, "rtsp://127.0.0.1:1/x"), ask.Access{})
		if got := reason(f); got != "refused" || !f.Down() {
			t.Error(got, f)
		}
	})
	t.Run("no such name", func(t *testing.T) {
		t.Parallel()
		_, f := ask.Stream(patient(t), address(t, "rtsp://camera.invalid/x"), ask.Access{})
		if got := reason(f); got != "dns" {
			t.Error(got, f)
		}
	})
	t.Run("no TLS", func(t *testing.T) {
		t.Parallel()
		c := probetest.New(t, says("RTSP/1.0 400 Bad Request\r\n\r\n"))
		_, f := ask.Stream(patient(t), address(t, strings.Replace(c.RTSP, "rtsp:", "rtsps:", 1)), ask.Access{})
		if got := reason(f); got != "tls" {
			t.Error(got, f)
		}
	})
}

func TestBadPictures(t *testing.T) {
	t.Parallel()
	answers := func(f func(w http.ResponseWriter)) probetest.Settings {
		return probetest.Settings{HTTP: func(w http.ResponseWriter, _ *http.Request) bool { f(w); return true }}
	}
	for name, c := range map[string]struct {
		settings probetest.Settings
		want     string
	}{
		"none":           {probetest.Settings{}, "error status"},
		"too large":      {probetest.Settings{Picture: make([]byte, 101)}, "too large"},
		"without length": {answers(func(w http.ResponseWriter) { http.NewResponseController(w).Flush(); _, _ = w.Write(make([]byte, 200)) }), "too large"}, //nolint:errcheck // it may be gone
		"redirect": {answers(func(w http.ResponseWriter) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(http.StatusFound)
		}), "redirect"},
		"forbidden": {answers(func(w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden) }), "auth"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, f := ask.NewWeb().Picture(patient(t), address(t, probetest.New(t, c.settings).Snapshot), ask.Access{}, 100)
			if got := reason(f); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	t.Run("certificate", func(t *testing.T) {
		t.Parallel()
		c, web := probetest.NewTLS(t, probetest.Settings{Picture: []byte("x")}), ask.NewWeb()
		if _, _, f := web.Picture(patient(t), address(t, c.Snapshot), ask.Access{}, 100); reason(f) != "tls" {
			t.Error(f)
		}
		if _, _, f := web.Picture(patient(t), address(t, c.Snapshot), ask.Access{InsecureTLS: true}, 100); f != nil {
			t.Error(f)
		}
	})
}

func TestDevice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings probetest.Settings
		access   ask.Access
		want     string
		skew     time.Duration
	}{
		"open":          {want: ""},
		"a wrong clock": {settings: probetest.Settings{User: "admin", Password: password, Clock: -312 * time.Second}, access: ask.Access{User: "admin", Password: password}, skew: 312 * time.Second},
		"HTTP digest": {
			settings: probetest.Settings{User: "admin", Password: password, Scheme: "Digest", Algorithm: "MD5", QOP: "auth", WebAuth: true},
			access:   ask.Access{User: "admin", Password: password},
		},
		"a fast clock":   {settings: probetest.Settings{Clock: 2 * time.Hour}, skew: -2 * time.Hour},
		"wrong password": {settings: probetest.Settings{User: "admin", Password: password}, access: ask.Access{User: "admin", Password: "not-the-password"}, want: "auth"},
		"no ONVIF": {settings: probetest.Settings{HTTP: func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = io.WriteString(w, "<html><body>Login</body></html>") // it may be gone
			return true
		}}, want: "malformed"},
		"an entity": {settings: probetest.Settings{HTTP: func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = io.WriteString(w, `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>`) // it may be gone
			return true
		}}, want: "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			info, f := ask.NewWeb().Device(patient(t), address(t, probetest.New(t, c.settings).ONVIF), c.access)
			if got := reason(f); got != c.want {
				t.Fatalf("%q (%v), want %q", got, f, c.want)
			}
			if c.want == "" && (info.Model != "M-1" || info.Firmware != "1.2" || !info.HasClock || (info.Skew-c.skew).Abs() > 20*time.Second) {
				t.Errorf("%+v", info)
			}
		})
	}
}

func TestRecorded(t *testing.T) {
	t.Parallel()
	beijing := time.FixedZone("", 8*3600)
	day := time.Date(2026, 11, 24, 0, 0, 0, 0, beijing)
	s := probetest.Settings{User: "admin", Password: password, Scheme: "Digest", QOP: "auth", Zone: beijing}
	for i := range 130 {
		from := day.Add(time.Duration(i) * 10 * time.Minute)
		s.Files = append(s.Files, [2]time.Time{from, from.Add(10 * time.Minute)})
	}
	c := probetest.New(t, s)
	span := recording.Span{From: day, To: day.Add(24 * time.Hour)}
	got, f := ask.NewWeb().Recorded(patient(t), address(t, c.Recorder+"/"), ask.Access{User: "admin", Password: password}, 101, span, beijing)
	if f != nil {
		t.Fatal(f)
	}
	if len(got) != 130 || !got[0].From.Equal(day) || !got[129].To.Equal(day.Add(1300*time.Minute)) {
		t.Errorf("%d: %v", len(got), got[0])
	}
	none := recording.Span{From: day.AddDate(0, 0, 7), To: day.AddDate(0, 0, 8)}
	if got, f := ask.NewWeb().Recorded(patient(t), address(t, c.Recorder), ask.Access{User: "admin", Password: password}, 101, none, beijing); f != nil || len(got) != 0 {
		t.Error(got, f)
	}
	for body, want := range map[string]string{
		`<ResponseStatus><statusCode>4</statusCode><statusString>Invalid Operation</statusString></ResponseStatus>`:                 "malformed",
		`<CMSearchResult><responseStatusStrg>FAILED</responseStatusStrg></CMSearchResult>`:                                          "error status",
		`<CMSearchResult><numOfMatches>-1</numOfMatches></CMSearchResult>`:                                                          "malformed",
		`<CMSearchResult><matchList><timeSpan><startTime>x</startTime><endTime>y</endTime></timeSpan></matchList></CMSearchResult>`: "malformed",
		`<CMSearchResult><responseStatusStrg>MORE</responseStatusStrg><numOfMatches>64</numOfMatches></CMSearchResult>`:             "too large",
		strings.Repeat("<a>", 100): "too large",
	} {
		c := probetest.New(t, probetest.Settings{HTTP: func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = io.WriteString(w, body) // it may be gone
			return true
		}})
		if _, f := ask.NewWeb().Recorded(patient(t), address(t, c.Recorder), ask.Access{}, 101, span, beijing); reason(f) != want {
			t.Errorf("%s: %v", body, f)
		}
	}
}
