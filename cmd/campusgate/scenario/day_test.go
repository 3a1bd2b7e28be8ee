package scenario_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/simulator"
	"github.com/campusgate/campusgate/gateway/event"
)

// alarmLoad is how many alarms an hour an operator can work on (EEMUA 191), and operators
// how many the scenario has: as alarms.flood counts where nobody else is logged in.
const (
	alarmLoad = 6.0
	operators = 1
)

// troubles are what goes wrong at a county of this size on a usual day, and how often in
// an hour of school.
var troubles = []struct {
	what    string
	perHour float64
}{
	{"camera_down", 1.5},
	{"camera_flapping", 0.4},
	{"device_silent", 0.4},
	{"switch_outage", 0.2},
	{"site_outage", 0.15},
	{"gate_denied_repeatedly", 0.6},
	{"fever", 0.4},
	{"thermometer_fault", 0.3},
	{"visitor_items_unchecked", 0.3},
	{"bus_overspeed", 0.2},
	{"cold_store", 0.1},
	{"kitchen_silent", 0.1},
	{"sequence_gap", 0.2},
	{"clock_wrong", 0.1},
}

// TestUsualDay: on a usual day of the whole county, with the troubles that such a day has,
// the one operator is told at most 6 alarms an hour; on a day without any, of none.
func TestUsualDay(t *testing.T) {
	t.Parallel()
	from, to, hours := "07:20:00", "08:20:00", 1.0
	if *whole {
		from, to, hours = "06:00:00", "20:00:00", 14
	}
	for _, day := range []string{"nothing", "usual"} {
		t.Run(day, func(t *testing.T) {
			t.Parallel()
			var incidents []simulator.Incident
			rng := rand.New(rand.NewPCG(2026, 11))
			if day == "usual" {
				for _, trouble := range troubles {
					for at := time.Duration(0); ; {
						at += time.Duration(rng.ExpFloat64() / trouble.perHour * float64(time.Hour))
						if at > time.Duration(hours*float64(time.Hour)) {
							break
						}
						incidents = append(incidents, simulator.Incident{What: trouble.what, At: at})
					}
				}
			}
			begin := time.Now()
			w := newWorld(t, demo(t), 1, from, incidents...).run(to)
			peak := 0
			rules := map[string]int{}
			for i, a := range w.announced {
				rules[a.rule]++
				n := 0
				for _, b := range w.announced[i:] {
					if b.at.Sub(a.at) < 10*time.Minute {
						n++
					}
				}
				peak = max(peak, n)
			}
			rate := float64(len(w.announced)) / hours / operators
			t.Logf("%s day, %d sites, %g h: %d messages in %.0f s, %d troubles, %d alarms told: %.1f an hour for each of %d operators, at most %d in 10 minutes, %d suppressed at the end; %v",
				day, len(w.county.Sites), hours, w.messages, time.Since(begin).Seconds(), len(incidents), len(w.announced), rate, operators, peak, w.suppressed(), rules)
			if day == "nothing" && len(w.announced) != 0 {
				t.Errorf("told of %v", w.announced)
			}
			if rate > alarmLoad || peak >= 10*operators {
				t.Errorf("%.1f alarms an hour and %d in 10 minutes; at most %g and 9", rate, peak, alarmLoad)
			}
		})
	}
}

// within is how long after its start an incident must be before people, by what it is. The
// time includes the incident's own way to the limit (a bus drives for a minute before it
// deviates, and may stand at a stop then, a cold store warms for 10 minutes), the rule's delay, the settling and, for the
// outage of a site, its waiting for others.
var within = map[string]time.Duration{
	"fever": 2 * time.Second, "fever_cluster": 75 * time.Second, "thermometer_fault": 12 * time.Second,
	"gate_forced": 2 * time.Second, "gate_denied_repeatedly": 18 * time.Second, "entry_out_of_hours": 2 * time.Second,
	"visitor_unregistered": 2 * time.Second, "visitor_unmeasured": 2 * time.Second, "visitor_items_unchecked": 2 * time.Second,
	"visitor_overstay": 4*time.Minute + 2*time.Second, "pupil_out_unapproved": 2 * time.Second, "emergency_call": 2 * time.Second,
	"bus_overspeed": 2 * time.Minute, "bus_overcapacity": 105 * time.Second, "bus_off_route": 140 * time.Second,
	"bus_sos": 75 * time.Second, "bus_pupil_left_behind": 30 * time.Minute, "bus_silent": 170 * time.Second,
	"cold_store": 11 * time.Minute, "freezer": 16 * time.Minute, "gas": 2 * time.Second, "smoke": 2 * time.Second,
	"kitchen_silent": 220 * time.Second, "camera_down": time.Minute, "camera_flapping": 80 * time.Second,
	"camera_mass_outage": 2 * time.Minute, "switch_outage": 3 * time.Minute, "device_silent": 130 * time.Second,
	"clock_wrong": 35 * time.Second, "sequence_gap": 15 * time.Second, "site_outage": 3 * time.Minute,
}

// TestEveryIncidentIsTold: incidents of all kinds that a rule is for, at random sites and
// times, are told within their time, every one.
func TestEveryIncidentIsTold(t *testing.T) {
	t.Parallel()
	delays := map[string][]time.Duration{}
	seeds := uint64(2)
	if *whole {
		seeds = 20
	}
	for seed := range seeds {
		for what, list := range incidentsOfSeed(t, seed) {
			delays[what] = append(delays[what], list...)
		}
	}
	var table []string
	for _, what := range slices.Sorted(maps.Keys(delays)) {
		list := delays[what]
		slices.Sort(list)
		table = append(table, fmt.Sprintf("%-24s %3d told, after %6.1f s (median) to %6.1f s, limit %5.0f s",
			what, len(list), list[len(list)/2].Seconds(), list[len(list)-1].Seconds(), within[what].Seconds()))
	}
	t.Logf("incidents and what became of them:\n\t%s", strings.Join(table, "\n\t"))
}

// incidentsOfSeed plays an afternoon and evening of some schools and the depots, and
// returns how long after its start each incident was told.
func incidentsOfSeed(t *testing.T, seed uint64) map[string][]time.Duration {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 4))
	c := demo(t)
	full := func(s event.Site) bool { // has all that an incident may need
		kinds := map[string]bool{}
		for _, d := range s.Devices {
			kinds[string(d.Kind)+string(d.Parent)] = true
		}
		return s.Hours.Close == "18:30" && kinds["camerasw2"] && kinds["kitchensw2"] && len(s.Devices) >= 24 && s.Kind == event.SiteSchool
	}
	var schools, depots []event.Site
	for _, s := range c.Sites {
		switch {
		case s.Kind == event.SiteDepot:
			depots = append(depots, s)
		case full(s):
			schools = append(schools, s)
		}
	}
	rng.Shuffle(len(schools), func(i, j int) { schools[i], schools[j] = schools[j], schools[i] })
	schools = schools[:min(len(schools), 12)]
	c.Sites = append(schools, depots...)
	index(t, c)

	// Each incident has a site for itself for a while; the bus ones share the depots.
	const from, to = "15:00:00", "19:40:00"
	const slot = 22 * time.Minute
	taken := map[string]bool{}
	var incidents []simulator.Incident
	plan := func(what string, site event.SiteID, at time.Duration) {
		incidents = append(incidents, simulator.Incident{What: what, Site: site, At: at})
	}
	for _, what := range slices.Sorted(maps.Keys(within)) {
		for range 2 {
			if strings.HasPrefix(what, "bus_") {
				plan(what, depots[rng.IntN(len(depots))].ID, time.Duration(rng.Int64N(int64(100*time.Minute))))
				continue
			}
			for {
				i, n := rng.IntN(len(schools)), rng.IntN(12)
				switch what {
				case "pupil_out_unapproved":
					n = rng.IntN(4) // in class, until 16:30
				case "entry_out_of_hours":
					n = 11 // from 19:02
				case "visitor_overstay":
					n = 9 // the simulator lets it begin at most 4 minutes before 18:30
				}
				// A cluster that stands takes in further fevers: those are no alarms of their own.
				key, same := fmt.Sprint(i, "/", n), fmt.Sprint(i, "/", strings.TrimSuffix(what, "_cluster"))
				if taken[key] || taken[same] {
					continue
				}
				taken[key], taken[same] = true, true
				at := time.Duration(n)*slot + time.Minute + time.Duration(rng.Int64N(int64(90*time.Second)))
				if what == "visitor_overstay" {
					at = 206*time.Minute + 10*time.Second + time.Duration(rng.Int64N(int64(2*time.Minute)))
				}
				plan(what, schools[i].ID, at)
				break
			}
		}
	}
	w := newWorld(t, c, seed, from, incidents...).run(to)
	if seed == 0 { // with restarts at random points, the same
		again := newWorld(t, c, seed, from, incidents...)
		again.restarts = rand.New(rand.NewPCG(seed, 9))
		if again.run(to); !slices.Equal(again.announced, w.announced) {
			t.Errorf("restarted %d times: told %v, want %v", again.restarted, again.announced, w.announced)
		} else {
			t.Logf("restarted %d times: told of the same %d alarms at the same times", again.restarted, len(w.announced))
		}
	}
	begin := clock(t, from)
	out := map[string][]time.Duration{}
	used := map[int]bool{}
	slices.SortFunc(incidents, func(a, b simulator.Incident) int { return cmp.Compare(a.At, b.At) })
	for _, n := range incidents {
		at := begin.Add(n.At)
		i := slices.IndexFunc(w.raised, func(a told) bool {
			return a.rule == n.What && a.site == n.Site && !a.at.Before(at)
		})
		for i >= 0 && used[i] {
			next := slices.IndexFunc(w.raised[i+1:], func(a told) bool { return a.rule == n.What && a.site == n.Site })
			if next < 0 {
				i = -1
				break
			}
			i += 1 + next
		}
		if i < 0 || w.raised[i].at.Sub(at) > within[n.What] {
			var near []string
			for _, a := range w.raised {
				if a.site == n.Site && a.at.After(at.Add(-time.Minute)) && a.at.Before(at.Add(slot)) {
					near = append(near, a.String())
				}
			}
			t.Errorf("seed %d: %s of %s at %s is not told within %v; there were %q", seed, n.What, n.Site, told{at: at}, within[n.What], near)
			continue
		}
		used[i] = true
		out[n.What] = append(out[n.What], w.raised[i].at.Sub(at))
	}
	return out
}
