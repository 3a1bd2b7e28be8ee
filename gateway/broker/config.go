package broker

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

const (
	// maxAckPendingLimit is the most unacknowledged messages of one subscription: the server
	// counts a filter that ends in "#" twice, and refuses a session above maxSessionPending
	// in sum.
	maxAckPendingLimit = 32767
	maxSessionPending  = 65535
)

const mebibyte = 1 << 20

// TLSConfig secures a listener. All empty means no TLS.
type TLSConfig struct {
	// CertFile is the path of the server's certificate chain (PEM).
	CertFile string `yaml:"cert_file"`
	// KeyFile is the path of its private key (PEM).
	KeyFile string `yaml:"key_file"`
	// ClientCAFile is the path of the authorities (PEM) of client certificates; when set,
	// every client must show a certificate that one of them signed.
	ClientCAFile string `yaml:"client_ca_file"`
}

// MQTTUser may connect to the MQTT broker.
type MQTTUser struct {
	// Name is what the client sends as user name.
	Name string `yaml:"name"`
	// PasswordFile is the path of a file with the password, or its bcrypt hash.
	PasswordFile string `yaml:"password_file"`
	// Publish and Subscribe are topic filters ("campus/s012/#") the user is held to; empty
	// means everything. A device should have neither more than its own topics to publish
	// nor anything to subscribe to ("-" allows nothing).
	Publish   []string `yaml:"publish"`
	Subscribe []string `yaml:"subscribe"`
}

// MQTTConfig sets up the MQTT broker.
type MQTTConfig struct {
	// Listen is host:port of the MQTT 3.1.1 listener; port 0 takes a free one.
	Listen string `yaml:"listen"`
	// DataDir holds sessions, offline queues and retained messages.
	DataDir string `yaml:"data_dir"`
	// ServerName distinguishes the servers of one process in logs.
	ServerName string `yaml:"server_name"`
	// MaxPayload is the longest message in bytes, 1 MiB to 64 MiB.
	MaxPayload int64 `yaml:"max_payload"`
	// MaxAckPending is how many QoS 1 messages a subscription may have unacknowledged,
	// 1 to 32767; 0 is as many as leave room for all subscriptions of the gateway. A session
	// may have 65535 in sum, and a filter that ends in "#" counts twice.
	MaxAckPending int `yaml:"max_ack_pending"`
	// AckWait is after how long an unacknowledged message is sent again, 1 s to 1 h. The
	// same time passes before a client that comes back gets what it had not acknowledged.
	AckWait time.Duration `yaml:"ack_wait"`
	// SyncInterval is how often the store is synced to disk, 100 ms to 10 min: what a
	// power failure (not a crash of the process) may lose.
	SyncInterval time.Duration `yaml:"sync_interval"`
	// MaxStore is the most the store may take on disk in bytes, 64 MiB or more. When it
	// is full, QoS 1 messages are not acknowledged.
	MaxStore int64 `yaml:"max_store"`
	// Users may connect; empty lets everybody in, on loopback only.
	Users []MQTTUser `yaml:"users"`
	// AllowAnonymous lets everybody in on an address other than loopback too.
	AllowAnonymous bool `yaml:"allow_anonymous"`
	// TLS secures the listener.
	TLS TLSConfig `yaml:"tls"`
}

// DefaultMQTTConfig is an open broker on loopback.
func DefaultMQTTConfig() MQTTConfig {
	return MQTTConfig{
		Listen:       "127.0.0.1:1883",
		DataDir:      "mqtt",
		ServerName:   "campusgate-mqtt",
		MaxPayload:   4 * mebibyte,
		AckWait:      10 * time.Second,
		SyncInterval: 2 * time.Second,
		MaxStore:     8 << 30,
	}
}

// Fit makes room in one session for all of a client's filters, unless MaxAckPending is set.
func (c *MQTTConfig) Fit(filters []string) {
	if c.MaxAckPending != 0 {
		return
	}
	weight := 0
	for _, f := range filters {
		weight++
		if strings.HasSuffix(f, "#") {
			weight++
		}
	}
	c.MaxAckPending = min(maxAckPendingLimit, max(1, maxSessionPending/max(1, weight)))
}

// Validate returns every wrong setting.
func (c *MQTTConfig) Validate() error {
	faults := checkCommon(c.Listen, c.DataDir, c.ServerName, c.MaxPayload, c.MaxStore, c.TLS,
		len(c.Users) > 0 || c.AllowAnonymous)
	if c.MaxAckPending < 0 || c.MaxAckPending > maxAckPendingLimit {
		faults = append(faults, &event.Fault{Key: "max_ack_pending", Value: c.MaxAckPending, Want: "0 to 32767"})
	}
	if c.AckWait < time.Second || c.AckWait > time.Hour {
		faults = append(faults, &event.Fault{Key: "ack_wait", Value: c.AckWait, Want: "1s to 1h"})
	}
	if c.SyncInterval < 100*time.Millisecond || c.SyncInterval > 10*time.Minute {
		faults = append(faults, &event.Fault{Key: "sync_interval", Value: c.SyncInterval, Want: "100ms to 10m"})
	}
	seen := make(map[string]bool)
	for i, u := range c.Users {
		key := fmt.Sprintf("users[%d]", i)
		faults = append(faults, checkUser(key, u.Name, u.PasswordFile, seen)...)
		for _, filter := range append(append([]string(nil), u.Publish...), u.Subscribe...) {
			if _, err := subjectOfFilter(filter); err != nil {
				faults = append(faults, &event.Fault{Key: key, Value: filter, Want: "an MQTT topic filter without spaces and dots"})
			}
		}
	}
	return errors.Join(faults...)
}

// Roles of a BusUser.
const (
	RoleGateway   = "gateway"
	RoleDashboard = "dashboard"
)

// BusUser may connect to the bus.
type BusUser struct {
	// Name is the user name the client sends.
	Name string `yaml:"name"`
	// PasswordFile is the path of a file with the password, or its bcrypt hash.
	PasswordFile string `yaml:"password_file"`
	// Role is gateway (may publish its own subjects and answer its own questions) or
	// dashboard (everything).
	Role string `yaml:"role"`
	// Gateway is the gateway's id, for role gateway.
	Gateway string `yaml:"gateway"`
	// Sites holds a gateway to the events and anomalies of these sites (and of "county",
	// where it reports of itself); empty allows every site.
	Sites []event.SiteID `yaml:"sites"`
}

// BusConfig sets up the embedded bus.
type BusConfig struct {
	// Listen is host:port of the NATS listener; port 0 takes a free one.
	Listen string `yaml:"listen"`
	// DataDir holds the streams.
	DataDir string `yaml:"data_dir"`
	// ServerName distinguishes the servers of one process in logs.
	ServerName string `yaml:"server_name"`
	// MaxPayload is the longest record or answer in bytes, 1 MiB to 64 MiB.
	MaxPayload int64 `yaml:"max_payload"`
	// MaxStore is the most the streams may take on disk in bytes, 64 MiB or more; it
	// must hold the sum of the streams' own limits.
	MaxStore int64 `yaml:"max_store"`
	// Users may connect; empty, with no token, lets everybody in, on loopback only.
	Users []BusUser `yaml:"users"`
	// TokenFile is the path of a file with a token that every client must send; not
	// together with users.
	TokenFile string `yaml:"token_file"`
	// AllowAnonymous lets everybody in on an address other than loopback too.
	AllowAnonymous bool `yaml:"allow_anonymous"`
	// TLS secures the listener.
	TLS TLSConfig `yaml:"tls"`
}

// DefaultBusConfig is an open bus on loopback.
func DefaultBusConfig() BusConfig {
	return BusConfig{
		Listen:     "127.0.0.1:4222",
		DataDir:    "bus",
		ServerName: "campusgate-bus",
		MaxPayload: 4 * mebibyte,
		MaxStore:   16 << 30,
	}
}

// Validate returns every wrong setting.
func (c *BusConfig) Validate() error {
	faults := checkCommon(c.Listen, c.DataDir, c.ServerName, c.MaxPayload, c.MaxStore, c.TLS,
		len(c.Users) > 0 || c.TokenFile != "" || c.AllowAnonymous)
	if len(c.Users) > 0 && c.TokenFile != "" {
		faults = append(faults, &event.Fault{Key: "token_file", Value: c.TokenFile, Want: "users or token_file, not both"})
	}
	seen := make(map[string]bool)
	for i, u := range c.Users {
		key := fmt.Sprintf("users[%d]", i)
		faults = append(faults, checkUser(key, u.Name, u.PasswordFile, seen)...)
		switch u.Role {
		case RoleGateway:
			if !event.ValidName(u.Gateway) {
				faults = append(faults, &event.Fault{Key: key + ".gateway", Value: u.Gateway, Want: "1 to 64 of a-z, 0-9, '-', '_'"})
			}
		case RoleDashboard:
		default:
			faults = append(faults, &event.Fault{Key: key + ".role", Value: u.Role, Want: "one of gateway, dashboard"})
		}
		for _, site := range u.Sites {
			if !event.ValidName(string(site)) {
				faults = append(faults, &event.Fault{Key: key + ".sites", Value: site, Want: "names of 1 to 64 of a-z, 0-9, '-', '_'"})
			}
		}
	}
	return errors.Join(faults...)
}

func checkCommon(listen, dataDir, name string, maxPayload, maxStore int64, t TLSConfig, guarded bool) []error {
	var faults []error
	host, _, err := splitListen(listen)
	switch {
	case err != nil:
		faults = append(faults, &event.Fault{Key: "listen", Value: listen, Want: "host:port, port 0 to 65535"})
	case !guarded && !loopback(host):
		faults = append(faults, &event.Fault{Key: "listen", Value: listen, Want: "a loopback address, or users, or allow_anonymous: true"})
	}
	if dataDir == "" {
		faults = append(faults, &event.Fault{Key: "data_dir", Value: dataDir, Want: "a folder"})
	}
	if !event.ValidName(name) {
		faults = append(faults, &event.Fault{Key: "server_name", Value: name, Want: "1 to 64 of a-z, 0-9, '-', '_'"})
	}
	if maxPayload < mebibyte || maxPayload > 64*mebibyte {
		faults = append(faults, &event.Fault{Key: "max_payload", Value: maxPayload, Want: "1 MiB to 64 MiB, in bytes"})
	}
	if maxStore < 64*mebibyte {
		faults = append(faults, &event.Fault{Key: "max_store", Value: maxStore, Want: "64 MiB or more, in bytes"})
	}
	if (t.CertFile == "") != (t.KeyFile == "") || (t.ClientCAFile != "" && t.CertFile == "") {
		faults = append(faults, &event.Fault{Key: "tls", Value: t.CertFile, Want: "cert_file and key_file together"})
	}
	return faults
}

func checkUser(key, name, passwordFile string, seen map[string]bool) []error {
	var faults []error
	if name == "" || seen[name] {
		faults = append(faults, &event.Fault{Key: key + ".name", Value: name, Want: "a name, used once"})
	}
	seen[name] = true
	if passwordFile == "" {
		faults = append(faults, &event.Fault{Key: key + ".password_file", Value: passwordFile, Want: "a file"})
	}
	return faults
}

// splitListen splits host:port; the port is returned as nats-server wants it, -1 for a
// free one.
func splitListen(listen string) (string, int, error) {
	addr, err := net.ResolveTCPAddr("tcp", listen)
	if err != nil {
		return "", 0, fmt.Errorf("listen address %q: %w", listen, err)
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return "", 0, fmt.Errorf("listen address %q: %w", listen, err)
	}
	if host == "" {
		host = "0.0.0.0"
	}
	if addr.Port == 0 {
		return host, -1, nil
	}
	return host, addr.Port, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// load reads the certificates; nil without TLS.
func (t TLSConfig) load() (*tls.Config, error) {
	if t.CertFile == "" {
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("load certificate %q: %w", t.CertFile, err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if t.ClientCAFile != "" {
		pem, err := os.ReadFile(t.ClientCAFile)
		if err != nil {
			return nil, fmt.Errorf("read client authorities: %w", err)
		}
		config.ClientCAs = x509.NewCertPool()
		if !config.ClientCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read client authorities: %q holds no PEM certificate", t.ClientCAFile)
		}
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return config, nil
}

func readSecret(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	secret := strings.TrimSpace(string(b))
	if secret == "" {
		return "", fmt.Errorf("read secret: %q is empty", path)
	}
	return secret, nil
}
