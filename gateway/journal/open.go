package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/rs/zerolog"
)

// openFolder opens the store in dir, made when missing. A damaged folder is renamed and a
// new one begun; setAside then is its new path and damage the reason.
func openFolder(ctx context.Context, cfg Config, base vfs.FS, log zerolog.Logger) (s *store, lock io.Closer, setAside string, damage, err error) {
	s, lock, err = tryOpen(ctx, cfg, base, log)
	if err == nil || !isDamage(err) {
		return s, lock, "", nil, err
	}
	damage = err
	if setAside, err = moveAside(cfg.Dir, base); err != nil {
		return nil, nil, "", damage, fmt.Errorf("journal folder %s is damaged (%w) and cannot be set aside: %w", cfg.Dir, damage, err)
	}
	s, lock, err = tryOpen(ctx, cfg, base, log)
	return s, lock, setAside, damage, err
}

func tryOpen(ctx context.Context, cfg Config, base vfs.FS, log zerolog.Logger) (*store, io.Closer, error) {
	dir := cfg.Dir
	if info, err := base.Stat(dir); err == nil && !info.IsDir() {
		return nil, nil, fmt.Errorf("journal folder %s is not a folder", dir)
	}
	if err := base.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, folderError(dir, err)
	}
	lock, err := base.Lock(base.PathJoin(dir, "LOCK"))
	if err != nil {
		return nil, nil, lockError(dir, err)
	}
	if id, _ := readWitness(cfg, base); id != "" {
		if err := linkFiles(cfg, base); err != nil {
			log.Debug().Err(err).Msg("link the journal's files")
		}
	}
	s := newStore(base, log)
	if err := openLocked(ctx, s, cfg, base); err != nil {
		return nil, nil, errors.Join(err, lock.Close())
	}
	return s, lock, nil
}

// openLocked opens the store in the folder whose lock is held. When ctx ends first, the
// store is failed and an opening that hangs is left behind.
func openLocked(ctx context.Context, s *store, cfg Config, base vfs.FS) error {
	if err := lostManifest(cfg.Dir, base); err != nil {
		return err
	}
	// Replaying the log can take this much.
	need := 4*cfg.MemtableBytes + 8*mib
	if usage, err := base.GetDiskUsage(cfg.Dir); err == nil && int64(usage.AvailBytes) < need {
		return fmt.Errorf("journal folder %s: %d MiB free, %d needed to open it: %w", cfg.Dir, int64(usage.AvailBytes)/mib, need/mib, syscall.ENOSPC)
	}
	result := make(chan error, 1)
	go func() { result <- s.open(cfg) }()
	select {
	case err := <-result:
		if err != nil {
			return folderError(cfg.Dir, err)
		}
		return nil
	case <-ctx.Done():
		s.fail(ctx.Err())
		return fmt.Errorf("open journal folder %s: %w", cfg.Dir, context.Cause(ctx))
	}
}

// lostManifest reports a folder that holds data but not the file that lists it. Pebble
// would take it for empty and remove the data.
func lostManifest(dir string, base vfs.FS) error {
	names, err := base.List(dir)
	if err != nil {
		return folderError(dir, err)
	}
	data, manifest := "", false
	for _, name := range names {
		switch {
		case strings.HasPrefix(name, "marker.manifest."):
			manifest = true
		case strings.HasSuffix(name, ".sst"), strings.HasSuffix(name, ".log"), strings.HasPrefix(name, "MANIFEST-"):
			data = name
		}
	}
	if data != "" && !manifest {
		return &damageError{fmt.Errorf("journal folder %s holds %s but no manifest marker", dir, data)}
	}
	return nil
}

// damageError marks what is to be set aside.
type damageError struct{ error }

func (e *damageError) Unwrap() error { return e.error }

func isDamage(err error) bool {
	var d *damageError
	return errors.As(err, &d)
}

// folderError sorts an error of opening: the surroundings (rights, space, handles) are
// returned as they are, everything else is damage.
func folderError(dir string, err error) error {
	if isDamage(err) {
		return err
	}
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("journal folder %s: permission denied: %w", dir, err)
	}
	for _, known := range []error{
		syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, syscall.EROFS, syscall.EMFILE, syscall.ENFILE,
		syscall.ENOMEM, context.Canceled, context.DeadlineExceeded, syscall.ENOTDIR, syscall.EBUSY, syscall.EINTR, syscall.ESTALE, errFenced,
	} {
		if errors.Is(err, known) {
			return fmt.Errorf("journal folder %s: %w", dir, err)
		}
	}
	if strings.Contains(err.Error(), "unknown format major version") {
		return fmt.Errorf("journal folder %s was written by a newer version of the program: %w", dir, err)
	}
	return &damageError{fmt.Errorf("journal folder %s is damaged: %w", dir, err)}
}

func lockError(dir string, err error) error {
	if errors.Is(err, syscall.EAGAIN) || strings.Contains(err.Error(), "lock held by current process") {
		return fmt.Errorf("journal folder %s is in use by another process: %w", dir, err)
	}
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("journal folder %s: permission denied: %w", dir, err)
	}
	return fmt.Errorf("lock journal folder %s: %w", dir, err)
}

// moveAside renames a damaged folder.
func moveAside(dir string, base vfs.FS) (string, error) {
	path := freeName(dir, base)
	return path, base.Rename(dir, path)
}
