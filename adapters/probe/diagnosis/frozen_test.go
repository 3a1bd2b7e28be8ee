package diagnosis_test

import (
	"image"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/probe/diagnosis"
)

// frozenFault returns the judgement on that fault.
func frozenFault(r diagnosis.Report) diagnosis.Fault {
	for _, f := range r.Faults {
		if f.Name == diagnosis.Frozen {
			return f
		}
	}
	return diagnosis.Fault{}
}

// TestFrozen follows encoders that send one picture over and over, below a clock that goes
// on, with every quality and noise: frozen after frozen_after, not before, and no longer
// when the picture moves again.
func TestFrozen(t *testing.T) {
	t.Parallel()
	c := checker(t)
	for _, v := range views([]size{{352, 288}}, 0) {
		for _, how := range takes {
			still := v.canvas.expose(how.noise, v.infrared, 1)
			shot := func(clock string) image.Image {
				m := *still
				m.Y = append([]uint8(nil), still.Y...)
				m.Cb = append([]uint8(nil), still.Cb...)
				m.Cr = append([]uint8(nil), still.Cr...)
				return sent(t, stamped(&m, clock), how.quality)
			}
			var print diagnosis.Print
			for _, step := range []struct {
				after time.Duration
				clock string
				bad   bool
			}{{0, "08:00:00", false}, {9 * time.Minute, "08:09:01", false}, {10 * time.Minute, "08:10:02", true}, {30 * time.Minute, "08:30:03", true}} {
				var r diagnosis.Report
				r, print = c.Check(shot(step.clock), &print, eight.Add(step.after))
				if f := frozenFault(r); f.Bad != step.bad {
					t.Errorf("%s, noise %v, quality %d, after %v: %+v, want bad %t", v, how.noise, how.quality, step.after, f, step.bad)
				}
			}
			if print.Since != eight {
				t.Errorf("%s: last change at %v, want %v", v, print.Since, eight)
			}
			moved := v.canvas.expose(how.noise, v.infrared, 2)
			r, print := c.Check(sent(t, stamped(moved, "08:40:00"), how.quality), &print, eight.Add(40*time.Minute))
			if f := frozenFault(r); f.Bad || print.Since != eight.Add(40*time.Minute) {
				t.Errorf("%s: %+v since %v, although it moves again", v, f, print.Since)
			}
		}
	}
}

// TestStill holds that a scene in which nothing moves for hours is not called frozen: the
// sensor's noise alone tells. Good cameras filter noise, so it is as low as a quarter of a level.
func TestStill(t *testing.T) {
	t.Parallel()
	c := checker(t)
	for _, v := range views([]size{{352, 288}, {480, 270}}, 0) {
		for _, how := range []take{{0.25, 90}, {0.5, 75}, {0.5, 50}, {1, 30}} {
			var print diagnosis.Print
			worst := 0.0
			for hour := range 4 {
				m := v.canvas.expose(how.noise, v.infrared, uint64(100+hour))
				var r diagnosis.Report
				r, print = c.Check(sent(t, m, how.quality), &print, eight.Add(time.Duration(hour)*time.Hour))
				worst = max(worst, frozenFault(r).Score)
			}
			if worst >= diagnosis.DefaultConfig().Frozen {
				t.Errorf("%s, noise %v, quality %d: frozen %.2f although only still", v, how.noise, how.quality, worst)
			}
			if worst > 0.3 {
				t.Logf("%s, noise %v, quality %d: at most %.2f of the cells are equal", v, how.noise, how.quality, worst)
			}
		}
	}
}

// TestCoveredStays holds that a cover is reported for as long as it is there: pictures that
// are no good are no reference for those after them.
func TestCoveredStays(t *testing.T) {
	t.Parallel()
	c := checker(t)
	v := paint(scenes[:1], []size{{480, 270}}, 0)[0]
	paper := variant{make: func(c *canvas) *canvas { return covered(c, rgb{150, 152, 150}, 0.78) }}
	_, print := c.Check(v.shoot(t, variant{}, takes[1], "08:00:00"), nil, eight)
	for i := range 6 {
		clock := "08:10:00"[:3+i]
		var r diagnosis.Report
		r, print = c.Check(v.shoot(t, paper, takes[1], clock), &print, eight.Add(time.Duration(i+1)*every))
		if worst, ok := r.Worst(); !ok || worst.Name != diagnosis.Covered {
			t.Fatalf("picture %d: %+v, want covered", i, r.Faults[:3])
		}
		// Without the print it is not seen: the case is one for it.
		if alone, _ := c.Check(v.shoot(t, paper, takes[1], clock), nil, eight); !alone.Usable {
			t.Fatalf("picture %d alone: %+v, want a case that needs the print", i, alone.Faults[:3])
		}
	}
	r, _ := c.Check(v.shoot(t, variant{}, takes[1], "09:20:00 "), &print, eight.Add(8*every))
	if !r.Usable {
		t.Errorf("uncovered: %+v, want a good picture", r.Faults[:3])
	}
}
