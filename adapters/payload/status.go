package payload

import (
	"bytes"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Channels that every kind of device has.
const (
	ChannelHeartbeat = "heartbeat"
	ChannelStatus    = "status"
)

// maxPeriod is the longest time between two heartbeats that a device may announce.
const maxPeriod = 31 * 24 * time.Hour

func heartbeatChannel() Channel {
	return Channel{Name: ChannelHeartbeat, Type: event.TypeDeviceStatus, Read: func(o *Object, e *event.Event) {
		e.Status = readStatus(o, event.StatusUp)
		e.Status.Heartbeat = true
	}}
}

func statusChannel() Channel {
	return Channel{Name: ChannelStatus, Type: event.TypeDeviceStatus, Read: func(o *Object, e *event.Event) {
		e.Status = readStatus(o, "")
	}}
}

func readStatus(o *Object, absent string) *event.DeviceStatus {
	s := &event.DeviceStatus{
		Status: o.Word("status", absent, event.StatusUp, event.StatusDown, event.StatusDegraded, event.StatusUnknown,
			"online", "offline"),
		Reason:    o.Text("reason"),
		LatencyMS: o.Number("latency_ms", 0, 0, 1e9),
		Recording: o.Tri("recording"),
		Period:    time.Duration(o.Number("period_s", 0, 0, maxPeriod.Seconds()) * float64(time.Second)),
	}
	switch s.Status {
	case "online":
		s.Status = event.StatusUp
	case "offline":
		s.Status = event.StatusDown
	}
	return s
}

// plainStatus reads the plain text of a last will or birth: online or offline, in any
// case, quoted or not.
func plainStatus(payload []byte) (string, bool) {
	word := bytes.Trim(payload, "\" \t\r\n")
	switch {
	case bytes.EqualFold(word, []byte("online")):
		return event.StatusUp, true
	case bytes.EqualFold(word, []byte("offline")):
		return event.StatusDown, true
	}
	return "", false
}
