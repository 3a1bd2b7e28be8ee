package jt808_test

import (
	"math"
	"testing"

	"github.com/campusgate/campusgate/adapters/jt808"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestDatum: a terminal that sends GCJ-02 lands where it is, one that sends WGS-84 too. The
// pair is a published one, and its two places are 550 m apart.
func TestDatum(t *testing.T) {
	t.Parallel()
	const wgsLat, wgsLon, gcjLat, gcjLon = 39.911954, 116.377817, 39.913345, 116.384047
	for name, c := range map[string]struct {
		change   func(*jt808.Config)
		lat, lon float64
	}{
		"all of gcj02":       {func(c *jt808.Config) { c.Datum = "gcj02" }, gcjLat, gcjLon},
		"this one of gcj02":  {func(c *jt808.Config) { c.DatumExceptions = []string{"0" + phone} }, gcjLat, gcjLon},
		"all but this one":   {func(c *jt808.Config) { c.Datum, c.DatumExceptions = "gcj02", []string{phone} }, wgsLat, wgsLon},
		"as JT/T 808 has it": {nil, wgsLat, wgsLon},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := start(t, c.change)
			term := g.login(phone)
			p := position(1)
			p.Lat, p.Lon = c.lat, c.lon
			ask(t, term, jt808.IDPosition, p.Append(nil), 0)
			term.Close()
			found := 0
			for _, e := range g.events() {
				if e.Type != event.TypeVehiclePosition {
					continue
				}
				found++
				const degree = 111_195 // metres of latitude
				off := math.Hypot((e.Position.Lat-wgsLat)*degree, (e.Position.Lon-wgsLon)*degree*math.Cos(wgsLat*math.Pi/180))
				if off > 1 || !e.Position.Fix {
					t.Errorf("%.6f, %.6f is %.1f m off, fix %v", e.Position.Lat, e.Position.Lon, off, e.Position.Fix)
				}
			}
			if found != 1 {
				t.Errorf("%d positions", found)
			}
		})
	}
	bad := settings(t)
	bad.Datum, bad.DatumExceptions = "bd09", []string{"x"}
	if err := bad.Validate(); err == nil || !contains(err, "datum:") || !contains(err, "datum_exceptions:") {
		t.Errorf("settings that are wrong: %v", err)
	}
}
