package payload

import "math"

// Datums that positions come in.
const (
	DatumWGS84 = "wgs84"
	// DatumGCJ02 is the shifted datum of Chinese base maps (国测局坐标), which some terminals
	// and platforms send instead of what their receiver says.
	DatumGCJ02 = "gcj02"
)

// The ellipsoid that the shift is made with: Krassowsky 1940, its major half axis in metres
// and the square of its eccentricity.
const (
	krassowskyA  = 6378245.0
	krassowskyE2 = 0.00669342162296594323
)

// ToWGS84 takes a position of a datum to WGS-84. GCJ-02 is undone to better than a
// centimetre; outside the rectangle round China it is WGS-84 already, by its definition.
func ToWGS84(datum string, lat, lon float64) (wgsLat, wgsLon float64) {
	if datum != DatumGCJ02 || !shifted(lat, lon) {
		return lat, lon
	}
	// The shift has no inverse in closed form, but hardly changes over its own length: what
	// the last guess is off by is taken from it. Each round wins three digits or more.
	wgsLat, wgsLon = lat, lon
	for range 5 {
		a, o := toGCJ02(wgsLat, wgsLon)
		wgsLat, wgsLon = wgsLat+lat-a, wgsLon+lon-o
	}
	return wgsLat, wgsLon
}

// shifted tells whether the datum differs from WGS-84 at a place.
func shifted(lat, lon float64) bool {
	return lon >= 72.004 && lon <= 137.8347 && lat >= 0.8293 && lat <= 55.8271
}

// toGCJ02 is the shift as it is publicly known, from WGS-84 degrees.
func toGCJ02(lat, lon float64) (gcjLat, gcjLon float64) {
	x, y := lon-105, lat-35
	sin := func(turns float64) float64 { return math.Sin(turns * math.Pi) }
	both := 20*sin(6*x) + 20*sin(2*x)
	root := math.Sqrt(math.Abs(x))
	// In metres, near enough, of a sphere.
	north := -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*root +
		(both+20*sin(y)+40*sin(y/3)+160*sin(y/12)+320*sin(y/30))*2/3
	east := 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*root +
		(both+20*sin(x)+40*sin(x/3)+150*sin(x/12)+300*sin(x/30))*2/3
	rad := lat * math.Pi / 180
	w := 1 - krassowskyE2*math.Sin(rad)*math.Sin(rad)
	meridian := krassowskyA * (1 - krassowskyE2) / (w * math.Sqrt(w)) // radii of curvature, in metres
	parallel := krassowskyA / math.Sqrt(w) * math.Cos(rad)
	return lat + north/meridian*180/math.Pi, lon + east/parallel*180/math.Pi
}
