package event

import "time"

// What a camera check looks at. That a camera answers at all is its DeviceStatus.
const (
	CheckImage     = "image"     // whether a person could use its picture
	CheckRecording = "recording" // whether what it saw is stored
)

// Results of a camera check.
const (
	CheckPassed  = "passed"
	CheckFailed  = "failed"
	CheckUnknown = "unknown" // it could not be looked at, which says nothing of the camera
)

// CameraCheck is what was found when somebody looked at a camera's picture or at its
// recordings.
type CameraCheck struct {
	Check  string `json:"check"`  // Check…
	Result string `json:"result"` // Check…
	// Reason names the faults, the worst first, or says why nothing is known.
	Reason string `json:"reason,omitempty"`
	// Score of the worst fault of an image, 0 to 1, and the Limit that it reached.
	Score float64 `json:"score,omitempty"`
	Limit float64 `json:"limit,omitempty"`
	// Evidence is the id of the picture that was kept of a fault, 32 hex digits.
	Evidence  string  `json:"evidence,omitempty"`
	LatencyMS float64 `json:"latency_ms,omitempty"`
	// Period is how often the check is made; 0 means that nobody says.
	Period time.Duration `json:"period,omitempty"`
	// From and To are the time whose recordings were looked for; zero for an image.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// ExpectedS is how much of it should be recorded, CoveredS how much is, both seconds.
	ExpectedS float64 `json:"expected_s,omitempty"`
	CoveredS  float64 `json:"covered_s,omitempty"`
	// OpenGapS is since when nothing had been recorded at To, in seconds; 0 when it was.
	OpenGapS float64 `json:"open_gap_s,omitempty"`
	// Gaps is how many times without a recording there are, GapList the first of them as
	// ISO 8601 intervals in UTC, separated by spaces.
	Gaps    int    `json:"gaps,omitempty"`
	GapList string `json:"gap_list,omitempty"`
}

func (c *CameraCheck) appendWire(b []byte, field uint64) []byte {
	b, start := openBody(b, field)
	b = appendString(b, 1, c.Check)
	b = appendString(b, 2, c.Result)
	b = appendString(b, 3, c.Reason)
	b = appendFloat(b, 4, c.Score)
	b = appendFloat(b, 5, c.Limit)
	b = appendString(b, 6, c.Evidence)
	b = appendFloat(b, 7, c.LatencyMS)
	b = appendInt(b, 8, int64(c.Period))
	if !c.From.IsZero() {
		b = appendTime(b, 9, c.From)
	}
	if !c.To.IsZero() {
		b = appendTime(b, 10, c.To)
	}
	b = appendFloat(b, 11, c.ExpectedS)
	b = appendFloat(b, 12, c.CoveredS)
	b = appendFloat(b, 13, c.OpenGapS)
	b = appendInt(b, 14, int64(c.Gaps))
	b = appendString(b, 15, c.GapList)
	return closeBody(b, start)
}

func (c *CameraCheck) readWire(parent *wireReader, wire uint64) {
	r := parent.body(wire)
	for {
		field, wire, ok := r.next()
		if !ok {
			break
		}
		switch field {
		case 1:
			c.Check = r.string(wire)
		case 2:
			c.Result = r.string(wire)
		case 3:
			c.Reason = r.string(wire)
		case 4:
			c.Score = r.float(wire)
		case 5:
			c.Limit = r.float(wire)
		case 6:
			c.Evidence = r.string(wire)
		case 7:
			c.LatencyMS = r.float(wire)
		case 8:
			c.Period = time.Duration(r.int(wire))
		case 9:
			c.From = r.time(wire)
		case 10:
			c.To = r.time(wire)
		case 11:
			c.ExpectedS = r.float(wire)
		case 12:
			c.CoveredS = r.float(wire)
		case 13:
			c.OpenGapS = r.float(wire)
		case 14:
			c.Gaps = int(r.int(wire))
		case 15:
			c.GapList = r.string(wire)
		default:
			r.skip(wire)
		}
	}
	parent.leave(&r)
}

func (c *CameraCheck) appendJSON(o *object) {
	o.str(`,"check":{"check":`, c.Check)
	o.str(`,"result":`, c.Result)
	o.strSet(`,"reason":`, c.Reason)
	o.floatSet(`,"score":`, c.Score)
	o.floatSet(`,"limit":`, c.Limit)
	o.strSet(`,"evidence":`, c.Evidence)
	o.floatSet(`,"latency_ms":`, c.LatencyMS)
	if c.Period != 0 {
		o.int(`,"period":`, int64(c.Period))
	}
	if !c.From.IsZero() {
		o.time(`,"from":`, c.From)
	}
	if !c.To.IsZero() {
		o.time(`,"to":`, c.To)
	}
	o.floatSet(`,"expected_s":`, c.ExpectedS)
	o.floatSet(`,"covered_s":`, c.CoveredS)
	o.floatSet(`,"open_gap_s":`, c.OpenGapS)
	if c.Gaps != 0 {
		o.int(`,"gaps":`, int64(c.Gaps))
	}
	o.strSet(`,"gap_list":`, c.GapList)
	o.b = append(o.b, '}')
}
