package main_test

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBrowser follows one visitor and one pressed button from the device to the screen of an
// operator, who acknowledges; and through a restart of the program. It does not run beside
// other tests, because it measures what a person sees.
func TestBrowser(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	tools := findBrowser(t)
	demo, at := startDemo(t, dir, "--no-simulator")
	page := openPage(t, tools, at.HTTP, "p-on-screen")
	page.next("live")

	busy := min(load(), 5) // 10 s are too long for anybody
	p := newPublisher(t, "tcp://"+at.MQTT, "browser-test")
	if err := p.Connected(t.Context()); err != nil {
		t.Fatal(err)
	}
	publish := func(topic, payload string) time.Time {
		t.Helper()
		begin := time.Now()
		if err := p.Publish(t.Context(), topic, 1, false, []byte(payload)); err != nil {
			t.Fatal(err)
		}
		return begin
	}
	entered := publish("campus/s012/gate/g1/access", `{"direction":"in","person_kind":"visitor","method":"qr",
		"result":"granted","person":"p-on-screen","registration":"r-1","escorted_by":"t-1","items_checked":true,"celsius":38.6}`)
	pressed := publish("campus/s012/button/e1/call", `{"state":"pressed","place":"guard-room"}`)
	shown := page.next("shown")
	holds(t, "publish to screen: the event in the feed", time.UnixMilli(shown.EventAt).Sub(entered), 2*time.Second, busy)
	holds(t, "publish to screen: the alarm on top", time.UnixMilli(shown.AlarmAt).Sub(pressed), 2*time.Second, busy)
	if want := "紧急告警：城关梨花幼儿园，一键报警1，紧急呼叫"; shown.Text != want {
		t.Errorf("announced %q, want %q", shown.Text, want)
	}

	acked := page.next("acknowledged")
	b := login(t, at.HTTP, "operator")
	before := onServer(t, b, shown.ID)
	if before.Rule != "emergency_call" || before.Site != "s012" || before.State != "acked" {
		t.Errorf("the alarm that was acknowledged is %+v", before)
	}
	before.stands(t, "in the operator's page", acked.Text)
	before.stands(t, "in the other browser", acked.Other)
	raised, err := all[alarm](b, "/api/v1/alarms?site=s012&rule=fever")
	if err != nil || len(raised) != 1 || raised[0].State == "acked" || raised[0].AckedBy != "" {
		t.Errorf("the fever is %+v (%v), want one that nobody has acknowledged", raised, err)
	}

	publish("campus/s004/button/e1/call", `{"state":"pressed","place":"guard-room"}`)
	page.goOn()
	worked := page.next("handed over")
	for _, note := range []string{"误触，已复位", "等待复位", "已联系门卫", "确认属实"} {
		if !strings.Contains(worked.Text, note) {
			t.Errorf("the hand-over sheet does not say %q:\n%s", note, worked.Text)
		}
	}
	onDesk(t, b, worked.ID)

	page.goOn()
	if code := demo.signal(interrupt); code != 0 {
		t.Fatalf("Ctrl-C: exit code %d", code)
	}
	t.Logf("the page says calmly: %s", strings.Join(strings.Fields(page.next("lost").Text), " "))
	begin := time.Now()
	_, again := startDemo(t, dir, "--no-simulator", "--http", strings.TrimPrefix(at.HTTP, "http://"))
	if again.HTTP != at.HTTP {
		t.Fatalf("started again at %s, want %s", again.HTTP, at.HTTP)
	}
	back := page.next("back")
	t.Logf("the open page is live %v after the start", time.Since(begin).Round(time.Millisecond))
	after := onServer(t, login(t, again.HTTP, "operator"), shown.ID)
	if after.State != "acked" || !after.AckedAt.Equal(before.AckedAt) || after.AckedBy != before.AckedBy {
		t.Errorf("after the restart the alarm is %+v, was %+v", after, before)
	}
	after.stands(t, "in the page that stayed open", back.Text)
	after.stands(t, "after a reload", page.next("reloaded").Text)
	for _, fault := range page.next("faults").Faults {
		t.Error(fault)
	}
	page.mustEnd()
}

// shownAlarm is an alarm with the time of its acknowledgement.
type shownAlarm struct {
	alarm
	AckedAt time.Time `json:"acked_at"`
}

// onServer reads an alarm by REST.
func onServer(t *testing.T, b *browser, id string) shownAlarm {
	t.Helper()
	acknowledged(t, b, id)
	var one struct{ Alarm shownAlarm }
	if err := b.get("/api/v1/alarms/"+id, &one); err != nil {
		t.Fatal(err)
	}
	if one.Alarm.AckedBy != "operator" || time.Since(one.Alarm.AckedAt).Abs() > patience {
		t.Errorf("the alarm is acknowledged by %q at %v, want operator, just now", one.Alarm.AckedBy, one.Alarm.AckedAt)
	}
	return one.Alarm
}

// onDesk compares what the page did to an alarm with the server's audit.
func onDesk(t *testing.T, b *browser, id string) {
	t.Helper()
	var one struct {
		Alarm struct {
			Site, State, Verdict, Assignee, Note string
			Attachments                          int
		}
		Audit []struct{ Action, By string }
	}
	if err := b.get("/api/v1/alarms/"+id, &one); err != nil {
		t.Fatal(err)
	}
	if a := one.Alarm; a.Site != "s004" || a.State != "normal" || a.Verdict != "confirmed" || a.Assignee != "operator" || a.Attachments != 1 {
		t.Errorf("the alarm that was handed over is %+v", a)
	}
	var actions []string
	for _, e := range one.Audit {
		if e.By == "operator" {
			actions = append(actions, e.Action)
		}
	}
	if got := strings.Join(actions, " "); got != "assign comment attach confirm ack shelve unshelve ack close" {
		t.Errorf("the audit says %q", got)
	}
}

// stands compares who and when on the screen with the server's.
func (a shownAlarm) stands(t *testing.T, where, text string) {
	t.Helper()
	at := a.AckedAt.In(time.FixedZone("Asia/Shanghai", 8*60*60)) // no summer time since 1992
	// After midnight a time of the day before is shown with its date.
	today, before := a.AckedBy+" "+at.Format("15:04:05"), a.AckedBy+" "+at.Format("01-02 15:04")
	if text = strings.TrimSpace(text); text != today && text != before {
		t.Errorf("%s stands %q, want %q", where, text, today)
	}
}

// seen is what the script in the browser tells.
type seen struct {
	Step    string   `json:"step"`
	Error   string   `json:"error"`
	ID      string   `json:"id"`
	EventAt int64    `json:"event_at"` // Unix milliseconds
	AlarmAt int64    `json:"alarm_at"` // Unix milliseconds
	Text    string   `json:"text"`
	Other   string   `json:"other"`
	Faults  []string `json:"faults"`
}

// openedPage is the script dashboard/web/e2e/system.ts with its browser.
type openedPage struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stderr output
	said   chan seen
	exited chan struct{}
}

// openPage starts the script, which signs in and waits for a gate's event with the person.
func openPage(t *testing.T, tools browserTools, origin, person string) *openedPage {
	t.Helper()
	return openScript(t, tools, "system", map[string]any{
		"origin": origin, "user": "operator", "password": password, "person": person, "desk": "s004",
		"artifacts": t.ArtifactDir(), "patience": patience.Milliseconds(),
	})
}

// openScript starts a script of dashboard/web/e2e and tells it what it needs to know.
func openScript(t *testing.T, tools browserTools, name string, options map[string]any) *openedPage {
	t.Helper()
	p := &openedPage{t: t, said: make(chan seen, 16), exited: make(chan struct{})}
	p.cmd = exec.Command(tools.node, filepath.Join("e2e", "run.mjs"), name)
	p.cmd.Dir, p.cmd.Stderr = tools.web, &p.stderr
	p.cmd.Env = append(cleanEnviron(), "CHROMIUM="+tools.chromium)
	p.cmd.SysProcAttr = endsWithUs()
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start node: %v", err)
	}
	go p.read(stdout)
	t.Cleanup(p.close)
	p.tell(options)
	return p
}

// browserTools are the paths of what a test with a browser needs.
type browserTools struct{ node, chromium, web string }

// findBrowser finds the tools, or fails and says how to get them.
func findBrowser(t *testing.T) (tools browserTools) {
	t.Helper()
	var err error
	if tools.node, err = exec.LookPath("node"); err != nil {
		t.Fatalf("this test needs Node 20 or newer (Debian: apt-get install nodejs npm): %v", err)
	}
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		chromium = "chromium"
	}
	if tools.chromium, err = exec.LookPath(chromium); err != nil {
		t.Fatalf("this test needs Chromium (Debian: apt-get install chromium fonts-noto-cjk), or CHROMIUM=<path of one>: %v", err)
	}
	if tools.web, err = filepath.Abs(filepath.Join("..", "..", "dashboard", "web")); err != nil {
		t.Fatal(err)
	}
	for _, module := range []string{"playwright-core", "vite"} {
		if !exists(filepath.Join(tools.web, "node_modules", module)) {
			t.Fatalf("dashboard/web/node_modules holds no %s: `make test` installs it, `make dashboard/web/node_modules` installs nothing else", module)
		}
	}
	return tools
}

// read passes on what the script says, until it ends.
func (p *openedPage) read(stdout io.Reader) {
	defer close(p.exited)
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		var s seen
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			s = seen{Step: "failed", Error: "not JSON: " + lines.Text()}
		}
		p.said <- s
	}
	close(p.said)
	_ = p.cmd.Wait() // the exit code is in ProcessState
}

// close takes away its input, upon which the script closes its browser and ends.
func (p *openedPage) close() {
	_ = p.stdin.Close()
	go func() {
		for range p.said { // nobody listens any more
		}
	}()
	select {
	case <-p.exited:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
	if p.t.Failed() {
		p.t.Logf("the browser's script said last:\n%s", tailOf(p.stderr.String()))
	}
}

func (p *openedPage) tell(what any) {
	p.t.Helper()
	line, err := json.Marshal(what)
	if err == nil {
		_, err = p.stdin.Write(append(line, '\n'))
	}
	if err != nil {
		p.t.Fatalf("tell the browser's script: %v", err)
	}
}

// goOn answers the script where it waits for the test.
func (p *openedPage) goOn() {
	p.t.Helper()
	p.tell(map[string]any{})
}

// next waits for a step of the script.
func (p *openedPage) next(step string) seen {
	p.t.Helper()
	select {
	case s, ok := <-p.said:
		if !ok {
			p.t.Fatalf("the browser's script ended before %q", step)
		}
		if s.Step != step {
			p.t.Fatalf("the browser's script said %q, want %q: %s", s.Step, step, s.Error)
		}
		return s
	case <-time.After(patience):
		p.t.Fatalf("nothing from the browser within %v, want %q", patience, step)
		return seen{}
	}
}

// mustEnd waits until the script has ended by itself, content.
func (p *openedPage) mustEnd() {
	p.t.Helper()
	select {
	case <-p.exited:
		if code := p.cmd.ProcessState.ExitCode(); code != 0 {
			p.t.Errorf("the browser's script: exit code %d", code)
		}
	case <-time.After(patience):
		p.t.Errorf("the browser's script does not end")
	}
}
