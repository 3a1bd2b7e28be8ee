package probe

import (
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/probe/diagnosis"
	"github.com/campusgate/campusgate/adapters/probe/probetest"
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
