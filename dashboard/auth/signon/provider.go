package signon

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/campusgate/campusgate/gateway/event"
)

const (
	maxAnswer    = 1 << 20 // bytes of one answer of the provider
	maxExchanges = 8       // codes that are changed into tokens at the same time
	firstPause   = time.Second
	longestPause = time.Minute
)

// Provider is the county's identity provider. It is safe for concurrent use.
type Provider struct {
	cfg       Config
	secret    string
	client    *http.Client
	now       func() time.Time
	exchanges chan struct{}
	asking    chan struct{} // held by who reads the discovery document

	mu       sync.Mutex
	known    *known // nil until the discovery document was read
	failed   error  // of the last try
	failures int
	until    time.Time // no further try before
	logins   pending
}

// known is what the discovery document says.
type known struct {
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
}

// New checks the settings and reads their files. It asks the provider nothing.
func New(cfg Config, now func() time.Time) (*Provider, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	p := &Provider{
		cfg: cfg, now: now, exchanges: make(chan struct{}, maxExchanges), asking: make(chan struct{}, 1),
		logins: pending{byState: map[string]login{}},
	}
	if cfg.ClientSecretFile != "" {
		b, err := os.ReadFile(cfg.ClientSecretFile)
		if err != nil {
			return nil, fmt.Errorf("client_secret_file: %w", err)
		}
		p.secret = strings.TrimRight(string(b), "\r\n")
		if n := len(p.secret); n < 8 || n > 1024 {
			return nil, &event.Fault{Key: "client_secret_file", Value: fmt.Sprintf("a secret of %d characters", n), Want: "8 to 1024"}
		}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // it is one
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	transport.MaxIdleConns = 4
	if cfg.CAFile != "" {
		b, err := os.ReadFile(cfg.CAFile)
		if err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
		transport.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(b) {
			return nil, &event.Fault{Key: "ca_file", Value: fmt.Sprintf("%q", cfg.CAFile), Want: "a file with certificates (PEM)"}
		}
	}
	p.client = &http.Client{
		Transport: short{transport}, Timeout: cfg.Timeout,
		// The addresses are the provider's own: one that leads elsewhere is not followed.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return p, nil
}

// Text is that of the button.
func (p *Provider) Text() event.Text { return p.cfg.Text }

// Close ends idle connections.
func (p *Provider) Close() { p.client.CloseIdleConnections() }

// Health is degraded while the provider cannot be reached: passwords still work.
func (p *Provider) Health() event.Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil {
		return event.Health{State: event.Degraded, Reason: p.failed.Error()}
	}
	return event.Health{State: event.OK}
}

// discover returns what the provider says of itself, and asks when that is not known yet.
// After a failure nobody asks again before a pause that grows to a minute.
func (p *Provider) discover(ctx context.Context) (*known, error) {
	select {
	case p.asking <- struct{}{}:
	case <-ctx.Done():
		return nil, &Refusal{Down, ctx.Err()}
	}
	defer func() { <-p.asking }()
	p.mu.Lock()
	k, failed, wait := p.known, p.failed, p.now().Before(p.until)
	p.mu.Unlock()
	if k != nil {
		return k, nil
	}
	if wait {
		return nil, &Refusal{Down, failed}
	}
	// Not the caller's context: a browser that goes away is no failure of the provider.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.cfg.Timeout)
	defer cancel()
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.cfg.Issuer)
	if err == nil {
		if u := found.Endpoint(); !safeEndpoint(u.AuthURL) || !safeEndpoint(u.TokenURL) {
			err = errors.New("its addresses are not https")
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.failed = fmt.Errorf("ask the identity provider: %w", err)
		p.until = p.now().Add(min(longestPause, firstPause<<min(p.failures, 10)))
		p.failures++
		return nil, &Refusal{Down, p.failed}
	}
	p.failed, p.failures = nil, 0
	p.known = &known{
		oauth: oauth2.Config{
			ClientID: p.cfg.ClientID, ClientSecret: p.secret, Endpoint: found.Endpoint(),
			RedirectURL: p.cfg.PublicURL + CallbackPath, Scopes: p.cfg.Scopes,
		},
		verifier: found.Verifier(&oidc.Config{ClientID: p.cfg.ClientID, Now: p.now}),
	}
	return p.known, nil
}

// safeEndpoint is safeURL for an address that may have a query.
func safeEndpoint(s string) bool {
	base, _, _ := strings.Cut(s, "?")
	return safeURL(base)
}

// short cuts answers that are longer than any that is right.
type short struct{ next *http.Transport }

func (s short) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := s.next.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, maxAnswer), res.Body}
	}
	return res, err
}

// CloseIdleConnections is for the client's method of that name.
func (s short) CloseIdleConnections() { s.next.CloseIdleConnections() }
