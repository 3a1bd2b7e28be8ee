package guard_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/guard"
	"github.com/campusgate/campusgate/dashboard/store"
	"github.com/campusgate/campusgate/gateway/event"
)

// desk keeps the newest revision of each anomaly.
type desk struct {
	mu    sync.Mutex
	known map[string]event.Anomaly
	order []string
}

func (d *desk) Apply(_ context.Context, a *event.Anomaly, _ time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if before, ok := d.known[a.ID]; ok && before.Revision >= a.Revision {
		return nil
	}
	d.known[a.ID] = *a
	d.order = append(d.order, fmt.Sprintf("%s %s %s", a.State, a.Rule, a.Site))
	return nil
}

func (d *desk) Standing(_ context.Context, rules []string) (out []event.Anomaly, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.known {
		if a.State != event.Cleared && !a.Momentary && slices.Contains(rules, a.Rule) {
			out = append(out, a)
		}
	}
	return out, nil
}

func (d *desk) Unsettled(context.Context, string) ([]guard.Unsettled, error) { return nil, nil }

func (d *desk) Settle(context.Context, guard.Unsettled, string, string, time.Time) error { return nil }

type world struct {
	*guard.Service
	t     *testing.T
	store *store.Store
	desk  *desk
	now   time.Time
	n     int
}

func open(t *testing.T, change ...func(*guard.Config)) *world {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "d.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w := &world{t: t, store: s, desk: &desk{known: map[string]event.Anomaly{}}, now: monday()}
	w.again(change...)
	return w
}

// again makes another service on the same database, as a restart does.
func (w *world) again(change ...func(*guard.Config)) {
	county := &event.County{Zone: "Asia/Shanghai", Sites: []event.Site{{ID: "s1", PolicePost: true}, {ID: "s2"}, {ID: "s3", PolicePost: true}}}
	if err := county.Index(); err != nil {
		w.t.Fatal(err)
	}
	c := guard.DefaultConfig()
	for _, fn := range change {
		fn(&c)
	}
	var err error
	w.Service, err = guard.New(c, guard.Deps{Store: w.store, Desk: w.desk, County: func() *event.County { return county }, Now: func() time.Time { return w.now }})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) change() guard.Change {
	w.n++
	return guard.Change{ID: fmt.Sprintf("request-%d", w.n), At: w.now, By: "guard"}
}

func (w *world) at(clock string) {
	w.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", "2026-03-02 "+clock, monday().Location())
	if err != nil {
		w.t.Fatal(err)
	}
	w.now = at
	if err := w.Judge(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) says(want ...string) {
	w.t.Helper()
	if !slices.Equal(w.desk.order, want) {
		w.t.Errorf("%s: %q, want %q", w.now.Format("15:04"), w.desk.order, want)
	}
}

func everywhere(event.SiteID) bool { return true }

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestEmptyPostIsAnAlarmUntilSomebodyComes(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *guard.Config) { c.Posts = guard.PostsAll })
	duty := must[guard.Row[guard.DutyEntry]](t)
	w.at("07:10")
	duty(w.CheckIn(t.Context(), w.change(), "s3", guard.DutyEntry{Person: "Wu", Post: guard.PostArrival, Police: true}))
	w.at("07:19")
	w.says()
	w.at("07:20")
	w.at("07:21")
	w.says("raised post_empty s1")
	w.again(func(c *guard.Config) { c.Posts = guard.PostsAll }) // a restart repeats nothing
	w.at("07:30")
	row := duty(w.CheckIn(t.Context(), w.change(), "s1", guard.DutyEntry{Person: "Li", Post: guard.PostArrival, Police: true}))
	w.says("raised post_empty s1", "cleared post_empty s1")
	duty(w.CheckOut(t.Context(), guard.Change{ID: "left-early", At: w.now.Add(time.Minute), By: "guard"}, row.ID, everywhere))
	w.at("07:40")
	w.says("raised post_empty s1", "cleared post_empty s1", "raised post_empty s1")
	w.at("08:00") // the slot ends, and the alarm with it
	w.says("raised post_empty s1", "cleared post_empty s1", "raised post_empty s1", "cleared post_empty s1")
}

func TestPostThatWasNeverReportedIsNotAlarmed(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.at("07:30")
	w.says()
	// What was kept offline comes late: the post of s1 was manned in time.
	c := w.change()
	c.At = w.now.Add(-20 * time.Minute)
	must[guard.Row[guard.DutyEntry]](t)(w.CheckIn(t.Context(), c, "s1", guard.DutyEntry{Person: "Li", Post: guard.PostArrival, Police: true}))
	w.at("07:31")
	w.says()
	w.at("16:30") // and is used from then on; s3 still is not
	w.says("raised post_empty s1")
}

func TestLateReportEndsAnAlarm(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *guard.Config) { c.Posts = guard.PostsAll })
	w.at("07:30")
	c := w.change()
	c.At = w.now.Add(-16 * time.Minute)
	must[guard.Row[guard.DutyEntry]](t)(w.CheckIn(t.Context(), c, "s1", guard.DutyEntry{Person: "Li", Post: guard.PostArrival, Police: true}))
	if n := len(w.desk.order); n != 3 || w.desk.order[2] != "cleared post_empty s1" {
		t.Errorf("%q", w.desk.order)
	}
}

func TestGuardWithoutValidCertificate(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.at("09:00")
	duty, cert := must[guard.Row[guard.DutyEntry]](t), must[guard.Row[guard.CertificateEntry]](t)
	good := cert(w.Certify(t.Context(), w.change(), "s2", guard.CertificateEntry{Person: "Li", Number: "1", Expires: "2026-03-02"}))
	old := cert(w.Certify(t.Context(), w.change(), "s2", guard.CertificateEntry{Person: "Wu", Number: "2", Expires: "2026-03-01"}))
	duty(w.CheckIn(t.Context(), w.change(), "s2", guard.DutyEntry{Person: "Li", Post: guard.PostGate, Certificate: good.ID}))
	w.says()
	late := duty(w.CheckIn(t.Context(), w.change(), "s2", guard.DutyEntry{Person: "Wu", Post: guard.PostGate, Certificate: old.ID}))
	w.says("raised guard_uncertified s2")
	duty(w.CheckOut(t.Context(), w.change(), late.ID, everywhere))
	w.says("raised guard_uncertified s2", "cleared guard_uncertified s2")
	borrowed := duty(w.CheckIn(t.Context(), w.change(), "s2", guard.DutyEntry{Person: "Zhao", Post: guard.PostGate, Certificate: good.ID}))
	w.says("raised guard_uncertified s2", "cleared guard_uncertified s2", "raised guard_uncertified s2")
	duty(w.CheckOut(t.Context(), w.change(), borrowed.ID, everywhere))
	cert(w.Withdraw(t.Context(), w.change(), good.ID, everywhere))
	if n := len(w.desk.order); n != 5 {
		t.Errorf("%q", w.desk.order)
	}
	if _, err := w.CheckIn(t.Context(), w.change(), "s1", guard.DutyEntry{Person: "Li", Post: guard.PostGate, Certificate: good.ID}); err == nil {
		t.Error("a certificate of another site")
	}
}

func TestVisitorOnceHoweverOftenItIsSent(t *testing.T) {
	t.Parallel()
	w := open(t)
	ctx := t.Context()
	c := w.change()
	v := guard.VisitorEntry{Name: "张小三", Reason: "送物品", Host: "李老师", Plate: "京A·12345", IDNumber: "110101199001011234"}
	visit := must[guard.Row[guard.Visit]](t)
	first := visit(w.Register(ctx, c, "s1", v))
	w.now = w.now.Add(100 * time.Hour) // it may come again at any age
	if again := visit(w.Register(ctx, c, "s1", v)); again.Rev != first.Rev || again.ID != c.ID {
		t.Errorf("%+v %+v", first, again)
	}
	w.now = monday().Add(time.Hour)
	v.Name = "另一人"
	if _, err := w.Register(ctx, c, "s1", v); !errors.Is(err, guard.ErrReused) {
		t.Errorf("another visitor under the same id: %v", err)
	}
	out := w.change()
	for range 2 {
		if row := visit(w.SignOut(ctx, out, c.ID, everywhere)); row.EndedAt == nil || row.Rev != 2 || row.EndedBy != "guard" {
			t.Errorf("%+v", row)
		}
	}
	var not *guard.NotAllowed
	if _, err := w.SignOut(ctx, w.change(), c.ID, everywhere); !errors.As(err, &not) {
		t.Errorf("signed out twice: %v", err)
	}
	if _, err := w.SignOut(ctx, w.change(), c.ID, func(event.SiteID) bool { return false }); !errors.Is(err, guard.ErrNone) {
		t.Errorf("another site's: %v", err)
	}
	var bad *guard.Invalid
	for _, at := range []time.Time{w.now.Add(time.Hour), w.now.Add(-80 * time.Hour)} {
		x := w.change()
		x.At = at
		if _, err := w.Register(ctx, x, "s1", v); !errors.As(err, &bad) || bad.Field != "at" {
			t.Errorf("%v: %v", at, err)
		}
	}
	rows, _, err := guard.Rows[guard.Visit](ctx, w.Service, guard.Query{Kinds: []guard.Kind{guard.KindVisitor}, Text: "京a12"})
	if err != nil || len(rows) != 1 || rows[0].Entry.Name != "张小三" {
		t.Errorf("%+v %v", rows, err)
	}
}

func TestWatchListHitIsAnAlarmWithoutAName(t *testing.T) {
	t.Parallel()
	w := open(t)
	ctx := t.Context()
	must[guard.Row[guard.WatchEntry]](t)(w.Watch(ctx, w.change(), event.CountySite, guard.WatchEntry{Name: "张三", Instruction: "报警"}))
	row := must[guard.Row[guard.Visit]](t)(w.Register(ctx, w.change(), "s2", guard.VisitorEntry{Name: "张三", Reason: "r", Host: "h"}))
	if len(row.Entry.Hits) != 1 || row.Entry.Hits[0].Instruction != "报警" {
		t.Errorf("%+v", row)
	}
	w.again()
	w.at("09:00")
	w.says("raised watch_list_hit s2")
	for _, a := range w.desk.known {
		if strings.Contains(a.Text.ZH+a.Text.EN, "张三") {
			t.Errorf("%+v", a)
		}
	}
}

func TestWatchListFindsWhoIsInside(t *testing.T) {
	t.Parallel()
	w := open(t)
	visit := must[guard.Row[guard.Visit]](t)
	entry := func(name string) guard.VisitorEntry { return guard.VisitorEntry{Name: name, Reason: "r", Host: "h"} }
	inside := visit(w.Register(t.Context(), w.change(), "s2", entry("张三")))
	gone := visit(w.Register(t.Context(), w.change(), "s2", entry("张三")))
	visit(w.Register(t.Context(), w.change(), "s2", entry("李四")))
	visit(w.SignOut(t.Context(), w.change(), gone.ID, everywhere))
	c := w.change()
	for range 2 { // the same request again finds him once
		must[guard.Row[guard.WatchEntry]](t)(w.Watch(t.Context(), c, event.CountySite, guard.WatchEntry{Name: "张三", Instruction: "报警"}))
	}
	w.at("09:00")
	w.says("raised watch_list_hit s2")
	rows, _, err := guard.Rows[guard.Visit](t.Context(), w.Service, guard.Query{Kinds: []guard.Kind{guard.KindVisitor}, Sites: []event.SiteID{"s2"}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if hits := len(rows[i].Entry.Hits); hits > 0 != (rows[i].ID == inside.ID) || hits > 1 {
			t.Errorf("%+v", rows[i])
		}
	}
}

func TestFeverThatTheGuardWritesDownIsAnAlarm(t *testing.T) {
	t.Parallel()
	w := open(t)
	visit := must[guard.Row[guard.Visit]](t)
	for i, c := range []struct {
		celsius float64
		fever   bool
	}{{0, false}, {37.2, false}, {37.3, true}, {38.9, true}} {
		row := visit(w.Register(t.Context(), w.change(), "s2", guard.VisitorEntry{Name: "Li", Reason: "r", Host: "h", Celsius: c.celsius}))
		if row.Entry.Fever != c.fever {
			t.Errorf("%d: %.1f °C is a fever: %v, want %v", i, c.celsius, row.Entry.Fever, c.fever)
		}
	}
	w.says("raised fever s2", "raised fever s2")
	w.again()
	if err := w.Judge(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.says("raised fever s2", "raised fever s2")
	for _, a := range w.desk.known {
		if !a.Momentary || a.Severity != event.SeverityHigh || a.Limit != 37.3 || a.Value < 37.3 || a.Unit != "°C" {
			t.Errorf("the alarm is %+v", a)
		}
	}
	for _, celsius := range []float64{29.9, 45.1, -1} {
		_, err := w.Register(t.Context(), w.change(), "s2", guard.VisitorEntry{Name: "Li", Reason: "r", Host: "h", Celsius: celsius})
		if bad := (*guard.Invalid)(nil); !errors.As(err, &bad) || bad.Field != "celsius" {
			t.Errorf("%.1f °C: %v", celsius, err)
		}
	}
}

func TestMaskedVisitorNamesNobody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ host, plate, text, wantHost, wantPlate, wantText string }{
		{"司马被访者", "京A12345", "送教材 13912345678", "司***者", "京A***45", "送教材 *******5678"},
		{"李", "川AD12345", "证件51010119900101123X，15位510101900101123。", "李*", "川A****45", "证件**************123X，15位***********1123。"},
		{"", "", "+8613912345678 或 139-1234-5678", "", "", "+*********5678 或 *********5678"},
		{"王五", "A123", "3年级2班，书10本，电话0830-1234567", "王*", "A***", "3年级2班，书10本，电话0830-1234567"},
	} {
		got := guard.VisitorEntry{Name: "张小三", Host: c.host, Plate: c.plate, Reason: c.text, Items: c.text}.Masked()
		if got.Name != "张*三" || got.Host != c.wantHost || got.Plate != c.wantPlate || got.Reason != c.wantText || got.Items != c.wantText {
			t.Errorf("%+v became %+v", c, got)
		}
	}
}

func TestHelpIsAnAlarmAtOnce(t *testing.T) {
	t.Parallel()
	w := open(t)
	c := w.change()
	for range 2 {
		must[guard.Row[guard.HelpEntry]](t)(w.Help(t.Context(), c, "s2", guard.HelpEntry{Note: "fight"}))
	}
	w.says("raised emergency_call s2")
}

func TestLeavingNeedsBothConfirmations(t *testing.T) {
	t.Parallel()
	w := open(t)
	ctx, pass := t.Context(), must[guard.Row[guard.Pass]](t)
	p := pass(w.Ask(ctx, w.change(), "s1", guard.PassEntry{Name: "小明", Class: "三年级二班", Reason: "看病", Until: w.now.Add(time.Hour)}))
	var not *guard.NotAllowed
	if _, err := w.Leave(ctx, w.change(), p.ID, everywhere); !errors.As(err, &not) {
		t.Errorf("without any: %v", err)
	}
	pass(w.Confirm(ctx, w.change(), p.ID, guard.ByGuardian, everywhere, guard.Confirmation{Name: "父", How: "phone"}))
	if _, err := w.Leave(ctx, w.change(), p.ID, everywhere); !errors.As(err, &not) {
		t.Errorf("with one: %v", err)
	}
	c := w.change()
	for range 2 {
		pass(w.Confirm(ctx, c, p.ID, guard.ByTeacher, everywhere, guard.Confirmation{Name: "师", How: "present"}))
	}
	if row := pass(w.Leave(ctx, w.change(), p.ID, everywhere)); row.EndedAt == nil || row.Entry.Guardian.By != "guard" {
		t.Errorf("%+v", row)
	}
	q := pass(w.Ask(ctx, w.change(), "s1", guard.PassEntry{Name: "小红", Class: "c", Reason: "r", Until: w.now.Add(time.Hour)}))
	pass(w.Deny(ctx, w.change(), q.ID, "家长未到", everywhere))
	if _, err := w.Confirm(ctx, w.change(), q.ID, guard.ByTeacher, everywhere, guard.Confirmation{Name: "师", How: "present"}); !errors.As(err, &not) {
		t.Errorf("after no: %v", err)
	}
}

func TestOldRecordsGo(t *testing.T) {
	t.Parallel()
	w := open(t)
	ctx := t.Context()
	must[guard.Row[guard.Visit]](t)(w.Register(ctx, w.change(), "s1", guard.VisitorEntry{Name: "n", Reason: "r", Host: "h"}))
	must[guard.Row[guard.CertificateEntry]](t)(w.Certify(ctx, w.change(), "s1", guard.CertificateEntry{Person: "p", Number: "1", Expires: "2030-01-01"}))
	for want, before := range map[int]time.Time{0: w.now.Add(-time.Hour)} {
		if n, err := w.store.PruneGuard(ctx, before); n != want || err != nil {
			t.Errorf("%d %v", n, err)
		}
	}
	if n, err := w.store.PruneGuard(ctx, w.now.Add(time.Hour)); n != 1 || err != nil {
		t.Errorf("%d %v", n, err)
	}
}

func TestStopsWithoutStartAndTwice(t *testing.T) {
	t.Parallel()
	w := open(t)
	if err := w.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if err := w.Start(t.Context()); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := w.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
