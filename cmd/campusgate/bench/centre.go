package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// centre is a dashboard with the bus that it runs.
type centre struct {
	process  *process
	page     string // http://host:port
	bus      string // nats://host:port
	password string
}

// dashboard starts a dashboard and waits until it is ready.
func (b *bench) dashboard(ctx context.Context) (*centre, error) {
	name, dir, err := b.fresh("dashboard")
	if err != nil {
		return nil, err
	}
	page, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	bus, err := freeAddr(ctx)
	if err != nil {
		return nil, err
	}
	c := &centre{page: "http://" + page, bus: "nats://" + bus, password: "bench-password"}
	secret := filepath.Join(dir, "secret")
	text := "county: county.yaml\nlog:\n  level: warn\n" +
		"dashboard:\n  data_dir: " + dir + "\n  http:\n    addr: " + page + "\n  admin_password_file: " + secret + "\n" +
		"bus:\n  urls: [" + c.bus + "]\n" +
		"history:\n  url: " + b.influx.URL() + "\n" +
		"embedded:\n  bus:\n    enabled: true\n    listen: " + bus + "\n    data_dir: " + filepath.Join(dir, "bus") + "\n"
	for file, content := range map[string]string{
		secret: c.password + "\n", filepath.Join(dir, "campusgate.yaml"): text,
		filepath.Join(dir, "county.yaml"): "name: {zh: 压测, en: bench}\nsites: []\n",
	} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			return nil, err
		}
	}
	c.process, err = start(ctx, name, b.Program, nil, "dashboard", "--config", filepath.Join(dir, "campusgate.yaml"))
	if err != nil {
		return nil, err
	}
	return c, c.process.waitFor(ctx, "the dashboard is ready", 5*time.Millisecond, answers(ctx, c.page+"/readyz"))
}

// login returns the cookie of a session that sees the county.
func (c *centre) login(ctx context.Context) (*http.Cookie, error) {
	body, err := json.Marshal(map[string]string{"username": "admin", "password": c.password})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.page+"/api/v1/login", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK || len(res.Cookies()) == 0 {
		return nil, fmt.Errorf("log in: %s", res.Status)
	}
	return res.Cookies()[0], nil
}

// live is where the dashboard's websocket is.
func (c *centre) live() string { return "ws" + strings.TrimPrefix(c.page, "http") + "/api/v1/live" }

// startUp measures the time until a fresh gateway and a fresh dashboard are ready.
func (b *bench) startUp(ctx context.Context, report *Report) error {
	b.say("start-up")
	c, err := b.dashboard(ctx)
	if err != nil {
		return err
	}
	defer func() { _, _ = c.process.stop() }()
	dashboard := time.Since(c.process.started)

	broker, mqtt, err := b.mosquitto(ctx)
	if err != nil {
		return err
	}
	defer func() { _, _ = broker.stop() }()
	name, dir, err := b.fresh("gw")
	if err != nil {
		return err
	}
	file, page, err := b.gatewayConfig(ctx, name, dir, mqtt, name, "")
	if err != nil {
		return err
	}
	p, err := start(ctx, name, b.Program, nil, "gateway", "--config", file)
	if err != nil {
		return err
	}
	defer func() { _, _ = p.stop() }()
	if err := p.waitFor(ctx, "the gateway is ready", 2*time.Millisecond, answers(ctx, page+"/readyz")); err != nil {
		return err
	}
	report.StartUp = &StartUp{
		GatewayMS: float64(time.Since(p.started)) / 1e6, DashboardMS: float64(dashboard) / 1e6,
	}
	return nil
}
