package detect_test

import (
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestTexts: the sentences name site and device as the registry does, say value and limit,
// and name no person.
func TestTexts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		steps  []step
		zh, en string
	}{
		{
			script(gate("07:30", "g1", pupilIn("p1", 38.2))),
			"第一小学 1号门：学生体温 38.2 °C（界限 37.3 °C）", "First School, Gate 1: pupil with 38.2 °C (limit 37.3 °C)",
		},
		{
			script(gate("09:30", "g1", event.GateAccess{Direction: event.Out, PersonKind: event.PersonPupil, Result: event.ResultGranted, Guardian: "m"})),
			"第一小学 1号门：上课时段学生离校，班主任未同意", "First School, Gate 1: pupil left in class hours, the class teacher did not approve",
		},
		{script(call("09:00", "pressed")), "第一小学 b1：一键报警（hall）", "First School, b1: emergency button pressed (hall)"},
		{script(call("09:00", "test")), "第一小学 b1：一键报警测试（hall）", "First School, b1: emergency button tested (hall)"},
		{
			script(drive("07:00", "07:00:20", bus(func(p *event.VehiclePosition) { p.SpeedKMH = 71.25 }))),
			"depot bus1（川A12345）：校车超速 71.3 km/h（限速 60）", "depot, bus1 (川A12345): bus at 71.3 km/h (limit 60)",
		},
		{
			script(drive("07:00", "07:00:20", bus(nil)), position("07:01", ended(1, event.Unknown))),
			"depot bus1（川A12345）：行程结束后车上仍有 1 名学生", "depot, bus1 (川A12345): pupils still aboard after the trip: 1",
		},
		{
			script(drive("07:00", "07:00:20", bus(nil)), position("07:01", ended(0, event.Unknown)), until("07:06")),
			"depot bus1（川A12345）：行程结束后 5 分钟内未确认车内无人", "depot, bus1 (川A12345): not checked to be empty within 5 min after the trip",
		},
		{
			script(beats("09:00", "09:02", time.Minute, "s1/c01"), until("09:10")),
			"第一小学 c01：摄像机失联，最后消息 09:01:00", "First School, c01: camera silent, last heard 09:01:00",
		},
		{script(status("09:00", "g1", down), until("09:01")), "第一小学 1号门：设备离线", "First School, Gate 1: device reports that it is down"},
		{
			script(beats("09:00", "09:02", time.Minute, "s1/k1"), until("09:10")),
			"第一小学 k1：厨房传感器失联，最后消息 09:01:00", "First School, k1: kitchen sensor silent, last heard 09:01:00",
		},
		{script(with(status("09:00", "g1", up), off(time.Hour))), "第一小学 1号门：设备时钟快 3600 秒", "First School, Gate 1: device clock is 3600 s fast"},
		{script(reading("09:00", "k1", "gas", 12)), "第一小学 k1：燃气浓度 12 %LEL（界限 10）", "First School, k1: gas at 12 %LEL (limit 10)"},
	} {
		out := play(newEngine(t, detect.DefaultConfig()), c.steps)
		if len(out) != 1 || out[0].Text != (event.Text{ZH: c.zh, EN: c.en}) {
			for _, a := range out {
				t.Errorf("%s: %q %q, want %q %q", a.Rule, a.Text.ZH, a.Text.EN, c.zh, c.en)
			}
			if len(out) == 0 {
				t.Errorf("nothing for %q", c.en)
			}
		}
	}
}
