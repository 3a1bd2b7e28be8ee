package inspection_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/dashboard/inspection"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func anywhere(event.SiteID) bool { return true }

// county has a school for each number of cameras, by township.
func county(t testing.TB, cameras map[string][]int) *event.County {
	t.Helper()
	c := &event.County{Zone: "Asia/Shanghai", Name: event.Text{ZH: "测试县", EN: "Test county"}}
	for township, schools := range cameras {
		for i, n := range schools {
			s := event.Site{ID: event.SiteID(fmt.Sprintf("%s-%d", township, i)), Kind: event.SiteSchool, Township: township}
			for k := range n {
				s.Devices = append(s.Devices, event.Device{ID: event.DeviceID(fmt.Sprintf("c%d", k)), Kind: event.KindCamera})
			}
			if i == 0 {
				s.Devices = append(s.Devices, event.Device{ID: "k1", Kind: event.KindKitchen})
			}
			c.Sites = append(c.Sites, s)
		}
	}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPopulation(t *testing.T) {
	t.Parallel()
	c := county(t, map[string][]int{"north": {2, 0}, "south": {1}})
	c.Sites = append(c.Sites, event.Site{ID: "depot", Kind: event.SiteDepot})
	for topic, want := range map[inspection.Topic]int{inspection.Cameras: 3, inspection.Kitchens: 2, inspection.Guards: 3} {
		if got := inspection.Population(c, topic, nil, anywhere); len(got) != want {
			t.Errorf("%s: %v, want %d", topic, got, want)
		}
	}
	if got := inspection.Population(c, inspection.Cameras, []string{"north"}, anywhere); len(got) != 2 || got[0].Township != "north" {
		t.Errorf("of the north: %v", got)
	}
	if got := inspection.Population(c, inspection.Cameras, nil, func(s event.SiteID) bool { return s == "south-0" }); len(got) != 1 {
		t.Errorf("of a scope: %v", got)
	}
}

// A draw is checked by others: what version 1 gives for this seed is never to change.
func TestPickIsTheSameForEver(t *testing.T) {
	t.Parallel()
	population := inspection.Population(county(t, map[string][]int{"north": {3, 2}, "south": {4}}), inspection.Cameras, nil, anywhere)
	strata, err := inspection.Strata(population, 4)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(inspection.Digest(population)[:16], strata, inspection.Pick("2026-11-24", inspection.Cameras, population, strata))
	const want = "5bae51fe7f110b3e[{north 5 2} {south 4 2}] [{north north-0 c0} {north north-1 c1} {south south-0 c1} {south south-0 c3}]"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestStrata(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, 60), 1, 12).Draw(t, "sizes")
		var population []inspection.Subject
		for i, n := range sizes {
			for k := range n {
				population = append(population, inspection.Subject{Township: fmt.Sprintf("t%02d", i), Site: event.SiteID(fmt.Sprintf("s%02d", k))})
			}
		}
		size := rapid.IntRange(0, len(population)+1).Draw(t, "size")
		strata, err := inspection.Strata(population, size)
		if size < len(sizes) || size > min(len(population), 500) {
			var bad *inspection.Invalid
			if !errors.As(err, &bad) || bad.Field != "size" {
				t.Fatalf("size %d of %v: %v", size, sizes, err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		seed := rapid.StringMatching(`[a-z0-9]{1,20}`).Draw(t, "seed")
		drawn := inspection.Pick(seed, inspection.Cameras, population, strata)
		total := 0
		for i, s := range strata {
			n := 0
			for _, d := range drawn {
				if d.Township == s.Township {
					n++
				}
			}
			if s.Drawn < 1 || s.Drawn > s.Population || s.Population != sizes[i] || n != s.Drawn {
				t.Fatalf("stratum %+v has %d drawn", s, n)
			}
			total += s.Drawn
		}
		if total != size || len(drawn) != size || len(slices.Compact(slices.Clone(drawn))) != size {
			t.Fatalf("%d drawn, want %d different ones", len(drawn), size)
		}
		if again := inspection.Pick(seed, inspection.Cameras, population, strata); !slices.Equal(again, drawn) {
			t.Fatal("the same seed gives another result")
		}
	})
}

// Over many seeds every camera of a township is drawn as often as any other.
func TestPickIsUniform(t *testing.T) {
	t.Parallel()
	population := inspection.Population(county(t, map[string][]int{"north": {12, 8}, "south": {9}, "west": {1}}), inspection.Cameras, nil, anywhere)
	strata, err := inspection.Strata(population, 10)
	if err != nil {
		t.Fatal(err)
	}
	const seeds = 4000
	count := map[inspection.Subject]int{}
	for i := range seeds {
		for _, s := range inspection.Pick(fmt.Sprint("seed ", i), inspection.Cameras, population, strata) {
			count[s]++
		}
	}
	for _, st := range strata {
		if st.Drawn == st.Population {
			continue
		}
		p := float64(st.Drawn) / float64(st.Population)
		chi := 0.0
		for _, s := range population {
			if s.Township == st.Township {
				d := float64(count[s]) - seeds*p
				chi += d * d / (seeds * p * (1 - p))
			}
		}
		// Without replacement the sum is (n-1)·n/(n-1)-scaled; by Wilson and Hilferty the
		// 0.9999 quantile of chi-square with n-1 degrees of freedom.
		free := float64(st.Population - 1)
		chi *= free / float64(st.Population)
		limit := free * math.Pow(1-2/(9*free)+3.72*math.Sqrt(2/(9*free)), 3)
		if chi > limit {
			t.Errorf("%s: chi-square %.1f of %v degrees, over %.1f", st.Township, chi, free, limit)
		}
		t.Logf("%s: chi-square %.1f of %v degrees, limit %.1f", st.Township, chi, free, limit)
	}
}

func TestVerifyFindsEveryChange(t *testing.T) {
	t.Parallel()
	population := inspection.Population(county(t, map[string][]int{"north": {5}, "south": {5}}), inspection.Cameras, nil, anywhere)
	strata, err := inspection.Strata(population, 4)
	if err != nil {
		t.Fatal(err)
	}
	made := func() inspection.Draw {
		return inspection.Draw{
			Topic: inspection.Cameras, Algorithm: inspection.Algorithm, Seed: "x", Size: 4, Digest: inspection.Digest(population),
			Strata: slices.Clone(strata), Population: slices.Clone(population), Drawn: inspection.Pick("x", inspection.Cameras, population, strata),
		}
	}
	d := made()
	if v := inspection.Verify(&d, population); !v.OK || !v.Present {
		t.Errorf("untouched: %+v", v)
	}
	if v := inspection.Verify(&d, population[1:]); !v.OK || v.Present {
		t.Errorf("with another registry: %+v", v)
	}
	for what, change := range map[string]func(*inspection.Draw){
		"seed":       func(d *inspection.Draw) { d.Seed = "y" },
		"algorithm":  func(d *inspection.Draw) { d.Algorithm = 2 },
		"population": func(d *inspection.Draw) { d.Population = d.Population[1:] },
		"order":      func(d *inspection.Draw) { slices.Reverse(d.Population) },
		"result":     func(d *inspection.Draw) { d.Drawn = d.Drawn[1:] },
		"strata":     func(d *inspection.Draw) { d.Strata[0].Drawn++ },
		"topic":      func(d *inspection.Draw) { d.Topic = inspection.Guards },
		"size":       func(d *inspection.Draw) { d.Size++ },
	} {
		d := made()
		change(&d)
		if v := inspection.Verify(&d, population); v.OK {
			t.Errorf("%s was changed, and is said to be right: %+v", what, v)
		}
	}
}
