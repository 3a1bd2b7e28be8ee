package auth_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/store"
)

// sessionRows are the audit's rows of log-ins, the oldest first.
func sessionRows(t *testing.T, db *store.Store) []store.AuditEntry {
	t.Helper()
	rows, err := db.AuditLog(t.Context(), store.AuditQuery{Area: "session", Limit: 5000})
	if err != nil {
		t.Fatal(err)
	}
	for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
		rows[i], rows[j] = rows[j], rows[i]
	}
	return rows
}

func TestLoginAndLogoutAreAudited(t *testing.T) {
	t.Parallel()
	db := newStore(t)
	if err := auth.EnsureAccounts(t.Context(), db, []auth.Account{guard()}); err != nil {
		t.Fatal(err)
	}
	s := serve(t, db, false)
	cookie := cookieOf(t, s.do("/login", "guard", password, nil))
	s.do("/logout", "", "", cookie)
	s.do("/logout", "", "", cookie) // nobody is logged in any more
	got := sessionRows(t, db)
	if len(got) != 2 || got[0].Action != "session.login" || got[1].Action != "session.logout" {
		t.Fatalf("audit %+v", got)
	}
	for _, r := range got {
		if r.Actor != "guard" || r.Subject != "guard" || !strings.Contains(r.Detail, `"address":"192.0.2.1"`) {
			t.Errorf("row %+v", r)
		}
	}
	if !strings.Contains(got[0].Detail, `"means":"password"`) {
		t.Errorf("login %s", got[0].Detail)
	}
}

// TestGuessingIsAuditedAndBounded guesses at one account and at names that are none.
func TestGuessingIsAuditedAndBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "d.db")
	db, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := auth.EnsureAccounts(t.Context(), db, []auth.Account{guard()}); err != nil {
		t.Fatal(err)
	}
	m, err := auth.New(auth.DefaultConfig(), db, db.Sessions(), false)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	try := func(user, address string) {
		t.Helper()
		_, _, err := m.Login(t.Context(), auth.LoginRequest{Username: user, Password: "S3cret guess", Address: address}, now)
		if err == nil {
			t.Fatalf("%s logged in", user)
		}
	}
	flush := func(all bool) []store.AuditEntry {
		t.Helper()
		before := len(sessionRows(t, db))
		if err := m.FlushRefused(t.Context(), now, all); err != nil {
			t.Fatal(err)
		}
		return sessionRows(t, db)[before:]
	}
	for range 9 { // 5 wrong, then a wait
		try("guard", "10.0.0.1:1")
	}
	rows := flush(false)
	if len(rows) != 2 || rows[0].Action != "session.refused" || rows[1].Action != "session.locked" {
		t.Fatalf("after guessing %+v", rows)
	}
	for _, r := range rows {
		if r.Actor != "system" || r.Subject != "guard" || !strings.Contains(r.Detail, `"10.0.0.1"`) || !strings.Contains(r.Detail, `"means":"password"`) {
			t.Errorf("row %+v", r)
		}
	}
	if !strings.Contains(rows[0].Detail, `"count":9`) || !strings.Contains(rows[0].Detail, `"reason":"wait"`) || !strings.Contains(rows[1].Detail, `"count":1`) || !strings.Contains(rows[1].Detail, `"wait_s":1`) {
		t.Errorf("details %s %s", rows[0].Detail, rows[1].Detail)
	}
	now = now.Add(10 * time.Second)
	try("guard", "10.0.0.2:1")
	if rows = flush(false); len(rows) != 0 {
		t.Errorf("twice in a minute: %+v", rows)
	}
	now = now.Add(time.Minute)
	if rows = flush(false); len(rows) != 1 || !strings.Contains(rows[0].Detail, `"addresses":["10.0.0.2"],"count":1`) {
		t.Errorf("a minute later: %+v", rows)
	}
	now = now.Add(time.Hour)
	for i := range 40 {
		try(fmt.Sprintf("Pa55word%d", i), fmt.Sprintf("10.1.%d.1:1", i))
		try(fmt.Sprintf("Pa55word%d", i), fmt.Sprintf("10.1.%d.1:1", i))
	}
	rows = flush(true)
	if n := len(rows); n != 21 { // 20 addresses, and all others
		t.Errorf("%d rows of names that are no account", n)
	}
	for _, r := range rows {
		if strings.Contains(r.Subject+r.Detail, "Pa55") || r.Subject != "Pa5…" && r.Subject != "…" || !strings.Contains(r.Detail, `"account":"unknown"`) {
			t.Errorf("row %+v", r)
		}
	}
	for _, r := range sessionRows(t, db) {
		if strings.Contains(r.Detail, "S3cret") {
			t.Errorf("the audit has a password: %s", r.Detail)
		}
	}
	if v, err := store.Verify(t.Context(), path); err != nil || v.Rows == 0 {
		t.Errorf("verify: %v %+v", err, v)
	}
}

// TestRefusedAreKeptUntilTheyCanBeWritten lets the first writing fail.
func TestRefusedAreKeptUntilTheyCanBeWritten(t *testing.T) {
	t.Parallel()
	db := newStore(t)
	m, err := auth.New(auth.DefaultConfig(), db, db.Sessions(), false)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if _, _, err := m.Login(t.Context(), auth.LoginRequest{Username: "nobody", Password: "x", Address: "10.0.0.1:1"}, now); !errors.Is(err, auth.ErrCredentials) {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.FlushRefused(gone, now, false); err == nil {
		t.Fatal("written without a context")
	}
	if err := m.FlushRefused(t.Context(), now, false); err != nil {
		t.Fatal(err)
	}
	if rows := sessionRows(t, db); len(rows) != 1 || !strings.Contains(rows[0].Detail, `"count":1`) {
		t.Errorf("audit %+v", rows)
	}
}
