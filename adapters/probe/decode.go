package probe

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/recording"
	"github.com/campusgate/campusgate/gateway/event"
)

// Name is the adapter's name.
const Name = "probe"

// Bounds of a message.
const (
	maxPayload = 16 << 10
	maxWords   = 256
	maxSeconds = 31 * 86400.0
)

// report is the message of a check.
type report struct {
	Check     string    `json:"check"`
	TS        time.Time `json:"ts"`
	PeriodS   float64   `json:"period_s,omitempty"`
	LatencyMS float64   `json:"latency_ms,omitempty"`
	Reason    string    `json:"reason,omitempty"`

	Status string `json:"status,omitempty"` // online

	Result   string  `json:"result,omitempty"` // image and recording
	Score    float64 `json:"score,omitempty"`
	Limit    float64 `json:"limit,omitempty"`
	Evidence string  `json:"evidence,omitempty"`

	From      time.Time `json:"from,omitzero"` // recording
	To        time.Time `json:"to,omitzero"`
	ExpectedS float64   `json:"expected_s,omitempty"`
	CoveredS  float64   `json:"covered_s,omitempty"`
	OpenGapS  float64   `json:"open_gap_s,omitempty"`
	Gaps      int       `json:"gaps,omitempty"`
	GapList   string    `json:"gap_list,omitempty"`
}

// Decoder reads what the listener, or a probe elsewhere, found out.
type Decoder struct{}

var _ payload.Decoder = (*Decoder)(nil)

// New returns the adapter "probe".
func New() *Decoder { return &Decoder{} }

// Name is "probe".
func (*Decoder) Name() string { return Name }

// Decode appends the one event of a message.
func (*Decoder) Decode(dst []event.Event, m payload.Message, clock event.Clock) ([]event.Event, error) {
	if len(m.Payload) > maxPayload {
		return dst, fmt.Errorf("payload has %d bytes, %d are allowed", len(m.Payload), maxPayload)
	}
	var r report
	if err := json.Unmarshal(m.Payload, &r); err != nil {
		return dst, fmt.Errorf("payload is no report of a probe: %.150s", strings.ToValidUTF8(err.Error(), "?"))
	}
	e := event.Event{Kind: event.KindCamera, Site: m.Site, Device: m.Device, Retained: m.Retained}
	if levels := strings.Split(m.Topic, "/"); len(levels) == 4 && levels[0] == Name {
		if e.Site == "" {
			e.Site = event.SiteID(levels[1])
		}
		if e.Device == "" {
			e.Device = event.DeviceID(levels[2])
		}
	}
	if !event.ValidName(string(e.Site)) || !event.ValidName(string(e.Device)) {
		return dst, errors.New("topic is not probe/<site>/<device>/<check>, and no mapping says site and device")
	}
	if err := r.into(&e); err != nil {
		return dst, err
	}
	clock.Stamp(&e, m.Payload, 0, r.TS, time.Nanosecond, m.Received)
	return append(dst, e), nil
}

// into sets the body of an event.
func (r *report) into(e *event.Event) error {
	if err := r.check(); err != nil {
		return err
	}
	period := time.Duration(r.PeriodS * float64(time.Second))
	if r.Check == Online {
		e.Type = event.TypeDeviceStatus
		e.Status = &event.DeviceStatus{
			Status: r.Status, Heartbeat: r.Status == event.StatusUp, Reason: r.Reason, LatencyMS: r.LatencyMS, Period: period,
		}
		return nil
	}
	e.Type = event.TypeCameraCheck
	e.Check = &event.CameraCheck{
		Check: r.Check, Result: r.Result, Reason: r.Reason, Score: r.Score, Limit: r.Limit, Evidence: r.Evidence,
		LatencyMS: r.LatencyMS, Period: period,
	}
	if r.Check == Recording && r.Result != event.CheckUnknown {
		e.Check.From, e.Check.To = r.From.UTC(), r.To.UTC()
		e.Check.ExpectedS, e.Check.CoveredS, e.Check.OpenGapS = r.ExpectedS, r.CoveredS, r.OpenGapS
		e.Check.Gaps, e.Check.GapList = r.Gaps, r.GapList
	}
	if r.Check == Recording {
		return recording.Valid(e.Check)
	}
	return nil
}

// check returns the first field that is wrong.
func (r *report) check() error {
	word := func(field, value string, allowed ...string) error {
		for _, a := range allowed {
			if value == a {
				return nil
			}
		}
		return fmt.Errorf("field %q: %.80q is none of %s", field, value, strings.Join(allowed, ", "))
	}
	if err := word("check", r.Check, Online, Image, Recording); err != nil {
		return err
	}
	if r.TS.Year() < 1970 {
		return errors.New("field \"ts\": is missing")
	}
	var err error
	if r.Check == Online {
		err = word("status", r.Status, event.StatusUp, event.StatusDown, event.StatusDegraded, event.StatusUnknown)
	} else {
		err = word("result", r.Result, event.CheckPassed, event.CheckFailed, event.CheckUnknown)
	}
	if err != nil {
		return err
	}
	for _, n := range []struct {
		field string
		value float64
		high  float64
	}{
		{"period_s", r.PeriodS, maxSeconds}, {"latency_ms", r.LatencyMS, 1e9}, {"score", r.Score, 1}, {"limit", r.Limit, 1},
	} {
		if !(n.value >= 0 && n.value <= n.high) {
			return fmt.Errorf("field %q: %v is not 0 to %v", n.field, n.value, n.high)
		}
	}
	if len(r.Reason) > maxWords || strings.ContainsFunc(r.Reason, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return fmt.Errorf("field \"reason\": is not a text of at most %d bytes", maxWords)
	}
	if r.Evidence != "" && !isEvidence(r.Evidence) {
		return fmt.Errorf("field \"evidence\": %.80q is not %d hex digits", r.Evidence, evidenceName)
	}
	return nil
}
