package channel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const maxAnswer = 64 << 10 // bytes read of an answer

// poster sends JSON to one address. It has connections of its own, so that a receiver that
// hangs takes nobody else's.
type poster struct {
	client  *http.Client
	address *url.URL
}

func newPoster(c Config, to string) (*poster, error) {
	if err := address(to); err != nil {
		return nil, fmt.Errorf("address of receiver %s: %w", c.Name, err)
	}
	u, err := url.Parse(to)
	if err != nil {
		return nil, fmt.Errorf("address of receiver %s cannot be read", c.Name)
	}
	t := &http.Transport{MaxIdleConns: 2, MaxConnsPerHost: 4, IdleConnTimeout: 30 * time.Second, TLSHandshakeTimeout: c.Patience()}
	if t.TLSClientConfig, err = c.tlsConfig(); err != nil {
		return nil, err
	}
	if c.ProxyURL != "" {
		proxy, err := url.Parse(c.ProxyURL)
		if err != nil {
			return nil, fmt.Errorf("proxy of receiver %s cannot be read", c.Name)
		}
		t.Proxy = http.ProxyURL(proxy)
	}
	return &poster{address: u, client: &http.Client{
		Transport: t, Timeout: c.Patience(),
		// A signed message is for the address that was configured, and for no other.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Close lets go of idle connections.
func (p *poster) Close() { p.client.CloseIdleConnections() }

// post sends body to the address, changed by change, and returns what came back with a
// status of 2xx.
func (p *poster) post(ctx context.Context, body any, change func(*http.Request, []byte)) ([]byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("write message: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.address.String(), bytes.NewReader(text))
	if err != nil {
		return nil, errors.New("the receiver's address cannot be used")
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "campusgate")
	if change != nil {
		change(req, text)
	}
	res, err := p.client.Do(req)
	if err != nil {
		return nil, hideURL(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case res.StatusCode >= 200 && res.StatusCode < 300:
		if err != nil {
			return nil, hideURL(err)
		}
		return answer, nil
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable:
		return nil, &Error{
			Text: "answered " + res.Status, After: retryAfter(res.Header, time.Now()),
			Slow: res.StatusCode == http.StatusTooManyRequests,
		}
	case res.StatusCode >= 500 || res.StatusCode == http.StatusRequestTimeout:
		return nil, &Error{Text: "answered " + res.Status}
	}
	return nil, lasting("answered %s", res.Status)
}

// hideURL leaves the address out of an error: the part after '?' is a robot's password.
func hideURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return &Error{Text: err.Error()}
}

// retryAfter reads the header of RFC 9110, 10.2.3: seconds or a date. It is held to an hour.
func retryAfter(h http.Header, now time.Time) time.Duration {
	s := h.Get("Retry-After")
	wait := time.Duration(0)
	if n, err := strconv.Atoi(s); err == nil {
		wait = time.Duration(min(max(n, 0), 3600)) * time.Second
	} else if at, err := http.ParseTime(s); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), time.Hour)
}
