package alarm

import (
	"fmt"
	"slices"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Check says what is wrong with an anomaly that came over the wire. One that passes can be
// stored; one that does not would be refused by the database for ever.
func Check(a *event.Anomaly) error {
	fault := func(key string, value any, want string) error {
		return fmt.Errorf("anomaly: %w", &event.Fault{Key: key, Value: value, Want: want})
	}
	plausible := func(t time.Time) bool { return t.Year() >= 2000 && t.Year() < 2200 }
	switch {
	case a.ID == "" || len(a.ID) > 64:
		return fault("id", fmt.Sprintf("%.70q", a.ID), "1 to 64 bytes")
	case !event.ValidName(a.Rule):
		return fault("rule", fmt.Sprintf("%.70q", a.Rule), "a name")
	case !event.ValidName(string(a.Site)):
		return fault("site", fmt.Sprintf("%.70q", a.Site), "a name")
	case a.Device != "" && !event.ValidName(string(a.Device)):
		return fault("device", fmt.Sprintf("%.70q", a.Device), "a name, or nothing")
	case a.Severity.Rank() < 0:
		return fault("severity", fmt.Sprintf("%.70q", a.Severity), "one of info, warning, high, critical")
	case !slices.Contains([]event.AnomalyState{event.Raised, event.Updated, event.Cleared}, a.State):
		return fault("state", fmt.Sprintf("%.70q", a.State), "one of raised, updated, cleared")
	case a.Revision == 0:
		return fault("revision", 0, "1 or more")
	case !plausible(a.StartedAt) || !plausible(a.UpdatedAt):
		return fault("started_at, updated_at", a.StartedAt, "a time of this age")
	}
	return nil
}
