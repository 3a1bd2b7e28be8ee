package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

type sample struct {
	Name    string        `yaml:"name"`
	Every   time.Duration `yaml:"every"`
	Journal struct {
		MaxBytes int64 `yaml:"max_bytes"`
	} `yaml:"journal"`
	Brokers []struct {
		URL   string `yaml:"url"`
		Words []string
	} `yaml:"brokers"`
	Limits map[string]struct {
		Max float64 `yaml:"max"`
	} `yaml:"limits"`
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUnknownKeysAreRefusedAllAtOnce(t *testing.T) {
	t.Parallel()
	path := write(t, "name: a\njournal:\n  max_byte: 3\nbrokers:\n  - url: x\n    ulr: y\nlimits:\n  s1: {mx: 3}\nzzzzzzzzz: 1\n")
	var s sample
	err := LoadYAML(path, &s)
	if err == nil {
		t.Fatal("four unknown keys were taken")
	}
	want := []string{
		path + `:3: journal.max_byte: unknown key (did you mean "max_bytes"?)`,
		path + `:6: brokers[0].ulr: unknown key (did you mean "url"?)`,
		path + `:8: limits.s1.mx: unknown key (did you mean "max"?)`,
		path + `:9: zzzzzzzzz: unknown key`,
	}
	if got := strings.Split(err.Error(), "\n"); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", err, strings.Join(want, "\n"))
	}
}

func TestWrongTypeAndSyntaxNameTheLine(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		":2: ": "name: a\nevery: soon\n",
		":3: ": "name: a\njournal:\n  max_bytes: much\n",
		":1: ": "name: [a\n",
	} {
		var s sample
		if err := LoadYAML(write(t, text), &s); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v, want one line with %q", text, err, name)
		}
	}
}

func TestFaultsGetTheirLine(t *testing.T) {
	t.Parallel()
	path := write(t, "name: a\nbrokers:\n  - url: x\n  - url: y\n")
	var s sample
	doc, err := loadFile(path, &s)
	if err != nil {
		t.Fatal(err)
	}
	err = doc.locate(event.Under("brokers[1]", &event.Fault{Key: "url", Value: "y", Want: "tcp://host:port"}), nil)
	if want := path + ":4: brokers[1].url: y is not allowed: want tcp://host:port"; err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestEnvironmentOverridesAndRefuses(t *testing.T) {
	t.Parallel()
	var s sample
	source, err := applyEnv(&s, []string{
		"HOME=/x", "CAMPUSGATE_NAME=b", "CAMPUSGATE_EVERY=5m", "CAMPUSGATE_JOURNAL_MAX_BYTES=7", "CAMPUSGATE_TEST_X=1",
	}, []string{"CAMPUSGATE_TEST_*"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "b" || s.Every != 5*time.Minute || s.Journal.MaxBytes != 7 {
		t.Errorf("got %+v", s)
	}
	if source["journal.max_bytes"] != "environment CAMPUSGATE_JOURNAL_MAX_BYTES" {
		t.Errorf("source = %v", source)
	}
	_, err = applyEnv(&s, []string{"CAMPUSGATE_NAEM=c", "CAMPUSGATE_JOURNAL_MAX_BYTES=x"}, nil)
	if err == nil || !strings.Contains(err.Error(), `CAMPUSGATE_NAEM: no such setting (did you mean "CAMPUSGATE_NAME"?)`) ||
		!strings.Contains(err.Error(), "CAMPUSGATE_JOURNAL_MAX_BYTES") {
		t.Errorf("got %v, want both named", err)
	}
}
