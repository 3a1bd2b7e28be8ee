package uplink_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/campusgate/campusgate/gateway/broker"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
	"github.com/campusgate/campusgate/gateway/uplink"
	"github.com/rs/zerolog"
)

// gateway is an uplink on a real journal.
type gateway struct {
	journal *journal.Journal
	uplink  *uplink.Uplink
}

func startGateway(t *testing.T, dir string, c uplink.Config) *gateway {
	t.Helper()
	config := journal.DefaultConfig()
	config.Dir, config.MinFreeDisk = dir, 0
	j, err := journal.New(config, journal.Deps{Logger: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	u, err := uplink.New(c, uplink.Deps{
		Open: func(c journal.ConsumerConfig) (uplink.Consumer, error) {
			consumer, err := j.Consumer(c)
			if err != nil {
				return nil, err
			}
			return consumer, nil
		},
		JournalID: j.ID, Logger: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	return &gateway{j, u}
}

// lag is how many records the bus has yet to get.
func (g *gateway) lag() int64 {
	var n int64
	for _, c := range g.journal.Stats().Consumers {
		n += c.LagRecords
	}
	return n
}

func TestOnARealJournal(t *testing.T) {
	t.Parallel()
	p := newBusProcess(t)
	p.start()
	dir := t.TempDir()
	c := config("nats://" + p.listen)
	n := 0
	for round := range 6 {
		g := startGateway(t, dir, c)
		if err := g.journal.Append(context.Background(), journal.Batch{Records: append(gate(n+1, 3000), call(n+3001))}); err != nil {
			t.Fatal(err)
		}
		n += 3001
		eventually(t, "some progress", func() bool { return g.lag() < 2500 })
		if round%2 == 1 {
			p.kill()
		}
		crash(g.uplink)
		if err := g.journal.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
		if round%2 == 1 {
			p.start()
		}
	}
	g := startGateway(t, dir, c)
	eventually(t, "all sent", func() bool { return g.lag() == 0 })
	if err := g.uplink.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := g.journal.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	wantOnce(t, "nats://"+p.listen, n)
}

// TestRightsOfAGateway shows that the rights in doc.go suffice, and what a wrong site does:
// it stalls, says why, and loses nothing.
func TestRightsOfAGateway(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bus := startBus(t, func(c *broker.BusConfig) {
		c.Users = []broker.BusUser{{Name: "gw1", PasswordFile: secret, Role: broker.RoleGateway, Gateway: "gw1", Sites: []event.SiteID{"s000", "s001", "s002"}}}
	})
	c := config(bus.URL())
	c.User, c.PasswordFile = "gw1", secret
	f := newFakeJournal()
	f.append(gate(1, 3)...)
	f.append(call(4), anomaly(1))
	u := startUplink(t, c, f)
	eventually(t, "all committed", func() bool { return f.pending() == 0 })
	foreign := gate(5, 1)
	foreign[0].Event.Site = "s077"
	f.append(foreign...)
	eventually(t, "the stall is explained", func() bool {
		h := u.Health()
		return h.State == event.Degraded && len(h.Reason) > 0
	})
	if f.pending() != 1 {
		t.Errorf("%d records pending, want the refused one", f.pending())
	}
	crash(u)
}
