package probe

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/image/draw"
)

// Bounds of a kept picture.
const (
	evidenceBytes = 200 << 10
	evidenceWidth = 1280
	evidenceName  = 32 // hex digits
)

// evidence keeps pictures of faults in a folder, bounded in bytes and days. It touches no
// file but its own: 32 hex digits and ".jpg".
type evidence struct {
	dir      string
	maxBytes int64
	maxAge   time.Duration

	mu    sync.Mutex
	files []kept // oldest first
	bytes int64
}

type kept struct {
	name string
	size int64
	at   time.Time
}

// openEvidence makes the folder where it is missing and counts what is there.
func openEvidence(dir string, maxBytes int64, maxAge time.Duration) (*evidence, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("evidence_dir: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("evidence_dir: %w", err)
	}
	e := &evidence{dir: dir, maxBytes: maxBytes, maxAge: maxAge}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".jpg.part") { // what a stop left half written
			_ = os.Remove(filepath.Join(dir, entry.Name())) // it is tried again at the next start
			continue
		}
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || !ownName(entry.Name()) {
			continue
		}
		e.files = append(e.files, kept{entry.Name(), info.Size(), info.ModTime()})
		e.bytes += info.Size()
	}
	slices.SortFunc(e.files, func(a, b kept) int { return a.at.Compare(b.at) })
	return e, nil
}

func ownName(name string) bool {
	id, ok := strings.CutSuffix(name, ".jpg")
	return ok && isEvidence(id)
}

func isEvidence(id string) bool {
	_, err := hex.DecodeString(id)
	return err == nil && len(id) == evidenceName
}

// keep stores a picture and returns its id. The same picture is stored once.
func (e *evidence) keep(img image.Image, now time.Time) (string, error) {
	content, err := small(img)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	id := hex.EncodeToString(sum[:evidenceName/2])
	e.mu.Lock()
	defer e.mu.Unlock()
	name := id + ".jpg"
	if slices.ContainsFunc(e.files, func(k kept) bool { return k.name == name }) {
		return id, nil
	}
	path := filepath.Join(e.dir, name)
	if err := os.WriteFile(path+".part", content, 0o600); err != nil {
		_ = os.Remove(path + ".part") // the disk is full: the first error says it
		return "", fmt.Errorf("keep a picture: %w", err)
	}
	if err := os.Rename(path+".part", path); err != nil {
		return "", fmt.Errorf("keep a picture: %w", err)
	}
	e.files = append(e.files, kept{name, int64(len(content)), now})
	e.bytes += int64(len(content))
	return id, e.prune(now)
}

// tidy deletes what is too old.
func (e *evidence) tidy(now time.Time) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.prune(now)
}

// size is how many bytes are kept.
func (e *evidence) size() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.bytes
}

// prune deletes the oldest files while there is too much. The lock is held.
func (e *evidence) prune(now time.Time) error {
	for len(e.files) > 0 && (e.bytes > e.maxBytes || now.Sub(e.files[0].at) > e.maxAge) {
		if err := os.Remove(filepath.Join(e.dir, e.files[0].name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("delete an old picture: %w", err)
		}
		e.bytes -= e.files[0].size
		e.files = e.files[1:]
	}
	return nil
}

// small makes a JPEG of at most evidenceBytes: scaled down, then coded worse until it fits.
func small(img image.Image) ([]byte, error) {
	width, height := img.Bounds().Dx(), img.Bounds().Dy()
	for limit := evidenceWidth; limit >= 160; limit /= 2 {
		scaled := img
		if most := max(width, height); most > limit {
			to := image.NewRGBA(image.Rect(0, 0, max(width*limit/most, 1), max(height*limit/most, 1)))
			draw.ApproxBiLinear.Scale(to, to.Bounds(), img, img.Bounds(), draw.Src, nil)
			scaled = to
		}
		for _, quality := range []int{75, 50, 30} {
			var b bytes.Buffer
			if err := jpeg.Encode(&b, scaled, &jpeg.Options{Quality: quality}); err != nil {
				return nil, fmt.Errorf("code a picture: %w", err)
			}
			if b.Len() <= evidenceBytes {
				return b.Bytes(), nil
			}
		}
	}
	return nil, errors.New("a picture cannot be made small enough")
}
