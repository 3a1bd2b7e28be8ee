package probe

import (
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/probe/ask"
	"github.com/campusgate/campusgate/adapters/probe/diagnosis"
	"github.com/campusgate/campusgate/adapters/probe/probetest"
	"github.com/campusgate/campusgate/gateway/event"
)

// BenchmarkPicture is what a snapshot costs once it has been fetched: its head, decoding and
// diagnosis.
func BenchmarkPicture(b *testing.B) {
	checker, err := diagnosis.New(diagnosis.DefaultConfig())
	if err != nil {
		b.Fatal(err)
	}
	for _, size := range []struct {
		name          string
		width, height int
	}{{"640x360", 640, 360}, {"1920x1080", 1920, 1080}, {"3840x2160", 3840, 2160}} {
		b.Run(size.name, func(b *testing.B) {
			content := probetest.Scene(size.width, size.height, 1)
			var print diagnosis.Print
			at := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			for b.Loop() {
				img, err := decodePicture(content, 1<<24)
				if err != nil {
					b.Fatal(err)
				}
				at = at.Add(time.Minute)
				_, print = checker.Check(img, &print, at)
			}
		})
	}
}

// BenchmarkCheck is a whole check of a camera on this machine, with both ends of its sockets
// and digests.
func BenchmarkCheck(b *testing.B) {
	const secret = "open-sesame-1"
	c := probetest.New(b, probetest.Settings{
		User: "admin", Password: secret, Scheme: "Digest", Algorithm: "MD5", QOP: "auth", SDP: probetest.SDP, Picture: probetest.Scene(640, 360, 1),
	})
	cfg := DefaultConfig()
	cfg.Targets = []Target{{Site: "s001", Device: "c1", RTSP: c.RTSP, ONVIF: c.ONVIF, Snapshot: c.Snapshot}}
	l, err := NewListener(cfg, payload.ListenerDeps{Log: zerolog.Nop()})
	if err != nil {
		b.Fatal(err)
	}
	cameras, err := cfg.cameras()
	if err != nil {
		b.Fatal(err)
	}
	cameras[0].access = ask.Access{User: "admin", Password: secret}
	for name, check := range map[string]func() string{
		"online": func() string { return l.online(b.Context(), cameras[0]).Status },
		"image":  func() string { return l.image(b.Context(), cameras[0]).Result },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got := check(); got != event.StatusUp && got != event.CheckPassed && got != event.CheckFailed {
					b.Fatal(got)
				}
			}
		})
	}
}

// BenchmarkEvidence is what a kept picture costs besides the disk.
func BenchmarkEvidence(b *testing.B) {
	img, err := decodePicture(probetest.Scene(1920, 1080, 1), 1<<24)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := small(img); err != nil {
			b.Fatal(err)
		}
	}
}
