package notify_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/notify"
	"github.com/campusgate/campusgate/dashboard/notify/channel"
	"github.com/campusgate/campusgate/gateway/event"
)

// The whole way: an alarm is told in Chinese and English, without what may be a person's
// number; what is late is not told; the log says what went where.
func TestAlarmIsTold(t *testing.T) {
	t.Parallel()
	far := newReceiver(t, nil)
	w := open(t, t.TempDir(), config(webhook(t, "hook", far.URL))).start()
	defer w.stop()
	late := anomaly("late", 1, event.Raised)
	late.Late = true
	w.apply(late, anomaly("a", 1, event.Raised))
	eventually(t, "the message", func() bool { return len(far.messages()) == 1 })
	m := far.messages()[0]
	if m.AlarmID != "a" || m.Reason != notify.ReasonRaise || m.Title.ZH != "【严重】城关小学：燃气超限 138****5678" || !strings.HasPrefix(m.Title.EN, "[HIGH] Chengguan primary") {
		t.Errorf("told %+v", m)
	}
	eventually(t, "the log", func() bool { return len(w.log(notify.Query{State: notify.Sent})) == 1 })
	if rows := w.log(notify.Query{}); len(rows) != 1 || rows[0].ID != m.ID || rows[0].Tries != 1 {
		t.Errorf("log %+v", rows)
	}
	// Seen again and worse: told again. A value that moves: not.
	same := anomaly("a", 2, event.Updated)
	worse := anomaly("a", 3, event.Updated)
	worse.Severity = event.SeverityCritical
	w.apply(same)
	w.apply(worse)
	eventually(t, "the worse one", func() bool { return len(far.messages()) == 2 })
	if m := far.messages()[1]; m.Severity != event.SeverityCritical || m.ID == far.messages()[0].ID {
		t.Errorf("then told %+v", m)
	}
}

// A receiver that hangs, one that fails and one that asks to wait delay nobody else.
func TestNobodyWaitsForAReceiverThatHangs(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	hang := newReceiver(t, func(_ http.ResponseWriter, r *http.Request) bool {
		select {
		case <-hold:
		case <-r.Context().Done():
		}
		return false
	})
	defer close(hold)
	down := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusBadGateway); return false })
	busy := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
		return false
	})
	good := newReceiver(t, nil)
	w := open(t, t.TempDir(), config(webhook(t, "hang", hang.URL), webhook(t, "down", down.URL), webhook(t, "busy", busy.URL), webhook(t, "good", good.URL))).start()
	defer w.stop()
	began := time.Now()
	for _, id := range ids("a", 20) {
		w.apply(anomaly(id, 1, event.Raised))
	}
	eventually(t, "20 messages at the good one", func() bool { return len(good.messages()) == 20 })
	t.Logf("20 alarms at the good receiver after %s, with one that hangs, one that fails and one at 429", time.Since(began))
	eventually(t, "the others' tries", func() bool { return hang.tries() >= 1 && down.tries() >= 2 && busy.tries() >= 1 })
	if n := busy.tries(); n != 1 {
		t.Errorf("%d tries at the one that asked for an hour", n)
	}
	if at, ok, err := w.store.Notify().NextDue(t.Context(), "busy"); err != nil || !ok || at.Before(time.Now().Add(50*time.Minute)) {
		t.Errorf("it is tried again at %s, it asked for an hour (%v)", at, err)
	}
	if rows := w.log(notify.Query{Receiver: "hang"}); len(rows) != 20 {
		t.Errorf("%d rows wait for the one that hangs", len(rows))
	}
}

// What is more than the receiver takes in a minute is folded, and counted.
func TestFloodIsFolded(t *testing.T) {
	t.Parallel()
	far := newReceiver(t, nil)
	hook := webhook(t, "hook", far.URL)
	hook.MaxPerMinute = 3
	w := open(t, t.TempDir(), config(hook))
	defer func() { w.stop() }()
	list := make([]*event.Anomaly, 0, 48)
	for _, id := range ids("a", 48) {
		list = append(list, anomaly(id, 1, event.Raised))
	}
	list[47].Severity = event.SeverityCritical
	w.apply(list...)
	w.start()
	eventually(t, "three messages", func() bool { return len(far.messages()) == 3 })
	eventually(t, "48 told", func() bool { return len(w.log(notify.Query{State: notify.Sent})) == 48 })
	got := far.messages()
	if got[0].AlarmID != "a47" {
		t.Errorf("first was %s, the critical one should be", got[0].AlarmID)
	}
	if m := got[2]; m.Reason != notify.ReasonDigest || len(m.Alarms) != 46 || !strings.Contains(m.Body.ZH, "另有 37 条") || !strings.Contains(m.Body.EN, "and 37 more") {
		t.Errorf("digest %+v", m)
	}
}

// A message that is given up is told once, and its end when one gets through.
func TestGivenUpIsTold(t *testing.T) {
	t.Parallel()
	var works atomic.Bool
	far := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) bool {
		if !works.Load() {
			w.WriteHeader(http.StatusForbidden)
			return false
		}
		return true
	})
	var mu sync.Mutex
	var told []bool
	cfg := config(webhook(t, "hook", far.URL))
	cfg.Tries = 2
	w := open(t, t.TempDir(), cfg, func(d *notify.Deps) {
		d.Failing = func(_ context.Context, receiver string, failing bool, why string) error {
			mu.Lock()
			defer mu.Unlock()
			if failing && (receiver != "hook" || !strings.Contains(why, "403")) {
				t.Errorf("told %s %q", receiver, why)
			}
			told = append(told, failing)
			return nil
		}
	}).start()
	defer w.stop()
	w.apply(anomaly("a", 1, event.Raised))
	eventually(t, "the row to be dead", func() bool { return len(w.log(notify.Query{State: notify.Dead})) == 1 })
	works.Store(true)
	dead := w.log(notify.Query{State: notify.Dead})[0].ID
	w.apply(anomaly("b", 1, event.Raised))
	eventually(t, "the turn", func() bool { mu.Lock(); defer mu.Unlock(); return len(told) == 3 })
	if told[0] || !told[1] || told[2] {
		t.Errorf("told %v: want false at start, true, false", told)
	}
	// What was given up is sent when somebody asks for it, once.
	if err := w.notify.Retry(t.Context(), dead, "operator"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the second chance", func() bool { r := w.log(notify.Query{AlarmID: "a"}); return len(r) == 1 && r[0].State == notify.Sent })
	if err := w.notify.Retry(t.Context(), dead, "operator"); !errors.Is(err, notify.ErrNotGivenUp) {
		t.Errorf("sent is sent again: %v", err)
	}
	// The alarm about the receiver does not go through the receiver.
	about := anomaly("c", 1, event.Raised)
	about.Rule, about.Site, about.Device = notify.RuleFailed, event.CountySite, "hook"
	w.apply(about)
	w.apply(anomaly("d", 1, event.Raised))
	eventually(t, "the one after it", func() bool { return len(w.log(notify.Query{AlarmID: "d"})) == 1 })
	if rows := w.log(notify.Query{AlarmID: "c"}); len(rows) != 0 {
		t.Errorf("went through the receiver that failed: %+v", rows)
	}
}

// What was acknowledged, shelved or suppressed before it was sent is not sent any more; a
// return is told to who asked for it.
func TestAnswerStopsWhatWaits(t *testing.T) {
	t.Parallel()
	var works atomic.Bool
	far := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) bool {
		if !works.Load() {
			w.WriteHeader(http.StatusBadGateway)
		}
		return works.Load()
	})
	cfg := config(webhook(t, "hook", far.URL))
	cfg.Routes[0].Clear = true
	w := open(t, t.TempDir(), cfg).start()
	defer w.stop()
	w.apply(anomaly("a", 1, event.Raised), anomaly("b", 1, event.Raised), anomaly("c", 1, event.Raised))
	eventually(t, "tries", func() bool { return len(w.log(notify.Query{State: notify.Failed})) == 3 })
	w.act(alarm.Ack, "a")
	w.act(alarm.Shelve, "b")
	w.apply(anomaly("c", 2, event.Cleared))
	eventually(t, "two to be skipped", func() bool { return len(w.log(notify.Query{State: notify.Skipped})) == 2 })
	works.Store(true)
	eventually(t, "c and its end", func() bool { return len(w.log(notify.Query{State: notify.Sent})) == 2 })
	for _, m := range far.messages() {
		if m.AlarmID != "c" || m.Reason == notify.ReasonClear && m.ClearedAt == nil {
			t.Errorf("told %+v", m)
		}
	}
}

// What waits for a receiver that the configuration no longer has is skipped, and the rest
// goes on.
func TestReceiverIsGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	down := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusBadGateway); return false })
	w := open(t, dir, config(webhook(t, "old", down.URL))).start()
	w.apply(anomaly("a", 1, event.Raised))
	eventually(t, "a try", func() bool { return down.tries() > 0 })
	w.stop()
	good := newReceiver(t, nil)
	w = open(t, dir, config(webhook(t, "new", good.URL))).start()
	defer w.stop()
	eventually(t, "it to be skipped", func() bool { return len(w.log(notify.Query{Receiver: "old", State: notify.Skipped})) == 1 })
	w.apply(anomaly("b", 1, event.Raised))
	eventually(t, "the next at the new one", func() bool { return len(good.messages()) == 1 })
}

func TestBadSettingsAreNamed(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*notify.Config){
		"receivers[1].name":        func(c *notify.Config) { c.Receivers = append(c.Receivers, c.Receivers[0]) },
		"receivers[0].secret_file": func(c *notify.Config) { c.Receivers[0].SecretFile = "" },
		"routes[0].to[0]":          func(c *notify.Config) { c.Routes[0].To[0] = "receiver/nobody" },
		"routes[0].policy":         func(c *notify.Config) { c.Routes[0].Policy = "none" },
		"routes[0].hours":          func(c *notify.Config) { c.Routes[0].Hours = "late" },
		"fallback":                 func(c *notify.Config) { c.Rotas = []string{"r"}; c.Routes[0].To = []string{"oncall/r"} },
		"people[0].addresses[0]": func(c *notify.Config) {
			c.People = []notify.Person{{Name: "p", Addresses: []notify.Address{{Receiver: "x"}}}}
		},
		"policies[0].steps[0].after": func(c *notify.Config) {
			c.Policies = []notify.Policy{{Name: "p", Steps: []notify.Step{{To: []string{"receiver/hook"}}}}}
		},
		"old_after":             func(c *notify.Config) { c.OldAfter = 0 },
		"receivers[0].mail.tls": func(c *notify.Config) { c.Receivers[0] = channel.Config{Name: "hook", Type: channel.SMTP} },
		"receivers[0].url_file": func(c *notify.Config) {
			c.Receivers[0] = channel.Config{Name: "hook", Type: channel.WeCom, URL: "https://x/?key=1"}
		},
	} {
		cfg := config(webhook(t, "hook", "http://127.0.0.1:1"))
		change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want a fault at %s, got %v", want, err)
		} else if strings.Contains(err.Error(), "key=1") {
			t.Errorf("the fault shows a secret: %v", err)
		}
	}
}
