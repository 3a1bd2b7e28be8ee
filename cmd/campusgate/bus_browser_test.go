package main_test

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestBusInBrowser follows a bus on the real program whose terminal speaks GCJ-02: it stands on
// its route in WGS-84, on the server and on the map, with its age; and its way is replayed by key.
// What the terminal says is made by another implementation of GCJ-02 than the gateway's.
func TestBusInBrowser(t *testing.T) {
	tools := findBrowser(t)
	_, at := startDemo(t, filepath.Join(t.TempDir(), "data"), "--no-simulator")
	operator := login(t, at.HTTP, "operator")
	bus, places := alongRoute(t, operator, 4)
	site, device, _ := strings.Cut(bus, "/")

	// The first place is of today, whatever the hour.
	zone := time.FixedZone("Asia/Shanghai", 8*60*60)
	now := time.Now()
	today := now.In(zone)
	midnight := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, zone)
	step := min(10*time.Second, now.Sub(midnight)/time.Duration(len(places)))

	page := openScript(t, tools, "bus-system", map[string]any{
		"origin": at.HTTP, "user": "operator", "password": password, "bus": bus, "places": places, "day": today.Format(time.DateOnly),
		"artifacts": t.ArtifactDir(), "patience": patience.Milliseconds(),
	})
	var shifted []spot
	if err := json.Unmarshal([]byte(page.next("live").Text), &shifted); err != nil || len(shifted) != len(places) {
		t.Fatalf("the places in GCJ-02: %v, %v", shifted, err)
	}
	for i, p := range shifted {
		if d := apart(p, places[i]); d < 100 {
			t.Fatalf("GCJ-02 is %.0f m from WGS-84 at %+v: it shows nothing", d, places[i])
		}
	}

	p := newPublisher(t, "tcp://"+at.MQTT, "bus-browser-test")
	if err := p.Connected(t.Context()); err != nil {
		t.Fatal(err)
	}
	publish := func(i int) {
		t.Helper()
		ts := now.Add(-time.Duration(len(places)-1-i) * step)
		payload := fmt.Sprintf(`{"ts":%q,"seq":%d,"datum":"gcj02","lat":%.7f,"lon":%.7f,"speed_kmh":%d,"heading":90,"passengers":%d,"trip":"t-gcj","trip_state":"running"}`,
			ts.UTC().Format(time.RFC3339Nano), i+1, shifted[i].Lat, shifted[i].Lon, 31+i, i)
		if err := p.Publish(t.Context(), "campus/"+site+"/bus/"+device+"/position", 1, false, []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range places {
		publish(i)
	}
	last := places[len(places)-1]
	shown := page.next("shown")
	t.Logf("on the screen: %s", strings.Join(strings.Fields(shown.Text), " "))

	var trail struct {
		Places []spot `json:"places"`
	}
	eventually(t, "the trail has all places", func() string {
		if err := operator.get("/api/v1/buses/"+bus+"/trail", &trail); err != nil || len(trail.Places) != len(places) {
			return fmt.Sprintf("%+v, %v", trail.Places, err)
		}
		return ""
	})
	for i, got := range trail.Places {
		if d := apart(got, places[i]); d > 1 {
			t.Errorf("place %d is %.2f m off: %+v, want %+v", i, d, got, places[i])
		}
	}
	// What the picture says: pixels from its middle, which the URL has put on the last place.
	pixels := strings.Fields(page.next("placed").Text)
	for _, text := range pixels {
		if off, err := strconv.ParseFloat(text, 64); err != nil || math.Abs(off) > 3 {
			t.Errorf("the bus is drawn %v pixels from %+v", pixels, last)
		}
	}
	page.goOn()
	page.next("replayed")
	for _, fault := range page.next("faults").Faults {
		t.Error(fault)
	}
	page.mustEnd()
}

type spot struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// apart is the distance of two places in metres; good for some kilometres.
func apart(a, b spot) float64 {
	const degree = 111_195
	return math.Hypot((a.Lat-b.Lat)*degree, (a.Lon-b.Lon)*degree*math.Cos(a.Lat*math.Pi/180))
}

// alongRoute finds a bus of the county, "site/device", and n places that follow each other on
// the first leg of its route.
func alongRoute(t *testing.T, b *browser, n int) (string, []spot) {
	t.Helper()
	var list struct {
		Items []struct{ Site, Device, Route string }
	}
	var county struct {
		Routes []struct {
			ID   string
			Line []spot
		}
	}
	if err := b.get("/api/v1/buses", &list); err != nil {
		t.Fatal(err)
	}
	if err := b.get("/api/v1/county", &county); err != nil {
		t.Fatal(err)
	}
	for _, bus := range list.Items {
		for _, r := range county.Routes {
			if r.ID != bus.Route || len(r.Line) < 2 {
				continue
			}
			places := make([]spot, n)
			for i := range places {
				share := float64(i+1) / float64(n+1)
				places[i] = spot{Lat: r.Line[0].Lat + share*(r.Line[1].Lat-r.Line[0].Lat), Lon: r.Line[0].Lon + share*(r.Line[1].Lon-r.Line[0].Lon)}
			}
			return bus.Site + "/" + bus.Device, places
		}
	}
	t.Fatal("no bus of the county has a route")
	return "", nil
}
