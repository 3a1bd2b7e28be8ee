package ask

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Web asks over HTTP(S). It follows no redirect, keeps no cookie and uses no proxy.
type Web struct{ strict, insecure *http.Client }

// NewWeb returns a client for any number of cameras at once. Connections are not kept:
// cameras have few, and minutes pass between two questions.
func NewWeb() *Web {
	client := func(insecure bool) *http.Client {
		return &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{
				DialContext: (&net.Dialer{}).DialContext, DisableKeepAlives: true, DisableCompression: true,
				TLSClientConfig: tlsConfig(insecure, ""), MaxResponseHeaderBytes: 64 << 10, MaxIdleConns: 1,
			},
		}
	}
	return &Web{strict: client(false), insecure: client(true)}
}

// reply is what came of a request.
type reply struct {
	code int
	body []byte
}

// do makes a request, with credentials when the camera wants them. A body of more than
// limit bytes is a fault.
func (w *Web) do(ctx context.Context, method string, address *url.URL, contentType string, body []byte, a Access, limit int64) (reply, *Fault) {
	plain := *address
	plain.User, plain.Fragment = nil, ""
	client := w.strict
	if a.InsecureTLS {
		client = w.insecure
	}
	var known []challenge
	for try := 0; ; try++ {
		req, err := http.NewRequestWithContext(ctx, method, plain.String(), bytes.NewReader(body))
		if err != nil {
			return reply{}, fault(Malformed, "the address")
		}
		req.Header.Set("User-Agent", "campusgate")
		if contentType != "" {
			req.Header.Set("Content-Type", contentType)
		}
		if known != nil {
			text, ok := authorization(known, a, method, plain.RequestURI())
			if !ok {
				return reply{}, fault(Auth, "no way of authentication that is known here")
			}
			req.Header.Set("Authorization", text)
		}
		got, headers, f := read(client, req, limit)
		if f != nil {
			return reply{}, f
		}
		switch code := got.code; {
		case code == http.StatusUnauthorized:
			if f := again(&known, headers, a, known != nil, try); f != nil {
				return reply{}, f
			}
		case code == http.StatusForbidden:
			return got, fault(Auth, "403")
		case code >= 300 && code < 400:
			return got, fault(Redirect, "%d", code)
		case code != http.StatusOK:
			return got, fault(Status, "%d", code)
		default:
			return got, nil
		}
	}
}

func read(client *http.Client, req *http.Request, limit int64) (reply, []string, *Fault) {
	res, err := client.Do(req)
	if err != nil {
		return reply{}, nil, network(err)
	}
	defer func() { _ = res.Body.Close() }() // what is left of it is not wanted
	if res.StatusCode == http.StatusUnauthorized {
		return reply{code: res.StatusCode}, res.Header.Values("WWW-Authenticate"), nil
	}
	if res.ContentLength > limit {
		return reply{}, nil, fault(TooLarge, "%d bytes", res.ContentLength)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return reply{}, nil, network(err)
	}
	if int64(len(body)) > limit {
		return reply{}, nil, fault(TooLarge, "more than %d bytes", limit)
	}
	return reply{res.StatusCode, body}, nil, nil
}

// Picture fetches a snapshot of at most limit bytes, and tells how long that took.
func (w *Web) Picture(ctx context.Context, address *url.URL, a Access, limit int64) ([]byte, time.Duration, *Fault) {
	began := time.Now()
	got, f := w.do(ctx, http.MethodGet, address, "", nil, a, limit)
	if f != nil {
		return nil, 0, f
	}
	return got.body, time.Since(began), nil
}
