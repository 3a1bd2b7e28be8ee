package live_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/campusgate/campusgate/dashboard/live"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestSnapshotThenDeltas(t *testing.T) {
	t.Parallel()
	w := serve(t)
	alarms := w.hub.Channel("alarms")
	alarms.Publish(op(live.Add, "a", "s1", 1), op(live.Add, "b", "s1", 1))
	p := w.dial(t, "scope=*")
	p.say(`{"t":"sub","ch":"alarms"}`)
	p.snapshot("alarms")
	if len(p.rows) != 2 || p.seq["alarms"] != 2 {
		t.Fatalf("snapshot %v at %d", p.rows, p.seq["alarms"])
	}
	alarms.Publish(op(live.Change, "a", "s1", 2), live.Op{Kind: live.Remove, Key: "b", Site: "s1"})
	p.until("both ops", func() bool { return p.seq["alarms"] == 4 })
	if len(p.rows) != 1 || p.rows["a"].V != 2 {
		t.Errorf("rows %v", p.rows)
	}
	p.say(`{"t":"ping"}`)
	if m := p.read(); m.T != "hb" || !bytes.Contains(m.Seq, []byte(`"alarms":4`)) {
		t.Errorf("answer to ping: %+v %s", m, m.Seq)
	}
	p.say(`{"t":"unsub","ch":"alarms"}`)
	p.say(`{"t":"ping"}`)
	if m := p.read(); m.T != "hb" || string(m.Seq) != "{}" {
		t.Errorf("after unsub: %+v %s", m, m.Seq)
	}
}

// Clients that subscribe while changes stream in all end with the same rows, without a gap.
func TestSubscribeUnderLoad(t *testing.T) {
	t.Parallel()
	w := serve(t)
	alarms := w.hub.Channel("alarms")
	const total, clients = 3000, 12
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range total {
			alarms.Publish(op(live.Add, fmt.Sprintf("k%d", i%97), "s1", i))
		}
	})
	for range clients {
		p := w.dial(t, "scope=*")
		wg.Go(func() {
			p.say(`{"t":"sub","ch":"alarms"}`)
			p.until("everything", func() bool { return p.seq["alarms"] == total })
			if len(p.rows) != 97 || p.rows[fmt.Sprintf("k%d", (total-1)%97)].V != total-1 {
				t.Errorf("%d rows", len(p.rows))
			}
		})
	}
	wg.Wait()
}

func TestResumeWithoutLossOrRepeat(t *testing.T) {
	t.Parallel()
	w := serve(t)
	alarms := w.hub.Channel("alarms")
	first := w.dial(t, "scope=*")
	first.say(`{"t":"sub","ch":"alarms"}`)
	first.snapshot("alarms")
	published := make(chan struct{})
	go func() {
		defer close(published)
		for i := range 50 {
			alarms.Publish(op(live.Add, fmt.Sprintf("id%02d", i), "s1", i))
		}
	}()
	first.until("some", func() bool { return len(first.added) > 3 })
	first.conn.Close()
	second := w.dial(t, "scope=*")
	second.say(`{"t":"sub","ch":"alarms","since":{"epoch":%q,"seq":%d}}`, first.epoch, first.seq["alarms"])
	second.until("the rest", func() bool { return second.seq["alarms"] == 50 })
	<-published
	if second.snaps != 0 {
		t.Errorf("%d snapshots after a resume, want none", second.snaps)
	}
	for i := range 50 {
		id := fmt.Sprintf("id%02d", i)
		if n := first.added[id] + second.added[id]; n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
	// With nothing missed the answer is an empty delta, not silence.
	third := w.dial(t, "scope=*")
	third.say(`{"t":"sub","ch":"alarms","since":{"epoch":%q,"seq":50}}`, first.epoch)
	if m := third.read(); m.T != "d" || m.From != 51 || m.To != 50 || len(m.Ops) != 0 {
		t.Errorf("nothing missed: %+v", m)
	}
}

func TestResumeThatCannotBe(t *testing.T) {
	t.Parallel()
	w := serve(t, func(c *live.Config) { c.RingOps = 10 })
	alarms := w.hub.Channel("alarms")
	for i := range 5000 {
		alarms.Publish(op(live.Change, "a", "s1", i))
	}
	p := w.dial(t, "scope=*")
	for name, since := range map[string]string{
		"other epoch": `{"epoch":"zzz","seq":4999}`,
		"too old":     fmt.Sprintf(`{"epoch":%q,"seq":1}`, p.epoch),
		"the future":  fmt.Sprintf(`{"epoch":%q,"seq":5001}`, p.epoch),
	} {
		p.say(`{"t":"sub","ch":"alarms","since":%s}`, since)
		if m := p.read(); m.T != "snap" || string(m.Seq) != "5000" {
			t.Errorf("%s: %+v", name, m)
		}
	}
	clear(p.known) // what follows goes back to an earlier time
	p.say(`{"t":"sub","ch":"alarms","since":{"epoch":%q,"seq":4995}}`, p.epoch)
	if m := p.read(); m.T != "d" || len(m.Ops) != 5 {
		t.Errorf("within the ring: %+v", m)
	}
}

func TestNewEpochBringsWholeSnapshots(t *testing.T) {
	t.Parallel()
	w := serve(t)
	alarms := w.hub.Channel("alarms")
	alarms.Publish(op(live.Add, "gone", "s1", 1))
	p := w.dial(t, "scope=*")
	p.say(`{"t":"sub","ch":"alarms"}`)
	p.snapshot("alarms")
	alarms.Reset([]live.Op{op(live.Add, "new", "s1", 1)})
	w.hub.NewEpoch()
	if code := p.code(); code != live.CloseResync {
		t.Errorf("closed with %d, want %d", code, live.CloseResync)
	}
	q := w.dial(t, "scope=*")
	if q.epoch == p.epoch {
		t.Error("the epoch is the old one")
	}
	q.say(`{"t":"sub","ch":"alarms","since":{"epoch":%q,"seq":1}}`, p.epoch)
	q.snapshot("alarms")
	if len(q.rows) != 1 || q.rows["new"].V != 1 {
		t.Errorf("rows %v", q.rows)
	}
}

func TestScopeIsFailClosed(t *testing.T) {
	t.Parallel()
	w := serve(t)
	guard := w.dial(t, "scope=s1")
	nobody := w.dial(t, "scope=none")
	county := w.dial(t, "scope=*")
	names := []string{"alarms", "devices", "feed", "stats", "secret"}
	publish := func(v int) {
		for _, ch := range names {
			for _, site := range []string{"s1", "s2", "", "county"} {
				w.hub.Channel(ch).Publish(op(live.Add, ch+site+fmt.Sprint(v), site, v))
			}
		}
	}
	publish(1)
	for _, p := range []*page{guard, nobody, county} {
		for _, ch := range names {
			p.say(`{"t":"sub","ch":%q}`, ch)
			p.snapshot(ch)
			for id, r := range p.rows {
				p.added[id]++
				if p == guard && r.Site != "s1" || p == nobody {
					t.Errorf("a snapshot of %s showed %s of site %q", ch, id, r.Site)
				}
			}
			clear(p.rows)
		}
	}
	publish(2)
	county.until("the last of stats", func() bool { return county.added["statscounty2"] == 1 })
	for _, p := range []*page{guard, nobody} {
		p.say(`{"t":"ping"}`)
		for m := p.read(); m.T != "hb"; m = p.read() {
			for id, r := range p.rows {
				if p == nobody || r.Site != "s1" {
					t.Errorf("a frame showed %s of site %q", id, r.Site)
				}
			}
		}
	}
	if n := len(guard.added); n != 6 { // alarms, devices, feed, twice
		t.Errorf("the guard saw %d rows of its own: %v", n, guard.added)
	}
	for id := range county.added {
		if len(id) > 6 && id[:6] == "secret" {
			t.Errorf("a channel without a classifier showed %s", id)
		}
	}
}

func TestFramesAreBounded(t *testing.T) {
	t.Parallel()
	w := serve(t)
	alarms := w.hub.Channel("alarms")
	filler := bytes.Repeat([]byte("x"), 1000)
	burst := func(tag string) {
		ops := make([]live.Op, 900)
		for i := range ops {
			id := fmt.Sprint(tag, i)
			ops[i] = live.Op{Kind: live.Add, Key: id, Site: "s1", Row: fmt.Appendf(nil, `{"id":%q,"pad":%q}`, id, filler)}
		}
		alarms.Publish(ops...)
	}
	burst("a")
	p := w.dial(t, "scope=*")
	p.say(`{"t":"sub","ch":"alarms"}`)
	parts := 0
	for len(p.rows) < 1800 {
		m := p.read()
		if m.length > 256<<10 {
			t.Errorf("a frame of %d bytes", m.length)
		}
		if m.T == "snap" {
			if parts++; m.Part != parts || m.Of < 4 {
				t.Errorf("part %d of %d", m.Part, m.Of)
			}
			if m.Part == m.Of {
				burst("b")
			}
		}
	}
}

func TestCloseCodes(t *testing.T) {
	t.Parallel()
	w := serve(t)
	flood := w.dial(t, "scope=*")
	for range 200 {
		if flood.conn.WriteMessage(websocket.TextMessage, []byte(`{"t":"ping"}`)) != nil {
			break
		}
	}
	if code := flood.code(); code != websocket.ClosePolicyViolation {
		t.Errorf("too many messages: closed with %d", code)
	}
	big := w.dial(t, "scope=*")
	big.say(`{"t":"sub","ch":%q}`, bytes.Repeat([]byte("x"), 40<<10))
	if code := big.code(); code != websocket.CloseMessageTooBig {
		t.Errorf("too large a message: closed with %d", code)
	}
	out := w.dial(t, "scope=*&user=u1")
	stays := w.dial(t, "scope=*&user=u2")
	w.hub.Disconnect(func(v live.Viewer) bool { return v.User == "u1" }, live.CloseLoggedOut, "logged out")
	if code := out.code(); code != live.CloseLoggedOut {
		t.Errorf("logged out: closed with %d", code)
	}
	for _, bad := range []string{`{"t":"sub","ch":"nope"}`, `{"t":"dance"}`, `[]`, `{`} {
		stays.say("%s", bad)
		if m := stays.read(); m.T != "err" || m.Code == "" {
			t.Errorf("%s: %+v", bad, m)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := w.hub.Stop(ctx); err != nil {
		t.Error(err)
	}
	if code := stays.code(); code != live.CloseRestart {
		t.Errorf("server stops: closed with %d", code)
	}
	if n := len(gathered(t, w, "campusgate_live_closed_total")); n < 3 {
		t.Errorf("%d close codes counted", n)
	}
}

func TestTooManyClientsAreRefused(t *testing.T) {
	t.Parallel()
	w := serve(t, func(c *live.Config) { c.MaxClients = 1 })
	p := w.dial(t, "scope=*")
	_, res, err := websocket.DefaultDialer.DialContext(t.Context(), w.url+"/?scope=*", nil)
	if err == nil || res == nil || res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("the second client: %v", err)
	}
	p.conn.Close()
	eventually(t, "the place to be free", func() bool {
		c, _, err := websocket.DefaultDialer.DialContext(t.Context(), w.url+"/?scope=*", nil)
		if err != nil {
			return false
		}
		c.Close()
		return true
	})
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	h, err := live.New(live.DefaultConfig(), live.Deps{Channels: channels()})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := h.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := h.Start(t.Context()); err == nil || h.Health().State != event.Stopped {
		t.Errorf("start after stop: %v, %v", err, h.Health())
	}
	if _, err := live.New(live.Config{}, live.Deps{}); err == nil {
		t.Error("an empty config is accepted")
	}
}
