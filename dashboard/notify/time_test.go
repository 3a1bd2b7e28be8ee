package notify_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/notify"
	"github.com/campusgate/campusgate/dashboard/notify/channel"
	"github.com/campusgate/campusgate/gateway/event"
)

// after lets time pass in a bubble.
func after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func voiceConfig(names ...string) notify.Config {
	var list []channel.Config
	for _, n := range names {
		list = append(list, channel.Config{Name: n, Type: channel.Voice, MaxPerMinute: 600})
	}
	return config(list...)
}

func chain(cfg notify.Config) notify.Config {
	cfg.Routes = []notify.Route{{To: []string{"receiver/first"}, Policy: "chain"}}
	cfg.Policies = []notify.Policy{{Name: "chain", Steps: []notify.Step{
		{After: 5 * time.Minute, To: []string{"receiver/second"}}, {After: 10 * time.Minute, To: []string{"receiver/first", "receiver/second"}},
	}}}
	return cfg
}

func steps(rows []notify.Notification) string {
	slices.Reverse(rows)
	var out []string
	for _, n := range rows {
		out = append(out, fmt.Sprintf("%s/%s/%d/%s", n.AlarmID, n.Receiver, n.Step, n.State))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// The chain goes on while nobody acknowledges, to the second, over restarts; it stops at an
// acknowledgement, a return, a shelving and being taken out of service.
func TestEscalation(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		far := &memory{}
		begin := func() *world {
			return open(t, dir, chain(voiceConfig("first", "second")), func(d *notify.Deps) { d.Speak = far.speak }).start()
		}
		w := begin()
		for _, id := range []string{"stays", "acked", "shelved", "oos", "cleared"} {
			a := anomaly(id, 1, event.Raised)
			w.apply(a)
		}
		after(4 * time.Minute)
		if n := len(far.messages()); n != 5 {
			t.Fatalf("%d messages at first, want 5", n)
		}
		w.act(alarm.Ack, "acked")
		w.act(alarm.Shelve, "shelved")
		w.act(alarm.OutOfService, "oos")
		over := anomaly("cleared", 2, event.Cleared)
		w.apply(over)
		after(30 * time.Second)
		w.stop()
		w = begin() // the timers are rows
		after(29 * time.Second)
		if n := len(far.messages()); n != 5 {
			t.Errorf("%d messages before five minutes are over", n)
		}
		after(3 * time.Second)
		if m := far.messages(); len(m) != 6 || m[5].AlarmID != "stays" || m[5].Reason != notify.ReasonEscalate || !strings.HasPrefix(m[5].Title.ZH, "〔升级〕") {
			t.Fatalf("after five minutes: %+v", m[5:])
		}
		after(10 * time.Minute)
		if m := far.messages(); len(m) != 8 {
			t.Errorf("after fifteen minutes: %+v", m[6:])
		}
		after(15 * time.Minute)
		if got := steps(w.log(notify.Query{AlarmID: "stays"})); got != "stays/first/0/sent stays/first/2/sent stays/second/1/sent stays/second/2/sent" || len(far.messages()) != 8 {
			t.Errorf("in the end: %s, %d messages", got, len(far.messages()))
		}
		w.stop()
	})
}

// Quiet hours hold back what is not critical until they end, and drop it when somebody
// answered meanwhile.
func TestQuietHours(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { // it begins at midnight UTC, 08:00 in the county
		far := &memory{}
		cfg := voiceConfig("voice")
		cfg.People = []notify.Person{{Name: "zhang", Addresses: []notify.Address{{Receiver: "voice"}}}}
		cfg.Routes = []notify.Route{{To: []string{"person/zhang"}}}
		w := open(t, dir, cfg, func(d *notify.Deps) { d.Speak = far.speak }).start()
		defer w.stop()
		ctx := context.Background()
		if err := w.notify.SetQuiet(ctx, "zhang", 0, notify.Quiet{From: "07:00", To: "08:10"}, "zhang"); err != nil {
			t.Fatal(err)
		}
		if err := w.notify.SetQuiet(ctx, "zhang", 0, notify.Quiet{}, "li"); !errors.Is(err, notify.ErrStale) {
			t.Errorf("the second writer: %v", err)
		}
		if err := w.notify.SetQuiet(ctx, "nobody", 0, notify.Quiet{}, "li"); !errors.Is(err, notify.ErrUnknown) {
			t.Errorf("nobody: %v", err)
		}
		after(time.Minute)
		for _, id := range []string{"high", "answered", "critical"} {
			a := anomaly(id, 1, event.Raised)
			if id == "critical" {
				a.Severity = event.SeverityCritical
			}
			w.apply(a)
		}
		after(time.Minute)
		if m := far.messages(); len(m) != 1 || m[0].AlarmID != "critical" {
			t.Fatalf("in quiet hours: %+v", m)
		}
		w.act(alarm.Ack, "answered")
		after(9 * time.Minute)
		if m := far.messages(); len(m) != 2 || m[1].AlarmID != "high" {
			t.Errorf("after them: %+v", m)
		}
	})
}

// Who is on call changes at the shift's end, is told what is open, and is the one who is
// told from then on; in a gap the fallback is.
func TestOnCallAndHandover(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		far := &memory{}
		cfg := voiceConfig("voice", "spare")
		cfg.People = []notify.Person{
			{Name: "zhang", Addresses: []notify.Address{{Receiver: "voice"}}}, {Name: "li", Addresses: []notify.Address{{Receiver: "voice"}}},
		}
		cfg.Rotas, cfg.Fallback = []string{"duty"}, []string{"receiver/spare"}
		cfg.Routes = []notify.Route{{To: []string{"oncall/duty"}}}
		w := open(t, dir, cfg, func(d *notify.Deps) { d.Speak = far.speak }).start()
		defer w.stop()
		view, err := w.notify.SetRota(context.Background(), "duty", 0, notify.Rota{Weekly: []notify.Weekly{
			{Person: "zhang", From: "08:00", To: "08:05"}, {Person: "li", From: "08:05", To: "08:10"},
		}}, "admin")
		if err != nil || view.OnCall != "zhang" || view.Gaps != 14 {
			t.Fatalf("%+v %v", view, err)
		}
		// Whoever is on call is told in quiet hours too.
		if err := w.notify.SetQuiet(context.Background(), "li", 0, notify.Quiet{From: "07:00", To: "23:00"}, "li"); err != nil {
			t.Fatal(err)
		}
		raise := func(id string) {
			a := anomaly(id, 1, event.Raised)
			w.apply(a)
			after(10 * time.Second)
		}
		who := func(id string) string {
			rows := w.log(notify.Query{AlarmID: id})
			if len(rows) != 1 || rows[0].State != notify.Sent {
				t.Fatalf("%s: %+v", id, rows)
			}
			return rows[0].Receiver + "/" + rows[0].Person
		}
		after(time.Minute)
		raise("a")
		after(5 * time.Minute)
		raise("b")
		after(5 * time.Minute)
		raise("c")
		if got := []string{who("a"), who("b"), who("c")}; !slices.Equal(got, []string{"voice/zhang", "voice/li", "spare/"}) {
			t.Errorf("told %v", got)
		}
		rows := w.log(notify.Query{Reason: notify.ReasonHandover})
		if len(rows) != 2 || rows[0].Person != "li" || !strings.Contains(rows[0].Message.Body.ZH, "未确认报警 1 条") {
			t.Errorf("hand-overs %+v", rows)
		}
	})
}

// A receiver that asks to wait is left alone by what comes later too, and after a restart.
func TestRetryAfterIsKeptOverARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		far := &memory{}
		wait := true
		far.fail = func() error {
			if wait {
				wait = false
				return &channel.Error{Text: "429", After: 5 * time.Minute, Slow: true}
			}
			return nil
		}
		begin := func() *world {
			return open(t, dir, voiceConfig("voice"), func(d *notify.Deps) { d.Speak = far.speak }).start()
		}
		w := begin()
		w.apply(anomaly("a", 1, event.Raised))
		after(2 * time.Minute)
		w.stop()
		w = begin()
		defer func() { w.stop() }()
		b := anomaly("b", 1, event.Raised)
		w.apply(b)
		after(2 * time.Minute)
		if m := far.messages(); len(m) != 0 {
			t.Fatalf("told in the pause: %+v", m)
		}
		after(2 * time.Minute)
		if m := far.messages(); len(m) != 2 {
			t.Errorf("after it: %+v", m)
		}
	})
}
