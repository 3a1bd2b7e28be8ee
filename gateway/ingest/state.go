package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// writeFile replaces a file: after a crash it holds the old content or the new.
func writeFile(path string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".tmp-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// readState reads a JSON file into v. A file that is missing leaves v as it is. One that
// cannot be read as JSON is set aside under another name, whose path is returned.
func readState(path string, v any, now time.Time) (setAside string, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(b, v); err != nil {
		setAside = path + ".corrupt-" + now.UTC().Format("20060102T150405")
		if err := os.Rename(path, setAside); err != nil {
			return "", fmt.Errorf("set aside damaged file: %w", err)
		}
		return setAside, nil
	}
	return "", nil
}

// filterStore remembers which filters the sessions at the brokers hold, so that one which
// leaves the configuration can be unsubscribed although the session persists.
type filterStore struct {
	path string

	mu       sync.Mutex
	sessions map[string]sessionFilters // by broker name
}

type sessionFilters struct {
	URL      string   `json:"url"`
	ClientID string   `json:"client_id"`
	Filters  []string `json:"filters"`
}

func openFilterStore(path string, now time.Time) (s *filterStore, setAside string, err error) {
	s = &filterStore{path: path, sessions: make(map[string]sessionFilters)}
	read := make(map[string]sessionFilters)
	setAside, err = readState(path, &read, now)
	if err == nil && setAside == "" && read != nil {
		s.sessions = read
	}
	return s, setAside, err
}

// held returns the filters that the broker's session may hold; ok is false when there
// never was a session under this client id.
func (s *filterStore) held(b *BrokerConfig) (filters []string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.sessions[b.Name]
	if !ok || e.URL != b.URL || e.ClientID != b.ClientID {
		return nil, false
	}
	return slices.Clone(e.Filters), true
}

// hold writes down what the session holds. It is called before a SUBSCRIBE, with the old
// and the new ones, and after the UNSUBSCRIBE.
func (s *filterStore) hold(b *BrokerConfig, filters []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	filters = slices.Compact(slices.Sorted(slices.Values(filters)))
	e := sessionFilters{URL: b.URL, ClientID: b.ClientID, Filters: filters}
	if old, ok := s.sessions[b.Name]; ok && old.URL == e.URL && old.ClientID == e.ClientID && slices.Equal(old.Filters, filters) {
		return nil
	}
	next := maps.Clone(s.sessions)
	next[b.Name] = e
	content, err := json.MarshalIndent(next, "", "  ")
	if err != nil {
		return err
	}
	if err := writeFile(s.path, content); err != nil {
		return fmt.Errorf("write list of subscriptions: %w", err)
	}
	s.sessions = next
	return nil
}

// storedAccount is the saved form of a device's account.
type storedAccount struct {
	Site     event.SiteID    `json:"s"`
	Device   event.DeviceID  `json:"d"`
	Kind     event.Kind      `json:"k"`
	Received time.Time       `json:"r"`
	Observed time.Time       `json:"o"`
	Messages uint64          `json:"n"`
	High     uint64          `json:"q,omitempty"`
	Lost     uint64          `json:"l,omitempty"`
	Restarts uint64          `json:"x,omitempty"`
	Gaps     []gap           `json:"g,omitempty"`
	Skews    []time.Duration `json:"w,omitempty"`
}

type storedLedger struct {
	Devices   []storedAccount `json:"devices"`
	Untracked uint64          `json:"untracked"`
}

// save writes the ledger where it changed since the last time.
func (l *ledger) save(path string) error {
	l.mu.Lock()
	if !l.changed {
		l.mu.Unlock()
		return nil
	}
	l.changed = false
	out := storedLedger{Devices: make([]storedAccount, 0, len(l.devices)), Untracked: l.untracked}
	for k, a := range l.devices {
		out.Devices = append(out.Devices, storedAccount{
			Site: k.Site, Device: k.Device, Kind: a.kind, Received: a.lastReceived, Observed: a.lastObserved,
			Messages: a.messages, High: a.high, Lost: a.lost, Restarts: a.restarts,
			Gaps: slices.Clone(a.gaps), Skews: slices.Clone(a.skews[:a.skewCount]),
		})
	}
	l.mu.Unlock()
	content, err := json.Marshal(&out)
	if err == nil {
		err = writeFile(path, content)
	}
	if err != nil {
		l.mu.Lock()
		l.changed = true
		l.mu.Unlock()
		return fmt.Errorf("save ledger: %w", err)
	}
	return nil
}

// load reads what save wrote; it is called before anything is observed.
func (l *ledger) load(path string, now time.Time) (setAside string, err error) {
	var in storedLedger
	if setAside, err = readState(path, &in, now); err != nil || setAside != "" {
		return setAside, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.untracked = in.Untracked
	for _, s := range in.Devices {
		if len(l.devices) >= l.limit {
			break
		}
		a := &account{
			kind: s.Kind, unknown: l.known != nil && !l.known(s.Site, s.Device),
			lastReceived: s.Received, lastObserved: s.Observed, messages: s.Messages,
			high: s.High, lost: s.Lost, restarts: s.Restarts, gaps: s.Gaps,
		}
		a.skewCount = copy(a.skews[:], s.Skews)
		a.skewNext = a.skewCount % skewSamples
		l.devices[event.DeviceKey{Site: s.Site, Device: s.Device}] = a
	}
	return "", nil
}
