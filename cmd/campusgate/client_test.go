package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/campusgate/campusgate/gateway/event"
)

// fetch gets a page without a session.
func fetch(t testing.TB, url string) (int, []byte, error) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

// browser is somebody who is logged in at the dashboard.
type browser struct {
	t    testing.TB
	base string
	jar  http.CookieJar
	http http.Client
}

// login waits until the dashboard lets the user in.
func login(t testing.TB, base, user string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, base: base, jar: jar, http: http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}}
	eventually(t, "log in as "+user, func() string {
		status, body, err := b.do(http.MethodPost, "/api/v1/login", map[string]string{"username": user, "password": password})
		switch {
		case err != nil:
			return err.Error()
		case status == http.StatusUnauthorized:
			t.Fatalf("log in as %s: %s", user, body)
		case status != http.StatusOK:
			return fmt.Sprintf("%d %s", status, body)
		}
		return ""
	})
	return b
}

func (b *browser) do(method, path string, body any) (int, []byte, error) {
	var text io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		text = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, text)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := b.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	return res.StatusCode, answer, err
}

// get reads a path into a value; anything but 200 is an error.
func (b *browser) get(path string, into any) error {
	status, body, err := b.do(http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("GET %s: %d %s", path, status, body)
	}
	return json.Unmarshal(body, into)
}

// listing is a page of any list.
type listing[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// all reads every page of a list. path ends in what cursors can be appended to.
func all[T any](b *browser, path string) ([]T, error) {
	var out []T
	for cursor := ""; ; {
		var page listing[T]
		if err := b.get(path+"&cursor="+url.QueryEscape(cursor), &page); err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
		if page.Next == "" {
			return out, nil
		}
		cursor = page.Next
	}
}

// alarm is what the tests look at in an alarm.
type alarm struct {
	ID      string `json:"id"`
	Rule    string `json:"rule"`
	State   string `json:"state"`
	Rev     int64  `json:"rev"`
	Site    string `json:"site"`
	Device  string `json:"device"`
	EventID string `json:"event_id"`
	AckedBy string `json:"acked_by"`
}

// follower is a websocket that follows channels of the dashboard.
type follower struct {
	t    testing.TB
	conn *websocket.Conn
	rows chan row
	done chan struct{}
}

// row is a row of a channel as it came, by snapshot or by delta; json is empty when it left.
type row struct {
	channel string
	key     string // "" in a snapshot
	at      time.Time
	json    json.RawMessage
}

// follow opens a websocket and subscribes.
func (b *browser) follow(channels ...string) *follower {
	b.t.Helper()
	dialer := websocket.Dialer{Jar: b.jar, HandshakeTimeout: 20 * time.Second, Subprotocols: []string{"campus.live.v1"}}
	address := "ws" + strings.TrimPrefix(b.base, "http") + "/api/v1/live"
	conn, res, err := dialer.DialContext(b.t.Context(), address, http.Header{"Origin": {b.base}})
	if err != nil {
		b.t.Fatalf("open websocket: %v (%v)", err, res)
	}
	_ = res.Body.Close()
	f := &follower{t: b.t, conn: conn, rows: make(chan row, 100_000), done: make(chan struct{})}
	for _, ch := range channels {
		if err := conn.WriteJSON(map[string]string{"t": "sub", "ch": ch}); err != nil {
			b.t.Fatal(err)
		}
	}
	go f.read()
	b.t.Cleanup(f.close)
	return f
}

func (f *follower) close() {
	_ = f.conn.Close()
	<-f.done
}

func (f *follower) read() {
	defer close(f.done)
	for {
		var m struct {
			T    string              `json:"t"`
			Ch   string              `json:"ch"`
			Rows []json.RawMessage   `json:"rows"`
			Ops  [][]json.RawMessage `json:"ops"`
		}
		if err := f.conn.ReadJSON(&m); err != nil {
			return
		}
		now := time.Now()
		for _, r := range m.Rows {
			f.note(row{channel: m.Ch, at: now, json: r})
		}
		for _, op := range m.Ops {
			r := row{channel: m.Ch, at: now}
			if json.Unmarshal(op[1], &r.key) == nil && len(op) == 3 {
				r.json = op[2]
			}
			f.note(r)
		}
	}
}

// note drops rows that no test is waiting for any more.
func (f *follower) note(r row) {
	select {
	case f.rows <- r:
	default:
	}
}

// next waits for a row of a channel that fits.
func (f *follower) next(what, channel string, fits func(row) bool) row {
	f.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case r := <-f.rows:
			if r.channel == channel && fits(r) {
				return r
			}
		case <-f.done:
			f.t.Fatalf("%s: the websocket ended", what)
		case <-deadline:
			f.t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// alarm and event read the row; what it is not is left zero.
func (r row) alarm() (a alarm) {
	_ = json.Unmarshal(r.json, &a)
	return a
}

func (r row) event() (e event.Event) {
	_ = json.Unmarshal(r.json, &e)
	return e
}
