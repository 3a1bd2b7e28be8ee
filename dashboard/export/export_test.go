package export_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/xuri/excelize/v2"

	"github.com/campusgate/campusgate/dashboard/export"
	"github.com/campusgate/campusgate/gateway/event"
)

// book notes what was written to the audit.
type book struct {
	mu      sync.Mutex
	actions []string
	err     error
}

func (b *book) append(_ context.Context, _ time.Time, by, action, _, _ string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.actions = append(b.actions, by+" "+action)
	return b.err
}

func (b *book) has(want string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Contains(b.actions, want)
}

// watch is a clock that a test moves.
type watch struct{ ns atomic.Int64 }

func (w *watch) now() time.Time { return time.Unix(0, w.ns.Load()) }

func start(t *testing.T) (*export.Service, *book, *watch, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "exports")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "old"), []byte("of a process before"), 0o600); err != nil {
		t.Fatal(err)
	}
	audit, clock := &book{}, &watch{}
	clock.ns.Store(time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC).UnixNano())
	s, err := export.New(export.Deps{Dir: dir, Audit: audit.append, Now: clock.now, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("files stay after Stop: %v", err)
		}
	})
	return s, audit, clock, dir
}

func request(by, format string, rows func(context.Context, func([]any) error) error) export.Request {
	return export.Request{
		By: by, List: "gate-log", Query: "site=s1", Format: format, Title: "出入记录", Name: "gate-log", Header: []string{"时间", "文本", "数"},
		Zone: time.FixedZone("CST", 8*3600), Sites: []event.SiteID{"s1"}, Rows: rows,
	}
}

func viewer(by string, sites ...event.SiteID) export.Viewer {
	return export.Viewer{By: by, Allows: func(id event.SiteID) bool { return slices.Contains(sites, id) }}
}

// wait polls a job until it is in a state.
func wait(t *testing.T, s *export.Service, v export.Viewer, id, state string) export.Export {
	t.Helper()
	end := time.After(5 * time.Minute)
	for {
		j, err := s.Job(v, id)
		if err != nil {
			t.Fatal(err)
		}
		if j.State == state {
			return j
		}
		select {
		case <-end:
			t.Fatalf("job is %+v, want %s", j, state)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func hostile(ctx context.Context, yield func([]any) error) error {
	at := time.Date(2026, 11, 24, 0, 1, 2, 0, time.UTC)
	for _, text := range []string{"=1+1", "+86", "-x", "@a", "\tb", "plain, \"quoted\"\nline", "张三"} {
		if err := yield([]any{at, text, 36.5}); err != nil {
			return err
		}
	}
	return yield([]any{time.Time{}, nil, -3})
}

var want = [][]string{ //nolint:gochecknoglobals // of one test
	{"时间", "文本", "数"},
	{"2026-11-24 08:01:02", "'=1+1", "36.5"},
	{"2026-11-24 08:01:02", "'+86", "36.5"},
	{"2026-11-24 08:01:02", "'-x", "36.5"},
	{"2026-11-24 08:01:02", "'@a", "36.5"},
	{"2026-11-24 08:01:02", "'\tb", "36.5"},
	{"2026-11-24 08:01:02", "plain, \"quoted\"\nline", "36.5"},
	{"2026-11-24 08:01:02", "张三", "36.5"},
	{"", "", "-3"},
}

// read takes the file of a job that is done, and checks its digest.
func read(t *testing.T, s *export.Service, v export.Viewer, id string) []byte {
	t.Helper()
	j, file, err := s.Open(t.Context(), v, id)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	if j.SHA256 != hex.EncodeToString(sum[:]) || j.Bytes != int64(len(text)) {
		t.Errorf("the job says %d bytes, %s: %d, %x", j.Bytes, j.SHA256, len(text), sum)
	}
	return text
}

func TestFilesHoldTheSameRows(t *testing.T) {
	t.Parallel()
	s, audit, _, dir := start(t)
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("files of a process before are still there: %v", left)
	}
	v := viewer("op", "s1")
	j, err := s.Begin(t.Context(), request("op", export.CSV, hostile))
	if err != nil {
		t.Fatal(err)
	}
	done := wait(t, s, v, j.ID, export.Done)
	if done.Rows != 8 || done.Total == nil || *done.Total != 8 || done.Name != "gate-log.csv" || done.ExpiresAt == nil {
		t.Errorf("%+v", done)
	}
	text := read(t, s, v, j.ID)
	if !bytes.HasPrefix(text, []byte("\xef\xbb\xbf")) || strings.Count(string(text), "\r\n") < 9 {
		t.Errorf("no byte order mark, or no CRLF: %q", text)
	}
	rows, err := csv.NewReader(bytes.NewReader(text[3:])).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(rows, want, func(a, b []string) bool { return slices.Equal(a, b) }) {
		t.Errorf("CSV has %q", rows)
	}
	if j, err = s.Begin(t.Context(), request("op", export.XLSX, hostile)); err != nil {
		t.Fatal(err)
	}
	wait(t, s, v, j.ID, export.Done)
	bookFile, err := excelize.OpenReader(bytes.NewReader(read(t, s, v, j.ID)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = bookFile.Close() }()
	sheet, err := bookFile.GetRows("出入记录")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(sheet, want, func(a, b []string) bool { return slices.Equal(a, b) }) {
		t.Errorf("XLSX has %q", sheet)
	}
	for _, action := range []string{"op export.begin", "op export.done", "op export.download"} {
		if !audit.has(action) {
			t.Errorf("%s is not in the audit", action)
		}
	}
}

// many yields n rows of the size of a passage and measures the heap on the way.
func many(n int, peak *uint64) func(context.Context, func([]any) error) error {
	return func(_ context.Context, yield func([]any) error) error {
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for i := range n {
			if err := yield([]any{at.Add(time.Duration(i) * time.Second), fmt.Sprintf("person %d of a school with a long name", i), i}); err != nil {
				return err
			}
			if i%(n/10) == n/20 {
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				*peak = max(*peak, m.HeapAlloc)
			}
		}
		return nil
	}
}

// Ten times the rows need no more memory. Not parallel: the heap is everybody's.
func TestMemoryDoesNotGrow(t *testing.T) { //nolint:paralleltest // it measures the heap
	s, _, _, _ := start(t)
	v := viewer("op", "s1")
	for _, format := range []string{export.CSV, export.XLSX} {
		peaks := map[int]uint64{}
		for _, n := range []int{100_000, 1_000_000} {
			var peak uint64
			j, err := s.Begin(t.Context(), request("op", format, many(n, &peak)))
			if err != nil {
				t.Fatal(err)
			}
			if done := wait(t, s, v, j.ID, export.Done); done.Rows != int64(n) {
				t.Fatalf("%s: %d rows of %d", format, done.Rows, n)
			}
			peaks[n] = peak
		}
		t.Logf("%s: heap %d MiB at 100,000 rows, %d MiB at 1,000,000", format, peaks[100_000]>>20, peaks[1_000_000]>>20)
		// XLSX keeps up to 16 MiB of a sheet before it goes to a file.
		if grown := int64(peaks[1_000_000]) - int64(peaks[100_000]); grown > 24<<20 {
			t.Errorf("%s: the heap grew by %d MiB", format, grown>>20)
		}
	}
}

// endless yields rows until it is called off.
func endless(ctx context.Context, yield func([]any) error) error {
	for ctx.Err() == nil {
		if err := yield([]any{nil, "x", 1}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func TestCancelRemovesTheFile(t *testing.T) {
	t.Parallel()
	s, audit, _, dir := start(t)
	v := viewer("op", "s1")
	j, err := s.Begin(t.Context(), request("op", export.XLSX, endless))
	if err != nil {
		t.Fatal(err)
	}
	wait(t, s, v, j.ID, export.Working)
	if _, _, err := s.Open(t.Context(), v, j.ID); !errors.Is(err, export.ErrState) {
		t.Errorf("a file that is not whole is given away: %v", err)
	}
	if _, err := s.Cancel(v, j.ID); err != nil {
		t.Fatal(err)
	}
	wait(t, s, v, j.ID, export.Cancelled)
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("files of a cancelled job: %v", left)
	}
	if _, err := s.Cancel(v, j.ID); err != nil { // the second time it is forgotten
		t.Fatal(err)
	}
	if _, err := s.Job(v, j.ID); !errors.Is(err, export.ErrNotFound) {
		t.Errorf("still there: %v", err)
	}
	if !audit.has("op export.cancelled") {
		t.Errorf("audit: %v", audit.actions)
	}
}

func TestOnlyTheOwnerWithinTheScopeSeesIt(t *testing.T) {
	t.Parallel()
	s, _, _, _ := start(t)
	j, err := s.Begin(t.Context(), request("op", export.CSV, hostile))
	if err != nil {
		t.Fatal(err)
	}
	wait(t, s, viewer("op", "s1"), j.ID, export.Done)
	county := request("op", export.CSV, hostile)
	county.Sites = nil
	c, err := s.Begin(t.Context(), county)
	if err != nil {
		t.Fatal(err)
	}
	all := export.Viewer{By: "op", All: true, Allows: func(event.SiteID) bool { return true }}
	wait(t, s, all, c.ID, export.Done)
	for name, v := range map[string]export.Viewer{"somebody else": viewer("other", "s1"), "a scope that was taken away": viewer("op", "s2"), "no scope": viewer("op")} {
		if _, err := s.Job(v, j.ID); !errors.Is(err, export.ErrNotFound) {
			t.Errorf("%s sees the job: %v", name, err)
		}
		if _, _, err := s.Open(t.Context(), v, j.ID); !errors.Is(err, export.ErrNotFound) {
			t.Errorf("%s gets the file: %v", name, err)
		}
		if _, err := s.Cancel(v, j.ID); !errors.Is(err, export.ErrNotFound) {
			t.Errorf("%s cancels it: %v", name, err)
		}
	}
	if _, _, err := s.Open(t.Context(), viewer("op", "s1"), c.ID); !errors.Is(err, export.ErrNotFound) {
		t.Errorf("a county's file goes to the scope of one site: %v", err)
	}
	if got := s.Jobs(viewer("op", "s1")); len(got) != 1 || got[0].ID != j.ID {
		t.Errorf("listed: %+v", got)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	s, audit, clock, dir := start(t)
	v := viewer("op", "s1")
	var ids []string
	for range export.PerUser {
		j, err := s.Begin(t.Context(), request("op", export.CSV, endless))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, j.ID)
	}
	if _, err := s.Begin(t.Context(), request("op", export.CSV, hostile)); !errors.Is(err, export.ErrTooMany) {
		t.Errorf("one more: %v", err)
	}
	running := 0
	for _, j := range s.Jobs(v) {
		if j.State == export.Working {
			running++
		}
	}
	if running > export.Running {
		t.Errorf("%d run at the same time", running)
	}
	for _, id := range ids {
		if _, err := s.Cancel(v, id); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range ids {
		wait(t, s, v, id, export.Cancelled)
	}
	// What has ended makes room.
	j, err := s.Begin(t.Context(), request("op", export.CSV, hostile))
	if err != nil {
		t.Fatal(err)
	}
	wait(t, s, v, j.ID, export.Done)
	clock.ns.Add(int64(export.Keep))
	if _, err := s.Job(v, j.ID); !errors.Is(err, export.ErrNotFound) {
		t.Errorf("kept for longer than %v: %v", export.Keep, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("files of what expired: %v", left)
	}
	audit.mu.Lock()
	audit.err = errors.New("no audit")
	audit.mu.Unlock()
	if _, err := s.Begin(t.Context(), request("op", export.CSV, hostile)); err == nil {
		t.Error("exported without an audit")
	}
	if got := s.Jobs(v); len(got) != 0 {
		t.Errorf("a job without an audit stays: %+v", got)
	}
}

func TestFailureHasAReason(t *testing.T) {
	t.Parallel()
	s, _, _, dir := start(t)
	v := viewer("op", "s1")
	j, err := s.Begin(t.Context(), request("op", export.XLSX, func(_ context.Context, yield func([]any) error) error {
		return errors.Join(yield([]any{nil, "x", 1}), errors.New("the database went away"))
	}))
	if err != nil {
		t.Fatal(err)
	}
	if failed := wait(t, s, v, j.ID, export.Failed); failed.Reason != "history" || failed.Bytes != 0 {
		t.Errorf("%+v", failed)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("files of a failed job: %v", left)
	}
}
