package probe

import (
	"bytes"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func noise(width, height int, seed uint64) image.Image {
	r := rand.New(rand.NewPCG(seed, 1))
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.Uint32())
	}
	return img
}

func TestEvidence(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "kept")
	now := time.Now()
	open := func(maxBytes int64) *evidence {
		t.Helper()
		e, err := openEvidence(dir, maxBytes, 30*24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	e := open(1 << 30)
	other := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(other, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(dir, "0123.jpg.part")
	if err := os.WriteFile(half, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	// The worst that a camera can send: noise does not compress.
	first, err := e.keep(noise(2560, 1440, 1), now)
	if err != nil || !isEvidence(first) {
		t.Fatal(first, err)
	}
	content, err := os.ReadFile(filepath.Join(dir, first+".jpg"))
	if err != nil || len(content) > evidenceBytes {
		t.Fatal(len(content), err)
	}
	img, err := jpeg.Decode(bytes.NewReader(content))
	if err != nil || img.Bounds().Dx() > evidenceWidth {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, first+".jpg")); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info.Mode(), err)
	}
	size := e.size()
	if again, err := e.keep(noise(2560, 1440, 1), now); err != nil || again != first || e.size() != size {
		t.Error("the same picture is kept twice", again, err)
	}
	second, err := e.keep(noise(640, 480, 2), now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	exists := func(id string) bool { _, err := os.Stat(filepath.Join(dir, id+".jpg")); return err == nil }

	e = open(e.size() - 1) // a restart, and a smaller bound
	if _, err := os.Stat(half); err == nil {
		t.Error("half a picture is left")
	}
	if err := e.tidy(now.Add(time.Hour)); err != nil || exists(first) || !exists(second) {
		t.Error("the oldest did not go first", err)
	}
	if err := e.tidy(now.Add(32 * 24 * time.Hour)); err != nil || exists(second) || e.size() != 0 {
		t.Error("an old picture is left", err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Error("a file of somebody else is gone")
	}
	if id, err := e.keep(image.NewGray(image.Rect(0, 0, 1, 4000)), now); err != nil || !exists(id) {
		t.Error("a picture of one column", err)
	}
}
