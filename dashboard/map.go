package dashboard

import (
	"errors"
	"fmt"

	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/gateway/event"
)

// Datums of base maps.
const (
	datumWGS84    = "wgs84"
	datumCGCS2000 = "cgcs2000"
	datumGCJ02    = "gcj02"
)

// MapConfig names the files of the map. Without any the map shows the sites, with outlines
// made from where they lie. Nothing is ever fetched from elsewhere.
type MapConfig struct {
	// TilesFile is a base map as one PMTiles file (version 3, vector tiles or pictures). Empty: none.
	TilesFile string `yaml:"tiles_file"`
	// OutlineFile is a GeoJSON file (at most 8 MiB) with polygons of the county (property level
	// "county") and its townships (property name). Empty: outlines are made from the sites.
	OutlineFile string `yaml:"outline_file"`
	// Datum is that of the coordinates in both files: wgs84, cgcs2000 or gcj02. Sites are moved
	// to it for display only; CGCS2000 is within a metre of WGS-84 and drawn as such.
	Datum string `yaml:"datum"`
}

// DefaultMapConfig returns settings that need no file.
func DefaultMapConfig() MapConfig { return MapConfig{Datum: datumWGS84} }

// Validate returns every wrong setting.
func (c MapConfig) Validate() error {
	var faults []error
	if c.Datum != datumWGS84 && c.Datum != datumCGCS2000 && c.Datum != datumGCJ02 {
		faults = append(faults, &event.Fault{Key: "datum", Value: fmt.Sprintf("%q", c.Datum), Want: "wgs84, cgcs2000 or gcj02"})
	}
	return errors.Join(faults...)
}

func (c MapConfig) files() api.MapFiles {
	return api.MapFiles{Tiles: c.TilesFile, Outline: c.OutlineFile, Datum: c.Datum}
}
