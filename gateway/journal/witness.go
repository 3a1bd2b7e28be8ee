package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// The witness is a small file beside the store that names the highest durable number. A
// log with a hole, or a manifest cut short, looks to Pebble like the torn end of a crash:
// it opens without a word and removes the files that it thinks it does not need. The
// witness shows that something is missing, and that its numbers are used up.
const witnessName = "HEAD"

func writeWitness(cfg Config, base vfs.FS, id string, head uint64) error {
	path := base.PathJoin(cfg.Dir, witnessName)
	f, err := base.Create(path+".tmp", vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s %d\n", id, head)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return base.Rename(path+".tmp", path)
}

// readWitness returns what the witness says, nothing when it is missing or damaged.
func readWitness(cfg Config, base vfs.FS) (id string, head uint64) {
	f, err := base.Open(base.PathJoin(cfg.Dir, witnessName))
	if err != nil {
		return "", 0
	}
	defer func() { _ = f.Close() }() // was only read
	text, err := io.ReadAll(io.LimitReader(f, 128))
	if err != nil || !strings.HasSuffix(string(text), "\n") {
		return "", 0
	}
	if _, err := fmt.Sscanf(string(text), "%s %d\n", &id, &head); err != nil {
		return "", 0
	}
	return id, head
}

// linkFiles keeps links to the store's files while it is opened, in case it is damaged.
func linkFiles(cfg Config, base vfs.FS) error {
	keep := linksOf(cfg.Dir)
	if err := base.RemoveAll(keep); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	names, err := base.List(cfg.Dir)
	if err != nil {
		return err
	}
	if err := base.MkdirAll(keep, 0o700); err != nil {
		return err
	}
	for _, name := range names {
		if name == "LOCK" || strings.HasSuffix(name, ".tmp") {
			continue
		}
		if err := base.Link(base.PathJoin(cfg.Dir, name), base.PathJoin(keep, name)); err != nil {
			return errors.Join(err, base.RemoveAll(keep))
		}
	}
	return nil
}

// linksOf is where the links are while the folder is opened.
func linksOf(dir string) string { return strings.TrimRight(dir, "/") + ".opening" }

// checkWitness compares what was opened with the witness. When acknowledged records are
// missing it keeps the files as they were before, under the returned name.
func (j *Journal) checkWitness(id string, head uint64) string {
	a := &j.accounts
	a.mu.Lock()
	if id == j.id && head > a.mark.head {
		a.lost = head - a.mark.head
		a.mark.head = head
	}
	lost := a.lost
	a.mu.Unlock()
	if lost > 0 {
		j.tail.reset(head)
	}
	keep := linksOf(j.cfg.Dir)
	if _, err := j.fs.Stat(keep); err != nil {
		return ""
	}
	if lost == 0 {
		if err := j.fs.RemoveAll(keep); err != nil {
			j.log.Warn().Err(err).Msg("remove links to the journal's files")
		}
		return ""
	}
	path := freeName(j.cfg.Dir, j.fs)
	if err := j.fs.Rename(keep, path); err != nil {
		j.log.Error().Err(err).Msg("keep damaged files of the journal")
		return keep
	}
	return path
}

// freeName is a name that is not in use for a damaged folder.
func freeName(dir string, base vfs.FS) string {
	stem := strings.TrimRight(dir, "/") + ".corrupt-" + time.Now().UTC().Format("20060102T150405")
	path := stem
	for i := 2; ; i++ {
		if _, err := base.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return path
		}
		path = fmt.Sprintf("%s-%d", stem, i)
	}
}
