package countygen_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/adapters/simulator/countygen"
	"github.com/campusgate/campusgate/gateway/event"
)

var update = flag.Bool("update", false, "write the counties' files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFilesEqualTheGenerator(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]byte{"demo.yaml": countygen.Demo(), "small.yaml": countygen.Small()} {
		path := filepath.Join("..", "..", "..", "configs", "counties", name)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the generator writes: run this test with -update", name)
		}
	}
}

func read(t *testing.T, b []byte) *event.County {
	t.Helper()
	var c event.County
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(&c); err != nil {
		t.Fatal(err)
	}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	return &c
}

func TestNumbersOfTheDemo(t *testing.T) {
	t.Parallel()
	b := countygen.Demo()
	if len(b) > 400_000 {
		t.Errorf("%d bytes", len(b))
	}
	c := read(t, b)
	kinds := map[event.Kind]int{}
	names := map[string]bool{}
	townships := map[string]bool{}
	var schools, posts, pupils, canteens int
	for _, s := range c.Sites {
		if names[s.Name.ZH] || names[s.Name.EN] {
			t.Errorf("%s: name %v is used twice", s.ID, s.Name)
		}
		names[s.Name.ZH], names[s.Name.EN], townships[s.Township] = true, true, true
		if s.Lat < 35.7 || s.Lat > 36.3 || s.Lon < 116.5 || s.Lon > 117.1 {
			t.Errorf("%s lies at %v, %v", s.ID, s.Lat, s.Lon)
		}
		here := map[event.Kind]int{}
		for _, d := range s.Devices {
			kinds[d.Kind]++
			here[d.Kind]++
			if d.Name.ZH == "" || d.Name.EN == "" {
				t.Errorf("%s/%s has no name", s.ID, d.ID)
			}
		}
		if s.Kind == event.SiteDepot {
			continue
		}
		schools++
		pupils += s.Pupils
		if s.PolicePost {
			posts++
		}
		if here[event.KindKitchen] > 0 {
			canteens++
		}
		if g := here[event.KindGate]; g < 1 || g > 3 || here[event.KindTemperature] != g || here[event.KindButton] < 1 {
			t.Errorf("%s: %v", s.ID, here)
		}
	}
	for what, n := range map[string][2]int{
		"schools":      {schools, countygen.Schools},
		"police posts": {posts, countygen.PolicePosts},
		"pupils":       {pupils, countygen.Pupils},
		"canteens":     {canteens, countygen.Canteens},
		"cameras":      {kinds[event.KindCamera], countygen.Cameras},
		"buses":        {kinds[event.KindBus], countygen.Buses},
		"routes":       {len(c.Routes), countygen.Buses},
		"townships":    {len(townships), 12},
	} {
		if n[0] != n[1] {
			t.Errorf("%d %s, want %d", n[0], what, n[1])
		}
	}
}

func TestSmallIsSmall(t *testing.T) {
	t.Parallel()
	c := read(t, countygen.Small())
	if len(c.Sites) != 3 || len(c.Routes) != 2 || c.Device("s001", "g1") == nil || c.Device("depot1", "b01") == nil {
		t.Errorf("%d sites, %d routes", len(c.Sites), len(c.Routes))
	}
	if strings.Contains(string(countygen.Small()), "\t") {
		t.Error("a tab")
	}
}
