package event

// HealthState is where a component stands.
type HealthState string

// The states of a component.
const (
	Starting HealthState = "starting"
	OK       HealthState = "ok"
	Degraded HealthState = "degraded" // works, with a reason to look
	Failed   HealthState = "failed"   // does not do its work, and may come back
	Stopped  HealthState = "stopped"
)

// Health is what a component says of itself; /readyz, the ops page and metrics show it.
type Health struct {
	State  HealthState `json:"state"`
	Reason string      `json:"reason,omitempty"`
}
