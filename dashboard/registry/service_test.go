package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/dashboard/registry"
	"github.com/campusgate/campusgate/dashboard/store"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// small is a county with a school, a depot and a route.
func small(t testing.TB) *event.County {
	t.Helper()
	c := &event.County{
		Name: event.Text{ZH: "岱川县", EN: "Daichuan"},
		Sites: []event.Site{
			{ID: "s001", Kind: event.SiteSchool, Name: event.Text{ZH: "第一小学", EN: "First School"}, Lat: 34.1, Lon: 110.2, Devices: []event.Device{
				{ID: "g1", Kind: event.KindGate, Name: event.Text{ZH: "正门"}}, {ID: "c1", Kind: event.KindCamera, Addresses: []string{"gb28181:34020000001320000001"}},
			}},
			{ID: "depot", Kind: event.SiteDepot, Devices: []event.Device{{ID: "bus1", Kind: event.KindBus, Plate: "川A12345", Capacity: 30, Route: "r1"}}},
		},
		Routes: []event.Route{{
			ID: "r1", Name: event.Text{ZH: "一号线"}, Line: []event.Point{{Lat: 34, Lon: 110}, {Lat: 34.1, Lon: 110.2}},
			Stops: []event.Stop{{Name: event.Text{ZH: "桥头"}, Point: event.Point{Lat: 34.05, Lon: 110.1}}}, Departures: []string{"07:00"},
		}},
	}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	return c
}

// bus is what gateways would read.
type bus struct {
	mu    sync.Mutex
	down  bool
	docs  []string
	calls int
}

func (b *bus) publish(_ context.Context, name string, doc []byte) (uint64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls++
	if b.down || name != event.RegistryDocument {
		return 0, errors.New("bus is not connected")
	}
	b.docs = append(b.docs, string(doc))
	return uint64(len(b.docs)), nil
}

func (b *bus) newest() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.docs) == 0 {
		return ""
	}
	return b.docs[len(b.docs)-1]
}

type fixture struct {
	*registry.Service
	live *event.Registry
	bus  *bus
	path string
}

func start(t testing.TB, path string, b *bus) fixture {
	t.Helper()
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	f := fixture{live: event.NewRegistry(&event.County{}), bus: b, path: path}
	f.Service, err = registry.New(registry.Deps{
		Store: s, Seed: small(t), Live: f.live, Publish: b.publish, Log: zerolog.Nop(),
		Check: func(c *event.County) error {
			if d := c.Device("s001", "g1"); d != nil && d.Limits["bad"] != 0 {
				return event.Under("county.s001.g1", &event.Fault{Key: "limits.bad", Value: 1, Want: "no such limit"})
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = f.Stop(context.Background())
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func fresh(t testing.TB) fixture {
	return start(t, filepath.Join(t.TempDir(), "dashboard.db"), &bus{})
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline, tick := time.NewTimer(30*time.Second), time.NewTicker(2*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("did not come about: %s", what)
		case <-tick.C:
		}
	}
}

func doc(t testing.TB, v any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func device(t testing.TB, id string, more ...string) registry.Change {
	site, name, _ := strings.Cut(id, "/")
	_ = site
	return registry.Change{Kind: registry.KindDevice, Key: id, Doc: doc(t, event.Device{ID: event.DeviceID(name), Kind: event.KindGate, Addresses: more})}
}

func TestEditsReachEverybody(t *testing.T) {
	t.Parallel()
	f := fresh(t)
	if f.live.County().Device("s001", "c1") == nil || f.Version() != 1 {
		t.Fatalf("version %d is not the seed", f.Version())
	}
	eventually(t, "the seed is published", func() bool { return strings.Contains(f.bus.newest(), "34020000001320000001") })
	version, err := f.Apply(t.Context(), "admin", []registry.Change{device(t, "s001/g2", "hikvision:ABC")})
	if err != nil || version != 2 {
		t.Fatalf("Apply = %d, %v", version, err)
	}
	if key, ok := f.live.County().ByAddress("hikvision", "ABC"); !ok || key.Device != "g2" {
		t.Errorf("address leads to %v", key)
	}
	eventually(t, "the edit is published", func() bool { return strings.Contains(f.bus.newest(), "hikvision:ABC") })
	county, err := event.ParseCounty([]byte(f.bus.newest()))
	if err != nil || county.Device("s001", "g2") == nil || county.Route("r1") == nil {
		t.Errorf("published county: %v", err)
	}
	// The same again is no new version.
	again := device(t, "s001/g2", "hikvision:ABC")
	again.Rev = 1
	if version, err = f.Apply(t.Context(), "admin", []registry.Change{again}); err != nil || version != 2 {
		t.Errorf("the same again: %d, %v", version, err)
	}
}

func TestWhoeverIsSlowerIsTold(t *testing.T) {
	t.Parallel()
	f := fresh(t)
	var conflict *registry.Conflict
	for what, c := range map[string]registry.Change{
		"make what is there": device(t, "s001/g1"),
		"an old revision":    {Kind: registry.KindSite, Key: "s001", Rev: 7, Doc: doc(t, event.Site{ID: "s001", Kind: event.SiteSchool})},
		"delete what is not": {Kind: registry.KindDevice, Key: "s001/x9", Rev: registry.AnyRev},
	} {
		if _, err := f.Apply(t.Context(), "op", []registry.Change{c}); !errors.As(err, &conflict) {
			t.Errorf("%s: %v", what, err)
		}
	}
	var wg sync.WaitGroup
	wins := make(chan string, 8)
	for i := range 8 {
		wg.Go(func() {
			c := device(t, "s001/g1", fmt.Sprint("hikvision:", i))
			c.Rev = 1
			if _, err := f.Apply(context.Background(), fmt.Sprint("user", i), []registry.Change{c}); err == nil {
				wins <- fmt.Sprint("user", i)
			}
		})
	}
	wg.Wait()
	close(wins)
	if n := len(wins); n != 1 {
		t.Fatalf("%d of 8 won, want 1", n)
	}
	if e, ok := f.Entry(registry.KindDevice, "s001/g1"); !ok || e.Rev != 2 || e.By != <-wins {
		t.Errorf("entry %+v", e)
	}
}

func TestFaultyEditsChangeNothing(t *testing.T) {
	t.Parallel()
	f := fresh(t)
	for field, c := range map[string]registry.Change{
		"addresses":  device(t, "s001/g9", "gb28181:34020000001320000001"),
		"site":       device(t, "s999/g1"),
		"device":     {Kind: registry.KindDevice, Key: "s001/G 1", Doc: doc(t, event.Device{ID: "G 1", Kind: event.KindGate})},
		"kind":       {Kind: registry.KindSite, Key: "s002", Doc: doc(t, event.Site{ID: "s002", Kind: "castle"})},
		"lat":        {Kind: registry.KindSite, Key: "s002", Doc: doc(t, event.Site{ID: "s002", Kind: event.SiteSchool, Lat: 91})},
		"hours":      {Kind: registry.KindSite, Key: "s002", Doc: doc(t, event.Site{ID: "s002", Kind: event.SiteSchool, Hours: event.Hours{Open: "25:00"}})},
		"route":      {Kind: registry.KindRoute, Key: "r1", Rev: 1},
		"limits.bad": {Kind: registry.KindDevice, Key: "s001/g1", Rev: 1, Doc: doc(t, event.Device{ID: "g1", Kind: event.KindGate, Limits: map[string]float64{"bad": 1}})},
		"departures": {Kind: registry.KindRoute, Key: "r2", Doc: doc(t, event.Route{ID: "r2", Departures: []string{"7:00"}})},
		"person":     {Kind: registry.KindPerson, Key: "13800138000", Doc: doc(t, registry.Person{ID: "13800138000", Kind: "pupil"})},
		"document":   {Kind: registry.KindPerson, Key: "p1", Doc: json.RawMessage(`{"person":7}`)},
	} {
		_, err := f.Apply(t.Context(), "admin", []registry.Change{device(t, "s001/good"), c})
		var invalid *registry.Invalid
		if !errors.As(err, &invalid) || !slices.ContainsFunc(invalid.Faults, func(x registry.Fault) bool { return x.Field == field && x.Want.ZH != "" && x.Want.EN != "" }) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := f.Apply(t.Context(), "admin", []registry.Change{
		{Kind: registry.KindSite, Key: "s002", Doc: doc(t, event.Site{ID: "s002", Kind: event.SiteSchool})},
		{Kind: registry.KindPerson, Key: "p1", Doc: doc(t, registry.Person{ID: "p1", Kind: "pupil", Site: "s002"})},
		{Kind: registry.KindSite, Key: "s002", Rev: 1},
	}); err == nil || !strings.Contains(err.Error(), "person p1: site") {
		t.Errorf("a person without a site: %v", err)
	}
	if f.Version() != 1 || f.live.County().Device("s001", "good") != nil {
		t.Errorf("version %d after refused edits", f.Version())
	}
}

func TestRestartKeepsTheRegistryAndItsAudit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dashboard.db")
	b := &bus{down: true}
	t.Run("first", func(t *testing.T) {
		f := start(t, path, b)
		if _, err := f.Apply(t.Context(), "admin", []registry.Change{
			device(t, "s001/g2"),
			{Kind: registry.KindDevice, Key: "s001/c1", Rev: 1},
			{Kind: registry.KindPerson, Key: "p1", Doc: doc(t, registry.Person{ID: "p1", Kind: "pupil", Site: "s001", Class: "3-2", Name: "张小三"})},
		}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the outage is said", func() bool { return f.Published().Error != "" })
	})
	b.down = false
	f := start(t, path, b)
	eventually(t, "published after the outage", func() bool { return f.Published().Version == 2 && f.Published().Error == "" })
	if c := f.live.County(); f.Version() != 2 || c.Device("s001", "g2") == nil || c.Device("s001", "c1") != nil {
		t.Errorf("version %d", f.Version())
	}
	if strings.Contains(b.newest(), "张") || strings.Contains(b.newest(), "p1") {
		t.Error("people went to the gateways")
	}
	rows, err := f.Audit(t.Context(), registry.AuditQuery{Limit: 10})
	if err != nil || len(rows) != 4 {
		t.Fatalf("audit %+v, %v", rows, err)
	}
	actions := []string{}
	for _, r := range rows {
		actions = append(actions, r.Action+" "+r.Key+" "+r.By)
		if strings.Contains(string(r.After), "张小三") {
			t.Errorf("a name is in the audit: %s", r.After)
		}
	}
	if want := []string{"create p1 admin", "delete s001/c1 admin", "create s001/g2 admin", "seed county system"}; !slices.Equal(actions, want) {
		t.Errorf("audit %q, want %q", actions, want)
	}
	if rows[1].Before == nil || rows[1].After != nil || rows[0].Before != nil {
		t.Errorf("before and after: %+v", rows[:2])
	}
	if name, err := f.Reveal(t.Context(), "operator", "p1", "a check"); err != nil || name != "张小三" {
		t.Errorf("Reveal = %q, %v", name, err)
	}
	if rows, err = f.Audit(t.Context(), registry.AuditQuery{Kind: registry.KindPerson, Key: "p1", Limit: 1}); err != nil || rows[0].Action != registry.ActionReveal || rows[0].By != "operator" {
		t.Errorf("reading a name left %+v, %v", rows, err)
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"": "", "张": "*", "张三": "张*", "张小三": "张*三", "欧阳娜娜": "欧**娜", "Alexander": "A****r"} {
		if got := registry.Mask(name); got != want {
			t.Errorf("Mask(%q) = %q, want %q", name, got, want)
		}
	}
}
