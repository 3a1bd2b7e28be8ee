package dashboard_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/campusgate/campusgate/dashboard"
	"github.com/campusgate/campusgate/dashboard/api"
)

func TestFilesOfTheMap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tiles, outline := filepath.Join(dir, "county.pmtiles"), filepath.Join(dir, "county.geojson")
	pattern := bytes.Repeat([]byte("0123456789abcdef"), 1000)
	if err := os.WriteFile(tiles, pattern, 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := dashboard.DefaultConfig()
	cfg.HTTP.Addr, cfg.DataDir = "127.0.0.1:0", t.TempDir()
	cfg.Map = dashboard.MapConfig{TilesFile: tiles, OutlineFile: outline, Datum: "gcj02"}
	w := &world{bus: newBus(), history: &fakeHistory{}}
	var err error
	w.Dashboard, err = dashboard.New(cfg, dashboard.Deps{County: county(t), Bus: w.bus, History: w.history, Accounts: accounts(), Build: "test", Rules: wordRules{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.stop(t) })
	guard := w.login(t, "guard")

	settings := func() api.MapSettings {
		t.Helper()
		var out api.MapSettings
		guard.get("/api/v1/map", &out)
		return out
	}
	if got, want := settings(), (api.MapSettings{Datum: "gcj02", Tiles: "/api/v1/map/tiles"}); got != want {
		t.Errorf("without outlines: %+v, want %+v", got, want)
	}
	// The outlines come while the program runs; first a broken file, then a whole one.
	for _, c := range []struct {
		text string
		want int
	}{{`{"type":"Feat`, 404}, {`{"type":"FeatureCollection","features":[]}`, 200}} {
		if err := os.WriteFile(outline, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if status, text := guard.do("GET", "/api/v1/map/outline", ""); status != c.want || status == 200 && text != c.text {
			t.Errorf("outlines %s: %d %s, want %d", c.text, status, text, c.want)
		}
	}
	if got := settings().Outline; got != "/api/v1/map/outline" {
		t.Errorf("with outlines: %q", got)
	}

	res := guard.request("GET", "/api/v1/map/tiles", "", func(r *http.Request) { r.Header.Set("Range", "bytes=16-26") })
	part, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusPartialContent || string(part) != "0123456789a" || res.Header.Get("Content-Range") != "bytes 16-26/16000" || res.Header.Get("ETag") == "" || res.Header.Get("Content-Encoding") != "" {
		t.Errorf("range: %d %q %v", res.StatusCode, part, res.Header)
	}
	if status, text := guard.do("GET", "/api/v1/map/tiles", ""); status != 200 || text != string(pattern) {
		t.Errorf("whole file: %d, %d bytes", status, len(text))
	}
	if status, _ := guard.do("GET", "/api/v1/map/tiles", "", func(r *http.Request) { r.Header.Set("Range", "bytes=999999-") }); status != 416 {
		t.Errorf("range behind the end: %d, want 416", status)
	}
	if err := os.Remove(tiles); err != nil {
		t.Fatal(err)
	}
	if status, _ := guard.do("GET", "/api/v1/map/tiles", ""); status != 404 || settings().Tiles != "" {
		t.Errorf("file gone: %d, %q", status, settings().Tiles)
	}
}
