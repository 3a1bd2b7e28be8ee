package detect

import (
	"math"
	"testing"

	"github.com/campusgate/campusgate/gateway/event"
	"pgregory.net/rapid"
)

// haversine is the distance of two points on a sphere of the Earth's mean radius, in
// metres: another way to the same answer, to half a per cent.
func haversine(a, b event.Point) float64 {
	const radius, rad = 6371008.8, math.Pi / 180
	dLat, dLon := (b.Lat-a.Lat)*rad, (b.Lon-a.Lon)*rad
	h := math.Pow(math.Sin(dLat/2), 2) + math.Cos(a.Lat*rad)*math.Cos(b.Lat*rad)*math.Pow(math.Sin(dLon/2), 2)
	return 2 * radius * math.Asin(math.Sqrt(h))
}

func TestLineDistance(t *testing.T) {
	t.Parallel()
	if newLine(nil) != nil {
		t.Error("a route without a line has one")
	}
	rapid.Check(t, func(t *rapid.T) {
		degree := rapid.Float64Range(-0.05, 0.05)
		points := make([]event.Point, rapid.IntRange(1, 8).Draw(t, "points"))
		for i := range points {
			points[i] = event.Point{Lat: 30 + degree.Draw(t, "lat"), Lon: 104 + degree.Draw(t, "lon")}
		}
		p := event.Point{Lat: 30 + degree.Draw(t, "lat"), Lon: 104 + degree.Draw(t, "lon")}
		want := math.Inf(1)
		for i := range points { // the nearest of points laid densely along the line
			next := points[min(i+1, len(points)-1)]
			for k := range 501 {
				f := float64(k) / 500
				q := event.Point{Lat: points[i].Lat + f*(next.Lat-points[i].Lat), Lon: points[i].Lon + f*(next.Lon-points[i].Lon)}
				want = min(want, haversine(p, q))
			}
		}
		got := newLine(points).distance(p.Lat, p.Lon)
		if math.Abs(got-want) > 0.01*want+20 { // half of the 30 m between two of those points, and the sphere
			t.Fatalf("%.1f m, want %.1f m", got, want)
		}
	})
}

func BenchmarkLineDistance200Segments(b *testing.B) {
	points := make([]event.Point, 201)
	for i := range points {
		points[i] = event.Point{Lat: 30 + float64(i)/1000, Lon: 104 + math.Sin(float64(i)/10)/100}
	}
	l := newLine(points)
	b.ReportAllocs()
	for b.Loop() {
		l.distance(30.1, 104.02)
	}
}
