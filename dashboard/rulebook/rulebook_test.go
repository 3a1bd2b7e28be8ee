package rulebook_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/dashboard/rulebook"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf keeps versions in memory.
type shelf struct {
	mu       sync.Mutex
	versions []rulebook.Version
}

func (s *shelf) RulesVersion(_ context.Context, n int64) (rulebook.Version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n == 0 {
		n = int64(len(s.versions))
	}
	if n < 1 || n > int64(len(s.versions)) {
		return rulebook.Version{}, rulebook.ErrNone
	}
	return s.versions[n-1], nil
}

func (s *shelf) RulesVersions(context.Context, int64, int) ([]rulebook.Version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.versions), nil
}

func (s *shelf) AddRules(_ context.Context, v rulebook.Version) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v.Version != int64(len(s.versions))+1 {
		return rulebook.ErrOvertaken
	}
	s.versions = append(s.versions, v)
	return nil
}

// open refuses nothing.
type open struct{}

func (open) Check(string) (int, []rulebook.RuleFault) { return 1, nil }

func (open) Backtest(ctx context.Context, _ string, _ rulebook.Trial, _ func(rulebook.Progress)) (json.RawMessage, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestPublication: what is stored reaches the bus, however long that is away, and only the
// newest.
func TestPublication(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var away atomic.Bool
		away.Store(true)
		var published []string
		s, err := rulebook.New(rulebook.Deps{
			Store: &shelf{}, Language: open{}, Now: time.Now, Log: zerolog.Nop(),
			Publish: func(_ context.Context, name string, doc []byte) (uint64, error) {
				if away.Load() {
					return 0, errors.New("the bus is away")
				}
				var text event.RulesText
				if err := json.Unmarshal(doc, &text); err != nil || name != event.RulesDocument {
					t.Errorf("%s: %s", name, doc)
				}
				published = append(published, text.Text)
				return uint64(len(published)), nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // nothing to publish
		for i, text := range []string{"one", "two"} {
			if _, err := s.Put(t.Context(), text, "", "admin", int64(i)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Put(t.Context(), "three", "", "admin", 1); !errors.Is(err, rulebook.ErrOvertaken) {
			t.Errorf("%v", err)
		}
		synctest.Wait()
		if _, p, _ := s.Current(t.Context()); p.Error == "" || p.Version != 0 {
			t.Errorf("%+v", p)
		}
		away.Store(false)
		<-time.After(time.Minute)
		synctest.Wait()
		if v, p, _ := s.Current(t.Context()); v.Version != 2 || p.Error != "" || p.Version != 2 || p.Document != 1 {
			t.Errorf("%+v %+v", v, p)
		}
		if _, err := s.Rollback(t.Context(), 1, "", "admin", 2); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if !slices.Equal(published, []string{"two", "one"}) {
			t.Errorf("%q", published)
		}
		now := time.Now()
		if _, err := s.Backtest("x", "admin", rulebook.Trial{From: now.Add(-time.Hour), To: now.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Stop(t.Context()), s.Stop(t.Context())); err != nil {
			t.Error(err)
		}
		if j, ok := s.Job(); !ok || j.State != rulebook.JobCancelled || !j.Trial.To.Equal(now.UTC()) {
			t.Errorf("%+v", j)
		}
	})
}
