package detect

import (
	"math"

	"github.com/campusgate/campusgate/gateway/event"
)

// line is a bus route made ready for distances. Around one county a degree of latitude is
// as long everywhere to a part in a thousand, and a degree of longitude is as long as at
// the route's middle (to 1 % at 20 km north or south of it), which is far finer than a
// corridor of 200 m needs; so WGS-84 degrees become metres on a plane.
type line struct {
	lat, lon float64 // origin, degrees
	kx, ky   float64 // metres per degree
	segments []segment
}

// segment is a straight part: start, direction, and the inverse of its squared length.
type segment struct {
	x, y, dx, dy, inverse float64
}

// newLine returns nil for a route without a line.
func newLine(points []event.Point) *line {
	if len(points) == 0 {
		return nil
	}
	south, north := points[0].Lat, points[0].Lat
	for _, p := range points {
		south, north = min(south, p.Lat), max(north, p.Lat)
	}
	l := &line{lat: points[0].Lat, lon: points[0].Lon}
	// Length of a degree on the WGS-84 ellipsoid (series by latitude, errors below 1 m).
	phi := (south + north) / 2 * math.Pi / 180
	l.ky = 111132.92 - 559.82*math.Cos(2*phi) + 1.175*math.Cos(4*phi)
	l.kx = 111412.84*math.Cos(phi) - 93.5*math.Cos(3*phi)
	at := func(p event.Point) (float64, float64) { return (p.Lon - l.lon) * l.kx, (p.Lat - l.lat) * l.ky }
	for i, p := range points {
		x, y := at(p)
		s := segment{x: x, y: y}
		if i+1 < len(points) {
			nx, ny := at(points[i+1])
			s.dx, s.dy = nx-x, ny-y
			if length := s.dx*s.dx + s.dy*s.dy; length > 0 {
				s.inverse = 1 / length
			}
		} else if len(points) > 1 {
			break // the last point is the end of the last segment
		}
		l.segments = append(l.segments, s)
	}
	return l
}

// distance is how far a position is from the line, in metres.
func (l *line) distance(lat, lon float64) float64 {
	px, py := (lon-l.lon)*l.kx, (lat-l.lat)*l.ky
	best := math.Inf(1)
	for i := range l.segments {
		s := &l.segments[i]
		x, y := px-s.x, py-s.y
		t := min(max((x*s.dx+y*s.dy)*s.inverse, 0), 1)
		x, y = x-t*s.dx, y-t*s.dy
		best = min(best, x*x+y*y)
	}
	return math.Sqrt(best)
}
