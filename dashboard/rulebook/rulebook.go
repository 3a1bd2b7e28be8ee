package rulebook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
)

// maxNote bounds what an author says about a version, in characters.
const maxNote = 500

// ErrNone tells that there is no such version.
var ErrNone = errors.New("there is no such version of the rules")

// ErrOvertaken tells that somebody else has stored a version since the one that was seen.
var ErrOvertaken = errors.New("somebody else has changed the rules since you read them")

// Version is one state of the document.
type Version struct {
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	Note    string    `json:"note"`
	Rules   int       `json:"rules" doc:"How many are in force."`
	// Restored is the version that this one brought back, or 0.
	Restored int64  `json:"restored,omitempty"`
	Text     string `json:"text,omitempty" doc:"YAML"`
}

// RuleFault is one thing that is wrong with a document.
type RuleFault struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Key     string `json:"key"`
	Message string `json:"message"`
}

// Refused is the error of a document with faults; nothing of it is taken.
type Refused struct{ Faults []RuleFault }

// Error says how many there are, and the first.
func (r *Refused) Error() string {
	f := r.Faults[0]
	return fmt.Sprintf("%d faults, the first in line %d, column %d: %s: %s", len(r.Faults), f.Line, f.Column, f.Key, f.Message)
}

// Store keeps the versions; dashboard/store does.
type Store interface {
	RulesVersion(ctx context.Context, version int64) (Version, error)
	RulesVersions(ctx context.Context, before int64, limit int) ([]Version, error)
	AddRules(ctx context.Context, v Version) error
}

// Language knows what rules may say, and runs them.
type Language interface {
	// Check returns how many rules are in force, or what is wrong.
	Check(text string) (rules int, faults []RuleFault)
	// Backtest runs a document that is right over the recorded time, until ctx ends.
	Backtest(ctx context.Context, text string, q Trial, progress func(Progress)) (report json.RawMessage, err error)
}

// Publication is how far gateways can have the newest version.
type Publication struct {
	Version  int64     `json:"version"`  // that the bus has, 0: none yet
	Document uint64    `json:"document"` // number on the bus
	At       time.Time `json:"at,omitzero"`
	Error    string    `json:"error,omitempty"`
}

// Deps are what the service needs from others.
type Deps struct {
	Store    Store
	Language Language
	// Publish brings a document to every gateway; nil: to none.
	Publish func(ctx context.Context, name string, doc []byte) (uint64, error)
	Log     zerolog.Logger
	Now     func() time.Time
}

// Service is the rule book.
type Service struct {
	deps Deps
	wake chan struct{}
	stop context.CancelFunc
	done sync.WaitGroup

	mu        sync.Mutex
	published Publication
	job       *job
	jobs      int64
}

// New makes a service; all of deps but Publish are needed.
func New(deps Deps) (*Service, error) {
	if deps.Store == nil || deps.Language == nil || deps.Now == nil {
		return nil, errors.New("make rule book: Store, Language and Now are needed")
	}
	return &Service{deps: deps, wake: make(chan struct{}, 1)}, nil
}

// Start begins to publish.
func (s *Service) Start(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	if s.deps.Publish != nil {
		s.done.Go(func() { s.publish(ctx) })
	}
	return nil
}

// Stop ends publication and a back-test that runs.
func (s *Service) Stop(context.Context) error {
	if s.stop == nil {
		return nil
	}
	s.stop()
	s.Cancel()
	s.done.Wait()
	return nil
}

// Check returns how many rules a document has in force, or Refused.
func (s *Service) Check(text string) (int, error) {
	n, faults := s.deps.Language.Check(text)
	if len(faults) > 0 {
		return 0, &Refused{faults}
	}
	return n, nil
}

// Current returns the newest version and how far gateways can have it; ErrNone when no
// document was ever stored.
func (s *Service) Current(ctx context.Context) (Version, Publication, error) {
	v, err := s.deps.Store.RulesVersion(ctx, 0)
	s.mu.Lock()
	defer s.mu.Unlock()
	return v, s.published, err
}

// Version returns one version.
func (s *Service) Version(ctx context.Context, n int64) (Version, error) {
	if n < 1 {
		return Version{}, ErrNone
	}
	return s.deps.Store.RulesVersion(ctx, n)
}

// Versions lists versions without their texts, the newest first, below before.
func (s *Service) Versions(ctx context.Context, before int64, limit int) ([]Version, error) {
	return s.deps.Store.RulesVersions(ctx, before, limit)
}

// Put stores a document as the version after base, the one that its author has seen (0:
// none), and publishes it. It fails with Refused or ErrOvertaken, and then changes nothing.
func (s *Service) Put(ctx context.Context, text, note, by string, base int64) (Version, error) {
	return s.add(ctx, Version{Version: base + 1, By: by, Note: note, Text: text})
}

// Rollback makes an old version the newest again. It is checked anew: what the language
// lets through may have changed.
func (s *Service) Rollback(ctx context.Context, version int64, note, by string, base int64) (Version, error) {
	old, err := s.Version(ctx, version)
	if err != nil {
		return old, err
	}
	return s.add(ctx, Version{Version: base + 1, By: by, Note: note, Text: old.Text, Restored: version})
}

func (s *Service) add(ctx context.Context, v Version) (Version, error) {
	v.Note = strings.TrimSpace(v.Note)
	if !event.ValidLines(v.Note, maxNote) {
		return v, &Refused{[]RuleFault{{Key: "note", Message: fmt.Sprintf("want at most %d characters", maxNote)}}}
	}
	var err error
	if v.Rules, err = s.Check(v.Text); err != nil {
		return v, err
	}
	v.At = s.deps.Now().UTC()
	if err := s.deps.Store.AddRules(ctx, v); err != nil {
		return v, err
	}
	s.deps.Log.Info().Int64("version", v.Version).Str("by", v.By).Int("rules", v.Rules).Msg("the county's own rules have a new version")
	select {
	case s.wake <- struct{}{}:
	default: // it is awake
	}
	return v, nil
}

const (
	publishPauseMin = 200 * time.Millisecond
	publishPauseMax = 10 * time.Second
)

// publish brings the newest version to the bus, again and again until it has it.
func (s *Service) publish(ctx context.Context) {
	told := false
	for pause := publishPauseMin; ; {
		err := s.publishNow(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			if told {
				s.deps.Log.Info().Msg("the rules are published again")
			}
			told, pause = false, publishPauseMin
			select {
			case <-s.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		if !told && pause > 8*publishPauseMin { // the bus may be starting beside us
			told = true
			s.deps.Log.Warn().Err(err).Msg("the rules are not published yet: gateways keep those they have")
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		pause = min(2*pause, publishPauseMax)
	}
}

func (s *Service) publishNow(ctx context.Context) error {
	select {
	case <-s.wake: // what it woke for is read now
	default:
	}
	v, err := s.deps.Store.RulesVersion(ctx, 0)
	if errors.Is(err, ErrNone) {
		return nil // gateways have those of their files
	}
	var number uint64
	if err == nil {
		var doc []byte
		if doc, err = json.Marshal(event.RulesText{Text: v.Text}); err == nil {
			number, err = s.deps.Publish(ctx, event.RulesDocument, doc)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			s.published.Error = err.Error()
		}
		return err
	}
	s.published = Publication{Version: v.Version, Document: number, At: s.deps.Now().UTC()}
	return nil
}
