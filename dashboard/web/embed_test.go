package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/dashboard/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var script = strings.Repeat("console.log('a script worth compressing');\n", 50)

func small() fstest.MapFS {
	return fstest.MapFS{
		"index.html":           {Data: []byte("<!doctype html><title>x</title>")},
		"assets/index-AbC1.js": {Data: []byte(script)},
		"assets/style-9.css":   {Data: []byte("a{}")},
	}
}

func ask(t *testing.T, h http.Handler, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestPathsOfPagesAnswerWithTheIndex(t *testing.T) {
	t.Parallel()
	h := web.HandlerFS(small())
	cases := map[string]int{
		"/": 200, "/index.html": 200, "/alarms": 200, "/alarms/4f2a?state=all": 200, "/sites/s012": 200, "/assets/index-AbC1.js": 200,
		"/assets/index-gone.js": 404, "/assets": 404, "/api/v1/nothing": 404, "/api": 404, "/metrics": 404, "/healthz": 404,
		"/favicon.ico": 404, "/../embed.go": 404, "/%2e%2e/embed.go": 404,
	}
	for target, want := range cases {
		res := ask(t, h, http.MethodGet, target)
		if res.StatusCode != want {
			t.Errorf("GET %s: got %d, want %d", target, res.StatusCode, want)
		}
	}
	if got := ask(t, h, http.MethodPost, "/").StatusCode; got != http.StatusMethodNotAllowed {
		t.Errorf("POST /: got %d, want 405", got)
	}
}

func TestCachingAndPolicy(t *testing.T) {
	t.Parallel()
	h := web.HandlerFS(small())
	index := ask(t, h, http.MethodGet, "/gate")
	if got := index.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("index: Cache-Control %q", got)
	}
	if got := index.Header.Get("Content-Security-Policy"); got != web.Policy || strings.Contains(got, "unsafe-eval") {
		t.Errorf("index: policy %q", got)
	}
	asset := ask(t, h, http.MethodGet, "/assets/index-AbC1.js")
	if got := asset.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("asset: Cache-Control %q", got)
	}
	if got := asset.Header.Get("Content-Type"); got != "text/javascript; charset=utf-8" {
		t.Errorf("asset: Content-Type %q", got)
	}
	again := ask(t, h, http.MethodGet, "/assets/index-AbC1.js", "If-None-Match", asset.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("asset asked again: got %d, want 304", again.StatusCode)
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	h := web.HandlerFS(small())
	for header, want := range map[string]bool{
		"gzip": true, "br, GZIP;q=0.5": true, "*": true, "": false, "br": false, "gzip;q=0": false, "gzip; q=0.0, *": false, "*;q=0": false,
	} {
		res := ask(t, h, http.MethodGet, "/assets/index-AbC1.js", "Accept-Encoding", header)
		zipped := res.Header.Get("Content-Encoding") == "gzip"
		if zipped != want {
			t.Errorf("Accept-Encoding %q: compressed %v, want %v", header, zipped, want)
			continue
		}
		body := io.Reader(res.Body)
		if zipped {
			z, err := gzip.NewReader(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			body = z
		}
		if got, err := io.ReadAll(body); err != nil || string(got) != script {
			t.Errorf("Accept-Encoding %q: body differs (%v)", header, err)
		}
	}
	if got := ask(t, h, http.MethodGet, "/assets/style-9.css", "Accept-Encoding", "gzip").Header.Get("Content-Encoding"); got != "" {
		t.Errorf("a tiny file is compressed: %q", got)
	}
	head := ask(t, h, http.MethodHead, "/assets/index-AbC1.js", "Accept-Encoding", "gzip")
	if body, _ := io.ReadAll(head.Body); len(body) != 0 || head.Header.Get("Content-Length") == "" {
		t.Errorf("HEAD: %d bytes, Content-Length %q", len(body), head.Header.Get("Content-Length"))
	}
}

func TestWithoutABuildItSaysSo(t *testing.T) {
	t.Parallel()
	if got := ask(t, web.HandlerFS(fstest.MapFS{}), http.MethodGet, "/").StatusCode; got != http.StatusServiceUnavailable {
		t.Errorf("got %d, want 503", got)
	}
}

// The committed build must be whole: every file that the index names is in it, nothing is
// inline, nothing comes from elsewhere.
func TestTheCommittedBuildIsWhole(t *testing.T) {
	t.Parallel()
	h := web.Handler()
	res := ask(t, h, http.MethodGet, "/")
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("index: %d, %v", res.StatusCode, err)
	}
	page := string(body)
	if strings.Contains(page, "http://") || strings.Contains(page, "https://") {
		t.Error("the index names another host")
	}
	named := regexp.MustCompile(`(?:src|href)="(/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(named) < 2 {
		t.Fatalf("the index names %d files, want a script and a style sheet at least", len(named))
	}
	for _, m := range named {
		if got := ask(t, h, http.MethodGet, m[1]).StatusCode; got != http.StatusOK {
			t.Errorf("%s: got %d", m[1], got)
		}
	}
	for _, tag := range regexp.MustCompile(`<script[^>]*>`).FindAllString(page, -1) {
		if !strings.Contains(tag, "src=") {
			t.Errorf("inline script %s would not run under the policy", tag)
		}
	}
}
