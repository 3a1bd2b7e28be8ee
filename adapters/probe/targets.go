package probe

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/campusgate/campusgate/adapters/probe/ask"
	"github.com/campusgate/campusgate/adapters/probe/diagnosis"
	"github.com/campusgate/campusgate/gateway/event"
)

// Bounds of the files.
const (
	maxTargetsFile = 64 << 20
	maxSecretsFile = 4 << 20
	maxWorded      = 20 // wrong lines that are worded
)

// camera is a target that is ready to be asked. What a check remembers belongs to the one
// job of that check, which runs once at a time.
type camera struct {
	site   event.SiteID
	device event.DeviceID

	rtsp, onvif, snapshot, recorder *url.URL

	track  int
	zone   *time.Location // of the recorder's times
	access ask.Access
	checks []string

	identity string      // online: what it last said it is
	down     atomic.Bool // written by online

	print      *diagnosis.Print // image: of the last picture
	fault      string           // of the last evidence
	evidence   string
	evidenceAt time.Time

	settled time.Time // recording: the last day of which all is known
}

// cameras makes what is asked of the configuration: those that are right, and an error that
// words the others.
func (c *Config) cameras() ([]*camera, error) {
	secrets, err := readSecrets(c.CredentialsFile)
	if err != nil {
		return nil, fmt.Errorf("credentials_file: %w", err)
	}
	zone := time.FixedZone("", int(c.UTCOffset/time.Second))
	var out []*camera
	var wrong []error
	seen := map[event.DeviceKey]bool{}
	add := func(where string, t Target) {
		key := event.DeviceKey{Site: t.Site, Device: t.Device}
		err := t.validate(c.CredentialsFile != "")
		if err == nil && seen[key] {
			err = &event.Fault{Key: "device", Value: t.Device, Want: "a device that no other target is"}
		}
		var cam *camera
		if err == nil {
			cam, err = t.camera(secrets, zone)
		}
		if err != nil {
			wrong = append(wrong, event.Under(where, err))
			return
		}
		seen[key] = true
		out = append(out, cam)
	}
	for i, t := range c.Targets {
		add(fmt.Sprintf("targets[%d]", i), t)
	}
	if c.TargetsFile != "" {
		text, err := readFile(c.TargetsFile, maxTargetsFile)
		if err != nil {
			return nil, fmt.Errorf("targets_file: %w", err)
		}
		read := readYAML
		if strings.HasSuffix(strings.ToLower(c.TargetsFile), ".csv") {
			read = readCSV
		}
		if err := read(text, func(line int, t Target, err error) {
			where := fmt.Sprintf("targets_file: line %d", line)
			if err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %w", where, err))
				return
			}
			add(where, t)
		}); err != nil {
			return nil, fmt.Errorf("targets_file: %w", err)
		}
	}
	if len(out) > MaxTargets {
		return nil, &event.Fault{Key: "targets", Value: len(out), Want: fmt.Sprintf("at most %d", MaxTargets)}
	}
	if n := len(wrong); n > maxWorded {
		wrong = append(wrong[:maxWorded], fmt.Errorf("and %d more", n-maxWorded))
	}
	return out, errors.Join(wrong...)
}

func (t Target) camera(secrets map[string]ask.Access, zone *time.Location) (*camera, error) {
	c := &camera{site: t.Site, device: t.Device, track: t.Track, zone: zone, checks: t.Checks}
	for _, a := range []struct {
		text string
		into **url.URL
	}{{t.RTSP, &c.rtsp}, {t.ONVIF, &c.onvif}, {t.Snapshot, &c.snapshot}, {t.Recorder, &c.recorder}} {
		if a.text == "" {
			continue
		}
		u, err := url.Parse(a.text)
		if err != nil {
			return nil, errors.New("an address is wrong") // its error would quote it
		}
		*a.into = u
	}
	if c.track == 0 {
		c.track = 101
	}
	if t.RecorderUTC {
		c.zone = time.UTC
	}
	if len(c.checks) == 0 {
		c.checks = t.possible()
	}
	switch {
	case t.Credentials != "":
		a, ok := secrets[t.Credentials]
		if !ok {
			return nil, &event.Fault{Key: "credentials", Value: fmt.Sprintf("%.80q", t.Credentials), Want: "a name of the credentials_file"}
		}
		c.access = a
	case t.User != "":
		text, err := readFile(t.PasswordFile, maxSecretsFile)
		if err != nil {
			return nil, fmt.Errorf("password_file: %w", err)
		}
		c.access = ask.Access{User: t.User, Password: strings.TrimRight(string(text), "\r\n")}
		if c.access.Password == "" {
			return nil, errors.New("password_file: it is empty")
		}
	}
	c.access.InsecureTLS = t.InsecureTLS
	return c, nil
}

// readSecrets reads the credentials file. No error quotes a password.
func readSecrets(path string) (map[string]ask.Access, error) {
	if path == "" {
		return nil, nil
	}
	text, err := readFile(path, maxSecretsFile)
	if err != nil {
		return nil, err
	}
	out := map[string]ask.Access{}
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, rest, _ := strings.Cut(line, " ")
		user, password, ok := strings.Cut(strings.TrimSpace(rest), " ")
		password = strings.TrimSpace(password)
		switch _, twice := out[name]; {
		case !ok || password == "": // how long it is the camera decides, not we
			return nil, fmt.Errorf("line %d is not \"<name> <user> <password>\"", i+1)
		case twice:
			return nil, fmt.Errorf("line %d: %.80q stands here twice", i+1, name)
		}
		out[name] = ask.Access{User: user, Password: password}
	}
	return out, nil
}

func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("%s has more than %d bytes", path, limit)
	}
	return text, err
}

// readYAML reads a list of targets.
func readYAML(text []byte, each func(line int, t Target, err error)) error {
	var list []Target
	if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil {
		// The error quotes the file, where somebody may have written a password.
		var place yaml.Error
		if errors.As(err, &place) && place.GetToken() != nil {
			return fmt.Errorf("line %d: %.150s", place.GetToken().Position.Line, place.GetMessage())
		}
		return errors.New("not a list of targets in YAML")
	}
	for i, t := range list {
		each(i+1, t, nil)
	}
	return nil
}

// readCSV reads a table whose first line names the columns.
func readCSV(text []byte, each func(line int, t Target, err error)) error {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("the header line: %w", err)
	}
	columns := slices.Clone(header)
	known := (&Target{}).fields()
	for i, name := range columns {
		columns[i] = strings.TrimSpace(name)
		if known[columns[i]] == nil {
			near := event.Nearest(columns[i], []string{"site", "device", "rtsp", "onvif", "snapshot", "recorder", "track", "recorder_utc", "credentials", "user", "password_file", "checks", "insecure_tls"})
			return fmt.Errorf("column %.80q is not known; the nearest name is %q", columns[i], near)
		}
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		line, _ := r.FieldPos(0)
		if err != nil {
			var parse *csv.ParseError
			if errors.As(err, &parse) && errors.Is(parse.Err, csv.ErrFieldCount) {
				each(parse.Line, Target{}, fmt.Errorf("has %d columns, the header %d", len(row), len(columns)))
				continue
			}
			return err
		}
		var t Target
		set := t.fields()
		for i, value := range row {
			if err = set[columns[i]](strings.TrimSpace(value)); err != nil {
				break
			}
		}
		each(line, t, err)
	}
}

// fields are the columns of the table and what sets them.
func (t *Target) fields() map[string]func(string) error {
	text := func(into *string) func(string) error {
		return func(s string) error { *into = s; return nil }
	}
	truth := func(name string, into *bool) func(string) error {
		return func(s string) (err error) {
			if s == "" {
				return nil
			}
			if *into, err = strconv.ParseBool(s); err != nil {
				return &event.Fault{Key: name, Value: fmt.Sprintf("%.40q", s), Want: "true or false"}
			}
			return nil
		}
	}
	return map[string]func(string) error{
		"site":     func(s string) error { t.Site = event.SiteID(s); return nil },
		"device":   func(s string) error { t.Device = event.DeviceID(s); return nil },
		"rtsp":     text(&t.RTSP),
		"onvif":    text(&t.ONVIF),
		"snapshot": text(&t.Snapshot),
		"recorder": text(&t.Recorder),
		"track": func(s string) (err error) {
			if s == "" {
				return nil
			}
			if t.Track, err = strconv.Atoi(s); err != nil {
				return &event.Fault{Key: "track", Value: fmt.Sprintf("%.40q", s), Want: "0 to 100000"}
			}
			return nil
		},
		"recorder_utc":  truth("recorder_utc", &t.RecorderUTC),
		"credentials":   text(&t.Credentials),
		"user":          text(&t.User),
		"password_file": text(&t.PasswordFile),
		"checks":        func(s string) error { t.Checks = strings.Fields(s); return nil },
		"insecure_tls":  truth("insecure_tls", &t.InsecureTLS),
	}
}
