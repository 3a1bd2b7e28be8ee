package media

import (
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	camera := &event.Device{ID: "c1", Kind: event.KindCamera, Addresses: []string{"probe:x", "gb28181:34020000001180000001/34020000001320000007"}}
	for _, c := range []struct {
		name               string
		change             func(*Config)
		whep, hls, picture string
	}{
		{
			"mediamtx", func(c *Config) { c.Kind, c.URL = KindMediaMTX, "http://10.0.0.5" },
			"http://10.0.0.5:8889/s%201/c1/whep", "http://10.0.0.5:8888/s%201/c1/index.m3u8", "",
		},
		{
			"mediamtx behind a proxy", func(c *Config) { c.Kind, c.URL, c.Stream = KindMediaMTX, "https://media.example:443/", "{channel}" },
			"https://media.example:443/34020000001320000007/whep", "https://media.example:443/34020000001320000007/index.m3u8", "",
		},
		{
			"zlmediakit", func(c *Config) {
				c.Kind, c.URL, c.Stream, c.SecretFile = KindZLMediaKit, "http://10.0.0.6", "rtp/{channel}", "f"
			},
			"http://10.0.0.6/index/api/whep?app=rtp&stream=34020000001320000007", "http://10.0.0.6/rtp/34020000001320000007/hls.m3u8",
			"http://10.0.0.6/index/api/getSnap?secret=a%26b&url=rtsp%3A%2F%2F127.0.0.1%3A554%2Frtp%2F34020000001320000007&timeout_sec=9&expire_sec=3",
		},
		{
			"other", func(c *Config) { c.Kind, c.SnapshotURL = KindOther, "http://10.0.0.7/{address}.jpg?c={address}" },
			"", "", "http://10.0.0.7/34020000001180000001%2F34020000001320000007.jpg?c=34020000001180000001%2F34020000001320000007",
		},
		{"no such address", func(c *Config) {
			c.Kind, c.URL, c.Stream, c.Adapter = KindMediaMTX, "http://10.0.0.5", "{channel}", "onvif"
		}, "", "", ""},
		{"none", func(c *Config) { c.WHEPURL = "http://10.0.0.5/{stream}" }, "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg := DefaultConfig()
			c.change(&cfg)
			if err := cfg.Validate(); err != nil {
				t.Fatal(err)
			}
			s := &Service{cfg: cfg.addresses(), secret: "a&b"}
			for _, x := range []struct{ text, want string }{{s.cfg.WHEPURL, c.whep}, {s.cfg.HLSURL, c.hls}, {s.cfg.SnapshotURL, c.picture}} {
				got, ok := s.fill(x.text, "s 1", camera)
				if ok != (x.want != "") || ok && got != x.want {
					t.Errorf("%s became %s, %t; want %s", x.text, got, ok, x.want)
				}
			}
		})
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	t.Parallel()
	if err := DefaultConfig().Validate(); err != nil {
		t.Fatal(err)
	}
	for key, change := range map[string]func(*Config){
		"kind":           func(c *Config) { c.Kind = "vlc" },
		"url":            func(c *Config) { c.Kind, c.URL = KindMediaMTX, "http://u:p@10.0.0.5" },
		"stream":         func(c *Config) { c.Stream = "{secret}" },
		"adapter":        func(c *Config) { c.Adapter = "A B" },
		"whep_url":       func(c *Config) { c.WHEPURL = "http://{device}/whep" },
		"hls_url":        func(c *Config) { c.HLSURL = "file:///etc/{device}" },
		"snapshot_url":   func(c *Config) { c.SnapshotURL = "http://10.0.0.5/{word}" },
		"secret_file":    func(c *Config) { c.SnapshotURL = "http://10.0.0.5/?secret={secret}" },
		"password_file":  func(c *Config) { c.Username = "viewer" },
		"timeout":        func(c *Config) { c.Timeout = 0 },
		"lease":          func(c *Config) { c.Lease = time.Hour },
		"longest":        func(c *Config) { c.Longest = time.Second },
		"per_person":     func(c *Config) { c.PerPerson = 0 },
		"total":          func(c *Config) { c.Total = 1001 },
		"snapshot_bytes": func(c *Config) { c.SnapshotBytes = 1 },
		"snapshot_keep":  func(c *Config) { c.SnapshotKeep = time.Hour },
		"keep":           func(c *Config) { c.Keep = 24 * time.Hour },
	} {
		cfg := DefaultConfig()
		change(&cfg)
		err := cfg.Validate()
		if err == nil || !strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%s: %v", key, err)
		}
	}
}
