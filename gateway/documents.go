package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
)

// DocumentStatus is what became of one of the command centre's documents at this gateway.
type DocumentStatus struct {
	// Version is the one that is in force, 0 when none ever came.
	Version   uint64    `json:"version"`
	Bytes     int       `json:"bytes"`
	AppliedAt time.Time `json:"applied_at,omitzero"`
	// Refused is the version that was last refused or could not be kept; the one before it
	// stays in force. 0 when the last one was taken.
	Refused uint64 `json:"refused,omitempty"`
	Error   string `json:"error,omitempty"`
}

// documents applies what the command centre publishes for all gateways, whole or not at
// all, and keeps the newest good version of each on disk: with it the next start begins,
// whether or not the centre can be reached. It is the first part to start.
type documents struct {
	dir string
	log zerolog.Logger

	mu     sync.Mutex // one document at a time
	kinds  []string   // in the order of registration, which is that of the start
	apply  map[string]func([]byte) error
	status map[string]DocumentStatus
	text   map[string][]byte // in force
}

func newDocuments(dir string, log zerolog.Logger) *documents {
	return &documents{
		dir: dir, log: log, apply: make(map[string]func([]byte) error),
		status: make(map[string]DocumentStatus), text: make(map[string][]byte),
	}
}

// on registers who takes the documents of a name. apply takes the whole document or
// returns an error and leaves everything as it was; it is called from one goroutine at a
// time, before any other part starts and while they run, and must not change doc.
func (d *documents) on(name string, apply func(doc []byte) error) {
	d.kinds = append(d.kinds, name)
	d.apply[name] = apply
}

// Start applies what is kept. A document that cannot be read or is refused by this version
// of the program is set aside; it does not keep a gateway from working.
func (d *documents) Start(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := os.MkdirAll(d.dir, 0o750); err != nil {
		return err
	}
	for _, name := range d.kinds {
		kept, err := d.read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = d.apply[name](kept.Document)
		}
		if err != nil {
			d.setAside(name, kept.Version, err)
			continue
		}
		d.text[name] = kept.Document
		d.status[name] = DocumentStatus{Version: kept.Version, Bytes: len(kept.Document), AppliedAt: kept.AppliedAt}
	}
	return nil
}

// Stop has nothing to end.
func (d *documents) Stop(context.Context) error { return nil }

// Health is degraded while a document that the centre wants is not in force.
func (d *documents) Health() event.Health {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, name := range d.kinds {
		if s := d.status[name]; s.Error != "" {
			return event.Health{State: event.Degraded, Reason: fmt.Sprintf("%s version %d: %s", name, s.Refused, s.Error)}
		}
	}
	return event.Health{State: event.OK}
}

// all is the status of each document that this gateway takes.
func (d *documents) all() map[string]DocumentStatus {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make(map[string]DocumentStatus, len(d.kinds))
	for _, name := range d.kinds {
		all[name] = d.status[name]
	}
	return all
}

// take applies and keeps a version that the centre has published. Documents of other names
// are for newer gateways.
func (d *documents) take(name string, version uint64, doc []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	apply := d.apply[name]
	if apply == nil {
		return nil
	}
	now := time.Now().UTC()
	status := d.status[name]
	status.Refused, status.Error = 0, ""
	same := bytes.Equal(doc, d.text[name])
	if !same {
		err := errNoJSON
		if json.Valid(doc) {
			err = apply(doc)
		}
		if err != nil {
			status.Refused, status.Error = version, err.Error()
			d.status[name] = status
			return err
		}
		status.Bytes, status.AppliedAt = len(doc), now
		d.text[name] = doc
	}
	var err error
	if !same || version != status.Version {
		if err = d.keep(name, keptDocument{version, status.AppliedAt, doc}); err != nil {
			// It is in force; only a restart without the centre would go back.
			err = fmt.Errorf("in force, but not kept: %w", err)
			status.Refused, status.Error = version, err.Error()
		}
	}
	status.Version = version
	d.status[name] = status
	if !same {
		d.log.Info().Str("document", name).Uint64("version", version).Int("bytes", len(doc)).Msg("document of the command centre is in force")
	}
	return err
}

var errNoJSON = errors.New("is no JSON document")

// keptDocument is the file of a document.
type keptDocument struct {
	Version   uint64          `json:"version"`
	AppliedAt time.Time       `json:"applied_at"`
	Document  json.RawMessage `json:"document"`
}

func (d *documents) path(name string) string { return filepath.Join(d.dir, name+".json") }

func (d *documents) read(name string) (keptDocument, error) {
	var kept keptDocument
	b, err := os.ReadFile(d.path(name))
	if err != nil {
		return kept, err
	}
	if err := json.Unmarshal(b, &kept); err != nil {
		return kept, fmt.Errorf("file %s: %w", d.path(name), err)
	}
	if len(kept.Document) == 0 {
		return kept, fmt.Errorf("file %s holds no document", d.path(name))
	}
	return kept, nil
}

// keep writes the file: after a power failure it is the old one or the new one, whole.
func (d *documents) keep(name string, k keptDocument) error {
	head, err := json.Marshal(struct {
		Version   uint64    `json:"version"`
		AppliedAt time.Time `json:"applied_at"`
	}{k.Version, k.AppliedAt})
	if err != nil {
		return err
	}
	// The document goes in as it came: json.Marshal would write it anew, and the same text
	// is how a version that changes nothing is told.
	text := slices.Concat(head[:len(head)-1], []byte(`,"document":`), k.Document, []byte("}\n"))
	return writeFile(d.path(name), text)
}

// setAside keeps what cannot be used for whoever looks into it.
func (d *documents) setAside(name string, version uint64, cause error) {
	aside := d.path(name) + ".refused-" + time.Now().UTC().Format("20060102T150405")
	if err := os.Rename(d.path(name), aside); err != nil {
		cause = errors.Join(cause, err)
	}
	d.status[name] = DocumentStatus{Refused: version, Error: cause.Error()}
	d.log.Error().Err(cause).Str("document", name).Str("moved_to", aside).Msg("the kept document cannot be used")
}

// writeFile replaces a file at once and for good.
func writeFile(path string, text []byte) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return nil // there a folder cannot be synced, and need not be
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
