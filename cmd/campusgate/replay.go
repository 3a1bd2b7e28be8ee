package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/campusgate/campusgate/cmd/campusgate/config"
	"github.com/campusgate/campusgate/gateway"
)

type replayCommand struct {
	Config  string   `help:"Configuration file of the gateway, which says where it answers." type:"existingfile" placeholder:"FILE" xor:"where" required:""`
	Gateway string   `help:"Address of the gateway's page instead, for instance http://127.0.0.1:9101." placeholder:"URL" xor:"where" required:""`
	List    bool     `help:"Only list what is kept, as one JSON object a line."`
	IDs     []uint64 `arg:"" optional:"" name:"id" help:"Dead letters to try again; all when none is named."`
}

// Run lists dead letters, or asks the gateway to try them again. It fails when some
// cannot be read yet.
func (c replayCommand) Run(ctx context.Context, std streams) error {
	base := strings.TrimRight(c.Gateway, "/")
	if base == "" {
		cfg, _, err := config.Load(c.Config, std.environ, config.PartGateway)
		if err != nil {
			return err
		}
		if cfg.Gateway.HTTP == "" {
			return errors.New("gateway.http is empty in the configuration: the gateway serves no page to ask")
		}
		base = "http://" + cfg.Gateway.HTTP
	}
	if c.List {
		return c.list(ctx, base, std)
	}
	body, err := json.Marshal(gateway.ReplayQuery{IDs: c.IDs, All: len(c.IDs) == 0})
	if err != nil {
		return err
	}
	var result gateway.Replayed
	if err := ask(ctx, http.MethodPost, base+"/api/v1/dead-letters/replay", body, &result); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(std.out, "%d replayed, %d failed\n", result.Replayed, result.Failed); err != nil {
		return err
	}
	if result.Failed > 0 {
		return fmt.Errorf("%d dead letters stay: %s", result.Failed, result.Detail)
	}
	return nil
}

func (c replayCommand) list(ctx context.Context, base string, std streams) error {
	encoder := json.NewEncoder(std.out)
	after := uint64(0)
	for {
		var page gateway.Letters
		if err := ask(ctx, http.MethodGet, fmt.Sprintf("%s/api/v1/dead-letters?limit=500&after=%d", base, after), nil, &page); err != nil {
			return err
		}
		for _, l := range page.Items {
			if l.Truncated { // a list is kept short, a file is not
				whole, err := c.whole(ctx, base, l)
				if err != nil {
					return err
				}
				l = whole
			}
			if err := encoder.Encode(l); err != nil {
				return err
			}
		}
		if page.Next == 0 {
			return nil
		}
		after = page.Next
	}
}

// whole reads one letter with all of its payload. The gateway may have given it up since
// it was listed: then what was listed must do.
func (c replayCommand) whole(ctx context.Context, base string, listed gateway.Letter) (gateway.Letter, error) {
	var l gateway.Letter
	err := ask(ctx, http.MethodGet, fmt.Sprintf("%s/api/v1/dead-letters/%d", base, listed.ID), nil, &l)
	if errors.Is(err, errGone) {
		return listed, nil
	}
	return l, err
}

// errGone is a gateway's word that it does not have what was asked for.
var errGone = errors.New("not there")

func ask(ctx context.Context, method, url string, body []byte, into any) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("no gateway answers at %s: %w", req.URL.Host, errors.Unwrap(err))
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusNotFound {
		return fmt.Errorf("the gateway answers %s: %w", res.Status, errGone)
	}
	if res.StatusCode != http.StatusOK {
		words, _ := io.ReadAll(io.LimitReader(res.Body, 1024))
		return fmt.Errorf("the gateway answers %s: %s", res.Status, bytes.TrimSpace(words))
	}
	return json.NewDecoder(res.Body).Decode(into)
}
