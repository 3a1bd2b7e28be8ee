package detect

import (
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// camera judges what somebody found who looked at a camera's picture or recordings. What
// could not be looked at neither raises nor ends anything.
func (d *device) camera(o *observation, c *event.CameraCheck) {
	if c.Result != event.CheckPassed && c.Result != event.CheckFailed {
		return
	}
	switch c.Check {
	case event.CheckImage:
		b := inside
		if c.Result == event.CheckFailed {
			b = outside
		}
		f := o.finding(cameraImage).measured(100*c.Score, 100*c.Limit, "%")
		f.detail = faultText(c.Reason)
		d.follow(o, levelImage, b, d.limits.minutes(cameraImageMinutes), 0, f)
	case event.CheckRecording:
		// A day that is over says nothing of now.
		if o.ObservedAt.Sub(c.To) > max(2*c.Period, time.Hour) {
			return
		}
		minutes, limit := c.OpenGapS/60, d.limits[recordingGapMinutes]
		d.follow(o, levelRecording, above(minutes, limit, 0), 0, 0, o.finding(recordingGap).measured(minutes, limit, "min"))
	}
}

// period is how far apart observations like this one usually are.
func (o *observation) period() int64 {
	if o.Check != nil && o.Check.Period > 0 {
		return int64(o.Check.Period)
	}
	return o.d.reportPeriod()
}

// faultText names the faults of an image.
func faultText(reason string) event.Text {
	words := map[string]string{
		"black": "黑屏", "white": "过曝", "frozen": "画面冻结", "blurred": "模糊失焦",
		"covered": "遮挡", "colour_cast": "偏色", "no_signal": "无信号", "noise": "雪花噪点",
	}
	faults := strings.Split(reason, ",")
	zh := make([]string, 0, len(faults))
	for i, fault := range faults {
		fault = strings.TrimSpace(fault)
		word, known := words[fault]
		if !known {
			word = fault
		}
		zh = append(zh, word)
		faults[i] = strings.ReplaceAll(fault, "_", " ")
	}
	return event.Text{ZH: strings.Join(zh, "、"), EN: strings.Join(faults, ", ")}
}
