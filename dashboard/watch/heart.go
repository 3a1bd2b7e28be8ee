package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Heart beats at a second system.
type Heart struct {
	cfg     HeartbeatConfig
	address string
	client  *http.Client
}

// NewHeart makes a heart that beats at an address.
func NewHeart(cfg HeartbeatConfig, address string) (*Heart, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("heartbeat: the file holds no address of the form http://… or https://…")
	}
	return &Heart{cfg: cfg, address: address, client: &http.Client{
		Timeout: cfg.Timeout, Transport: &http.Transport{MaxIdleConns: 1, IdleConnTimeout: 2 * cfg.Every},
	}}, nil
}

// Beat asks the address once. Its errors do not show it.
func (h *Heart) Beat(ctx context.Context, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, h.cfg.Timeout)
	defer cancel()
	body := []byte(nil)
	if h.cfg.Method == http.MethodPost {
		var err error
		if body, err = json.Marshal(map[string]any{"status": "ok", "at": now.UTC()}); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, h.cfg.Method, h.address, bytes.NewReader(body))
	if err != nil {
		return errors.New("heartbeat: the address cannot be used")
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := h.client.Do(req)
	var hidden *url.Error
	if errors.As(err, &hidden) {
		err = hidden.Err
	}
	if err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection is kept
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("heartbeat: answered %s", res.Status)
	}
	return nil
}

// Close lets go of idle connections.
func (h *Heart) Close() { h.client.CloseIdleConnections() }
