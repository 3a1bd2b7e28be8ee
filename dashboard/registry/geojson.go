package registry

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/campusgate/campusgate/gateway/event"
)

// GeoJSON (RFC 7946): longitude first. A route is a Feature with a LineString, each of its
// stops one with a Point; both name the route in their properties.
type (
	featureCollection struct {
		Type     string    `json:"type"`
		Features []feature `json:"features"`
	}
	feature struct {
		Type       string          `json:"type"`
		ID         json.RawMessage `json:"id,omitempty"`
		Geometry   geometry        `json:"geometry"`
		Properties properties      `json:"properties"`
	}
	geometry struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	}
	properties struct {
		Route  string `json:"route"`
		NameZH string `json:"name_zh"`
		NameEN string `json:"name_en"`
		// Of a line.
		CorridorM  float64  `json:"corridor_m,omitempty"`
		Departures []string `json:"departures,omitempty"`
		// Of a stop: its place in the order, from 1.
		Stop int `json:"stop,omitempty"`
		// Of a stop: when a bus is due there, in minutes after its departure.
		AfterMin float64 `json:"after_min,omitempty"`
	}
)

func writeGeoJSON(routes []Entry) ([]byte, error) {
	all := featureCollection{Type: "FeatureCollection", Features: []feature{}}
	for _, e := range routes {
		r := e.Route()
		line := make([][2]float64, len(r.Line))
		for i, p := range r.Line {
			line[i] = [2]float64{p.Lon, p.Lat}
		}
		if err := all.add("LineString", line, properties{Route: r.Route, NameZH: r.Name.ZH, NameEN: r.Name.EN, CorridorM: r.CorridorM, Departures: r.Departures}); err != nil {
			return nil, err
		}
		for i, s := range r.Stops {
			at := [2]float64{s.Point.Lon, s.Point.Lat}
			if err := all.add("Point", at, properties{Route: r.Route, NameZH: s.Name.ZH, NameEN: s.Name.EN, Stop: i + 1, AfterMin: s.AfterMin}); err != nil {
				return nil, err
			}
		}
	}
	return json.MarshalIndent(all, "", " ")
}

func (c *featureCollection) add(shape string, coordinates any, p properties) error {
	text, err := json.Marshal(coordinates)
	c.Features = append(c.Features, feature{Type: "Feature", Geometry: geometry{shape, text}, Properties: p})
	return err
}

// readGeoJSON reads routes. A line without stops beside it keeps the stops that are known.
func (m *importing) readGeoJSON(data []byte, known func(string) Entry) error {
	if len(data) > MaxFile {
		return fmt.Errorf("file of %d bytes: want at most %d", len(data), MaxFile)
	}
	var all featureCollection
	if err := json.Unmarshal([]byte(strings.TrimPrefix(string(data), byteOrderMark)), &all); err != nil {
		return fmt.Errorf("read GeoJSON: %w", err)
	}
	if all.Type != "FeatureCollection" || len(all.Features) > maxRows {
		return fmt.Errorf("read GeoJSON: want a FeatureCollection of at most %d features", maxRows)
	}
	type numbered struct {
		order int
		stop  event.Stop
	}
	type found struct {
		n     int
		row   RouteRow
		line  bool
		stops []numbered
	}
	routes := make(map[string]*found)
	var order []string
	of := func(n int, id string) *found {
		f := routes[id]
		if f == nil {
			e := known(id)
			f = &found{n: n, row: RouteRow{Route: id}}
			if e.Doc != nil {
				f.row = e.Route()
			}
			routes[id] = f
			order = append(order, id)
		}
		return f
	}
	for i, x := range all.Features {
		n, p := i+1, x.Properties
		if p.Route == "" {
			m.refuse(n, "properties.route", "", event.Text{ZH: "properties.route 线路编号", EN: "the route's id in properties.route"})
			continue
		}
		switch x.Geometry.Type {
		case "LineString":
			var points [][]float64
			line, ok := []event.Point{}, json.Unmarshal(x.Geometry.Coordinates, &points) == nil
			for _, c := range points {
				if ok = ok && len(c) >= 2; ok {
					line = append(line, event.Point{Lat: c[1], Lon: c[0]})
				}
			}
			f := of(n, p.Route)
			switch {
			case !ok:
				m.refuse(n, "geometry.coordinates", "", event.Text{ZH: "[经度, 纬度] 坐标", EN: "coordinates [longitude, latitude]"})
			case f.line:
				m.refuse(n, "properties.route", p.Route, event.Text{ZH: "每条线路一个 LineString", EN: "one LineString for each route"})
			}
			f.n, f.line, f.row.Line = n, true, line
			f.row.Name, f.row.CorridorM, f.row.Departures = event.Text{ZH: p.NameZH, EN: p.NameEN}, p.CorridorM, p.Departures
		case "Point":
			var c []float64
			if json.Unmarshal(x.Geometry.Coordinates, &c) != nil || len(c) < 2 {
				m.refuse(n, "geometry.coordinates", "", event.Text{ZH: "[经度, 纬度] 坐标", EN: "coordinates [longitude, latitude]"})
				continue
			}
			f := of(n, p.Route)
			f.stops = append(f.stops, numbered{p.Stop, event.Stop{Name: event.Text{ZH: p.NameZH, EN: p.NameEN}, Point: event.Point{Lat: c[1], Lon: c[0]}, AfterMin: p.AfterMin}})
		default:
			m.refuse(n, "geometry.type", x.Geometry.Type, event.Text{ZH: "LineString 或 Point", EN: "LineString or Point"})
		}
	}
	seen := make(map[string]int)
	for _, id := range order {
		f := routes[id]
		if !f.line && known(id).Doc == nil {
			m.refuse(f.n, "properties.route", id, event.Text{ZH: "已有的线路，或文件中的 LineString", EN: "a route that is known, or a LineString in this file"})
			continue
		}
		if len(f.stops) > 0 {
			slices.SortStableFunc(f.stops, func(a, b numbered) int { return cmp.Compare(a.order, b.order) })
			f.row.Stops = nil
			for _, s := range f.stops {
				f.row.Stops = append(f.row.Stops, s.stop)
			}
		}
		c := f.row.Change()
		c.Rev = AnyRev
		if m.refused[f.n] {
			continue
		}
		m.add(f.n, c, nil, seen)
	}
	m.report.Lines = len(all.Features)
	return nil
}
