package payload_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/adapters/payload"
)

// apart is the distance of two places in metres.
func apart(aLat, aLon, bLat, bLon float64) float64 {
	const degree = 111_195
	return math.Hypot((bLat-aLat)*degree, (bLon-aLon)*degree*math.Cos(aLat*math.Pi/180))
}

// Pairs of WGS-84 and GCJ-02 as published with other implementations.
func TestToWGS84(t *testing.T) {
	t.Parallel()
	for _, p := range [][4]float64{
		{31.1774276, 121.5272106, 31.17530398364597, 121.531541859215}, // Shanghai
		{22.543847, 113.912316, 22.540796131694766, 113.9171764808363}, // Shenzhen
		{39.911954, 116.377817, 39.91334545536069, 116.38404722455657}, // Beijing
	} {
		lat, lon := payload.ToWGS84(payload.DatumGCJ02, p[2], p[3])
		if d := apart(p[0], p[1], lat, lon); d > 0.1 {
			t.Errorf("%v: %.6f, %.6f is %.2f m off", p, lat, lon, d)
		}
		if d := apart(p[0], p[1], p[2], p[3]); d < 300 {
			t.Errorf("%v: the pair itself is %.0f m apart: it shows nothing", p, d)
		}
		if lat, lon := payload.ToWGS84(payload.DatumWGS84, p[2], p[3]); lat != p[2] || lon != p[3] {
			t.Errorf("WGS-84 was changed to %v, %v", lat, lon)
		}
	}
	for _, p := range [][2]float64{{48.85, 2.35}, {0, 0}, {-33.9, 151.2}, {60, 110}} {
		if lat, lon := payload.ToWGS84(payload.DatumGCJ02, p[0], p[1]); lat != p[0] || lon != p[1] {
			t.Errorf("%v, where there is no shift, became %v, %v", p, lat, lon)
		}
	}
}

// Everywhere in the country the answer is a place between 100 m and 1 km away, near places
// stay near, and no input makes it a number that is none.
func TestToWGS84Everywhere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lat := rapid.Float64Range(4, 53).Draw(t, "lat")
		lon := rapid.Float64Range(74, 135).Draw(t, "lon")
		aLat, aLon := payload.ToWGS84(payload.DatumGCJ02, lat, lon)
		if d := apart(lat, lon, aLat, aLon); !(d > 20 && d < 1200) {
			t.Fatalf("%.0f m away", d)
		}
		bLat, bLon := payload.ToWGS84(payload.DatumGCJ02, lat+1e-5, lon)
		if d := apart(aLat, aLon, bLat, bLon); !(d > 1 && d < 1.3) {
			t.Fatalf("a metre became %.2f m", d)
		}
	})
}
