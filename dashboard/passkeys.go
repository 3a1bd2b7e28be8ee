package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/gateway/event"
)

// PasskeyConfig says where people open the page, which passkeys are bound to.
type PasskeyConfig struct {
	// Origin is where people open the page: https, the host's name (not a number) and the port
	// if it is not 443, as in https://safety.example.edu.cn. Empty: there are no passkeys, but
	// on the loopback without behind_tls, where it is http(s)://localhost and http.addr's port.
	Origin string `yaml:"origin"`
	// RelyingParty is the host of the origin, or a domain above it that shall share the
	// passkeys. Empty: the host. Changed, all passkeys that people have are useless.
	RelyingParty string `yaml:"relying_party"`
}

// Validate returns every wrong setting.
func (c PasskeyConfig) Validate() error {
	host, ok := originHost(c.Origin)
	var faults []error
	if c.Origin != "" && !ok {
		faults = append(faults, &event.Fault{Key: "origin", Value: fmt.Sprintf("%q", c.Origin), Want: "https://, a host's name, and a port where it is not 443; http:// for localhost only"})
	}
	if id := c.RelyingParty; id != "" && id != host && (!strings.Contains(id, ".") || !strings.HasSuffix(host, "."+id)) {
		faults = append(faults, &event.Fault{Key: "relying_party", Value: fmt.Sprintf("%q", id), Want: "the host of origin, or a domain above it"})
	}
	return errors.Join(faults...)
}

// originHost is the host of an origin at which browsers allow passkeys.
func originHost(origin string) (string, bool) {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" || origin != u.Scheme+"://"+u.Host || origin != strings.ToLower(origin) {
		return "", false
	}
	host := u.Hostname()
	return host, net.ParseIP(host) == nil && (u.Scheme == "https" || u.Scheme == "http" && host == "localhost")
}

// place is what passkeys are bound to, with the page at addr.
func (c Config) place(addr net.Addr, name string) auth.RelyingParty {
	p := auth.RelyingParty{ID: c.Passkeys.RelyingParty, Origin: c.Passkeys.Origin, Name: name}
	if tcp, ok := addr.(*net.TCPAddr); p.Origin == "" && ok && tcp.IP.IsLoopback() && !c.HTTP.BehindTLS {
		scheme := "http"
		if c.HTTP.tls() {
			scheme = "https"
		}
		p.Origin = fmt.Sprintf("%s://localhost:%d", scheme, tcp.Port)
	}
	if p.ID == "" && p.Origin != "" {
		p.ID, _ = originHost(p.Origin)
	}
	return p
}

// bind takes the address of the HTTP server, whose port passkeys may be bound to.
func (d *Dashboard) bind(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", d.cfg.HTTP.Addr)
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.listener = listener
	d.mu.Unlock()
	d.onStop = append(d.onStop, stopper{"listener", func(context.Context) error {
		if err := listener.Close(); !errors.Is(err, net.ErrClosed) { // the server has closed it
			return err
		}
		return nil
	}})
	return nil
}
