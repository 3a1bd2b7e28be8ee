package broker

import (
	"context"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	natsd "github.com/nats-io/nats-server/v2/server"
	"github.com/rs/zerolog"
)

// Bus is the embedded JetStream bus. Every write is synced before it is acknowledged.
type Bus struct {
	config BusConfig
	server embedded
}

// NewBus checks the settings; it opens nothing.
func NewBus(config BusConfig, log zerolog.Logger) (*Bus, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	b := &Bus{config: config}
	b.server = embedded{
		what: "bus", listen: config.Listen, dataDir: config.DataDir, options: b.options,
		log: log.With().Str("component", "bus_server").Logger(),
	}
	return b, nil
}

// Start returns when clients can connect. It fails when the address or the data folder
// is in use.
func (b *Bus) Start(ctx context.Context) error { return b.server.start(ctx) }

// Stop disconnects every client, flushes the streams and waits.
func (b *Bus) Stop(ctx context.Context) error { return b.server.stop(ctx) }

// Health says whether the bus takes records.
func (b *Bus) Health() event.Health { return b.server.health() }

// Addr is host:port of the listener, empty unless started.
func (b *Bus) Addr() string { return b.server.lockedAddr() }

// URL is what clients connect to ("nats://host:port", "tls://…" with TLS), empty unless
// started.
func (b *Bus) URL() string {
	addr := b.Addr()
	if addr == "" {
		return ""
	}
	if b.config.TLS.CertFile != "" {
		return "tls://" + addr
	}
	return "nats://" + addr
}

func (b *Bus) options() (*natsd.Options, error) {
	c := &b.config
	host, port, err := splitListen(c.Listen)
	if err != nil {
		return nil, err
	}
	tlsConfig, err := c.TLS.load()
	if err != nil {
		return nil, err
	}
	o := baseOptions(c.ServerName, c.MaxPayload, c.MaxStore)
	o.Host, o.Port = host, port
	o.SyncAlways = true
	if tlsConfig != nil {
		o.TLSConfig, o.TLS, o.TLSTimeout = tlsConfig, true, 10
		o.TLSVerify = c.TLS.ClientCAFile != ""
	}
	if c.TokenFile != "" {
		if o.Authorization, err = readSecret(c.TokenFile); err != nil {
			return nil, err
		}
	}
	for _, u := range c.Users {
		password, err := readSecret(u.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("user %q: %w", u.Name, err)
		}
		o.Users = append(o.Users, &natsd.User{Username: u.Name, Password: password, Permissions: u.permissions()})
	}
	return o, nil
}

// permissions are those that package uplink documents for the credentials of a gateway;
// nil (everything) for a dashboard.
func (u BusUser) permissions() *natsd.Permissions {
	if u.Role != RoleGateway {
		return nil
	}
	publish := []string{
		"campus.mark.event." + u.Gateway + ".>",
		"campus.mark.anomaly." + u.Gateway + ".>",
		"campus.status." + u.Gateway,
		// The centre's documents: to read, not to write.
		"$JS.API.STREAM.INFO.CAMPUS_DOCUMENTS",
		"$JS.API.DIRECT.GET.CAMPUS_DOCUMENTS",
	}
	for _, stream := range []string{"CAMPUS_EVENT", "CAMPUS_ANOMALY"} {
		publish = append(publish,
			"$JS.API.STREAM.INFO."+stream,
			"$JS.API.STREAM.CREATE."+stream,
			"$JS.API.STREAM.UPDATE."+stream,
			"$JS.API.DIRECT.GET."+stream,
			"$JS.API.DIRECT.GET."+stream+".>")
	}
	if len(u.Sites) == 0 {
		publish = append(publish, "campus.event.>", "campus.anomaly.>")
	} else {
		for _, site := range append([]event.SiteID{event.CountySite}, u.Sites...) {
			publish = append(publish, "campus.event."+string(site)+".>", "campus.anomaly."+string(site)+".>")
		}
	}
	return &natsd.Permissions{
		Publish: &natsd.SubjectPermission{Allow: publish},
		Subscribe: &natsd.SubjectPermission{Allow: []string{
			"campus.rpc." + u.Gateway + ".>",
			"campus.stored.document.*",
			"_INBOX." + u.Gateway + ".>",
		}},
		Response: &natsd.ResponsePermission{MaxMsgs: 1, Expires: time.Minute},
	}
}
