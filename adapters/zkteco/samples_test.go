package zkteco_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/adapters/zkteco"
)

// TestSamples reads messages of real devices to what their sources say they mean.
func TestSamples(t *testing.T) {
	t.Parallel()
	payloadtest.Samples(t, zkteco.New(), "zkteco_push", "zkteco/d1", map[string]string{
		"001_rtlog_punch.txt":    "gate nyu7251601501 2026-09-09T04:09:10Z #40 in manual granted 445966/; ",
		"003_registry.txt":       "gate d1 status up registered; ",
		"005_attlog_11col.txt":   "gate cqug243160247 2026-01-18T07:31:30Z in manual granted 18/; gate cqug243160247 2026-01-18T08:45:20Z in manual granted 18/; gate cqug243160247 2026-01-18T01:00:15Z in manual granted 19/; ",
		"007_attlog_textpin.txt": "gate k40face001 2026-07-17T01:00:00Z in manual granted STU001/; ",
		"009_handshake_poll.txt": "gate device_serial heartbeat up; ",
	})
}
