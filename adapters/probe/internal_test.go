package probe

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/image/bmp"

	"github.com/campusgate/campusgate/adapters/probe/probetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDecodePicture(t *testing.T) {
	t.Parallel()
	img := image.NewGray(image.Rect(0, 0, 64, 48))
	var asPNG, asBMP bytes.Buffer
	if err := png.Encode(&asPNG, img); err != nil {
		t.Fatal(err)
	}
	if err := bmp.Encode(&asBMP, img); err != nil {
		t.Fatal(err)
	}
	scene := probetest.Scene(64, 48, 1)
	// A head that claims 60000 × 60000 pixels: nothing of that size may be made.
	huge := bytes.Clone(asPNG.Bytes())
	binary.BigEndian.PutUint32(huge[16:], 60000)
	binary.BigEndian.PutUint32(huge[20:], 60000)
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"jpeg":          {scene, ""},
		"png":           {asPNG.Bytes(), ""},
		"bmp":           {asBMP.Bytes(), ""},
		"half a jpeg":   {scene[:len(scene)/2], "damaged"},
		"a head alone":  {scene[:20], "damaged"},
		"huge":          {huge, ""},
		"HTML":          {[]byte("<html>"), "neither"},
		"nothing":       {nil, "neither"},
		"three letters": {[]byte("BMx"), "damaged"},
	} {
		got, err := decodePicture(c.content, 64*48)
		if name == "huge" {
			if err == nil {
				t.Error("huge: decoded")
			}
			continue
		}
		if c.want == "" && (err != nil || got.Bounds().Dx() != 64) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := decodePicture(scene, 64*48-1); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Error(err)
	}
}

func FuzzDecodePicture(f *testing.F) {
	f.Add(probetest.Scene(16, 16, 1))
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Add([]byte("BM"))
	f.Fuzz(func(t *testing.T, content []byte) {
		img, err := decodePicture(content, 1<<16)
		if err == nil && img.Bounds().Dx()*img.Bounds().Dy() > 1<<16 {
			t.Fatal("too large")
		}
		if err != nil && len(err.Error()) > 100 {
			t.Fatal("a long error")
		}
	})
}

func TestTargets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cfg := DefaultConfig()
	cfg.CredentialsFile = file("secrets", "# name user password\nhik admin pass word 1\ndoor view other-secret\n")
	cfg.Targets = []Target{{Site: "s001", Device: "c1", RTSP: "rtsp://10.0.0.1/a", User: "own", PasswordFile: file("own", "own-secret\n")}}
	cfg.TargetsFile = file("cameras.csv", "\xef\xbb\xbfsite,device,rtsp,snapshot,recorder,track,credentials,checks,insecure_tls\n"+
		"s001,c2,rtsp://10.0.0.2/a,https://10.0.0.2/p,,,hik,,true\n"+
		"s001,c3,,,http://10.0.0.3,301,door,recording,\n"+
		"s001,c1,rtsp://10.0.0.4/a,,,,,,\n"+
		"s001,c4,rtsp://admin:top-secret@10.0.0.4/a,,,,,,\n"+
		"s001,c5,rtsp://10.0.0.4/a,,,x,,,\n"+
		"s001,c6\n"+
		"s001,c7,rtsp://10.0.0.4/a,,,,nobody,,\n"+
		"s001,c8,rtsp://10.0.0.4/a,,,,,image,\n")
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	cameras, err := cfg.cameras()
	if len(cameras) != 3 {
		t.Fatal(len(cameras), err)
	}
	if c := cameras[0]; c.access.Password != "own-secret" || strings.Join(c.checks, " ") != "online" {
		t.Errorf("%+v", c)
	}
	if c := cameras[1]; c.access.User != "admin" || c.access.Password != "pass word 1" || !c.access.InsecureTLS || strings.Join(c.checks, " ") != "online image" || c.track != 101 {
		t.Errorf("%+v", c)
	}
	if c := cameras[2]; c.track != 301 || strings.Join(c.checks, " ") != "recording" {
		t.Errorf("%+v", c)
	}
	for line, want := range map[string]string{"4": "no other target", "5": "without user and password", "6": "track", "7": "columns", "8": "nobody", "9": "image (with snapshot)"} {
		if !strings.Contains(err.Error(), "line "+line) || !strings.Contains(err.Error(), want) {
			t.Errorf("line %s is not told: %v", line, err)
		}
	}
	if strings.Contains(err.Error(), "top-secret") {
		t.Error("a password is told")
	}

	cfg.TargetsFile = file("cameras.yaml", "- {site: s002, device: c1, onvif: 'http://10.0.0.9/onvif/device_service'}\n- {site: s002, device: c2}\n")
	if cameras, err := cfg.cameras(); len(cameras) != 2 || err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Error(len(cameras), err)
	}
	for name, c := range map[string]struct{ path, text, want string }{
		"an unknown column": {"a.csv", "site,devise,rtsp\n", `"device"`},
		"an unknown key":    {"b.yaml", "- {site: s1, devise: c1}\n", "devise"},
		"no table":          {"c.csv", "", "header"},
		"no list":           {"d.yaml", "x", "targets_file"},
	} {
		cfg.TargetsFile = file(c.path, c.text)
		if _, err := cfg.cameras(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	cfg.TargetsFile = ""
	for text, want := range map[string]string{
		"hik admin \n": "line 1", "hik admin\n": "line 1", "a u long-enough\na u long-enough\n": "twice",
	} {
		cfg.CredentialsFile = file("bad", text)
		if _, err := cfg.cameras(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	camera := []Target{{Site: "s001", Device: "c1", RTSP: "rtsp://10.0.0.1/a"}}
	for want, change := range map[string]func(*Config){
		"":                  func(*Config) {},
		"targets":           func(c *Config) { c.Targets = nil },
		"targets[1].device": func(c *Config) { c.Targets = append(c.Targets, c.Targets[0]) },
		"targets[0].site":   func(c *Config) { c.Targets[0].Site = "S 1" },
		"targets[0].rtsp":   func(c *Config) { c.Targets[0].RTSP = "http://10.0.0.1/" },
		"targets[0].onvif":  func(c *Config) { c.Targets[0].ONVIF = "http://u:secret-one@10.0.0.1/" },
		"targets[0].checks": func(c *Config) { c.Targets[0].Checks = []string{"sound"} },
		"credentials_file":  func(c *Config) { c.Targets[0].Credentials = "hik" },
		"password_file":     func(c *Config) { c.Targets[0].User = "admin" },
		"online.timeout":    func(c *Config) { c.Online.Timeout = 2 * minute },
		"image.interval":    func(c *Config) { c.Image.Interval = 0 },
		"jitter":            func(c *Config) { c.Jitter = 0.6 },
		"per_second":        func(c *Config) { c.PerSecond = 0 },
		"recorded.hours":    func(c *Config) { c.Recorded.Hours = "always" },
		"evidence_days":     func(c *Config) { c.EvidenceDays = 0 },
		"diagnosis.black":   func(c *Config) { c.Diagnosis.Black = 2 },
		"max_pixels":        func(c *Config) { c.MaxPixels = 1 << 30 },
		"recorded.share":    func(c *Config) { c.Recorded.Share = 0 },
		"targets[0].track":  func(c *Config) { c.Targets[0].Track = -1 },
	} {
		c := DefaultConfig()
		c.Targets = append([]Target(nil), camera...)
		change(&c)
		err := c.Validate()
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret-one")) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

const minute = 60_000_000_000

// TestExample reads the table that is handed out as an example.
func TestExample(t *testing.T) {
	t.Parallel()
	cfg := DefaultConfig()
	cfg.CredentialsFile = filepath.Join(t.TempDir(), "secrets")
	if err := os.WriteFile(cfg.CredentialsFile, []byte("hikvision admin passwords\ndahua admin passwords\nuniview admin passwords\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg.TargetsFile = filepath.Join("..", "..", "configs", "examples", "cameras.csv")
	cameras, err := cfg.cameras()
	if err != nil || len(cameras) != 4 || strings.Join(cameras[0].checks, " ") != "online image recording" || !cameras[3].access.InsecureTLS {
		t.Error(len(cameras), err)
	}
}
