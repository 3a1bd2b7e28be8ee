package influx

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	http2 "github.com/influxdata/influxdb-client-go/v2/api/http"
)

func sprint(v any) string { return fmt.Sprint(v) }

// client is the HTTP side that Writer, Reader and set-up share.
type client struct {
	config ServerConfig
	base   *url.URL // ends with "/"
	http   http2.Service
	idle   func()
}

// newClient reads the secrets and certificates; it opens no connection.
func newClient(c ServerConfig, timeout time.Duration, connections int) (*client, error) {
	base, err := url.Parse(strings.TrimSuffix(c.URL, "/") + "/")
	if err != nil {
		return nil, err
	}
	authorization, err := c.authorization()
	if err != nil {
		return nil, err
	}
	roots, err := c.roots()
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   5 * time.Second,
		MaxIdleConnsPerHost:   connections,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
		WriteBufferSize:       64 << 10,
	}
	options := http2.DefaultOptions().SetApplicationName("campusgate").SetHTTPClient(&http.Client{
		Transport: transport,
		Timeout:   timeout,
		// A redirected POST loses its body on the way; tell it as the answer it is.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
	return &client{
		config: c, base: base, http: http2.NewService(base.String(), authorization, options),
		idle: transport.CloseIdleConnections,
	}, nil
}

// authorization is the header that 2.x takes, and 1.8 too in the form "user:password".
func (c ServerConfig) authorization() (string, error) {
	switch {
	case c.TokenFile != "":
		token, err := secret(c.TokenFile)
		if err != nil {
			return "", fmt.Errorf("token_file: %w", err)
		}
		return "Token " + token, nil
	case c.Username != "":
		password, err := secret(c.PasswordFile)
		if err != nil {
			return "", fmt.Errorf("password_file: %w", err)
		}
		return "Token " + c.Username + ":" + password, nil
	}
	return "", nil
}

func secret(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	s := strings.TrimSpace(string(b))
	if s == "" {
		return "", fmt.Errorf("%s is empty", file)
	}
	return s, nil
}

func (c ServerConfig) roots() (*x509.CertPool, error) {
	if c.CAFile == "" {
		return nil, nil //nolint:nilnil // no pool means the system's
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file: %s holds no certificate in PEM", c.CAFile)
	}
	return pool, nil
}

// do sends one request and hands the body of a 2xx answer to read. Errors of the server
// are *http2.Error.
func (c *client) do(ctx context.Context, method, path string, query url.Values, contentType string, body io.Reader, read func(io.Reader) error) error {
	u := c.base.JoinPath(path)
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	failed := c.http.DoHTTPRequest(req, nil, func(resp *http.Response) error {
		defer func() { _ = resp.Body.Close() }()
		if read != nil {
			if err := read(resp.Body); err != nil {
				return err
			}
		}
		_, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) // so that the connection can be used again
		return err
	})
	if failed != nil {
		return failed
	}
	return nil
}

// verdict is what an answer means for the lines that were sent.
type verdict int

const (
	stored   verdict = iota // 2xx
	tooLarge                // 413: send less at once
	rejected                // 400, 422: something in the lines
	missing                 // 404: no such database or bucket
	denied                  // 401, 403
	busy                    // 429, 503: wait as told
	down                    // other answers, no answer, time-outs: keep trying
)

func (v verdict) String() string {
	return [...]string{"stored", "too_large", "rejected", "missing", "denied", "busy", "down"}[v]
}

// judge sorts an error of a write. words is what the server said, wait its Retry-After.
func judge(err error) (v verdict, words string, wait time.Duration) {
	if err == nil {
		return stored, "", 0
	}
	var answer *http2.Error
	if !errors.As(err, &answer) || answer.StatusCode == 0 {
		return down, err.Error(), 0
	}
	words, wait = said(answer), retryAfter(answer)
	switch answer.StatusCode {
	case http.StatusRequestEntityTooLarge:
		return tooLarge, words, wait
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return rejected, words, wait
	case http.StatusNotFound:
		return missing, words, wait
	case http.StatusUnauthorized, http.StatusForbidden:
		return denied, words, wait
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return busy, words, wait
	case http.StatusInternalServerError:
		// 1.8 has no 404 for a retention policy that is not there.
		if strings.Contains(words, "retention policy not found") {
			return missing, words, wait
		}
	}
	return down, words, wait
}

// said is the server's own text: "message" of 2.x, X-Influxdb-Error of 1.x, else the body.
func said(e *http2.Error) string {
	words := e.Message
	if words == "" {
		words = e.Header.Get("X-Influxdb-Error")
	}
	if words == "" {
		words = e.Code
	}
	return fmt.Sprintf("%d %s", e.StatusCode, strings.TrimSpace(cut(words, 1024)))
}

// retryAfter reads seconds or a date, and believes at most ten minutes.
func retryAfter(e *http2.Error) time.Duration {
	wait := time.Duration(e.RetryAfter) * time.Second
	if wait == 0 {
		if when, err := http.ParseTime(e.Header.Get("Retry-After")); err == nil {
			wait = time.Until(when)
		}
	}
	return min(max(wait, 0), 10*time.Minute)
}
