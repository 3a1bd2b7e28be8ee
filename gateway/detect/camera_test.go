package detect_test

import (
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
)

func looked(at string, c event.CameraCheck) step {
	c.Period = 10 * time.Minute
	return ev(at, "c01", event.KindCamera, event.TypeCameraCheck, func(e *event.Event) { e.Check = &c })
}

func image(at, result, reason string, score float64) step {
	return looked(at, event.CameraCheck{Check: event.CheckImage, Result: result, Reason: reason, Score: score, Limit: 0.5})
}

func recorded(at string, openS float64) step {
	c := event.CameraCheck{Check: event.CheckRecording, Result: event.CheckPassed, From: clock("00:00"), To: clock(at), OpenGapS: openS}
	return looked(at, c)
}

func TestCameraChecks(t *testing.T) {
	t.Parallel()
	runScripts(t, []scriptCase{
		{
			name: "black twice, unknown between, then usable", steps: script(
				image("09:00", "failed", "black", 0.9), image("09:05", "unknown", "timeout", 0), image("09:10", "failed", "black,frozen", 0.95), image("09:20", "passed", "", 0)),
			want: []string{
				"09:10:00 raised camera_image_unusable s1/c01 95 x1",
				"09:20:00 cleared camera_image_unusable s1/c01 95 x1",
			},
		},
		{name: "one bad picture", steps: script(image("09:00", "failed", "covered", 0.9), image("09:10", "passed", "", 0), image("09:20", "failed", "covered", 0.9))},
		{name: "two bad pictures far apart", steps: script(image("09:00", "failed", "covered", 0.9), image("11:00", "failed", "covered", 0.9))},
		{
			name: "not recording, and again", steps: script(recorded("09:00", 0), recorded("10:00", 1801), recorded("10:10", 2401), recorded("10:20", 30)),
			want: []string{
				"10:00:00 raised recording_gap s1/c01 30.02 x1",
				"10:10:00 updated recording_gap s1/c01 40.02 x1",
				"10:20:00 cleared recording_gap s1/c01 40.02 x1",
			},
		},
		{name: "a day that is over", steps: script(looked("09:00", event.CameraCheck{
			Check: event.CheckRecording, Result: event.CheckFailed, From: clock("00:00").AddDate(0, 0, -1), To: clock("00:00"), OpenGapS: 86400,
		}))},
		{
			name: "a check is no sign of life", steps: script(
				status("09:00", "c01", event.DeviceStatus{Status: "down"}), image("09:00:10", "passed", "", 0), until("09:02")),
			want: []string{"09:00:30 raised camera_down s1/c01 0 x1"},
		},
	})
}

// TestStateOfBeforeThereWereChecks restores a device that was stored without the conditions
// of camera checks, which are its last six values but one, or without the branch, its last.
func TestStateOfBeforeThereWereChecks(t *testing.T) {
	t.Parallel()
	e := newEngine(t, detect.DefaultConfig())
	play(e, script(status("09:00", "c01", event.DeviceStatus{Status: "up"})))
	put, _ := e.Dirty()
	const key = "d/s1/c01"
	value := put[key]
	if len(value) < 7 || string(value[len(value)-7:]) != "\x00\x00\x00\x00\x00\x00\x00" {
		t.Fatalf("%q", value)
	}
	for _, cut := range []int{1, 7} {
		if err := newEngine(t, detect.DefaultConfig()).Restore(key, value[:len(value)-cut]); err != nil {
			t.Errorf("without the last %d: %v", cut, err)
		}
	}
	if err := newEngine(t, detect.DefaultConfig()).Restore(key, value[:len(value)-6]); err == nil {
		t.Error("half of them are taken")
	}
}
