package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg" // what cameras send
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// addresses is what the demo writes when everything listens.
type addresses struct {
	HTTP   string `json:"http"`
	MQTT   string `json:"mqtt"`
	Influx string `json:"influx"`
}

// startDemo starts a demo and waits until it listens.
func startDemo(t *testing.T, dir string, args ...string) (*process, addresses) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, "addresses.json")); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	args = append([]string{"demo", "--data-dir", dir, "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--influx", "127.0.0.1:0"}, args...)
	p := launch(t, "demo", builtAt, []string{"CAMPUSGATE_DEMO_PASSWORD=" + password}, args...)
	var at addresses
	eventually(t, "the demo listens", func() string {
		p.mustRun()
		text, err := os.ReadFile(filepath.Join(dir, "addresses.json"))
		if err != nil {
			return err.Error()
		}
		if err := json.Unmarshal(text, &at); err != nil {
			t.Fatalf("addresses.json: %v: %s", err, text)
		}
		return ""
	})
	return p, at
}

// load is how many processes there are to a processor: times that a person sees are held
// on a machine that has nothing else to do, and measured on any.
func load() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 1
	}
	var now float64
	if _, err := fmt.Sscan(string(text), &now); err != nil {
		return 1
	}
	return max(1, now)
}

// holds compares a time with its limit, which a busy machine gets more of.
func holds(t *testing.T, what string, took, limit time.Duration, load float64) {
	t.Helper()
	t.Logf("%s after %v (limit %v, load %.1f)", what, took.Round(10*time.Millisecond), limit, load)
	if took > time.Duration(load*float64(limit)) {
		t.Errorf("%s after %v, want %v at a load of 1, at most %.0f times that here", what, took, limit, load)
	}
}

// TestDemo walks the way of somebody who tries the program for the first time.
func TestDemo(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	busy := load()
	begin := time.Now()
	demo, at := startDemo(t, dir)
	b := login(t, at.HTTP, "operator")
	live := b.follow("feed", "alarms")
	first := live.next("the first live event", "feed", func(r row) bool { return r.event().ID != "" })
	holds(t, "first live event", first.at.Sub(begin), 10*time.Second, busy)
	raised := live.next("the first incident", "alarms", func(r row) bool { return r.alarm().State == "unack" })
	a := raised.alarm()
	holds(t, "first alarm, "+a.Rule, raised.at.Sub(begin), 60*time.Second, busy)

	acknowledge(t, b, a.ID)
	// A momentary alarm, such as a fever, leaves the queue when it is acknowledged.
	live.next("the acknowledgement on the page", "alarms", func(r row) bool {
		now := r.alarm()
		return r.key == a.ID && (len(r.json) == 0 || now.State == "acked")
	})
	live.close()
	lookAtCamera(t, b)

	if code := demo.signal(interrupt); code != 0 {
		t.Fatalf("Ctrl-C: exit code %d", code)
	}
	for _, addr := range []string{strings.TrimPrefix(at.HTTP, "http://"), at.MQTT, strings.TrimPrefix(at.Influx, "http://")} {
		if listens(addr) {
			t.Errorf("%s still listens after the stop", addr)
		}
	}
	nothingLostAtStop(t, dir, demo.stdout.String())

	_, at = startDemo(t, dir)
	b = login(t, at.HTTP, "operator")
	if got := acknowledged(t, b, a.ID); got.AckedBy != "operator" {
		t.Errorf("after the restart the alarm is %+v, want it acknowledged", got)
	}
	again := b.follow("feed")
	restarted := time.Now()
	again.next("an event of the second run", "feed", func(r row) bool { return r.event().ReceivedAt.After(restarted) })
}

// lookAtCamera looks at a camera of the demo, which has painted pictures for every one.
func lookAtCamera(t *testing.T, b *browser) {
	t.Helper()
	status, body, err := b.do(http.MethodPost, "/api/v1/cameras/s012/c001/look", map[string]any{"kind": "snapshot", "reason": "trial", "unit": "centre", "person": "Wang"})
	if err != nil || status != http.StatusOK {
		t.Fatalf("asking to look: %d %s %v", status, body, err)
	}
	var grant struct{ Look struct{ ID string } }
	if err := json.Unmarshal(body, &grant); err != nil {
		t.Fatal(err)
	}
	status, body, err = b.do(http.MethodGet, "/api/v1/looks/"+grant.Look.ID+"/snapshot", nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("looking: %d %.200s %v", status, body, err)
	}
	img, format, err := image.Decode(bytes.NewReader(body))
	if err != nil || format != "jpeg" || img.Bounds().Dx() < 640 {
		t.Errorf("the picture is %v of format %q (%v)", img, format, err)
	}
}

// acknowledge acknowledges an alarm by REST, as somebody does who may be a moment late.
func acknowledge(t *testing.T, b *browser, id string) {
	t.Helper()
	eventually(t, "acknowledge", func() string {
		var one struct{ Alarm alarm }
		if err := b.get("/api/v1/alarms/"+id, &one); err != nil {
			return err.Error()
		}
		status, body, err := b.do(http.MethodPost, "/api/v1/alarms/"+id+"/ack", map[string]any{"rev": one.Alarm.Rev, "note": "seen"})
		switch {
		case err != nil:
			return err.Error()
		case status == http.StatusConflict: // the incident has grown meanwhile
			return string(body)
		case status != http.StatusOK:
			t.Fatalf("acknowledge: %d %s", status, body)
		}
		return ""
	})
}

// acknowledged reads an alarm and proves by its audit that it was acknowledged.
func acknowledged(t *testing.T, b *browser, id string) alarm {
	t.Helper()
	var one struct {
		Alarm alarm `json:"alarm"`
		Audit []struct {
			By     string `json:"by"`
			Action string `json:"action"`
		} `json:"audit"`
	}
	if err := b.get("/api/v1/alarms/"+id, &one); err != nil {
		t.Fatal(err)
	}
	for _, entry := range one.Audit {
		if entry.Action == "ack" && entry.By == "operator" {
			return one.Alarm
		}
	}
	t.Errorf("no acknowledgement in the audit %+v", one.Audit)
	return one.Alarm
}

// nothingLostAtStop compares what the simulator says was acknowledged with the points in
// the InfluxDB that the demo left.
func nothingLostAtStop(t *testing.T, dir, printed string) {
	t.Helper()
	want := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^  (\w+) +(\d+)$`).FindAllStringSubmatch(printed, -1) {
		want[m[1]], _ = strconv.Atoi(m[2])
	}
	if !strings.Contains(printed, "acknowledged: ") || want[string(event.TypeDeviceStatus)] == 0 {
		t.Fatalf("the demo printed no totals:\n%s", printed)
	}
	port := freePort(t)
	db := influxdb(t, port, filepath.Join(dir, "influxdb"))
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	eventually(t, "the InfluxDB of the demo", func() string {
		db.mustRun()
		if !listens(strings.TrimPrefix(base, "http://")) {
			return "does not listen"
		}
		return ""
	})
	for measurement, n := range want {
		// The gateway itself is a device of the site "county"; the simulator is not.
		q := fmt.Sprintf(`SELECT count("event_id") FROM %q WHERE "site" != 'county'`, measurement)
		_, body, err := fetch(t, base+"/query?db=campusgate&q="+url.QueryEscape(q))
		if err != nil {
			t.Fatal(err)
		}
		var answer struct {
			Results []struct {
				Series []struct {
					Values [][]any `json:"values"`
				} `json:"series"`
			} `json:"results"`
		}
		if err := json.Unmarshal(body, &answer); err != nil || len(answer.Results) != 1 || len(answer.Results[0].Series) != 1 {
			t.Fatalf("%s: %v %s", q, err, body)
		}
		if got := answer.Results[0].Series[0].Values[0][1]; got != float64(n) {
			t.Errorf("%s: %v points in InfluxDB, %d acknowledged", measurement, got, n)
		}
	}
	t.Logf("acknowledged and stored: %v", want)
	if code := db.signal(terminate); code != 0 {
		t.Fatalf("influxdb: exit code %d", code)
	}
}

// TestPublishByHand does what README tells a person to do, word for word.
func TestPublishByHand(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`mosquitto_pub .*-t (\S+) -m \\\n\s+'([^']+)'`).FindStringSubmatch(string(readme))
	if command == nil {
		t.Fatal("README.md shows no mosquitto_pub command")
	}
	topic, payload := command[1], command[2]
	demo, at := startDemo(t, filepath.Join(t.TempDir(), "data"), "--no-simulator")
	b := login(t, at.HTTP, "operator")
	live := b.follow("feed")
	p := newPublisher(t, "tcp://"+at.MQTT, "by-hand")
	if err := p.Publish(t.Context(), topic, 1, false, []byte(payload)); err != nil {
		t.Fatal(err)
	}
	seen := live.next("the event in the feed", "feed", func(r row) bool {
		e := r.event()
		return e.Gate != nil && e.Gate.Person == "p-test"
	}).event()
	eventually(t, "the event in the gate log", func() string {
		rows, err := all[event.Event](b, "/api/v1/gate-log?site=s012")
		if err != nil {
			return err.Error()
		}
		if !slices.ContainsFunc(rows, func(e event.Event) bool { return e.ID == seen.ID }) {
			return fmt.Sprintf("%d rows, none of them it", len(rows))
		}
		return ""
	})
	eventually(t, "the alarms that README names", func() string {
		alarms, err := all[alarm](b, "/api/v1/alarms?site=s012")
		if err != nil {
			return err.Error()
		}
		for _, rule := range []string{"fever", "visitor_unregistered", "visitor_items_unchecked"} {
			if !slices.ContainsFunc(alarms, func(a alarm) bool { return a.Rule == rule && a.Site == "s012" }) {
				return fmt.Sprintf("no %s among %+v", rule, alarms)
			}
		}
		return ""
	})
	if code := demo.signal(terminate); code != 0 {
		t.Fatalf("exit code %d", code)
	}
}
