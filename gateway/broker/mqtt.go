package broker

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/campusgate/campusgate/gateway/event"
	natsd "github.com/nats-io/nats-server/v2/server"
	"github.com/rs/zerolog"
)

// MQTT is the embedded MQTT 3.1.1 broker.
type MQTT struct {
	config MQTTConfig
	server embedded
}

// NewMQTT checks the settings; it opens nothing.
func NewMQTT(config MQTTConfig, log zerolog.Logger) (*MQTT, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	config.Fit(nil)
	m := &MQTT{config: config}
	m.server = embedded{
		what: "mqtt", listen: config.Listen, dataDir: config.DataDir, options: m.options,
		log: log.With().Str("component", "mqtt_broker").Logger(),
	}
	return m, nil
}

// Start returns when clients can connect. It fails when the address or the data folder
// is in use.
func (m *MQTT) Start(ctx context.Context) error { return m.server.start(ctx) }

// Stop disconnects every client, flushes the store and waits. Persistent sessions go on
// after the next Start.
func (m *MQTT) Stop(ctx context.Context) error { return m.server.stop(ctx) }

// Health says whether the broker takes messages.
func (m *MQTT) Health() event.Health { return m.server.health() }

// Addr is host:port of the listener, empty unless started.
func (m *MQTT) Addr() string { return m.server.lockedAddr() }

// Undelivered is how many QoS 1 messages some session has not acknowledged yet.
func (m *MQTT) Undelivered() (uint64, error) {
	m.server.mu.Lock()
	server := m.server.server
	m.server.mu.Unlock()
	if server == nil {
		return 0, errors.New("mqtt: not running")
	}
	detail, err := server.JszAccount(&natsd.JSzOptions{Account: server.GlobalAccount().GetName(), Streams: true})
	if err != nil {
		return 0, fmt.Errorf("mqtt: %w", err)
	}
	for _, stream := range detail.Streams {
		if stream.Name == messageStream {
			return stream.State.Msgs, nil
		}
	}
	return 0, nil // made with the first session
}

// messageStream is where the server keeps a message until every session that wants it has
// acknowledged it.
const messageStream = "$MQTT_msgs"

func (m *MQTT) options() (*natsd.Options, error) {
	c := &m.config
	host, port, err := splitListen(c.Listen)
	if err != nil {
		return nil, err
	}
	tlsConfig, err := c.TLS.load()
	if err != nil {
		return nil, err
	}
	o := baseOptions(c.ServerName, c.MaxPayload, c.MaxStore)
	o.DontListen = true // no NATS clients
	o.SyncInterval = c.SyncInterval
	o.MQTT = natsd.MQTTOpts{
		Host: host, Port: port, TLSConfig: tlsConfig, TLSTimeout: 10,
		AckWait:       c.AckWait,
		MaxAckPending: uint16(c.MaxAckPending), // checked: at most 32767
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

func (u MQTTUser) permissions() *natsd.Permissions {
	if len(u.Publish) == 0 && len(u.Subscribe) == 0 {
		return nil
	}
	p := &natsd.Permissions{}
	if len(u.Publish) > 0 {
		p.Publish = &natsd.SubjectPermission{Allow: subjects(u.Publish)}
		if len(u.Subscribe) == 0 || subjects(u.Subscribe) != nil {
			// The server releases a QoS 2 delivery through the client's own rights.
			p.Publish.Allow = append(p.Publish.Allow, "$MQTT.deliver.pubrel.>")
		}
		if len(p.Publish.Allow) == 0 {
			p.Publish = &natsd.SubjectPermission{Deny: []string{">"}}
		}
	}
	if len(u.Subscribe) > 0 {
		p.Subscribe = &natsd.SubjectPermission{Allow: subjects(u.Subscribe)}
		if len(p.Subscribe.Allow) == 0 {
			p.Subscribe = &natsd.SubjectPermission{Deny: []string{">"}}
		} else {
			// QoS 1 deliveries come over a consumer whose subject is the server's own.
			p.Subscribe.Allow = append(p.Subscribe.Allow, "$MQTT.sub.>")
		}
	}
	return p
}

func subjects(filters []string) []string {
	var all []string
	for _, f := range filters {
		s, err := subjectOfFilter(f)
		if err != nil || s == "" {
			continue // Validate has refused what is wrong; "" is "-"
		}
		all = append(all, s)
		if rest, ok := strings.CutSuffix(s, ".>"); ok && rest != "" {
			// "a/#" includes "a" itself (MQTT 3.1.1, 4.7.1.2), "a.>" does not.
			all = append(all, rest)
		}
	}
	return all
}

// subjectOfFilter turns an MQTT topic filter into a NATS subject; "-" gives "".
func subjectOfFilter(filter string) (string, error) {
	if filter == "-" {
		return "", nil
	}
	if filter == "" || strings.ContainsAny(filter, " .*>\t\r\n") {
		return "", fmt.Errorf("topic filter %q: empty, or with space, '.', '*' or '>'", filter)
	}
	levels := strings.Split(filter, "/")
	for i, level := range levels {
		switch {
		case level == "":
			return "", fmt.Errorf("topic filter %q: empty level", filter)
		case level == "+":
			levels[i] = "*"
		case level == "#" && i == len(levels)-1:
			levels[i] = ">"
		case strings.ContainsAny(level, "+#"):
			return "", fmt.Errorf("topic filter %q: wildcard within a level", filter)
		}
	}
	return strings.Join(levels, "."), nil
}
