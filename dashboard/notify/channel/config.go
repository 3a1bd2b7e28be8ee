package channel

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Types of receiver.
const (
	WeCom        = "wecom"
	DingTalk     = "dingtalk"
	Feishu       = "feishu"
	SMTP         = "smtp"
	Webhook      = "webhook"
	Alertmanager = "alertmanager"
	Voice        = "voice"
)

// Types lists the types of receiver.
func Types() []string {
	return []string{WeCom, DingTalk, Feishu, SMTP, Webhook, Alertmanager, Voice}
}

// Config is one receiver.
type Config struct {
	// Name is 1 to 64 of a-z, 0-9, '-', '_'; routes and people name it.
	Name string `yaml:"name"`
	// Type is wecom, dingtalk, feishu (group robots), smtp, webhook, alertmanager, or voice
	// (spoken by the open pages).
	Type string `yaml:"type"`
	// URL is the address of a webhook or an Alertmanager (without /api/v2/alerts).
	URL string `yaml:"url"`
	// URLFile holds the address where it is a secret: a robot's always is.
	URLFile string `yaml:"url_file"`
	// SecretFile holds the key that messages are signed with (dingtalk, feishu, webhook), or
	// the password (smtp), 8 to 256 bytes.
	SecretFile string `yaml:"secret_file"`
	// MaxPerMinute messages are sent to it, 1 to 600; what is more is folded into one. 0 takes
	// what the vendor allows, less a reserve: 15 for wecom and dingtalk, else 60.
	MaxPerMinute int `yaml:"max_per_minute"`
	// Timeout of one try, 1s to 2m. 0 takes 10s.
	Timeout time.Duration `yaml:"timeout"`
	// ProxyURL is an HTTP proxy; empty goes there directly. Not for smtp.
	ProxyURL string `yaml:"proxy_url"`
	// CAFile holds the certificates (PEM) that its own is signed by; empty takes the system's.
	CAFile string `yaml:"ca_file"`
	// Mail is for type smtp only.
	Mail MailConfig `yaml:"mail"`
}

// MailConfig is a mail server.
type MailConfig struct {
	// Addr is host:port, usually port 465 (implicit TLS) or 587 (STARTTLS).
	Addr string `yaml:"addr"`
	// TLS is implicit, starttls (refuses to go on without), or none.
	TLS string `yaml:"tls"`
	// Auth is plain, login, or none. With tls: none only none is allowed beyond the loopback.
	Auth string `yaml:"auth"`
	// Username at the server.
	Username string `yaml:"username"`
	// From is the sender's address.
	From string `yaml:"from"`
	// To are the addresses that a route to this receiver writes to; a person's own comes
	// from people.
	To []string `yaml:"to"`
}

// Limit is how many messages a minute it takes.
func (c Config) Limit() int {
	switch {
	case c.MaxPerMinute > 0:
		return c.MaxPerMinute
	case c.Type == WeCom || c.Type == DingTalk:
		return 15 // both shut a robot up after 20 a minute, DingTalk for ten minutes
	}
	return 60
}

// Patience is how long one try may take.
func (c Config) Patience() time.Duration {
	if c.Timeout > 0 {
		return c.Timeout
	}
	return 10 * time.Second
}

// Validate returns every wrong setting.
func (c Config) Validate() error {
	var faults []error
	check := func(ok bool, key string, value any, want string) {
		if !ok {
			faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
		}
	}
	check(event.ValidName(c.Name), "name", fmt.Sprintf("%q", c.Name), "1 to 64 of a-z, 0-9, '-', '_'")
	check(slices.Contains(Types(), c.Type), "type", fmt.Sprintf("%q", c.Type), "one of "+strings.Join(Types(), ", "))
	check(c.MaxPerMinute >= 0 && c.MaxPerMinute <= 600, "max_per_minute", c.MaxPerMinute, "1 to 600, or 0")
	check(c.Timeout == 0 || c.Timeout >= time.Second && c.Timeout <= 2*time.Minute, "timeout", c.Timeout, "1s to 2m, or 0")
	if c.ProxyURL != "" {
		check(address(c.ProxyURL) == nil, "proxy_url", "(not shown)", "http://host:port or https://host:port")
	}
	switch c.Type {
	case WeCom, DingTalk, Feishu:
		check(c.URLFile != "" && c.URL == "", "url_file", fmt.Sprintf("%q", c.URLFile), "a file: a robot's address is its password; url must be empty")
	case Webhook, Alertmanager:
		check((c.URL == "") != (c.URLFile == ""), "url", "(not shown)", "url or url_file, one of the two")
		check(c.URL == "" || address(c.URL) == nil, "url", "(not shown)", "http://… or https://…")
		check(c.Type != Webhook || c.SecretFile != "", "secret_file", `""`, "a file with the key that messages are signed with")
	case SMTP:
		faults = append(faults, event.Under("mail", c.Mail.validate(c.SecretFile != "")))
	}
	return errors.Join(faults...)
}

func (m MailConfig) validate(secret bool) error {
	var faults []error
	check := func(ok bool, key string, value any, want string) {
		if !ok {
			faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
		}
	}
	host, _, err := net.SplitHostPort(m.Addr)
	check(err == nil && host != "", "addr", fmt.Sprintf("%q", m.Addr), "host:port")
	check(slices.Contains([]string{"implicit", "starttls", "none"}, m.TLS), "tls", fmt.Sprintf("%q", m.TLS), "one of implicit, starttls, none")
	check(slices.Contains([]string{"plain", "login", "none"}, m.Auth), "auth", fmt.Sprintf("%q", m.Auth), "one of plain, login, none")
	if m.Auth == "plain" || m.Auth == "login" {
		check(m.Username != "" && secret, "username", fmt.Sprintf("%q", m.Username), "a user name, and secret_file with the password")
		ip := net.ParseIP(host)
		check(m.TLS != "none" || host == "localhost" || ip != nil && ip.IsLoopback(), "auth", fmt.Sprintf("%q", m.Auth), "none, or tls: a password does not go over the network in the clear")
	}
	check(ValidMailbox(m.From), "from", fmt.Sprintf("%q", m.From), "a mail address")
	for i, to := range m.To {
		check(ValidMailbox(to), fmt.Sprintf("to[%d]", i), "(not shown)", "a mail address")
	}
	return errors.Join(faults...)
}

// ValidMailbox reports whether s is one mail address.
func ValidMailbox(s string) bool {
	_, err := mail.ParseAddress(s)
	return err == nil
}

func address(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("it is no address of the form http://… or https://…")
	}
	return nil
}

// Secret reads a secret of 8 to 4096 bytes from a file; white space around it is left out.
func Secret(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	s := strings.TrimSpace(string(b))
	if len(s) < 8 || len(s) > 4096 {
		return "", fmt.Errorf("secret in %s: want 8 to 4096 bytes, there are %d", path, len(s))
	}
	return s, nil
}

func (c Config) tlsConfig() (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read ca_file: %w", err)
	}
	t.RootCAs = x509.NewCertPool()
	if !t.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file %s holds no certificate", c.CAFile)
	}
	return t, nil
}
