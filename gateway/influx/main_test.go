package influx

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("CAMPUSGATE_TEST_EMBEDDED_DIR"); dir != "" {
		os.Exit(serveEmbedded(dir, os.Getenv("CAMPUSGATE_TEST_EMBEDDED_ADDR")))
	}
	goleak.VerifyTestMain(m,
		// InfluxDB's Flux packages import OpenCensus, whose init starts a worker for good.
		goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"),
	)
}

// serveEmbedded is the whole program of a server that a test can kill. It ends with its
// standard input.
func serveEmbedded(dir, addr string) int {
	c := DefaultEmbeddedConfig()
	c.DataDir, c.Addr = dir, addr
	e, err := NewEmbedded(c, zerolog.New(os.Stderr))
	if err == nil {
		err = e.Start(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintln(os.Stdout, e.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}
