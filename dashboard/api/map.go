package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/campusgate/campusgate/dashboard/auth"
)

// maxOutline is the largest file of outlines that is sent, in bytes: every page that has a
// map fetches it whole.
const maxOutline = 8 << 20

// MapFiles are what the county has put beside the dashboard for its map. They are opened when
// they are asked for, so that a file may be replaced, or come, while the program runs.
type MapFiles struct {
	Tiles   string // a PMTiles file, version 3; empty: none
	Outline string // a GeoJSON file (RFC 7946); empty: none
	Datum   string // wgs84, cgcs2000 or gcj02: of both files
}

// MapSettings says what the map can be made of.
type MapSettings struct {
	Datum   string `json:"datum" enum:"wgs84,cgcs2000,gcj02" doc:"Of the coordinates in the files; everything else is WGS-84."`
	Tiles   string `json:"tiles" doc:"Path of the PMTiles file, to be read by Range; empty: there is none."`
	Outline string `json:"outline" doc:"Path of the GeoJSON outlines; empty: there are none."`
}

const (
	mapTilesPath   = "/map/tiles"
	mapOutlinePath = "/map/outline"
)

// ServeMap adds the routes of the map's files.
func (a *API) ServeMap(files MapFiles) {
	handle(a, http.MethodGet, "/map", "What the map can be made of", everyone(),
		func(context.Context, auth.Identity, *nothing) (*body[MapSettings], error) {
			out := MapSettings{Datum: files.Datum}
			if usable(files.Tiles, 0) == nil {
				out.Tiles = "/api/v1" + mapTilesPath
			}
			if usable(files.Outline, maxOutline) == nil {
				out.Outline = "/api/v1" + mapOutlinePath
			}
			return &body[MapSettings]{out}, nil
		})
	handle(a, http.MethodGet, mapTilesPath, "The base map, by Range", everyone(), a.mapFile(files.Tiles, "application/vnd.pmtiles", 0))
	handle(a, http.MethodGet, mapOutlinePath, "Outlines of the county and its townships", everyone(), a.mapFile(files.Outline, "application/geo+json", maxOutline))
}

// usable is nil for a file that can be sent; most 0 is any size.
func usable(path string, most int64) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no file", filepath.Base(path))
	case most > 0 && info.Size() > most:
		return fmt.Errorf("%s has %d bytes, more than %d", filepath.Base(path), info.Size(), most)
	}
	return nil
}

// mapFile sends a file, or the part of it that was asked for, as http.ServeContent does. The
// file is never compressed on the way: ranges count its own bytes.
func (a *API) mapFile(path, kind string, most int64) func(context.Context, auth.Identity, *nothing) (*huma.StreamResponse, error) {
	return func(context.Context, auth.Identity, *nothing) (*huma.StreamResponse, error) {
		if path == "" {
			return nil, notFound()
		}
		if err := usable(path, most); err != nil {
			a.deps.Log.Warn().Err(err).Msg("a file of the map cannot be sent")
			return nil, notFound()
		}
		f, err := os.Open(path)
		if err != nil {
			a.deps.Log.Warn().Err(err).Msg("a file of the map cannot be sent")
			return nil, notFound()
		}
		info, err := f.Stat()
		if err != nil {
			_ = f.Close()
			return nil, err
		}
		if most > 0 && !isJSON(f) {
			_ = f.Close()
			a.deps.Log.Warn().Str("file", filepath.Base(path)).Msg("the outlines are no JSON")
			return nil, notFound()
		}
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			defer f.Close() //nolint:errcheck // it was only read
			r, w := humachi.Unwrap(ctx)
			h := w.Header()
			h.Set("Content-Type", kind)
			h.Set("ETag", fmt.Sprintf(`"%x-%x"`, info.ModTime().UnixNano(), info.Size()))
			h.Set("Cache-Control", "private, max-age=3600")
			http.ServeContent(w, r, "", info.ModTime(), f)
		}}, nil
	}
}

// isJSON reads a small file whole and goes back to its beginning.
func isJSON(f *os.File) bool {
	text, err := io.ReadAll(io.LimitReader(f, maxOutline+1))
	if err != nil || !json.Valid(text) {
		return false
	}
	_, err = f.Seek(0, io.SeekStart)
	return err == nil
}
