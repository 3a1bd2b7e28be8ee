package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// errFenced is what a store that was given up gets for every write.
var errFenced = errors.New("store was given up after a write error")

// retryPause slows the store's own retries of failing background work, which come without
// a pause between them.
const retryPause = 100 * time.Millisecond

// fence is a file system that can be closed for writing. After a write error a Pebble
// store cannot be used any further, yet its background work goes on: the fence makes sure
// that it cannot touch the files which the next store has opened.
//
// Errors of log files and folders are told to fail, not to Pebble, which would panic with
// its locks held and end the process. It goes on as if it had written; the committer looks
// whether the store has failed before it acknowledges anything.
type fence struct {
	vfs.FS
	fail   func(error)
	failed <-chan struct{} // closed after cut was set
	cut    atomic.Bool
	slow   atomic.Bool // background work fails: pause before each new file
	// opening makes writes wait for room on a full disk: while Pebble opens a store it tries
	// failing work again without end, and after some failures it cannot succeed any more.
	opening atomic.Bool
}

func (f *fence) Unwrap() vfs.FS { return f.FS }

func (f *fence) check() error {
	if f.cut.Load() {
		return errFenced
	}
	return nil
}

// do runs a write unless the fence is cut.
func (f *fence) do(write func() error) error {
	for {
		if err := f.check(); err != nil {
			return err
		}
		err := write()
		if err == nil || !f.opening.Load() || !isFull(err) {
			return err
		}
		select {
		case <-time.After(retryPause):
		case <-f.failed:
		}
	}
}

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func (f *fence) Create(name string, category vfs.DiskWriteCategory) (file vfs.File, err error) {
	if f.slow.Load() {
		// Of a store that was given up as well: nothing else brakes its background work.
		time.Sleep(retryPause) //nolint:forbidigo // the pause is what is wanted, nothing may shorten it
	}
	err = f.do(func() error { file, err = f.FS.Create(name, category); return err })
	return f.wrap(name, file, err)
}

func (f *fence) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (file vfs.File, err error) {
	err = f.do(func() error { file, err = f.FS.OpenReadWrite(name, category, opts...); return err })
	return f.wrap(name, file, err)
}

func (f *fence) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (file vfs.File, err error) {
	err = f.do(func() error { file, err = f.FS.ReuseForWrite(oldname, newname, category); return err })
	return f.wrap(newname, file, err)
}

func (f *fence) Link(oldname, newname string) error {
	return f.do(func() error { return f.FS.Link(oldname, newname) })
}

func (f *fence) Remove(name string) error {
	return f.do(func() error { return f.FS.Remove(name) })
}

func (f *fence) RemoveAll(name string) error {
	return f.do(func() error { return f.FS.RemoveAll(name) })
}

func (f *fence) Rename(oldname, newname string) error {
	return f.do(func() error { return f.FS.Rename(oldname, newname) })
}

func (f *fence) MkdirAll(dir string, perm fs.FileMode) error {
	return f.do(func() error { return f.FS.MkdirAll(dir, perm) })
}

// Lock does nothing: the journal holds the folder's lock over all openings of its store.
func (f *fence) Lock(string) (io.Closer, error) { return nopCloser{}, nil }

type nopCloser struct{}

func (nopCloser) Close() error { return nil }

// OpenDir opens a folder, whose syncs are part of making a log file.
func (f *fence) OpenDir(name string) (vfs.File, error) {
	file, err := f.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &fencedFile{File: file, fence: f, quiet: true}, nil
}

func (f *fence) wrap(name string, file vfs.File, err error) (vfs.File, error) {
	log := strings.HasSuffix(name, ".log")
	if err != nil && log {
		f.fail(fmt.Errorf("make log file: %w", err))
		return nowhere{}, nil
	}
	if err != nil {
		return nil, err
	}
	return &fencedFile{File: file, fence: f, quiet: log}, nil
}

// fencedFile is a file opened for writing behind a fence.
type fencedFile struct {
	vfs.File
	fence *fence
	quiet bool // errors go to fence.fail
}

func (f *fencedFile) do(write func() error) error {
	err := f.fence.do(write)
	if err != nil && f.quiet {
		f.fence.fail(err)
		return nil
	}
	return err
}

func (f *fencedFile) Write(p []byte) (int, error) {
	done := 0
	err := f.do(func() error {
		n, err := f.File.Write(p[done:])
		done += n
		return err
	})
	if err == nil {
		return len(p), nil
	}
	return done, err
}

func (f *fencedFile) WriteAt(p []byte, off int64) (int, error) {
	err := f.do(func() error { _, err := f.File.WriteAt(p, off); return err })
	if err == nil {
		return len(p), nil
	}
	return 0, err
}

func (f *fencedFile) Preallocate(offset, length int64) error {
	return f.do(func() error { return f.File.Preallocate(offset, length) })
}

func (f *fencedFile) Sync() error     { return f.do(f.File.Sync) }
func (f *fencedFile) SyncData() error { return f.do(f.File.SyncData) }

func (f *fencedFile) SyncTo(length int64) (full bool, err error) {
	err = f.do(func() error { full, err = f.File.SyncTo(length); return err })
	return full, err
}

// Close closes the file; its errors are of no consequence after a sync.
func (f *fencedFile) Close() error {
	err := f.File.Close()
	if f.quiet {
		return nil
	}
	return err
}

// nowhere is the log file of a store that could not make one.
type nowhere struct{}

func (nowhere) Write(p []byte) (int, error)            { return len(p), nil }
func (nowhere) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }
func (nowhere) Read([]byte) (int, error)               { return 0, io.EOF }
func (nowhere) ReadAt([]byte, int64) (int, error)      { return 0, io.EOF }
func (nowhere) Preallocate(int64, int64) error         { return nil }
func (nowhere) Prefetch(int64, int64) error            { return nil }
func (nowhere) Stat() (vfs.FileInfo, error)            { return nil, errFenced }
func (nowhere) Sync() error                            { return nil }
func (nowhere) SyncData() error                        { return nil }
func (nowhere) SyncTo(int64) (bool, error)             { return true, nil }
func (nowhere) Fd() uintptr                            { return vfs.InvalidFd }
func (nowhere) Close() error                           { return nil }
