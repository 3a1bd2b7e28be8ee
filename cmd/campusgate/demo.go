package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/campusgate/campusgate/cmd/campusgate/config"
	"github.com/campusgate/campusgate/gateway/event"
)

type demoCommand struct {
	DataDir     string  `help:"Folder of everything that is kept. (default: ${default})" default:"campusgate-data" placeholder:"DIR"`
	HTTP        string  `help:"Address of the page, loopback; port 0 takes a free one. (default: ${default})" name:"http" default:"127.0.0.1:8080" placeholder:"ADDR"`
	MQTT        string  `help:"Address of the MQTT broker, loopback. (default: ${default})" name:"mqtt" default:"127.0.0.1:1883" placeholder:"ADDR"`
	Influx      string  `help:"Address of the InfluxDB, loopback. (default: ${default})" default:"127.0.0.1:8086" placeholder:"ADDR"`
	County      string  `help:"Registry of the county; the one the program carries when empty." type:"existingfile" placeholder:"FILE"`
	Seed        uint64  `help:"Same seed, same day." default:"1"`
	Speed       float64 `help:"How often things happen, against the real pace (0.1 to 60)." default:"1"`
	NoSimulator bool    `help:"Leave the county empty, to publish to it yourself."`
	LogLevel    string  `help:"What to print of the log: debug, info, warn or error." default:"warn" enum:"debug,info,warn,error"`
}

// Addresses are written to addresses.json in the data folder when everything listens.
type Addresses struct {
	HTTP   string `json:"http"`
	MQTT   string `json:"mqtt"`
	Influx string `json:"influx"`
}

// demoAccounts are the accounts of the demo and what they may see.
func demoAccounts(county *event.County) []account {
	guard := event.SiteID("")
	for _, s := range county.Sites {
		if s.Kind == event.SiteSchool || s.Kind == event.SiteKindergarten {
			guard = s.ID // of one school: the demo's incidents pick s012 first
			if s.ID == "s012" {
				break
			}
		}
	}
	return []account{
		{"admin", event.Text{ZH: "管理员", EN: "Administrator"}, []string{"*"}},
		{"operator", event.Text{ZH: "值班员", EN: "Operator"}, []string{"*"}},
		{"guard", event.Text{ZH: "保安", EN: "School guard"}, []string{string(guard)}},
		{"inspector", event.Text{ZH: "督查员", EN: "Inspector"}, []string{"*"}},
	}
}

type account struct {
	name  string
	text  event.Text
	scope []string
}

// Run starts the whole system and stops it, in order, when the context ends.
func (c demoCommand) Run(ctx context.Context, std streams) error {
	county, err := c.check(std.environ)
	if err != nil {
		return &config.Error{Err: err}
	}
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return err
	}
	password, err := demoPassword(c.DataDir, std.environ)
	if err != nil {
		return err
	}
	d := &demo{command: c, county: county, password: password, std: std, log: newLog(std.err, config.Log{Level: c.LogLevel, Format: "console"})}
	begin := time.Now()
	if err := d.start(ctx); err != nil {
		return errors.Join(err, stopAll(ctx, &d.running))
	}
	if err := d.announce(time.Since(begin)); err != nil {
		return errors.Join(err, stopAll(ctx, &d.running))
	}
	<-ctx.Done()
	d.say("stopping: what is on its way is written first (Ctrl-C again ends at once)")
	if err := stopAll(ctx, &d.running); err != nil {
		return err
	}
	if d.simulator != nil {
		if err := printTotals(std, d.simulator.Totals()); err != nil {
			return err
		}
	}
	d.say("stopped; start again with the same --data-dir to go on")
	return nil
}

// check finds what is wrong before anything is made or opened.
func (c demoCommand) check(environ []string) (*event.County, error) {
	var faults []error
	for _, e := range environ {
		name, _, _ := strings.Cut(e, "=")
		if strings.HasPrefix(name, config.EnvPrefix) && name != passwordVariable && !strings.HasPrefix(name, config.EnvPrefix+"TEST_") {
			faults = append(faults, fmt.Errorf("environment: %s: the demo takes only %s from the environment", name, passwordVariable))
		}
	}
	for _, a := range []struct{ key, addr string }{{"http", c.HTTP}, {"mqtt", c.MQTT}, {"influx", c.Influx}} {
		host, _, err := net.SplitHostPort(a.addr)
		if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			faults = append(faults, &event.Fault{Key: "--" + a.key, Value: a.addr, Want: "host:port on loopback, for instance 127.0.0.1:0; use gateway and dashboard with --config to serve others"})
		}
	}
	if c.Speed < 0.1 || c.Speed > 60 {
		faults = append(faults, &event.Fault{Key: "--speed", Value: c.Speed, Want: "0.1 to 60"})
	}
	county, _, err := simulateCommand{County: c.County}.world()
	return county, errors.Join(append(faults, err)...)
}

// passwordVariable sets the password of the demo's accounts.
const passwordVariable = "CAMPUSGATE_DEMO_PASSWORD"

// demoPassword is from the environment, or made up once and kept in the data folder.
func demoPassword(dir string, environ []string) (string, error) {
	for _, e := range environ {
		if v, ok := strings.CutPrefix(e, passwordVariable+"="); ok && v != "" {
			return v, nil
		}
	}
	file := filepath.Join(dir, "password")
	kept, err := os.ReadFile(file)
	if err == nil && len(strings.TrimSpace(string(kept))) > 0 {
		return strings.TrimSpace(string(kept)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	made := strings.ToLower(rand.Text()[:12])
	return made, os.WriteFile(file, []byte(made+"\n"), 0o600)
}

func (d *demo) say(format string, args ...any) {
	_, _ = fmt.Fprintf(d.std.out, format+"\n", args...)
}

// announce prints where everything is and writes addresses.json, whole or not at all.
func (d *demo) announce(took time.Duration) error {
	text, err := json.MarshalIndent(d.addresses, "", "  ")
	if err != nil {
		return err
	}
	file := filepath.Join(d.command.DataDir, "addresses.json")
	if err := os.WriteFile(file+".new", append(text, '\n'), 0o600); err != nil {
		return err
	}
	if err := os.Rename(file+".new", file); err != nil {
		return err
	}
	d.say("\nready after %.1f s\n", took.Seconds())
	d.say("  page      %s", d.addresses.HTTP)
	d.say("  accounts  admin, operator, guard, inspector")
	d.say("  password  %s", d.password)
	d.say("  publish   mosquitto_pub -h %s -q 1 -t campus/s012/gate/g1/access -m '{…}' (see README.md)", strings.Replace(d.addresses.MQTT, ":", " -p ", 1))
	d.say("\nCtrl-C stops.")
	return nil
}
