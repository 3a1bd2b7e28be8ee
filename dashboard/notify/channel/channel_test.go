package channel_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/dashboard/notify/channel"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "SEC0123456789"

func now() time.Time { return time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC) }

func message() *channel.Message {
	return &channel.Message{
		ID: "0123456789abcdef0123", AlarmID: "a1", Rule: "gas", Severity: event.SeverityCritical, Site: "s1", Device: "k1", Reason: "raise",
		Title: event.Text{ZH: "【紧急】城关小学：燃气超限", EN: "[CRITICAL] Chengguan primary: gas"},
		Body:  event.Text{ZH: "设备：[厨房](http://evil) <b>", EN: "Device: kitchen"}, StartedAt: now(), At: now(),
	}
}

func file(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// seen is what a server got.
type seen struct {
	query  map[string][]string
	header http.Header
	path   string
	raw    []byte
	body   map[string]any
}

// serve answers every request with status and text, and makes the channel that asks it.
func serve(t *testing.T, kind string, status int, answer string, change ...func(http.Header, *channel.Config)) (channel.Channel, *seen) {
	t.Helper()
	got := &seen{}
	cfg := channel.Config{Name: "x", Type: kind, SecretFile: file(t, secret), Timeout: 5 * time.Second}
	head := http.Header{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got.query, got.header, got.path = r.URL.Query(), r.Header, r.URL.Path
		got.raw, _ = io.ReadAll(r.Body)
		_ = json.Unmarshal(got.raw, &got.body)
		for k, v := range head {
			w.Header()[k] = v
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	if kind == channel.Webhook || kind == channel.Alertmanager {
		cfg.URL = server.URL + "/x"
	} else {
		cfg.URLFile = file(t, server.URL+"/robot/send?access_token=verysecret")
	}
	for _, c := range change {
		c(head, &cfg)
	}
	c, err := channel.New(cfg, channel.Deps{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, got
}

func mac(key, text string) string {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

func TestWeComMarkdown(t *testing.T) {
	t.Parallel()
	c, got := serve(t, channel.WeCom, 200, `{"errcode":0,"errmsg":"ok"}`)
	if err := c.Send(t.Context(), message(), ""); err != nil {
		t.Fatal(err)
	}
	text := got.body["markdown"].(map[string]any)["content"].(string)
	if got.body["msgtype"] != "markdown" || !strings.HasPrefix(text, "### 【紧急】城关小学") || strings.Contains(text, "](http://evil") || strings.Contains(text, "<b>") {
		t.Errorf("sent %s", text)
	}
	long := message()
	long.Body.ZH = strings.Repeat("很长", 4000)
	if err := c.Send(t.Context(), long, ""); err != nil {
		t.Fatal(err)
	}
	if text := got.body["markdown"].(map[string]any)["content"].(string); len(text) > 4096 || !utf8.ValidString(text) {
		t.Errorf("%d bytes", len(text))
	}
}

func TestDingTalkSigns(t *testing.T) {
	t.Parallel()
	c, got := serve(t, channel.DingTalk, 200, `{"errcode":0,"errmsg":"ok"}`)
	if err := c.Send(t.Context(), message(), ""); err != nil {
		t.Fatal(err)
	}
	stamp := fmt.Sprint(now().UnixMilli())
	if got.query["timestamp"][0] != stamp || got.query["sign"][0] != mac(secret, stamp+"\n"+secret) || got.query["access_token"][0] != "verysecret" {
		t.Errorf("asked with %v", got.query)
	}
	if m := got.body["markdown"].(map[string]any); m["title"] != "【紧急】城关小学：燃气超限" {
		t.Errorf("sent %v", m)
	}
}

func TestFeishuSigns(t *testing.T) {
	t.Parallel()
	c, got := serve(t, channel.Feishu, 200, `{"code":0,"msg":"success","data":{}}`)
	if err := c.Send(t.Context(), message(), ""); err != nil {
		t.Fatal(err)
	}
	stamp := fmt.Sprint(now().Unix())
	if got.body["timestamp"] != stamp || got.body["sign"] != mac(stamp+"\n"+secret, "") || got.body["msg_type"] != "text" {
		t.Errorf("sent %v", got.body)
	}
}

func TestWebhookSigns(t *testing.T) {
	t.Parallel()
	c, got := serve(t, channel.Webhook, 204, "")
	if err := c.Send(t.Context(), message(), ""); err != nil {
		t.Fatal(err)
	}
	stamp := got.header.Get(channel.HeaderTimestamp)
	if got.header.Get(channel.HeaderSignature) != "sha256="+channel.Signature(secret, stamp, got.raw) || got.header.Get(channel.HeaderDelivery) != message().ID {
		t.Errorf("headers %v", got.header)
	}
	if channel.Signature(secret, stamp, append(got.raw, ' ')) == strings.TrimPrefix(got.header.Get(channel.HeaderSignature), "sha256=") {
		t.Error("another body has the same signature")
	}
	if got.body["severity"] != "critical" || got.body["alarm_id"] != "a1" {
		t.Errorf("sent %s", got.raw)
	}
}

func TestAlertmanagerBeginsAndEnds(t *testing.T) {
	t.Parallel()
	c, got := serve(t, channel.Alertmanager, 200, "")
	m := message()
	read := func() channel.Alert {
		var alerts []channel.Alert
		if err := json.Unmarshal(got.raw, &alerts); err != nil || len(alerts) != 1 {
			t.Fatalf("%v in %s", err, got.raw)
		}
		return alerts[0]
	}
	if err := c.Send(t.Context(), m, ""); err != nil {
		t.Fatal(err)
	}
	first := read()
	if got.path != "/x/api/v2/alerts" || first.Labels["alertname"] != "gas" || first.Labels["severity"] != "critical" || !first.EndsAt.After(now().Add(time.Hour)) {
		t.Errorf("at %s: %+v", got.path, first)
	}
	over := now().Add(time.Minute)
	m.ClearedAt, m.Reason = &over, "clear"
	if err := c.Send(t.Context(), m, ""); err != nil {
		t.Fatal(err)
	}
	if second := read(); !second.EndsAt.Equal(over) || fmt.Sprint(second.Labels) != fmt.Sprint(first.Labels) {
		t.Errorf("then %+v", second)
	}
}

// Errors inside 200, statuses and their meaning for the next try; none of them shows the
// address, which is a secret.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind    string
		status  int
		answer  string
		after   string // Retry-After
		wait    time.Duration
		slow    bool
		lasting bool
	}{
		{channel.WeCom, 200, `{"errcode":93000,"errmsg":"invalid webhook url"}`, "", 0, false, true},
		{channel.WeCom, 200, `{"errcode":45009,"errmsg":"api freq out of limit"}`, "", time.Minute, true, false},
		{channel.WeCom, 200, `{"errcode":-1,"errmsg":"system busy"}`, "", 0, false, false},
		{channel.WeCom, 200, `<html>login</html>`, "", 0, false, false},
		{channel.WeCom, 200, `{}`, "", 0, false, false},
		{channel.DingTalk, 200, `{"errcode":310000,"errmsg":"sign not match"}`, "", 0, false, true},
		{channel.DingTalk, 200, `{"errcode":130101,"errmsg":"send too fast"}`, "", 10 * time.Minute, true, false},
		{channel.Feishu, 200, `{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time"}`, "", 0, false, true},
		{channel.Feishu, 200, `{"code":11232,"msg":"frequency limited"}`, "", 10 * time.Second, true, false},
		{channel.Feishu, 400, `{"code":9499,"msg":"Bad Request"}`, "", 0, false, true},
		{channel.Webhook, 429, ``, "120", 2 * time.Minute, true, false},
		{channel.Webhook, 429, ``, "999999", time.Hour, true, false},
		{channel.Webhook, 429, ``, "soon", 0, true, false},
		{channel.Webhook, 503, ``, "5", 5 * time.Second, false, false},
		{channel.Webhook, 500, ``, "", 0, false, false},
		{channel.Webhook, 302, ``, "", 0, false, true},
		{channel.Webhook, 401, ``, "", 0, false, true},
		{channel.Alertmanager, 400, `bad`, "", 0, false, true},
	} {
		ch, _ := serve(t, c.kind, c.status, c.answer, func(h http.Header, _ *channel.Config) {
			if c.after != "" {
				h.Set("Retry-After", c.after)
			}
			h.Set("Location", "http://127.0.0.1:1/")
		})
		err := ch.Send(t.Context(), message(), "")
		var e *channel.Error
		if !errors.As(err, &e) || e.After != c.wait || e.Slow != c.slow || e.Lasting != c.lasting {
			t.Errorf("%s %d %s: %#v", c.kind, c.status, c.answer, err)
		}
		if err != nil && strings.Contains(err.Error(), "verysecret") {
			t.Errorf("%s shows its address: %v", c.kind, err)
		}
	}
}

func TestUnreachableShowsNoAddress(t *testing.T) {
	t.Parallel()
	c, err := channel.New(channel.Config{Name: "x", Type: channel.WeCom, URLFile: file(t, "http://127.0.0.1:1/send?key=verysecret")}, channel.Deps{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Send(t.Context(), message(), ""); err == nil || strings.Contains(err.Error(), "verysecret") {
		t.Errorf("got %v", err)
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hold }))
	defer server.Close()
	defer close(hold)
	c, err := channel.New(channel.Config{Name: "x", Type: channel.Webhook, URL: server.URL, SecretFile: file(t, secret)}, channel.Deps{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := c.Send(ctx, message(), ""); err == nil {
		t.Error("it was taken")
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"家长 13812345678 来电":         "家长 138****5678 来电",
		"证件11010519491231002X无效":    "证件110***********002X无效",
		"mail to zhang@example.org": "mail to z***@example.org",
		"温度 38.2 于 20261124120000":  "温度 38.2 于 20261124120000",
		"卡 0138123456789 不是电话":      "卡 0138123456789 不是电话",
	} {
		if got := channel.Mask(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// Whatever is cut is no longer than asked for, valid, and the beginning of what it was.
func TestCut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, n := rapid.String().Draw(t, "s"), rapid.IntRange(3, 60).Draw(t, "n")
		got := channel.Cut(s, n)
		if len(got) > n || !utf8.ValidString(got) || !strings.HasPrefix(s, strings.TrimSuffix(got, "…")) {
			t.Fatalf("%q", got)
		}
	})
}
