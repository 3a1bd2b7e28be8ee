package gateway

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

// notes is a reporter that writes to the test; it lives in a synctest bubble.
type notes struct {
	*reporter
	lock   sync.Mutex // of the fields below
	events []*event.Event
	losses []string
	fail   error
}

func newNotes() *notes { return newNotesIn("") }

func newNotesIn(dir string) *notes {
	n := &notes{reporter: newReporter(&Gateway{cfg: Config{ID: "gw7", ReportEvery: 30 * time.Second, DataDir: dir}}, zerolog.Nop())}
	n.append = func(_ context.Context, b journal.Batch) error {
		n.lock.Lock()
		defer n.lock.Unlock()
		if n.fail != nil {
			return n.fail
		}
		for _, r := range b.Records {
			if r.Event != nil {
				n.events = append(n.events, r.Event)
			}
			if a := r.Anomaly; a != nil {
				n.losses = append(n.losses, fmt.Sprintf("%s.%d %s %s %s/%s x%d", a.Rule, a.Revision, a.State, a.Severity, a.Site, a.Device, a.Count))
			}
		}
		return nil
	}
	return n
}

func (n *notes) told() []string {
	n.lock.Lock()
	defer n.lock.Unlock()
	return slices.Clone(n.losses)
}

func (n *notes) refuse(err error) {
	n.lock.Lock()
	defer n.lock.Unlock()
	n.fail = err
}

// pass lets time pass and waits until everything that fell due is done.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func drop(class event.Class, records uint64) journal.Drop {
	return journal.Drop{Time: time.Now(), Class: class, Records: records, Reason: "max_bytes"}
}

func TestReporterIsADeviceOfTheCounty(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNotes()
		if err := n.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		stop(t, n)
		if len(n.events) != 3 {
			t.Fatalf("%d heartbeats in a minute, want 3", len(n.events))
		}
		e := n.events[0]
		if e.Type != event.TypeDeviceStatus || e.Site != event.CountySite || e.Device != "gw7" || e.Kind != event.KindGateway || e.Late {
			t.Errorf("heartbeat %+v", e)
		}
		if s := e.Status; s == nil || s.Status != event.StatusUp || !s.Heartbeat || s.Period != 30*time.Second {
			t.Errorf("status %+v", e.Status)
		}
		if e.ID == n.events[1].ID || n.events[1].ReceivedAt.Sub(e.ReceivedAt) != 30*time.Second {
			t.Errorf("two heartbeats %s %s at %s and %s", e.ID, n.events[1].ID, e.ReceivedAt, n.events[1].ReceivedAt)
		}
	})
}

func TestReporterTellsOfLostRecordsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNotes()
		if err := n.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		n.dropped(drop(event.ClassHeartbeat, 10))
		pass(time.Minute)
		n.dropped(drop(event.ClassGate, 5))
		pass(time.Minute)
		n.dropped(drop(event.ClassHeartbeat, 1))
		pass(lossClears - time.Second)
		const about = "county/gw7"
		want := []string{
			"journal_dropping.1 raised high " + about + " x10",
			"journal_dropping.2 updated critical " + about + " x15",
			"journal_dropping.3 updated critical " + about + " x16",
		}
		if got := n.told(); !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
		pass(time.Minute)
		want = append(want, "journal_dropping.4 cleared critical "+about+" x16")
		if got := n.told(); !slices.Equal(got, want) {
			t.Errorf("after five quiet minutes %q, want %q", got, want)
		}
		pass(time.Hour)
		n.dropped(drop(event.ClassHeartbeat, 2))
		want = append(want, "journal_dropping.1 raised high "+about+" x2")
		if got := n.told(); !slices.Equal(got, want) {
			t.Errorf("told %q, want a new one: %q", got, want)
		}
		stop(t, n)
	})
}

// TestReporterTellsTheEndWhenItCan: a journal that refuses the end gets it later.
func TestReporterTellsTheEndWhenItCan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNotes()
		n.dropped(drop(event.ClassHeartbeat, 10))
		n.refuse(errors.New("disk full"))
		if err := n.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		pass(2 * lossClears)
		if len(n.told()) != 1 {
			t.Errorf("told %q while the journal refuses", n.told())
		}
		n.refuse(nil)
		pass(time.Minute)
		stop(t, n)
		if got := n.told(); len(got) != 2 || got[1] != "journal_dropping.2 cleared high county/gw7 x10" {
			t.Errorf("told %q, want the end, once", got)
		}
	})
}

// TestReporterLosesMoreWhileItTellsTheEnd: what is told afterwards is newer than the end.
func TestReporterLosesMoreWhileItTellsTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNotes()
		n.dropped(drop(event.ClassHeartbeat, 10))
		pass(lossClears + time.Second)
		store, again := n.append, false
		n.append = func(ctx context.Context, b journal.Batch) error {
			if !again && len(b.Records) == 2 {
				again = true
				n.dropped(drop(event.ClassHeartbeat, 1))
			}
			return store(ctx, b)
		}
		n.report(t.Context())
		n.dropped(drop(event.ClassHeartbeat, 1))
		if got, want := n.told()[len(n.losses)-1], "journal_dropping.4 updated high county/gw7 x12"; got != want {
			t.Errorf("told %q at the end, want %q", got, want)
		}
	})
}

// TestReporterEndsALossAfterARestart: the gateway ends while the anomaly stands.
func TestReporterEndsALossAfterARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		newNotesIn(dir).dropped(drop(event.ClassGate, 10)) // killed
		pass(time.Minute)
		early := newNotesIn(dir)
		early.dropped(drop(event.ClassGate, 1)) // as soon as the journal is open
		if got := early.told(); !slices.Equal(got, []string{"journal_dropping.2 updated critical county/gw7 x11"}) {
			t.Errorf("told %q, want the same anomaly updated", got)
		}
		for i, want := range []string{"journal_dropping.3 cleared critical county/gw7 x11", ""} {
			n := newNotesIn(dir)
			if err := n.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			pass(2 * lossClears)
			stop(t, n)
			if got := strings.Join(n.told(), ", "); got != want {
				t.Errorf("restart %d told %q, want %q", i+1, got, want)
			}
		}
	})
}

func TestReporterStartsWithADamagedFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, content := range []string{"", "{", "{}"} {
		if err := os.WriteFile(filepath.Join(dir, "loss.json"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		n := newNotesIn(dir)
		n.dropped(drop(event.ClassGate, 1))
		if got := n.told(); !slices.Equal(got, []string{"journal_dropping.1 raised critical county/gw7 x1"}) {
			t.Errorf("file %q: told %q, want a new anomaly", content, got)
		}
	}
}

func TestReporterRemembersADamagedJournal(t *testing.T) {
	t.Parallel()
	r := newNotes()
	if h := r.Health(); h.State != event.OK {
		t.Errorf("health %+v", h)
	}
	r.setAside("/data/journal.damaged", errors.New("checksum"))
	if h := r.Health(); h.State != event.Degraded || h.Reason == "" {
		t.Errorf("health %+v, want degraded with the path", h)
	}
	stop(t, r)
}
