package bus_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/bus"
	"github.com/campusgate/campusgate/gateway/broker"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
	"github.com/campusgate/campusgate/gateway/uplink"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
)

// folder is what a gateway was handed.
type folder struct {
	mu     sync.Mutex
	got    []string // "name version", in order
	newest map[string][]byte
}

func (f *folder) take(name string, version uint64, doc []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.got = append(f.got, fmt.Sprint(name, " ", version))
	if f.newest == nil {
		f.newest = make(map[string][]byte)
	}
	f.newest[name] = doc
	return nil
}

func (f *folder) has(name string, doc []byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return bytes.Equal(f.newest[name], doc)
}

func (f *folder) all() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.got)
}

func startGateway(t *testing.T, c uplink.Config, take func(string, uint64, []byte) error) {
	t.Helper()
	u, err := uplink.New(c, uplink.Deps{
		Open:      func(journal.ConsumerConfig) (uplink.Consumer, error) { return idle{}, nil },
		JournalID: func() string { return "j" }, Documents: take, Logger: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = u.Stop(context.Background()) })
}

func gatewayConfig(s *server) uplink.Config {
	c := uplink.DefaultConfig()
	c.URLs, c.Gateway = []string{s.url()}, "gw7"
	return c
}

// publish tries until the bus is there.
func publishDocument(t *testing.T, c *client, name string, doc []byte) (version uint64) {
	t.Helper()
	var err error
	eventually(t, "published", func() bool {
		version, err = c.PublishDocument(context.Background(), name, doc)
		return err == nil
	})
	return version
}

func TestDocumentsReachGateways(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	early, late, other := &folder{}, &folder{}, &folder{}
	startGateway(t, gatewayConfig(s), early.take) // before the stream is there
	c := startClient(t, config(s))
	eventually(t, "connected", func() bool { return c.Health().State == event.OK })
	if _, _, err := c.Document(context.Background(), "registry"); !errors.Is(err, bus.ErrNoDocument) {
		t.Fatalf("Document = %v, want ErrNoDocument", err)
	}
	one, two, rules := []byte(`{"n":1}`), []byte(`{"n":2}`), []byte(`{"rules":[]}`)
	first := publishDocument(t, c, "registry", one)
	if again := publishDocument(t, c, "registry", one); again != first {
		t.Errorf("the same text got version %d after %d", again, first)
	}
	in(t, func(ctx context.Context) error { return c.FollowDocuments(ctx, other.take) })
	eventually(t, "the first version", func() bool { return early.has("registry", one) && other.has("registry", one) })
	second := publishDocument(t, c, "registry", two)
	publishDocument(t, c, "rules", rules)
	eventually(t, "both documents", func() bool {
		return early.has("registry", two) && early.has("rules", rules) && other.has("registry", two) && other.has("rules", rules)
	})
	if second <= first {
		t.Errorf("version %d after %d", second, first)
	}
	startGateway(t, gatewayConfig(s), late.take)
	eventually(t, "the newest at the connect", func() bool { return late.has("registry", two) && late.has("rules", rules) })
	if got := late.all(); len(got) != 2 {
		t.Errorf("a new gateway was handed %q, want the newest of each only", got)
	}
	s.stop()
	s.start()
	three := []byte(`{"n":3}`)
	publishDocument(t, c, "registry", three)
	eventually(t, "after an outage", func() bool {
		return early.has("registry", three) && late.has("registry", three) && other.has("registry", three)
	})
	if got := late.all(); len(got) != 3 {
		t.Errorf("an outage brought old versions again: %q", got)
	}
	doc, version, err := c.Document(context.Background(), "registry")
	if err != nil || !bytes.Equal(doc, three) || version <= second {
		t.Errorf("Document = %q, %d, %v", doc, version, err)
	}
}

func TestDocumentsAreBounded(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := startClient(t, config(s))
	for i := range 30 {
		publishDocument(t, c, "registry", fmt.Appendf(nil, `{"n":%d}`, i))
	}
	nc, err := nats.Connect(s.url())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(context.Background(), bus.DocumentStream)
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Msgs; n != 20 {
		t.Errorf("the bus keeps %d versions, want 20", n)
	}
	noise := make([]byte, 6<<20)
	_, _ = rand.Read(noise)
	for name, doc := range map[string][]byte{
		"more than 16777216": make([]byte, bus.MaxDocument+1), "max_payload": noise, "want 1 to": nil,
	} {
		if _, err := c.PublishDocument(context.Background(), "registry", doc); err == nil || !strings.Contains(err.Error(), strings.TrimPrefix(name, "more than ")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.PublishDocument(context.Background(), "a.b", noise); err == nil {
		t.Error("a name with a dot was taken")
	}
	// What is no document is refused by the reader, whole.
	got := &folder{}
	startGateway(t, gatewayConfig(s), got.take)
	if _, err := js.Publish(context.Background(), "campus.document.rules", []byte("no zstd")); err != nil {
		t.Fatal(err)
	}
	last := publishDocument(t, c, "registry", []byte(`{"n":30}`))
	eventually(t, "the good one", func() bool { return got.has("registry", []byte(`{"n":30}`)) })
	if list := got.all(); slices.Contains(list, fmt.Sprint("rules ", last-1)) {
		t.Errorf("handed over %q", list)
	}
}

// TestCountyOfTwentyThousandDevices holds that the largest registry we plan for fits.
func TestCountyOfTwentyThousandDevices(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.stop()
	s.config.MaxPayload = 1 << 20 // the default of an external NATS
	s.start()
	county := event.County{Name: event.Text{ZH: "大县", EN: "Large County"}}
	for i := range 400 {
		site := event.Site{ID: event.SiteID(fmt.Sprintf("s%03d", i)), Kind: event.SiteSchool, Name: event.Text{ZH: fmt.Sprintf("第%d小学", i), EN: fmt.Sprintf("Primary School %d", i)}, Lat: 34.1 + float64(i*7919%1000)/3333, Lon: 110.2 + float64(i*104729%1000)/3333}
		for j := range 50 {
			site.Devices = append(site.Devices, event.Device{
				ID: event.DeviceID(fmt.Sprintf("c%d", j)), Kind: event.KindCamera, Name: event.Text{ZH: fmt.Sprintf("摄像头%d", j), EN: fmt.Sprintf("Camera %d", j)},
				Place: "gate", Addresses: []string{fmt.Sprintf("gb28181:3402000000132%07d", i*50+j)},
			})
		}
		county.Sites = append(county.Sites, site)
	}
	if err := county.Index(); err != nil {
		t.Fatal(err)
	}
	doc, err := json.Marshal(county)
	if err != nil {
		t.Fatal(err)
	}
	got := &folder{}
	startGateway(t, gatewayConfig(s), got.take)
	c := startClient(t, config(s))
	began := time.Now()
	publishDocument(t, c, "registry", doc)
	eventually(t, "the county", func() bool { return got.has("registry", doc) })
	t.Logf("%d bytes of JSON reached the gateway after %v", len(doc), time.Since(began))
}

func TestGatewaysReadDocumentsOnly(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.stop()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("correct horse"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.config.Users = []broker.BusUser{
		{Name: "gw7", PasswordFile: file, Role: broker.RoleGateway, Gateway: "gw7", Sites: []event.SiteID{"s001"}},
		{Name: "centre", PasswordFile: file, Role: broker.RoleDashboard},
	}
	s.start()
	theirs := gatewayConfig(s)
	theirs.User, theirs.PasswordFile = "gw7", file
	got := &folder{}
	startGateway(t, theirs, got.take)
	ours := config(s)
	ours.User, ours.PasswordFile = "centre", file
	c := startClient(t, ours)
	for i := range 3 {
		doc := fmt.Appendf(nil, `{"n":%d}`, i)
		publishDocument(t, c, "registry", doc)
		eventually(t, "read with a gateway's rights", func() bool { return got.has("registry", doc) })
	}
	refused := make(chan error, 8)
	nc, err := nats.Connect(s.url(), nats.UserInfo("gw7", "correct horse"), nats.CustomInboxPrefix("_INBOX.gw7"),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err }))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for _, subject := range []string{
		"campus.document.registry", "campus.stored.document.registry", "$JS.API.STREAM.PURGE.CAMPUS_DOCUMENTS",
		"$JS.API.STREAM.UPDATE.CAMPUS_DOCUMENTS", "$JS.API.STREAM.DELETE.CAMPUS_DOCUMENTS", "$JS.API.CONSUMER.CREATE.CAMPUS_DOCUMENTS",
	} {
		if err := nc.Publish(subject, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-refused:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s: %v", subject, err)
			}
		case <-time.After(30 * time.Second):
			t.Errorf("a gateway may publish to %s", subject)
		}
	}
}

// TestDocumentsAreTheUplinks keeps the two halves together, which must not import one another.
func TestDocumentsAreTheUplinks(t *testing.T) {
	t.Parallel()
	if bus.DocumentStream != uplink.DocumentStream || bus.MaxDocument != uplink.MaxDocument {
		t.Error("stream or bound differ")
	}
}
