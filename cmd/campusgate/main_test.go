package main_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/gateway/influx"
)

// influxVariable turns the test's own program into an InfluxDB that can be killed: its
// value is "<address> <folder>".
const influxVariable = "CAMPUSGATE_TEST_INFLUX"

// binaryVariable names a program to test instead of one built here.
const binaryVariable = "CAMPUSGATE_TEST_BINARY"

// builtAt is the program under test.
var builtAt = filepath.Join(os.TempDir(), fmt.Sprintf("campusgate-systemtest-%d", os.Getpid()), "campusgate")

// TestMain builds the program as it is shipped: without the race detector.
func TestMain(m *testing.M) {
	if spec := os.Getenv(influxVariable); spec != "" {
		os.Exit(serveInflux(spec))
	}
	code := 1
	if err := buildProgram(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else if code = m.Run(); code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if os.Getenv(binaryVariable) == "" {
		_ = os.RemoveAll(filepath.Dir(builtAt))
	}
	os.Exit(code)
}

func buildProgram() error {
	if path := os.Getenv(binaryVariable); path != "" {
		builtAt = path
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(builtAt), 0o700); err != nil {
		return err
	}
	build := exec.Command("go", "build", "-ldflags", "-s -w -X main.version=systemtest", "-o", builtAt, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// serveInflux runs the embedded InfluxDB until it is told to stop, or killed.
func serveInflux(spec string) int {
	addr, dir, _ := strings.Cut(spec, " ")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cfg := influx.DefaultEmbeddedConfig()
	cfg.Addr, cfg.DataDir = addr, dir
	db, err := influx.NewEmbedded(cfg, zerolog.New(os.Stderr).Level(zerolog.WarnLevel))
	if err == nil {
		err = db.Start(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	<-ctx.Done()
	ending, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := db.Stop(ending); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
