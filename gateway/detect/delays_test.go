package detect_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/gateway/detect"
)

//nolint:gochecknoglobals // a flag
var updateDelays = flag.Bool("update", false, "write configs/detection.md anew")

// delay says when a rule's anomaly begins and ends. {name} stands for a limit, with its
// default.
type delay struct{ rule, on, off, hysteresis string }

const (
	atOnce    = "at once"
	momentary = "momentary: has no end"
	none      = "–"
)

func delays() []delay {
	silent := "{silent_periods} without a sign of life + {silent_grace_seconds}, then {settle_seconds}; said to be down: {settle_seconds}"
	return []delay{
		{"fever", atOnce, momentary, "the same person within {fever_repeat_minutes} counts up"},
		{"fever_cluster", "{fever_cluster_persons} within {fever_cluster_minutes}", "fewer than that within {fever_cluster_minutes}", none},
		{"thermometer_fault", "{thermometer_fault_count} wrong in a row", "as many right in a row", none},
		{"gate_forced", atOnce, momentary, "again within {gate_repeat_minutes} counts up"},
		{"gate_denied_repeatedly", "{gate_denied_count} within {gate_denied_minutes}", momentary, "again within {gate_denied_minutes} counts up"},
		{"entry_out_of_hours", atOnce, momentary, "the same person within {gate_repeat_minutes} counts up"},
		{"visitor_unregistered", atOnce, momentary, "the same person within {gate_repeat_minutes} counts up"},
		{"visitor_unmeasured", atOnce + "; a measurement in the {visitor_measured_minutes} before counts", momentary, "the same person within {gate_repeat_minutes} counts up"},
		{"visitor_items_unchecked", atOnce, momentary, "the same person within {gate_repeat_minutes} counts up"},
		{"visitor_overstay", "{visitor_overstay_grace_minutes} after closing time", "seen leaving, or 36 h", none},
		{"pupil_out_unapproved", atOnce, momentary, "the same person within {gate_repeat_minutes} counts up"},
		{"emergency_call", atOnce, "released", none},
		{"bus_overspeed", "{bus_speed_seconds}", "{bus_speed_seconds}, or the trip's end", "{bus_speed_hysteresis_kmh}"},
		{"bus_overcapacity", "{bus_capacity_seconds}", "the first count within", none},
		{"bus_off_route", "{bus_off_route_seconds}", "the first position within, or the trip's end", "a tenth of the corridor"},
		{"bus_sos", atOnce, "a position without it", none},
		{"bus_pupil_left_behind", atOnce + "; unchecked: {bus_empty_check_minutes} after the trip", "nobody aboard and checked, or the next trip", none},
		{"bus_silent", "{silent_periods} without a position + {silent_grace_seconds}, on a trip", "a position", none},
		{"cold_store", "{cold_store_minutes}", "1 min", "{cold_store_hysteresis}"},
		{"freezer", "{freezer_minutes}", "1 min", "{freezer_hysteresis}"},
		{"gas", atOnce, "1 min", "{gas_lel} up, {gas_clear_lel} down"},
		{"smoke", atOnce, "1 min", none},
		{"kitchen_silent", silent, "a sign of life", none},
		{"camera_down", silent + "; four times that within {camera_flap_minutes} of coming back", "a sign of life", "camera_flapping"},
		{"camera_flapping", "{camera_flap_changes} within {camera_flap_minutes}", "{camera_flap_minutes} without a change", "the on and off counts"},
		{"camera_mass_outage", "{camera_mass_count} and {camera_mass_share} within {camera_mass_window_seconds}; longer while a switch or the site may be the cause, at most {outage_window_seconds}", "half back, and 1 min for the rest", none},
		{"camera_image_unusable", "{camera_image_minutes}", "the first usable picture", none},
		{"recording_gap", "{recording_gap_minutes} without a recording", "the first recording", none},
		{"device_silent", silent, "a sign of life; 1 min later when others hang on it and are lost", none},
		{"clock_wrong", "{clock_messages} in a row over 30 s; ahead by 5 min or more: " + atOnce, "{clock_messages} right in a row", none},
		{"sequence_gap", "{sequence_settle_seconds}", "{sequence_clear_minutes} without a gap", none},
		{"switch_outage", "2 lost, and all others on it (at least {switch_devices}) overdue, none heard since", "half back, and 1 min for the rest", none},
		{"site_outage", "{outage_devices} and {outage_share} within {outage_window_seconds}; at the desk alarms.incidents.hold more, in case its township is dark", "{outage_share} back, and 1 min for the rest", none},
	}
}

// TestDelaysPage holds configs/detection.md to the rules and limits.
func TestDelaysPage(t *testing.T) {
	t.Parallel()
	limits := map[string]detect.Limit{}
	for _, l := range detect.Limits() {
		limits[l.Name] = l
	}
	name := regexp.MustCompile(`\{(\w+)\}`)
	var page bytes.Buffer
	page.WriteString(`# When the built-in rules begin and end

Made by ` + "`go test ./gateway/detect -update`" + `. Times in braces are limits, with their defaults: each can be set for
the county, a site, a route or a device. The desk adds its own: an alarm that is raised again within
` + "`alarms.reraise`" + ` is the same alarm, one that comes and goes is suppressed as chatter, and what stands
under another is not told.

| rule | begins after | ends after | hysteresis |
|---|---|---|---|
`)
	seen := map[string]bool{}
	for _, d := range delays() {
		seen[d.rule] = true
		row := fmt.Sprintf("| %s | %s | %s | %s |\n", d.rule, d.on, d.off, d.hysteresis)
		row = name.ReplaceAllStringFunc(row, func(s string) string {
			l, known := limits[strings.Trim(s, "{}")]
			if !known {
				t.Errorf("%s: there is no limit %s", d.rule, s)
			}
			return strings.TrimSpace(fmt.Sprintf("%g %s", l.Default, l.Unit)) + " (" + l.Name + ")"
		})
		page.WriteString(row)
	}
	for _, rule := range detect.Rules() {
		if !seen[rule] {
			t.Errorf("%s has no row", rule)
		}
	}
	path := filepath.Join("..", "..", "configs", "detection.md")
	if *updateDelays {
		if err := os.WriteFile(path, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(have, page.Bytes()) {
		t.Errorf("%s is not what the rules say (%v): run this test with -update", path, err)
	}
}
