package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway"
	"github.com/campusgate/campusgate/gateway/event"
)

// sent is a message as a test published it.
type sent struct{ topic, payload string }

// badInput makes what no adapter can read, and among it what one can. The order is drawn.
func badInput(random *rand.Rand) (messages []sent) {
	topics := []string{
		"campus/s001/gate/g1/access", "campus/s001/temperature/t1/check", "campus/s001/kitchen/k1-cold/reading",
		"campus/depot1/bus/b01/position", "campus/s001/camera/c001/status", "campus/s001/button/e1/call",
		"campus/s001/gate/g1/nonsense", "campus/s001/lift/l1/access", "campus/s001", "campus/S 001/gate/g1/access",
		"campus/s001/gate/g1/access/more", "elsewhere/17/door",
	}
	begin := time.Now().UTC().Add(-5 * time.Minute)
	good := func(n int, site string) sent {
		// A millisecond for each: a thousand of one gate within a second would be one too
		// many for the digits that tell them apart, once in 2,000 runs.
		ts := begin.Add(time.Duration(n) * time.Millisecond).Format("2006-01-02T15:04:05.000Z07:00")
		return sent{"campus/" + site + "/gate/g1/access", fmt.Sprintf(
			`{"ts":%q,"seq":%d,"direction":"in","person_kind":"staff","result":"granted","person":"p%d"}`, ts, n+1, n)}
	}
	for n := range 10_000 {
		topic := topics[random.IntN(len(topics))]
		switch random.IntN(10) {
		case 0:
			messages = append(messages, good(n, "s001"))
		case 1: // nearly right: one byte of a good message is another
			m := good(n, "s001")
			b := []byte(m.payload)
			b[random.IntN(len(b))] = byte(random.IntN(256))
			messages = append(messages, sent{topic, string(b)})
		default:
			b := make([]byte, random.IntN(300))
			for i := range b {
				b[i] = byte(random.IntN(256))
			}
			messages = append(messages, sent{topic, string(b)})
		}
	}
	large := make([]byte, 256<<10)
	for i := range large {
		large[i] = byte(random.IntN(256))
	}
	messages = append(messages,
		good(20_000, "s999"), // a site that the registry does not know: taken as unassigned
		sent{"campus/s001/gate/g1/access", string(large)},
		sent{"campus/s001/gate/g1/access", `{"direction":"in","person":"` + strings.Repeat("x", 256<<10) + `"}`},
		sent{"campus/s001/gate/g1/access", "{\"direction\":\"in\",\"person\":\"\xff\xfe\"}"},
		sent{"campus/s001/temperature/t1/check", ""},
	)
	for n := range 20 { // so many that no answer holds them together
		messages = append(messages, sent{"elsewhere/17/door", strings.Repeat(string(rune('a'+n)), 60<<10)})
	}
	random.Shuffle(len(messages), func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })
	return messages
}

// TestBadInputIsKeptReadableAndReplayable sends what cannot be understood and finds every
// single message again: as an event or as a dead letter, whole.
func TestBadInputIsKeptReadableAndReplayable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// The kitchens of s002 are given to the wrong adapter.
	wrong := `[{filter: "campus/s002/#", qos: 1, adapter: button}, %s]`
	others := `{filter: "campus/s001/#", qos: 1, adapter: campus}, {filter: "campus/depot1/#", qos: 1, adapter: campus}, ` +
		`{filter: "campus/S 001/#", qos: 1, adapter: campus}, {filter: "campus/s999/#", qos: 1, adapter: campus}, ` +
		`{filter: "elsewhere/#", qos: 1, adapter: campus}`
	w.subscriptions = fmt.Sprintf(wrong, others)
	w.write()
	w.startMosquitto()
	w.startInflux()
	w.startDashboard()
	gw := w.startGateway()
	w.answers(w.gatewayURL() + "/readyz")

	p := newPublisher(t, w.mqttURL(), "bad-input")
	misrouted := sent{"campus/s002/kitchen/k1-cold/reading", fmt.Sprintf(`{"ts":%d,"seq":1,"quantity":"cold_store","value":3.5}`, time.Now().Unix())}
	messages := append([]sent{misrouted}, badInput(rand.New(rand.NewPCG(20261124, 3)))...)
	dead, events := map[sent]int{}, map[string]string{}
	for _, m := range messages {
		if err := p.send(m.topic, []byte(m.payload)); err != nil {
			t.Fatal(err)
		}
		read := understood(m.topic, []byte(m.payload))
		if len(read) == 0 || m == misrouted {
			dead[m]++
		}
		for _, e := range read {
			if m != misrouted {
				events[e.ID] = fmt.Sprintf("%s %q", m.topic, m.payload)
			}
		}
	}
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	deadInAll := 0
	for _, n := range dead {
		deadInAll += n
	}
	t.Logf("sent %d messages: %d events, %d dead letters", len(messages), len(events), deadInAll)
	if len(events) < 900 || deadInAll < 8000 {
		t.Fatal("the drawn messages show less than they mean to")
	}

	eventually(t, "every message is accounted for", func() string {
		gw.mustRun()
		st, err := w.status()
		if err != nil {
			return err.Error()
		}
		if st.Journal.DeadLetters != deadInAll {
			return fmt.Sprintf("%d dead letters, want %d", st.Journal.DeadLetters, deadInAll)
		}
		got, err := stored(t, w.reader(), event.TypeGateAccess, event.TypeTemperatureCheck, event.TypeKitchenReading, event.TypeVehiclePosition, event.TypeEmergencyCall)
		if err != nil {
			return err.Error()
		}
		return compare(events, got)
	})

	letters := listLetters(t, w)
	var id uint64
	for _, l := range letters {
		m := sent{l.Topic, string(l.Payload)}
		if dead[m] == 0 {
			t.Fatalf("dead letter %d is none that was sent, or not whole: topic %q, %d of %d bytes, reason %q", l.ID, l.Topic, len(l.Payload), l.PayloadBytes, l.Reason)
		}
		dead[m]--
		if l.Reason == "" || l.Adapter == "" || l.Broker != "main" || l.Time.IsZero() || l.QoS != 1 {
			t.Errorf("dead letter without its circumstances: %+v", l)
		}
		if m == misrouted {
			id = l.ID
		}
	}
	if len(letters) != deadInAll {
		t.Errorf("replay --list shows %d dead letters, want %d", len(letters), deadInAll)
	}
	sameByDashboard(t, w, letters)

	// Nothing is better yet: replay says so, and keeps it.
	again := campusgate(t, "replay", "--config", w.config, fmt.Sprint(id))
	if code := again.wait(); code != 1 || !strings.Contains(again.stdout.String(), "0 replayed, 1 failed") || !strings.Contains(again.stderr.String(), "kind is") {
		t.Fatalf("replay before the fix: exit code %d, %q, %q", code, again.stdout.String(), again.stderr.String())
	}
	w.subscriptions = fmt.Sprintf(strings.Replace(wrong, "adapter: button", "adapter: kitchen", 1), others)
	w.write()
	if code := gw.signal(terminate); code != 0 {
		t.Fatalf("gateway stops with exit code %d", code)
	}
	gw.start()
	w.answers(w.gatewayURL() + "/healthz")
	again = campusgate(t, "replay", "--config", w.config, fmt.Sprint(id))
	if code := again.wait(); code != 0 || !strings.Contains(again.stdout.String(), "1 replayed, 0 failed") {
		t.Fatalf("replay after the fix: exit code %d, %q, %q", code, again.stdout.String(), again.stderr.String())
	}
	for _, e := range understood(misrouted.topic, []byte(misrouted.payload)) {
		events[e.ID] = misrouted.topic
	}
	eventually(t, "the replayed message is stored", func() string {
		got, err := stored(t, w.reader(), event.TypeGateAccess, event.TypeTemperatureCheck, event.TypeKitchenReading, event.TypeVehiclePosition, event.TypeEmergencyCall)
		if err != nil {
			return err.Error()
		}
		return compare(events, got)
	})
	// All of the rest, too: it stays, however many there are.
	again = campusgate(t, "replay", "--config", w.config)
	if code, want := again.wait(), fmt.Sprintf("0 replayed, %d failed", deadInAll-1); code != 1 || !strings.Contains(again.stdout.String(), want) {
		t.Fatalf("replay of all: exit code %d, %q, want %q; %q", code, again.stdout.String(), want, again.stderr.String())
	}
	if st, err := w.status(); err != nil || st.Journal.DeadLetters != deadInAll-1 {
		t.Fatalf("%d dead letters at the end, want %d (%v)", st.Journal.DeadLetters, deadInAll-1, err)
	}
}

// listLetters reads every dead letter by `campusgate replay --list`.
func listLetters(t *testing.T, w *world) (letters []gateway.Letter) {
	t.Helper()
	list := campusgate(t, "replay", "--config", w.config, "--list")
	if code := list.wait(); code != 0 {
		t.Fatalf("replay --list: exit code %d: %s", code, list.stderr.String())
	}
	lines := bufio.NewScanner(strings.NewReader(list.stdout.String()))
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var l gateway.Letter
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		letters = append(letters, l)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return letters
}

// sameByDashboard reads the dead letters as the administrator does, and finds the same.
func sameByDashboard(t *testing.T, w *world, letters []gateway.Letter) {
	t.Helper()
	b := login(t, w.pageURL(), "admin")
	eventually(t, "the dashboard lists the dead letters", func() string {
		shown, err := all[gateway.Letter](b, "/api/v1/dead-letters?limit=200")
		if err != nil {
			return err.Error()
		}
		if len(shown) != len(letters) {
			return fmt.Sprintf("%d, want %d", len(shown), len(letters))
		}
		for i, l := range letters {
			whole := bytes.Equal(shown[i].Payload, l.Payload) || len(l.Payload) > 64<<10 && bytes.HasPrefix(l.Payload, shown[i].Payload)
			if s := shown[i]; s.ID != l.ID || s.Topic != l.Topic || s.Reason != l.Reason || !whole {
				t.Fatalf("dead letter %d: the dashboard shows %+v, the gateway %+v", i, s.DeadLetter, l.DeadLetter)
			}
		}
		return ""
	})
}
