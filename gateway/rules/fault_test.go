package rules_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/gateway/rules"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file, which -update writes.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got\n%s", path, got)
	}
}

// TestFaults: every fault of a bad document, with file, line, column, key and what was
// probably meant.
func TestFaults(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "bad", "*.yaml"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		set, err := rules.Parse(filepath.Base(file), text)
		if err == nil || set != nil {
			t.Errorf("%s is taken", file)
			continue
		}
		golden(t, strings.TrimSuffix(file, ".yaml")+".txt", err.Error()+"\n")
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	many := func(n int, s string) string { return strings.Repeat(s, n) }
	for name, text := range map[string]string{
		"long":       many(rules.MaxDocument+1, "#"),
		"flow":       many(10_000, "["),
		"sequences":  "rules: " + many(5_000, "- "),
		"indent":     "rules:\n" + many(2_000, " ") + "a: b",
		"rules":      "rules:\n" + many(rules.MaxRules+1, "  - {}\n"),
		"expression": one("    when: '" + many(600, "1+") + "1 > 0'\n"),
		"two":        "rules: []\n---\nrules: []\n",
		"windows":    one("    when: " + many(17, "count('true', '1m') > 1 || ")[:17*26-4] + "\n"),
		"binary":     "\x00\xff\xfe",
	} {
		if _, err := rules.Parse("rules.yaml", []byte(text)); err == nil && name != "windows" {
			t.Errorf("%s is taken", name)
		} else if err != nil && len(err.Error()) > 20_000 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
	if set, err := rules.Parse("rules.yaml", nil); err != nil || set.Rules() != 0 {
		t.Errorf("an empty document: %v", err)
	}
}

// TestRunTimeErrors: a rule that fails on an event is told once, and others go on.
func TestRunTimeErrors(t *testing.T) {
	t.Parallel()
	e := rules.New(parse(t, one("    when: 'split(reading.unit, \"/\")[3] == \"x\"'\n")+
		"  - {name: good, on: {types: [kitchen_reading]}, when: 'true', text: {zh: a, en: a}}\n"), county(t))
	out := play(e, "10:02", reading("10:00", "s1/k1", "room", 1), reading("10:01", "s1/k1", "room", 1))
	compare(t, out, "10:00:00 raised good s1/k1")
	if f := e.NewFailures(); len(f) != 1 || f[0].Count != 2 || !strings.Contains(f[0].Error, "out of range") || len(e.NewFailures()) != 0 {
		t.Errorf("%+v", f)
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join("testdata", "bad", "*.yaml"))
	for _, file := range append(files, filepath.Join("..", "..", "configs", "rules", "schools.yaml")) {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(everything)
	f.Add("a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]")
	f.Fuzz(func(t *testing.T, text string) {
		set, err := rules.Parse("f.yaml", []byte(text))
		if (set == nil) == (err == nil) {
			t.Fatal("neither taken nor refused")
		}
		if err != nil && len(err.Error()) > 200_000 {
			t.Fatalf("an error of %d bytes", len(err.Error()))
		}
		if set != nil {
			play(rules.New(set, county(t)), "10:05", reading("10:00", "s1/k1", "room", 1), gate("10:01", "s1/g1", gateAccess()))
		}
	})
}
