package dashboard

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/auth/signon"
	"github.com/campusgate/campusgate/dashboard/live"
	"github.com/campusgate/campusgate/gateway/event"
)

// makeAccounts makes the accounts of the configuration, and an administrator where there
// is no account at all.
func (d *Dashboard) makeAccounts(ctx context.Context) error {
	accounts := append([]auth.Account{}, d.deps.Accounts...)
	for _, c := range d.cfg.Accounts {
		password, err := readSecret(c.PasswordFile)
		if err != nil {
			return fmt.Errorf("account %q: %w", c.Username, err)
		}
		accounts = append(accounts, auth.Account{Username: c.Username, Name: c.Name, Role: c.Role, Scope: c.Scope, Password: password})
	}
	if err := auth.EnsureAccounts(ctx, d.store, accounts); err != nil {
		return err
	}
	have, err := d.store.Accounts(ctx)
	if err != nil || len(have) > 0 {
		return err
	}
	password, err := d.firstPassword()
	if err != nil {
		return err
	}
	return auth.EnsureAccounts(ctx, d.store, []auth.Account{{
		Username: "admin", Name: event.Text{ZH: "管理员", EN: "Administrator"}, Role: auth.Admin, Scope: []string{auth.Everywhere}, Password: password,
	}})
}

// firstPassword is the configured one, or one that is made up and left in a file that only
// this user can read: a log would keep it for too many eyes.
func (d *Dashboard) firstPassword() (string, error) {
	if d.cfg.AdminPasswordFile != "" {
		return readSecret(d.cfg.AdminPasswordFile)
	}
	path := filepath.Join(d.cfg.DataDir, "admin-password")
	password, err := readSecret(path) // of a start that did not come to its end
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return password, err
	}
	password = rand.Text()
	if err := os.WriteFile(path, []byte(password+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("write first password: %w", err)
	}
	d.deps.Log.Info().Str("file", path).Msg("made the account admin; its password is in the file")
	return password, nil
}

// makeSignOn reads the files of the identity provider, and asks it nothing.
func (d *Dashboard) makeSignOn(context.Context) error {
	if !d.cfg.OIDC.Enabled() {
		return nil
	}
	p, err := signon.New(d.cfg.OIDC, d.deps.Now)
	if err != nil {
		return event.Under("oidc", err)
	}
	d.signOn = p
	d.onStop = append(d.onStop, stopper{"identity provider", func(context.Context) error { p.Close(); return nil }})
	return nil
}

// authOptions tell the accounts of what the configuration keeps, of the registry, and of
// the page's address.
func (d *Dashboard) authOptions(addr net.Addr) []auth.Option {
	var kept []string
	for _, a := range d.deps.Accounts {
		kept = append(kept, a.Username)
	}
	for _, a := range d.cfg.Accounts {
		kept = append(kept, a.Username)
	}
	name := "campusgate " + d.county.County().Name.ZH
	return []auth.Option{
		auth.WithKept(kept), auth.WithTownships(d.township), auth.WithNow(d.deps.Now), auth.WithIssuer(name), auth.WithPasskeys(d.cfg.place(addr, name)),
	}
}

// township lists the sites of a township as the registry is now.
func (d *Dashboard) township(name string) []event.SiteID {
	return townshipOf(d.county.County(), name)
}

func townshipOf(c *event.County, name string) []event.SiteID {
	var out []event.SiteID
	for _, s := range c.Sites {
		if s.Township == name {
			out = append(out, s.ID)
		}
	}
	return out
}

// rescope ends the websockets of people whose townships have other sites than before; their
// browsers come again.
func (d *Dashboard) rescope(c *event.County) {
	township := func(name string) []event.SiteID { return townshipOf(c, name) }
	d.hub.Disconnect(func(v live.Viewer) bool {
		s, ok := v.Scope.(auth.Scope)
		return ok && auth.Expand(s.Names(), township).Key() != s.Key()
	}, live.CloseScope, "scope changed")
}

func readSecret(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

// refusedEvery is how soon a refused login is in the audit.
const refusedEvery = 5 * time.Second

// noteRefused writes refused log-ins into the audit until Stop, and then the last of them.
func (d *Dashboard) noteRefused(manager *auth.Manager) {
	ctx, cancel := context.WithCancel(context.Background())
	write := func(ctx context.Context, all bool) {
		if err := manager.FlushRefused(ctx, d.deps.Now(), all); err != nil && ctx.Err() == nil {
			d.deps.Log.Error().Err(err).Msg("refused log-ins are not in the audit yet")
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(refusedEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				write(ctx, false)
			}
		}
	})
	d.onStop = append(d.onStop, stopper{"audit of log-ins", func(ctx context.Context) error {
		cancel()
		wg.Wait()
		write(ctx, true)
		return nil
	}})
}
