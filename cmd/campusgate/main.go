// Command campusgate carries the safety telemetry of a county's schools from the devices
// to the people who act on it. See README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/campusgate/campusgate/cmd/campusgate/config"
)

// version is set when the program is built.
var version = "development"

// Exit codes; scripts rely on them.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

type commands struct {
	Demo      demoCommand      `cmd:"" help:"Start the whole system in one process, with a simulated county."`
	Gateway   gatewayCommand   `cmd:"" help:"Run an edge gateway: MQTT to journal, InfluxDB, detectors and bus."`
	Dashboard dashboardCommand `cmd:"" help:"Run the command centre's server: alarms, pages, REST, websocket."`
	Simulate  simulateCommand  `cmd:"" help:"Publish what a county's devices publish, or a load at a set rate."`
	Bench     benchCommand     `cmd:"" help:"Measure throughput, latency, drain, fan-out and start-up."`
	Check     checkCommand     `cmd:"" help:"Say what is wrong with a configuration, and where."`
	Replay    replayCommand    `cmd:"" help:"Try messages that could not be understood again."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
}

// streams are what a command may read from and write to besides its files.
type streams struct {
	out, err io.Writer
	environ  []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	code := run(ctx, os.Args[1:], streams{out: os.Stdout, err: os.Stderr, environ: os.Environ()})
	stop()
	os.Exit(code)
}

// run parses the command line, runs the command and returns its exit code.
func run(ctx context.Context, args []string, io streams) int {
	var cli commands
	exited := false
	parser, err := kong.New(&cli, kong.Name("campusgate"),
		kong.Description("Safety telemetry of a county's schools, from the devices to the people who act on it."),
		kong.UsageOnError(), kong.Writers(io.out, io.err), kong.Exit(func(int) { exited = true }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(io))
	if err != nil {
		fmt.Fprintln(io.err, "campusgate:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if exited { // --help has been answered
		return exitDone
	}
	if err != nil {
		fmt.Fprintf(io.err, "campusgate: %v\nTry \"campusgate --help\".\n", err)
		return exitUsage
	}
	err = command.Run()
	var wrong *config.Error
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &wrong):
		fmt.Fprintln(io.err, wrong)
		return exitUsage
	}
	fmt.Fprintln(io.err, "campusgate:", err)
	return exitFailed
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(io streams) error {
	_, err := fmt.Fprintln(io.out, "campusgate", version)
	return err
}
