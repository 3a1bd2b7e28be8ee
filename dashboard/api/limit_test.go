package api

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestLimiterGivesTokensBackWithTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	l := newLimiter(Limits{Search: Limit{60, 3}, Work: Limit{1, 1}, Personal: Limit{1, 1}, AddressFactor: 2})
	ask := func(class costClass, caller, address string) time.Duration {
		return l.wait(class, caller, address, now)
	}
	for n := range 3 {
		if wait := ask(costSearch, "a", "x"); wait != 0 {
			t.Fatalf("request %d of a burst of 3 waits %v", n, wait)
		}
	}
	if wait := ask(costSearch, "a", "x"); wait != time.Second {
		t.Errorf("over the burst it waits %v, want 1s", wait)
	}
	if wait := ask(costWork, "a", "x"); wait != 0 {
		t.Errorf("another class waits %v", wait)
	}
	// Whoever asks in vain does not put the end off.
	now = now.Add(500 * time.Millisecond)
	if wait := ask(costSearch, "a", "x"); wait != 500*time.Millisecond {
		t.Errorf("half a second later it waits %v, want 500ms", wait)
	}
	now = now.Add(500 * time.Millisecond)
	if wait := ask(costSearch, "a", "x"); wait != 0 {
		t.Errorf("a second later it waits %v", wait)
	}
	// The address has twice as much for all: 6, of which a took 4 and 2 came back.
	for range 3 {
		ask(costSearch, "b", "x")
	}
	if wait := ask(costSearch, "c", "x"); wait != 0 {
		t.Errorf("a third session waits %v although its address has a token", wait)
	}
	if wait := ask(costSearch, "c", "x"); wait != 500*time.Millisecond {
		t.Errorf("a third session of a spent address waits %v, want 500ms", wait)
	}
	if wait := ask(costSearch, "c", "y"); wait != 0 {
		t.Errorf("the same session from another address waits %v", wait)
	}
	now = now.Add(time.Hour)
	for n := range 3 {
		if wait := ask(costSearch, "a", "x"); wait != 0 {
			t.Errorf("request %d after an hour waits %v", n, wait)
		}
	}
	if wait := ask(costSearch, "a", "x"); wait == 0 {
		t.Error("an hour gave more than the burst")
	}
}

func TestLimiterStaysSmallAndKeepsWhoIsOver(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	l := newLimiter(Limits{Search: Limit{60, 1}, Work: Limit{1, 1}, Personal: Limit{1, 1}})
	for n := range maxBuckets - 1 {
		l.wait(costSearch, fmt.Sprint(n), "x", now)
	}
	now = now.Add(time.Minute) // all are full again
	l.wait(costWork, "late", "x", now)
	for n := range maxBuckets {
		l.wait(costSearch, fmt.Sprint("next", n), "x", now)
		if len(l.buckets) > maxBuckets {
			t.Fatalf("%d buckets", len(l.buckets))
		}
		if n == 10 && l.wait(costWork, "late", "x", now) == 0 {
			t.Fatal("making room forgot who had no token, though others were full")
		}
	}
}

func TestCostOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path string
		want         costClass
	}{
		{http.MethodGet, "/gate-log", costSearch},
		{http.MethodGet, "/gate-log/count", costSearch},
		{http.MethodGet, "/history", costSearch},
		{http.MethodGet, "/availability/outages", costSearch},
		{http.MethodPut, "/availability/targets", ""},
		{http.MethodGet, "/buses/{site}/{device}/trail", costSearch},
		{http.MethodGet, "/availability/export", costWork},
		{http.MethodGet, "/registry/export", costWork},
		{http.MethodPost, "/exports/gate-log", costWork},
		{http.MethodPost, "/exports/{id}/cancel", ""},
		{http.MethodGet, "/exports/{id}", ""},
		{http.MethodGet, "/reports", ""},
		{http.MethodPost, "/reports", costWork},
		{http.MethodGet, "/reports/{month}/file", costWork},
		{http.MethodPost, "/draws", costWork},
		{http.MethodGet, "/draws/{id}/verify", costWork},
		{http.MethodPost, "/rules/backtest", costWork},
		{http.MethodGet, "/rules/backtest", ""},
		{http.MethodPost, "/registry/people/{person}/unmask", costPersonal},
		{http.MethodPost, "/guard/visitors/{record}/reveal", costPersonal},
		{http.MethodPost, "/guard/care/{record}/look", costPersonal},
		{http.MethodPost, "/cameras/{site}/{device}/look", costPersonal},
		{http.MethodPost, "/guard/find", costPersonal},
		{http.MethodGet, "/alarms", ""},
		{http.MethodPost, "/alarms/{id}/ack", ""},
		{http.MethodPost, "/guard/help", ""},
	} {
		if got := costOf(c.method, c.path); got != c.want {
			t.Errorf("%s %s is %q, want %q", c.method, c.path, got, c.want)
		}
	}
}

func TestLimitsValidate(t *testing.T) {
	t.Parallel()
	if err := DefaultLimits().Validate(); err != nil {
		t.Error(err)
	}
	for _, l := range []Limits{
		{Search: Limit{0, 1}, Work: Limit{1, 1}, Personal: Limit{1, 1}},
		{Search: Limit{1, 1}, Work: Limit{1, 0}, Personal: Limit{1, 1}},
		{Search: Limit{1, 1}, Work: Limit{1, 1}, Personal: Limit{60_001, 1}},
		{Search: Limit{1, 1}, Work: Limit{1, 1}, Personal: Limit{1, 1}, AddressFactor: -1},
	} {
		if l.Validate() == nil {
			t.Errorf("%+v is allowed", l)
		}
	}
}
