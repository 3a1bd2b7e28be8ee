package media

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Kinds of media server.
const (
	KindNone       = "none"
	KindMediaMTX   = "mediamtx"
	KindZLMediaKit = "zlmediakit"
	KindOther      = "other"
)

// Config holds the settings of live pictures.
type Config struct {
	// Kind is the media server's: mediamtx, zlmediakit, other, or none. A known one fills in
	// the addresses below that are empty, from url and stream.
	Kind string `yaml:"kind"`
	// URL is the media server's, http or https, with no path: http://10.0.0.5. Without a port
	// MediaMTX is asked at 8889 (WHEP) and 8888 (HLS), as it comes. WebRTC itself goes from
	// the media server straight to the browsers (UDP); all else goes through the dashboard.
	URL string `yaml:"url"`
	// Stream is the name of a camera's stream at the media server, app/name for ZLMediaKit.
	// {site} and {device} are the registry's ids; {address} is the camera's address at the
	// adapter below, {channel} the part of it behind its last slash.
	Stream string `yaml:"stream"`
	// Adapter is the one whose addresses of the registry name the streams.
	Adapter string `yaml:"adapter"`
	// WHEPURL, HLSURL and SnapshotURL are whole addresses with the words of stream, {stream}
	// and {secret} in path or query. Empty with kind other: there is no such way.
	WHEPURL     string `yaml:"whep_url"`
	HLSURL      string `yaml:"hls_url"`
	SnapshotURL string `yaml:"snapshot_url"`
	// Username and PasswordFile are shown to the media server (HTTP basic), 8 to 4096 bytes.
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file"`
	// SecretFile holds what {secret} stands for: ZLMediaKit's api.secret, 8 to 4096 bytes.
	SecretFile string `yaml:"secret_file"`
	// Timeout of one question to the media server, 1 to 60 seconds.
	Timeout time.Duration `yaml:"timeout"`
	// Lease is how long a stream lives without a word from the page that shows it, 10 seconds
	// to 5 minutes. Pages ask three times in it.
	Lease time.Duration `yaml:"lease"`
	// Longest is how long one look lasts at most, 1 minute to 4 hours; then it is to be asked
	// for again.
	Longest time.Duration `yaml:"longest"`
	// PerPerson and Total are how many looks may be open at once, 1 to 64 and 1 to 1000.
	PerPerson int `yaml:"per_person"`
	Total     int `yaml:"total"`
	// SnapshotBytes bounds a picture, 64 KiB to 5 MiB; SnapshotKeep is for how long the same
	// one answers again, 0 to 60 seconds.
	SnapshotBytes int           `yaml:"snapshot_bytes"`
	SnapshotKeep  time.Duration `yaml:"snapshot_keep"`
	// Keep is how long look-ups and patrols stay in the register, 180 days to 10 years.
	Keep time.Duration `yaml:"keep"`
}

// DefaultConfig returns settings without a media server.
func DefaultConfig() Config {
	return Config{
		Kind: KindNone, Stream: "{site}/{device}", Adapter: "gb28181",
		Timeout: 10 * time.Second, Lease: 30 * time.Second, Longest: 10 * time.Minute,
		PerPerson: 4, Total: 64, SnapshotBytes: 4 << 20, SnapshotKeep: 3 * time.Second, Keep: 3 * 365 * 24 * time.Hour,
	}
}

// words of templates, in braces.
var words = regexp.MustCompile(`\{([a-z]*)\}`)

// Validate returns every wrong setting.
func (c Config) Validate() error {
	var faults []error
	check := func(ok bool, key string, value any, want string) {
		if !ok {
			faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
		}
	}
	span := func(key string, v, low, high time.Duration) {
		check(v >= low && v <= high, key, v, fmt.Sprintf("%s to %s", low, high))
	}
	known := c.Kind == KindMediaMTX || c.Kind == KindZLMediaKit
	check(known || c.Kind == KindNone || c.Kind == KindOther, "kind", fmt.Sprintf("%q", c.Kind), "none, mediamtx, zlmediakit or other")
	check(!known || plainURL(c.URL), "url", "(not shown)", "http:// or https:// with a host and no path")
	check(c.Kind != KindOther || c.WHEPURL+c.HLSURL+c.SnapshotURL != "", "whep_url", `""`, "an address, or hls_url or snapshot_url, with kind other")
	check(c.Kind != KindZLMediaKit || strings.Count(c.Stream, "/") == 1, "stream", fmt.Sprintf("%q", c.Stream), "app/name")
	check(event.ValidName(c.Adapter), "adapter", fmt.Sprintf("%q", c.Adapter), "the name of an adapter")
	check(c.Stream != "" && allKnown(c.Stream, false), "stream", fmt.Sprintf("%q", c.Stream), "a text with {site}, {device}, {address} or {channel}")
	for _, t := range []struct{ key, text string }{{"whep_url", c.WHEPURL}, {"hls_url", c.HLSURL}, {"snapshot_url", c.SnapshotURL}} {
		check(t.text == "" || template(t.text), t.key, "(not shown)", "an http:// or https:// address without credentials, and words in braces behind its host only: {stream}, {site}, {device}, {address}, {channel}, {secret}")
		check(!strings.Contains(t.text, "{secret}") || c.SecretFile != "", "secret_file", `""`, "a file, since "+t.key+" has {secret}")
	}
	check((c.Username == "") == (c.PasswordFile == ""), "password_file", fmt.Sprintf("%q", c.PasswordFile), "username and password_file, or neither")
	span("timeout", c.Timeout, time.Second, time.Minute)
	span("lease", c.Lease, 10*time.Second, 5*time.Minute)
	span("longest", c.Longest, time.Minute, 4*time.Hour)
	check(c.PerPerson >= 1 && c.PerPerson <= 64, "per_person", c.PerPerson, "1 to 64")
	check(c.Total >= 1 && c.Total <= 1000, "total", c.Total, "1 to 1000")
	check(c.SnapshotBytes >= 64<<10 && c.SnapshotBytes <= 5<<20, "snapshot_bytes", c.SnapshotBytes, "65536 to 5242880")
	span("snapshot_keep", c.SnapshotKeep, 0, time.Minute)
	const day = 24 * time.Hour
	span("keep", c.Keep, 180*day, 3650*day)
	return errors.Join(faults...)
}

func plainURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && strings.Trim(u.Path, "/") == "" && u.RawQuery == ""
}

func allKnown(s string, whole bool) bool {
	for _, m := range words.FindAllStringSubmatch(s, -1) {
		switch m[1] {
		case "site", "device", "address", "channel":
		case "stream", "secret":
			if !whole {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// template reports whether a whole address can be filled in: what a camera is called must
// never choose the host.
func template(s string) bool {
	_, rest, ok := strings.Cut(s, "://")
	host, _, _ := strings.Cut(rest, "/")
	if !ok || strings.ContainsAny(host, "{}@?#") || !allKnown(s, true) {
		return false
	}
	u, err := url.Parse(words.ReplaceAllString(s, "x"))
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// addresses fills in what the kind knows: MediaMTX's and ZLMediaKit's own paths.
func (c Config) addresses() Config {
	put := func(into *string, v string) {
		if *into == "" {
			*into = v
		}
	}
	base := strings.TrimRight(c.URL, "/")
	switch c.Kind {
	case KindMediaMTX:
		put(&c.WHEPURL, withPort(base, "8889")+"/{stream}/whep")
		put(&c.HLSURL, withPort(base, "8888")+"/{stream}/index.m3u8")
	case KindZLMediaKit:
		app, name, _ := strings.Cut(c.Stream, "/")
		put(&c.WHEPURL, base+"/index/api/whep?app="+app+"&stream="+name)
		put(&c.HLSURL, base+"/{stream}/hls.m3u8")
		if c.SecretFile != "" {
			seconds := max(1, int(c.SnapshotKeep/time.Second))
			put(&c.SnapshotURL, fmt.Sprintf("%s/index/api/getSnap?secret={secret}&url=rtsp%%3A%%2F%%2F127.0.0.1%%3A554%%2F%s%%2F%s&timeout_sec=%d&expire_sec=%d", base, app, name, max(1, int(c.Timeout/time.Second)-1), seconds))
		}
	}
	return c
}

func withPort(base, port string) string {
	u, err := url.Parse(base)
	if err != nil || u.Port() != "" {
		return base
	}
	return base + ":" + port
}

// readSecret reads a secret of 8 to 4096 bytes; a line break at its end is left out. No path
// is no secret.
func readSecret(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	s := strings.TrimRight(string(b), "\r\n")
	if len(s) < 8 || len(s) > 4096 {
		return "", fmt.Errorf("secret in %s: want 8 to 4096 bytes, there are %d", path, len(s))
	}
	return s, nil
}
