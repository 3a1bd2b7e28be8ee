package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/campusgate/campusgate/"

type goPackage struct {
	ImportPath string
	Standard   bool
	Imports    []string
}

// TestImportRules holds the import rules of the design: which part may know which.
func TestImportRules(t *testing.T) {
	t.Parallel()
	list := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Standard,Imports", module+"...")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	// ours lists, for each part, the parts of ours that it may import: a prefix ending in
	// '/' allows all below it.
	ours := []struct {
		part    string
		allowed []string
	}{
		{"gateway/event", nil},
		{"gateway/detect", []string{"gateway/event"}},
		{"gateway/rules", []string{"gateway/event"}},
		{"gateway/lifecycle", []string{"gateway/event"}},
		{"gateway/", []string{"gateway/"}},
		{"adapters/payload", []string{"gateway/event"}},
		{"adapters/payload/", []string{"gateway/event", "adapters/payload", "adapters/payload/"}},
		{"adapters/probe", []string{"gateway/event", "adapters/payload", "adapters/payload/", "adapters/probe/"}},
		{"adapters/jt808/", []string{"gateway/event", "adapters/jt808"}},
		{"adapters/", []string{"gateway/event", "adapters/payload", "adapters/payload/"}},
		{"adapters", []string{"gateway/event", "adapters/"}},
		{"dashboard", []string{"gateway/event", "gateway/lifecycle", "dashboard/"}},
		{"dashboard/", []string{"gateway/event", "gateway/lifecycle", "dashboard/"}},
		{"cmd/", []string{""}},
	}
	// doors lists who keeps the door to each third-party library; main may start servers
	// for itself but not reach around the keepers.
	doors := []struct {
		library string
		keepers []string
	}{
		{"github.com/eclipse/paho.mqtt.golang", []string{"gateway/ingest"}},
		{"github.com/influxdata/influxdb", []string{"gateway/influx"}},
		{"github.com/influxdata/line-protocol", []string{"gateway/influx", "adapters/mapping"}},
		{"github.com/cockroachdb/pebble", []string{"gateway/journal"}},
		{"github.com/nats-io/nats-server", []string{"gateway/broker"}},
		{"github.com/nats-io/nats.go", []string{"gateway/uplink", "dashboard/bus", "gateway/broker"}},
		{"github.com/synadia-io/", []string{"gateway/uplink"}},
		{"github.com/gorilla/websocket", []string{"dashboard/live", "gateway/ingest", "cmd/campusgate/bench"}},
		{"github.com/emiago/sipgo", []string{"adapters/gb28181"}},
		{"github.com/expr-lang/expr", []string{"adapters/mapping", "gateway/rules"}},
		{"github.com/wneessen/go-mail", []string{"dashboard/notify/channel"}},
		{"github.com/xuri/excelize", []string{"dashboard/export", "dashboard/registry", "dashboard/report"}},
		{"github.com/go-webauthn/", []string{"dashboard/auth"}},
		{"github.com/coreos/go-oidc", []string{"dashboard/auth/signon"}},
		{"golang.org/x/oauth2", []string{"dashboard/auth/signon"}},
		{"database/sql", []string{"dashboard/"}},
		{"modernc.org/sqlite", []string{"dashboard/store"}},
	}
	decoder := json.NewDecoder(bytes.NewReader(out))
	seen := 0
	for {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		part, isOurs := strings.CutPrefix(p.ImportPath, module)
		if !isOurs {
			continue
		}
		seen++
		for _, imported := range p.Imports {
			if other, ok := strings.CutPrefix(imported, module); ok {
				for _, rule := range ours {
					if !within(part, rule.part) {
						continue
					}
					if !slices.ContainsFunc(rule.allowed, func(a string) bool { return within(other, a) }) {
						t.Errorf("%s must not import %s: it may know %q only", part, other, rule.allowed)
					}
					break
				}
				continue
			}
			if part == "gateway/event" && strings.Contains(strings.SplitN(imported, "/", 2)[0], ".") {
				t.Errorf("gateway/event must import the standard library only, not %s", imported)
			}
			for _, door := range doors {
				if strings.HasPrefix(imported, door.library) &&
					!slices.ContainsFunc(door.keepers, func(k string) bool { return within(part, k) }) {
					t.Errorf("%s must not import %s: its door is kept by %q", part, imported, door.keepers)
				}
			}
		}
	}
	if seen < 15 {
		t.Fatalf("saw %d packages only: the list is wrong", seen)
	}
}

func within(part, rule string) bool {
	return part == rule || strings.HasPrefix(part, rule) && (rule == "" || strings.HasSuffix(rule, "/"))
}

// TestTopLevel holds the folders and files that may stand at the top of the repository.
func TestTopLevel(t *testing.T) {
	t.Parallel()
	allowed := []string{
		"gateway", "adapters", "dashboard", "cmd", "configs", "go.mod", "go.sum", "Makefile",
		"README.md", "README.zh-CN.md", "LICENSE", ".ci", ".gitignore", ".golangci.yml",
	}
	out, err := exec.CommandContext(t.Context(), "git", "-C", filepath.Join("..", ".."), "ls-files").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	for file := range strings.Lines(string(out)) {
		top, _, _ := strings.Cut(strings.TrimSpace(file), "/")
		if !slices.Contains(allowed, top) {
			t.Errorf("%s does not belong at the top", top)
		}
	}
}

// TestTestsDoNotSleep keeps waiting for a condition the habit.
func TestTestsDoNotSleep(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == ".cache") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "architecture_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if bytes.Contains(text, []byte("time."+"Sleep(")) {
			t.Errorf("%s sleeps: wait for a condition, or use testing/synctest", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
