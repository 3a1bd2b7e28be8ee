package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/availability"
	"github.com/campusgate/campusgate/dashboard/availability/rollup"
	"github.com/campusgate/campusgate/gateway/event"
)

// format is the version of Inputs; another one is refused.
const format = 1

// Inputs are all that a report is made of. Their JSON is canonical: fields in this order, no
// spaces, numbers as short as they can be.
type Inputs struct {
	Format       int                  `json:"format"`
	Month        string               `json:"month"` // YYYY-MM
	From         string               `json:"from"`  // first day
	To           string               `json:"to"`    // last day, included
	Whole        bool                 `json:"whole"` // the month had ended
	Zone         string               `json:"zone"`
	County       event.Text           `json:"county"`
	At           time.Time            `json:"at"`
	By           string               `json:"by"`
	Build        string               `json:"build"`
	Sites        []Site               `json:"sites"`
	Computed     []string             `json:"computed"` // days that are computed
	Kinds        []Kind               `json:"kinds"`
	Restatements []rollup.Restatement `json:"restatements"`
	Previous     *Previous            `json:"previous"`
	Cases        []FrozenCase         `json:"cases"`
	Alarms       alarm.Numbers        `json:"alarms"`
}

// Site is a site's name.
type Site struct {
	ID       event.SiteID `json:"id"`
	Name     event.Text   `json:"name"`
	Township string       `json:"township"`
}

// Kind is what is known of one kind of devices.
type Kind struct {
	Kind    event.Kind      `json:"kind"`
	Goal    rollup.Goal     `json:"goal"`
	Devices []Figures       `json:"devices"`
	Days    []Figures       `json:"days"`
	Outages []rollup.Outage `json:"outages"` // the longest ones, without their spans
	More    bool            `json:"more"`    // there are others
}

// Figures are those of a device over the month, or of all devices on a day.
type Figures struct {
	Site      event.SiteID         `json:"site,omitempty"`
	Device    event.DeviceID       `json:"device,omitempty"`
	Township  string               `json:"township,omitempty"`
	Name      event.Text           `json:"name"`
	Day       string               `json:"day,omitempty"`
	Devices   int                  `json:"devices"`
	Days      int                  `json:"days"`
	RegisterS float64              `json:"registered_s"`
	Seconds   availability.Seconds `json:"seconds"`
	Causes    rollup.Causes        `json:"causes"`
	Outages   int                  `json:"outages"`
	LongestS  float64              `json:"longest_s"`
	ExpectedS float64              `json:"expected_s"`
	CoveredS  float64              `json:"covered_s"`
	UsableS   float64              `json:"usable_s"`
	UnusableS float64              `json:"unusable_s"`
}

func figuresOf(r *rollup.Row) Figures {
	return Figures{
		r.Site, r.Device, r.Township, r.Name, r.Day, r.Devices, r.Days, r.RegisteredS, r.Seconds, r.Causes, r.Outages, r.LongestS,
		r.ExpectedS, r.CoveredS, r.UsableS, r.UnusableS,
	}
}

func (f *Figures) row(kind event.Kind) rollup.Row {
	return rollup.Row{
		Site: f.Site, Device: f.Device, Kind: kind, Township: f.Township, Name: f.Name, Day: f.Day, Devices: f.Devices, Days: f.Days,
		RegisteredS: f.RegisterS, Seconds: f.Seconds, Causes: f.Causes, Outages: f.Outages, LongestS: f.LongestS,
		ExpectedS: f.ExpectedS, CoveredS: f.CoveredS, UsableS: f.UsableS, UnusableS: f.UnusableS,
	}
}

// Previous compares what the report of the month before said of it with what is said today.
type Previous struct {
	Month  string                     `json:"month"`
	Rev    int64                      `json:"rev"`
	Inputs string                     `json:"inputs"` // digest of that report's inputs
	Said   map[event.Kind]FrozenRates `json:"said"`
	Now    map[event.Kind]FrozenRates `json:"now"`
}

// FrozenRates are the three rates, in percent; null where nothing was observed.
type FrozenRates struct {
	Online   *float64 `json:"online_pct"`
	Recorded *float64 `json:"recorded_pct"`
	Usable   *float64 `json:"usable_pct"`
}

// FrozenCase is an inspection, a notice or a hidden danger that was begun in the month or is open
// at its end. Who did what is not in it.
type FrozenCase struct {
	ID       string       `json:"id"`
	Kind     string       `json:"kind" enum:"inspection,notice,hazard"`
	Site     event.SiteID `json:"site"`
	State    string       `json:"state"`
	At       time.Time    `json:"at"`
	Updated  time.Time    `json:"updated_at"`
	DueDay   string       `json:"due_day"`
	Overdue  bool         `json:"overdue"`
	Weight   string       `json:"weight"`
	Findings int          `json:"findings"`
	InMonth  bool         `json:"in_month" doc:"It was begun in the month; others were open before."`
}

func (in *Inputs) canonical() ([]byte, error) { return json.Marshal(in) }

// readInputs takes canonical JSON only, so that nothing can hide beside what is understood.
func readInputs(text []byte) (*Inputs, error) {
	var in Inputs
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, fmt.Errorf("the inputs cannot be read: %w", err)
	}
	if in.Format != format {
		return nil, fmt.Errorf("the inputs are of format %d: this program knows %d", in.Format, format)
	}
	again, err := in.canonical()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, text) {
		return nil, fmt.Errorf("the inputs are not in canonical form: this program reads them otherwise than they stand there")
	}
	return &in, nil
}
