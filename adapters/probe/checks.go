package probe

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/campusgate/campusgate/adapters/payload/recording"
	"github.com/campusgate/campusgate/adapters/probe/ask"
	"github.com/campusgate/campusgate/gateway/event"
)

// host is the name of an address without its port, empty without an address.
func host(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.Hostname()
}

// online asks a camera whether it answers, and once more before it is called down. One that
// is down is asked once, so that a county whose network is cut does not take twice as long.
func (l *Listener) online(ctx context.Context, c *camera) report {
	var r report
	attempts := l.cfg.Attempts
	if c.down.Load() {
		attempts = 1
	}
	for range attempts {
		try, cancel := context.WithTimeout(ctx, l.cfg.Online.Timeout)
		r = l.answers(try, c)
		cancel()
		if r.Status != event.StatusDown || ctx.Err() != nil {
			break
		}
	}
	if ctx.Err() == nil {
		c.down.Store(r.Status == event.StatusDown)
	}
	return r
}

// answers asks by every protocol that the camera has. It is down when none works, or when
// its stream is none: a recorder answers for a channel whose camera is gone.
func (l *Listener) answers(ctx context.Context, c *camera) report {
	type part struct {
		protocol string
		latency  time.Duration
		fault    *ask.Fault
	}
	var parts []part
	var clock time.Duration
	if c.rtsp != nil {
		info, f := ask.Stream(ctx, c.rtsp, c.access)
		parts = append(parts, part{"rtsp", info.Latency, f})
	}
	if c.onvif != nil {
		info, f := l.web.Device(ctx, c.onvif, c.access)
		parts = append(parts, part{"onvif", info.Latency, f})
		if info.HasClock && info.Skew.Abs() > l.cfg.MaxClockSkew {
			clock = info.Skew
		}
		l.introduce(c, info)
	}
	if len(parts) == 0 {
		_, latency, f := l.web.Picture(ctx, c.snapshot, c.access, maxPicture)
		parts = append(parts, part{"snapshot", latency, f})
	}
	r := report{Status: event.StatusDown}
	var reasons []string
	lost := false
	for _, p := range parts {
		if p.fault == nil || !p.fault.Down() {
			r.Status = event.StatusUp
		}
		if r.LatencyMS == 0 && p.fault == nil {
			r.LatencyMS = float64(p.latency.Microseconds()) / 1000
		}
		if p.fault != nil {
			reasons = append(reasons, p.protocol+": "+string(p.fault.Reason))
			lost = lost || p.fault.Reason == ask.NoStream
		}
	}
	if clock != 0 {
		side := "slow"
		if clock < 0 {
			side = "fast"
		}
		reasons = append(reasons, fmt.Sprintf("%s: %d s %s", ask.Clock, int64(clock.Abs().Seconds()), side))
	}
	switch {
	case lost:
		r.Status = event.StatusDown
	case r.Status == event.StatusUp && len(reasons) > 0:
		r.Status = event.StatusDegraded
	}
	r.Reason = strings.Join(reasons, ", ")
	return r
}

// introduce logs what a camera is when it says so for the first time or is another one.
func (l *Listener) introduce(c *camera, info ask.DeviceInfo) {
	identity := fmt.Sprintf("%.80q %.80q %.80q", info.Manufacturer, info.Model, info.Firmware)
	if info.Model == "" || identity == c.identity {
		return
	}
	c.identity = identity
	l.deps.Log.Info().Str("site", string(c.site)).Str("device", string(c.device)).
		Str("maker", info.Manufacturer).Str("model", info.Model).Str("firmware", info.Firmware).Msg("probe: a camera says what it is")
}

// image fetches a snapshot and judges it.
func (l *Listener) image(ctx context.Context, c *camera) report {
	unknown := func(reason string) report { return report{Result: event.CheckUnknown, Reason: "snapshot: " + reason} }
	if c.down.Load() {
		return unknown("the camera is down")
	}
	select {
	case l.fetches <- struct{}{}:
		defer func() { <-l.fetches }()
	case <-ctx.Done():
		return unknown("no time left to fetch it")
	}
	content, latency, f := l.web.Picture(ctx, c.snapshot, c.access, maxPicture)
	if f != nil {
		return unknown(string(f.Reason))
	}
	// A turn to decode is waited for, but not for ever.
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	case <-ctx.Done():
		return unknown("no time left to decode it")
	}
	img, err := decodePicture(content, l.cfg.MaxPixels)
	if err != nil {
		return unknown(err.Error())
	}
	now := l.deps.Now()
	judged, next := l.checker.Check(img, c.print, now)
	c.print = &next
	r := report{Result: event.CheckPassed, LatencyMS: float64(latency.Microseconds()) / 1000}
	worst, bad := judged.Worst()
	if !bad {
		c.fault = ""
		return r
	}
	var names []string
	for _, fault := range judged.Faults {
		if fault.Bad {
			names = append(names, string(fault.Name))
		}
	}
	r.Result, r.Reason, r.Score, r.Limit = event.CheckFailed, strings.Join(names, ","), worst.Score, worst.Threshold
	// One picture a day is evidence enough of a fault that stays.
	if l.evidence == nil {
		return r
	}
	if c.fault != string(worst.Name) || now.Sub(c.evidenceAt) >= 24*time.Hour {
		id, err := l.evidence.keep(img, now)
		if err != nil {
			l.deps.Log.Warn().Err(err).Str("device", string(c.device)).Msg("probe: evidence")
		}
		c.fault, c.evidence, c.evidenceAt = string(worst.Name), id, now
	}
	r.Evidence = c.evidence
	return r
}

// recording looks for today's recordings, and for yesterday's until that day is settled.
func (l *Listener) recording(ctx context.Context, c *camera) []report {
	now := l.deps.Now().In(time.FixedZone("", int(l.cfg.UTCOffset/time.Second)))
	var out []report
	for _, window := range recording.Windows(now, c.settled) {
		r := l.recorded(ctx, c, window)
		if r.Result != event.CheckUnknown && recording.Settled(window, now) {
			c.settled = window.From
		}
		out = append(out, r)
	}
	return out
}

func (l *Listener) recorded(ctx context.Context, c *camera, span recording.Span) report {
	limited, cancel := context.WithTimeout(ctx, l.cfg.Recording.Timeout)
	defer cancel()
	began := time.Now()
	found, f := l.web.Recorded(limited, c.recorder, c.access, c.track, span, c.zone)
	if f != nil {
		return report{Result: event.CheckUnknown, Reason: "recorder: " + string(f.Reason)}
	}
	k := l.cfg.Recorded.Check(span, found)
	return report{
		Result: k.Result, Reason: k.Reason, From: k.From, To: k.To, LatencyMS: float64(time.Since(began).Microseconds()) / 1000,
		ExpectedS: k.ExpectedS, CoveredS: k.CoveredS, OpenGapS: k.OpenGapS, Gaps: k.Gaps, GapList: k.GapList,
	}
}
