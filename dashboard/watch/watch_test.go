package watch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/dashboard/watch"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", "2026-11-24 "+s)
	if err != nil {
		panic(err)
	}
	return t
}

func status(t *testing.T, text string) watch.Status {
	t.Helper()
	var s watch.Status
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestJudge(t *testing.T) {
	t.Parallel()
	since := at("08:00:00")
	good := `{"started_at":"2026-11-24T00:00:00Z","components":{"influx writer":{"state":"ok"}},"brokers":[{"name":"m","connected":true}],"adapters":[{"name":"gate","last_at":"2026-11-24T08:59:00Z"}]}`
	for name, c := range map[string]struct {
		facts watch.Facts
		named []string
		now   string
		want  []string
	}{
		"all well": {watch.Facts{FreeBytes: 1 << 40, Own: map[string]event.Health{"bus": {State: event.OK}}, Gateways: []watch.Gateway{{ID: "g1", SeenAt: at("09:00:00"), Status: status(t, good)}}}, nil, "09:00:05", nil},
		"silent":   {watch.Facts{FreeBytes: -1, Gateways: []watch.Gateway{{ID: "g1", SeenAt: at("09:00:00"), Status: status(t, good)}}}, nil, "09:01:01", []string{"gateway_silent g1"}},
		"heard before this process, which is new":  {watch.Facts{FreeBytes: -1, Gateways: []watch.Gateway{{ID: "g1", SeenAt: at("03:00:00")}}}, nil, "08:00:30", nil},
		"heard before this process, and not since": {watch.Facts{FreeBytes: -1, Gateways: []watch.Gateway{{ID: "g1", SeenAt: at("03:00:00")}}}, nil, "08:01:30", []string{"gateway_silent g1"}},
		"given up long ago":                        {watch.Facts{FreeBytes: -1, Gateways: []watch.Gateway{{ID: "g1", SeenAt: at("03:00:00").AddDate(0, -2, 0)}}}, nil, "08:01:30", nil},
		"named and never heard":                    {watch.Facts{FreeBytes: -1}, []string{"g9"}, "08:01:30", []string{"gateway_silent g9"}},
		"named and given up":                       {watch.Facts{FreeBytes: -1, Gateways: []watch.Gateway{{ID: "g9", SeenAt: at("03:00:00").AddDate(0, -2, 0)}}}, []string{"g9"}, "08:01:30", []string{"gateway_silent g9"}},
		"database and broker":                      {watch.Facts{FreeBytes: -1, Gateways: []watch.Gateway{{ID: "g1", SeenAt: at("09:00:00"), Status: status(t, `{"components":{"influx writer":{"state":"degraded"}},"brokers":[{"name":"m"}]}`)}}}, nil, "09:00:05", []string{"broker_unreachable g1", "database_unreachable g1"}},
		"an adapter yields nothing":                {watch.Facts{FreeBytes: -1, Gateways: []watch.Gateway{{ID: "g1", SeenAt: at("12:00:00"), Status: status(t, good)}}}, nil, "12:00:05", []string{"adapter_silent g1"}},
		"an adapter of a new gateway":              {watch.Facts{FreeBytes: -1, Gateways: []watch.Gateway{{ID: "g1", SeenAt: at("12:00:00"), Status: status(t, `{"started_at":"2026-11-24T11:00:00Z","adapters":[{"name":"gate"}]}`)}}}, nil, "12:00:05", nil},
		"own parts and disk":                       {watch.Facts{FreeBytes: 5, Own: map[string]event.Health{"bus": {State: event.Failed}, "Live hub": {State: event.Degraded}, "x": {State: event.Starting}}}, nil, "09:00:00", []string{"component_failed bus", "component_failed live_hub", "disk_low dashboard"}},
	} {
		cfg := watch.DefaultConfig()
		cfg.Gateways = c.named
		var got []string
		for _, one := range cfg.Judge(c.facts, since, at(c.now)) {
			if one.Text.ZH == "" || one.Text.EN == "" || !event.ValidName(string(one.Device)) || one.Severity.Rank() < 0 {
				t.Errorf("%s: %+v is incomplete", name, one)
			}
			got = append(got, one.Rule+" "+string(one.Device))
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// memory is a store and the alarms behind it; both can fail.
type memory struct {
	rows    map[string]event.Anomaly
	applied map[string]event.Anomaly // by id, the newest revision
	fail    func() error
}

func (m *memory) CentreAnomalies(context.Context) ([]event.Anomaly, error) {
	return slices.Collect(maps.Values(m.rows)), m.fail()
}

func (m *memory) PutCentreAnomaly(_ context.Context, a *event.Anomaly) error {
	if err := m.fail(); err != nil {
		return err
	}
	m.rows[a.Rule+string(a.Device)] = *a
	return nil
}

func (m *memory) Seen(context.Context) (map[string]time.Time, error) { return nil, nil }
func (m *memory) PutSeen(context.Context, string, time.Time) error   { return nil }
func (m *memory) apply(_ context.Context, a *event.Anomaly, _ time.Time) error {
	if err := m.fail(); err != nil {
		return err
	}
	if have := m.applied[a.ID]; a.Revision > have.Revision {
		m.applied[a.ID] = *a
	}
	return nil
}

// Whatever fails and however often the process starts anew: once it works, exactly the
// conditions that hold stand, each under one id.
func TestRaiserOverFailuresAndRestarts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := at("08:00:00")
		m := &memory{rows: map[string]event.Anomaly{}, applied: map[string]event.Anomaly{}}
		works := true
		m.fail = func() error {
			if !works && rapid.Bool().Draw(t, "fails") {
				return errors.New("disk")
			}
			return nil
		}
		r := watch.NewRaiser(m, m.apply)
		var hold []watch.Condition
		rules := []string{"a", "b"}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			works = rapid.Bool().Draw(t, "works")
			if rapid.IntRange(0, 3).Draw(t, "restart") == 0 {
				r = watch.NewRaiser(m, m.apply)
			}
			hold = hold[:0:0]
			for _, rule := range rules {
				if rapid.Bool().Draw(t, rule) {
					hold = append(hold, watch.Condition{Rule: rule, Device: "d", Severity: event.SeverityHigh, Hold: time.Duration(rapid.IntRange(0, 1).Draw(t, "hold")) * time.Minute})
				}
			}
			now = now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "seconds")) * time.Second)
			_ = r.Update(t.Context(), rules, hold, nil, now)
		}
		works = true
		for range 2 {
			now = now.Add(2 * time.Minute)
			if err := r.Update(t.Context(), rules, hold, nil, now); err != nil {
				t.Fatal(err)
			}
		}
		standing := map[string]int{}
		for _, a := range m.applied {
			if a.State != event.Cleared {
				standing[a.Rule]++
			}
		}
		want := map[string]int{}
		for _, c := range hold {
			want[c.Rule] = 1
		}
		if !maps.Equal(standing, want) {
			t.Fatalf("standing %v, want %v", standing, want)
		}
	})
}

// A condition that stands and says something else is the same alarm, one revision on.
func TestNewWordsAreOneAlarm(t *testing.T) {
	t.Parallel()
	m := &memory{rows: map[string]event.Anomaly{}, applied: map[string]event.Anomaly{}, fail: func() error { return nil }}
	r := watch.NewRaiser(m, m.apply)
	for i, word := range []string{"one", "one", "two"} {
		c := watch.Condition{Rule: "a", Device: "d", Severity: event.SeverityHigh, Text: event.Text{EN: word}}
		if err := r.Set(t.Context(), c, true, at("08:00:00").Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.applied) != 1 || m.rows["ad"].Revision != 2 || m.rows["ad"].Text.EN != "two" || m.rows["ad"].State != event.Updated {
		t.Errorf("%+v", m.applied)
	}
}

// What ended long ago is not applied again: the alarm may have been removed since.
func TestOldEndsStayEnded(t *testing.T) {
	t.Parallel()
	old := event.Anomaly{ID: "x", Rule: "a", Device: "d", State: event.Cleared, Revision: 2, UpdatedAt: at("08:00:00").AddDate(0, 0, -2)}
	m := &memory{rows: map[string]event.Anomaly{"ad": old}, applied: map[string]event.Anomaly{}, fail: func() error { return nil }}
	if err := watch.NewRaiser(m, m.apply).Update(t.Context(), []string{"a"}, nil, nil, at("08:00:00")); err != nil || len(m.applied) != 0 {
		t.Errorf("%v, applied %v", err, m.applied)
	}
}

func TestHeartBeats(t *testing.T) {
	t.Parallel()
	var got []string
	code := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.URL.Path)
		w.WriteHeader(code)
	}))
	defer server.Close()
	for _, method := range []string{"POST", "GET"} {
		cfg := watch.DefaultConfig().Heartbeat
		cfg.Method = method
		h, err := watch.NewHeart(cfg, server.URL+"/secret")
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		code = http.StatusOK
		if err := h.Beat(t.Context(), at("08:00:00")); err != nil {
			t.Error(err)
		}
		code = http.StatusNotFound
		if err := h.Beat(t.Context(), at("08:00:00")); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v", err)
		}
	}
	if fmt.Sprint(got) != "[POST /secret POST /secret GET /secret GET /secret]" {
		t.Errorf("asked %v", got)
	}
	if _, err := watch.NewHeart(watch.DefaultConfig().Heartbeat, "secret-and-no-address"); err == nil || strings.Contains(err.Error(), "secret-and") {
		t.Errorf("got %v", err)
	}
	h, err := watch.NewHeart(watch.DefaultConfig().Heartbeat, "http://127.0.0.1:1/secret")
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := h.Beat(t.Context(), at("08:00:00")); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*watch.Config){
		"gateways[0]": func(c *watch.Config) { c.Gateways = []string{"G 1"} }, "gateway_silent": func(c *watch.Config) { c.GatewaySilent = 0 },
		"heartbeat.method": func(c *watch.Config) { c.Heartbeat.Method = "PUT" }, "heartbeat.timeout": func(c *watch.Config) { c.Heartbeat.Timeout = time.Hour },
		"hold": func(c *watch.Config) { c.Hold = 0 }, "min_free_bytes": func(c *watch.Config) { c.MinFreeBytes = -1 },
	} {
		cfg := watch.DefaultConfig()
		change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want a fault at %s, got %v", want, err)
		}
	}
	if err := watch.DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
}

// TestRestartKeepsWhatIsNotKnownYet: a gateway that was silent before the dashboard was
// started anew is silent until it speaks.
func TestRestartKeepsWhatIsNotKnownYet(t *testing.T) {
	t.Parallel()
	c := watch.DefaultConfig()
	began := at("08:00:00")
	f := watch.Facts{Gateways: []watch.Gateway{{ID: "g1", SeenAt: began.Add(-time.Hour)}, {ID: "g2", SeenAt: began.Add(time.Second)}}}
	for after, want := range map[time.Duration]bool{2 * time.Second: true, c.GatewaySilent: true, c.GatewaySilent + time.Second: false} {
		now := began.Add(after)
		if got := c.Undecided(f, began, now); got["g1"] != want || got["g2"] {
			t.Errorf("after %s: %v", after, got)
		}
		silent := slices.ContainsFunc(c.Judge(f, began, now), func(c watch.Condition) bool { return c.Device == "g1" })
		if silent == want {
			t.Errorf("after %s: silent %v, undecided %v", after, silent, want)
		}
	}
}
