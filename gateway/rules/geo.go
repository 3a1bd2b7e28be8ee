package rules

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/campusgate/campusgate/gateway/event"
)

// earthM is the mean radius of the earth in metres (IUGG); distances on the sphere are
// right to 0.5 %.
const earthM = 6371008.8

// metresBetween is the distance of two positions on the sphere (haversine).
func metresBetween(a, b event.Point) float64 {
	const rad = math.Pi / 180
	sinLat, sinLon := math.Sin((b.Lat-a.Lat)*rad/2), math.Sin((b.Lon-a.Lon)*rad/2)
	h := sinLat*sinLat + math.Cos(a.Lat*rad)*math.Cos(b.Lat*rad)*sinLon*sinLon
	return 2 * earthM * math.Asin(math.Sqrt(min(1, h)))
}

// metresToLine is the distance of a position from a line of straight parts, on a plane
// around the position, which is right to 1 % within 20 km; infinite without a line.
func metresToLine(p event.Point, line []event.Point) float64 {
	const rad = math.Pi / 180
	ky := earthM * rad
	kx := ky * math.Cos(p.Lat*rad)
	best := math.Inf(1)
	for i := range line {
		ax, ay := (line[i].Lon-p.Lon)*kx, (line[i].Lat-p.Lat)*ky
		dx, dy := 0.0, 0.0
		if i+1 < len(line) {
			dx, dy = (line[i+1].Lon-p.Lon)*kx-ax, (line[i+1].Lat-p.Lat)*ky-ay
		}
		t := 0.0
		if length := dx*dx + dy*dy; length > 0 {
			t = min(max(-(ax*dx+ay*dy)/length, 0), 1)
		}
		best = min(best, math.Hypot(ax+t*dx, ay+t*dy))
	}
	return best
}

// area is a fence made ready: a circle when radius is set, else a polygon.
type area struct {
	points []event.Point
	radius float64
}

func (a *area) holds(p event.Point) bool {
	if a.radius > 0 {
		return metresBetween(a.points[0], p) <= a.radius
	}
	// Even-odd rule: a ray to the east crosses the edges an odd number of times.
	in := false
	for i, j := 0, len(a.points)-1; i < len(a.points); j, i = i, i+1 {
		u, v := a.points[i], a.points[j]
		if (u.Lat > p.Lat) != (v.Lat > p.Lat) && p.Lon < (v.Lon-u.Lon)*(p.Lat-u.Lat)/(v.Lat-u.Lat)+u.Lon {
			in = !in
		}
	}
	return in
}

func valid(p event.Point) bool {
	return finite(p.Lat) && finite(p.Lon) && math.Abs(p.Lat) <= 90 && math.Abs(p.Lon) <= 180
}

// parseArea reads "lat,lon lat,lon lat,lon".
func parseArea(s string) (*area, error) {
	bad := errors.New("want at least three points, \"lat,lon lat,lon lat,lon\"")
	var a area
	for pair := range strings.FieldsSeq(s) {
		lat, lon, ok := strings.Cut(pair, ",")
		p, errLat := strconv.ParseFloat(lat, 64)
		q, errLon := strconv.ParseFloat(lon, 64)
		at := event.Point{Lat: p, Lon: q}
		if !ok || errLat != nil || errLon != nil || !valid(at) || len(a.points) == maxPoints {
			return nil, bad
		}
		a.points = append(a.points, at)
	}
	if len(a.points) < 3 {
		return nil, bad
	}
	return &a, nil
}
