package diagnosis_test

import (
	"image"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/probe/diagnosis"
)

// every is the time between two pictures of one camera.
const every = 10 * time.Minute

// tally counts one fault's pictures and how many were found.
type tally struct{ found, of int }

// bad returns the names of the bad faults of r.
func bad(r diagnosis.Report) []diagnosis.Name {
	var names []diagnosis.Name
	for _, f := range r.Faults {
		if f.Bad {
			names = append(names, f.Name)
		}
	}
	return names
}

// TestGood holds that no good picture is called faulty: every scene at every size, noise
// and quality, by itself and after a picture of the same camera with the people elsewhere.
func TestGood(t *testing.T) {
	t.Parallel()
	c := checker(t)
	before := views(sizes, 0)
	after := views(sizes, 1)
	n := 0
	for i, v := range before {
		for j, how := range takes {
			_, print := c.Check(v.shoot(t, variant{}, how, "08:00:00"), nil, eight)
			for _, prev := range []*diagnosis.Print{nil, &print} {
				n++
				view, clock := v, "08:00:00"
				if prev != nil {
					view, clock = after[i], "08:10:00 "
				}
				r, _ := c.Check(view.shoot(t, variant{}, how, clock), prev, eight.Add(every))
				if !r.Usable {
					t.Errorf("%s, take %d, alone %t: %v, want a good picture", v, j, prev == nil, r.Faults[:3])
				}
			}
		}
	}
	t.Logf("%d good pictures", n)
}

// TestChanges holds that weather and the hour are no faults of the camera that saw the same
// view in better conditions.
func TestChanges(t *testing.T) {
	t.Parallel()
	c := checker(t)
	byName := make(map[string]view)
	for _, v := range views([]size{{640, 360}}, 0) {
		byName[v.name] = v
	}
	for _, how := range takes {
		print := diagnosis.Print{}
		at := eight
		for range 4 {
			_, print = c.Check(byName["gate"].shoot(t, variant{}, how, "08:00:00"), &print, at)
			at = at.Add(every)
		}
		for _, then := range []string{"gate", "fog", "backlit gate", "night infrared", "night lamps"} {
			r, _ := c.Check(byName[then].shoot(t, variant{}, how, "18:00:00 "), &print, at)
			if !r.Usable {
				t.Errorf("gate, then %s, noise %v, quality %d: %v, want a good picture", then, how.noise, how.quality, r.Faults[:3])
			}
		}
	}
}

// judged is how each of the faulty pictures was judged.
type judged struct {
	byFault map[string]*tally
	// alarms and right count what was reported of each fault over all pictures, good ones
	// left out: right is what the picture had, or may be called.
	alarms, right map[diagnosis.Name]int
}

// TestFaults holds that every strong fault is found in every scene, and that what is
// reported is there. It logs the table of both.
func TestFaults(t *testing.T) {
	t.Parallel()
	c := checker(t)
	j := judged{map[string]*tally{}, map[diagnosis.Name]int{}, map[diagnosis.Name]int{}}
	for i, s := range []size{{352, 288}, {480, 270}, {960, 540}} {
		how := []take{{1, 90}, {3, 30}, {2, 60}}[i]
		all := scenes
		if s.w > 480 {
			all = scenes[:1] // a large picture takes most of the time and shows nothing new
		}
		for _, v := range paint(all, []size{s}, 0) {
			_, print := c.Check(v.shoot(t, variant{}, how, "08:00:00"), nil, eight)
			for _, f := range faulty() {
				if !f.fits(v.scene) {
					continue
				}
				img := v.shoot(t, f, how, "08:10:00 ")
				j.picture(t, c, v, f, img, nil)
				j.picture(t, c, v, f, img, &print)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(j.byFault)) {
		n := j.byFault[name]
		t.Logf("recall    %-40s %4d of %4d  %.3f", name, n.found, n.of, float64(n.found)/float64(n.of))
	}
	for _, name := range slices.Sorted(maps.Keys(j.alarms)) {
		right, of := j.right[name], j.alarms[name]
		t.Logf("precision %-40s %4d of %4d  %.3f", name, right, of, float64(right)/float64(of))
		if right != of {
			t.Errorf("%s: %d of %d alarms are of something else", name, of-right, of)
		}
	}
}

func (j *judged) picture(t *testing.T, c *diagnosis.Checker, v view, f variant, img image.Image, prev *diagnosis.Print) {
	r, _ := c.Check(img, prev, eight.Add(every))
	found := false
	for _, name := range bad(r) {
		j.alarms[name]++
		fits := name == f.want || slices.Contains(f.also, name)
		found = found || fits
		if fits {
			j.right[name]++
		} else {
			t.Logf("%s, %s %s, with print %t: called %s", v, f.strength, f.label, prev != nil, name)
		}
	}
	key := string(f.want) + ", " + f.strength.String()
	if f.want == diagnosis.Covered && prev != nil {
		key += ", with print"
	}
	n := j.byFault[key]
	if n == nil {
		n = new(tally)
		j.byFault[key] = n
	}
	n.of++
	switch {
	case found:
		n.found++
	case f.strength == strong:
		t.Errorf("%s, %s, with print %t: %v, want %s", v, f.label, prev != nil, r.Faults[:3], f.want)
	}
}

// fits tells whether the fault can be seen in the scene: neither infrared light nor a scene
// without light has colour to be cast, and a dark one cannot be over-exposed by that much.
func (f variant) fits(s scene) bool {
	switch {
	case f.card != nil:
		return s.name == "gate"
	case f.want == diagnosis.ColourCast:
		return !s.infrared && s.name != "dark corridor"
	case f.want == diagnosis.White:
		return !strings.HasPrefix(s.name, "night") && s.name != "dark corridor" && s.name != "backlit gate"
	}
	return true
}
