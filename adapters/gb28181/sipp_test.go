package gb28181_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/campusgate/campusgate/adapters/gb28181"
)

// sipp plays a scenario against the listener.
func sipp(t *testing.T, g *gateway, transport, scenario, password string) {
	t.Helper()
	if _, err := exec.LookPath("sipp"); err != nil {
		t.Fatal("this test needs sipp (Debian: apt-get install sip-tester)")
	}
	folder, err := filepath.Abs(filepath.Join("testdata", "sipp"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	fields := fmt.Sprintf("SEQUENTIAL\n%s;[authentication username=%[1]s password=%s]\n", nvr, password)
	if err := os.WriteFile(filepath.Join(dir, "fields.csv"), []byte(fields), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sipp", g.listener.Addr(), "-sf", filepath.Join(folder, scenario+".xml"),
		"-oocsf", filepath.Join(folder, "platform.xml"), "-inf", "fields.csv",
		"-i", "127.0.0.1", "-t", transport, "-m", "1", "-nostdin", "-trace_err", "-error_file", "errors.log",
		"-trace_msg", "-message_file", "messages.log", "-timeout", "25s", "-timeout_error")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		faults, _ := os.ReadFile(filepath.Join(dir, "errors.log"))
		messages, _ := os.ReadFile(filepath.Join(dir, "messages.log"))
		t.Fatalf("%s: %v\n%s\n%s\n%s", scenario, err, faults, messages, out)
	}
}

// TestSipp lets sipp, which is not of our making, play a recorder.
func TestSipp(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"u1", "t1"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			g := start(t, func(c *gb28181.Config) { // a password that sipp's input can hold
				c.PasswordFile = filepath.Join(t.TempDir(), "passwords")
				if err := os.WriteFile(c.PasswordFile, []byte(nvr+" sesame-8\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			})
			sipp(t, g, transport, "recorder", "sesame-8")
			g.expect("county/" + nvr + " up registered")
			g.expect("county/" + nvr + " up ")
			g.expect("county/33018511001310000002 down reported faulty by its recorder")
			g.expect("county/33018511001310000003 degraded device alarm")
			g.expect("county/33018511001310000004 up ")
			g.expect("county/33018511001310000005 down offline")
			g.expect("county/" + nvr + " down signed off")
			sipp(t, g, transport, "stranger", "guess")
		})
	}
}
