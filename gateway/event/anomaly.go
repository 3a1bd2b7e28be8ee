package event

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// Severity ranks anomalies and alarms by consequence and time to respond.
type Severity string

// The severities, least first.
const (
	SeverityInfo     Severity = "info"     // look at it some time
	SeverityWarning  Severity = "warning"  // look at it in this watch
	SeverityHigh     Severity = "high"     // act within minutes
	SeverityCritical Severity = "critical" // act now: somebody may be in danger
)

// Severities lists the severities, least first.
func Severities() []Severity {
	return []Severity{SeverityInfo, SeverityWarning, SeverityHigh, SeverityCritical}
}

// Rank returns 0 (info) to 3 (critical), and -1 for a word that is no severity.
func (s Severity) Rank() int {
	for i, known := range Severities() {
		if s == known {
			return i
		}
	}
	return -1
}

// AnomalyState is how a detector's verdict changed.
type AnomalyState string

// The states of an anomaly.
const (
	Raised  AnomalyState = "raised"
	Updated AnomalyState = "updated"
	Cleared AnomalyState = "cleared"
)

// Text is a sentence in the two languages of the screens.
type Text struct {
	ZH string `json:"zh" yaml:"zh"` // Chinese
	EN string `json:"en" yaml:"en"` // English
}

// Anomaly is a detector's verdict at a gateway. One anomaly is raised once, updated any
// number of times and cleared at most once, under one ID.
type Anomaly struct {
	// ID derives from site, device, rule and start (see AnomalyID).
	ID     string   `json:"id"`
	Rule   string   `json:"rule"` // for instance "fever"; lower-case words joined by '_'
	Site   SiteID   `json:"site"`
	Device DeviceID `json:"device"` // empty: the whole site
	Kind   Kind     `json:"kind,omitempty"`
	// Severity may rise while the anomaly stands, never fall.
	Severity Severity     `json:"severity"`
	State    AnomalyState `json:"state"`
	// Revision counts the changes from 1; a receiver ignores one that is not newer.
	Revision  uint32    `json:"revision"`
	StartedAt time.Time `json:"started_at"`
	UpdatedAt time.Time `json:"updated_at"`
	// Momentary anomalies (a denied entry, a fever) have no end of their own: raised and
	// cleared in one record with State Raised.
	Momentary bool    `json:"momentary,omitempty"`
	Count     int     `json:"count,omitempty"` // how often it was seen, or how many devices
	Value     float64 `json:"value,omitempty"`
	Limit     float64 `json:"limit,omitempty"`
	Unit      string  `json:"unit,omitempty"`
	Text      Text    `json:"text"`
	// EventID is the event that raised or changed it, empty when time alone did.
	EventID string `json:"event_id,omitempty"`
	// CausedBy is the ID of the anomaly under which this one is suppressed.
	CausedBy string `json:"caused_by,omitempty"`
	// Cause is the likely cause of a site outage: power, switch, gateway, network.
	Cause string `json:"cause,omitempty"`
	// Devices lists the devices of a group (site outage, fever cluster), at most 100.
	Devices []DeviceID `json:"devices,omitempty"`
	// Late marks a verdict on late events: kept in the history, never sounded.
	Late bool `json:"late,omitempty"`
}

// AnomalyID is 20 hex digits, the same whenever the same thing starts at the same time.
func AnomalyID(site SiteID, device DeviceID, rule string, start time.Time) string {
	b := make([]byte, 0, 128)
	b = append(append(b, site...), 0)
	b = append(append(b, device...), 0)
	b = append(append(b, rule...), 0)
	b = strconv.AppendInt(b, start.UnixNano(), 10)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:10])
}
