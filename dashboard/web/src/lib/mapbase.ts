// Layers for whatever base map a county has put beside the dashboard as one PMTiles file:
// pictures, or vector tiles of the usual schemes (OpenMapTiles, Protomaps, Shortbread).
import type { LayerSpecification, SourceSpecification } from 'maplibre-gl';
import { PMTiles, TileType } from 'pmtiles';

export interface Base {
  source: SourceSpecification;
  /** Of the vector layers in the file; null: it holds pictures. */
  layers: string[] | null;
}
export interface BaseColours {
  land: string;
  water: string;
  green: string;
  road: string;
  building: string;
  border: string;
  text: string;
  halo: string;
}
export const BASE = 'base';

/** Reads what is in the file; throws where it is none that can be drawn. */
export async function openBase(url: string): Promise<Base> {
  const file = new PMTiles(url);
  const header = await file.getHeader();
  const zooms = { minzoom: header.minZoom, maxzoom: header.maxZoom };
  const protocol = `pmtiles://${url}`;
  if (header.tileType === TileType.Png || header.tileType === TileType.Jpeg || header.tileType === TileType.Webp) {
    return { source: { type: 'raster', url: protocol, tileSize: 256, ...zooms }, layers: null };
  }
  if (header.tileType !== TileType.Mvt) throw new Error(`tiles of type ${header.tileType} cannot be drawn`);
  const meta = (await file.getMetadata()) as { vector_layers?: { id?: unknown }[] } | null;
  const layers = (Array.isArray(meta?.vector_layers) ? meta.vector_layers : []).map((l) => String(l.id ?? '')).filter(Boolean);
  return { source: { type: 'vector', url: protocol, ...zooms }, layers };
}

const roles: [RegExp, 'land' | 'water' | 'green' | 'road' | 'building' | 'border' | 'place'][] = [
  [/^(earth|land|ocean_land)$/, 'land'],
  [/water|ocean|river/, 'water'],
  [/landuse|landcover|park|green|site/, 'green'],
  [/building/, 'building'],
  [/road|street|transport|rail/, 'road'],
  [/bound|admin/, 'border'],
  [/place|settlement/, 'place'],
];
export function roleOf(layer: string): (typeof roles)[number][1] | null {
  // Labels of streets and water would cover the schools.
  if (/label|name/.test(layer) && !/place/.test(layer)) return null;
  return roles.find(([re]) => re.test(layer))?.[1] ?? null;
}

/** The layers of the base map, from the ground up. */
export function baseLayers(base: Base, c: BaseColours, dark: boolean, font: string[]): LayerSpecification[] {
  if (!base.layers) {
    return [{ id: BASE, type: 'raster', source: BASE, paint: { 'raster-opacity': 0.85, 'raster-brightness-max': dark ? 0.55 : 1, 'raster-saturation': -0.4, 'raster-fade-duration': 0 } }];
  }
  const of = (role: string): string[] => base.layers!.filter((l) => roleOf(l) === role);
  const fill = (role: 'land' | 'water' | 'green' | 'building', minzoom = 0): LayerSpecification[] => of(role).map((l) => ({
    id: `${BASE}-${l}`, type: 'fill', source: BASE, 'source-layer': l, minzoom, filter: ['==', ['geometry-type'], 'Polygon'],
    paint: { 'fill-color': c[role], 'fill-antialias': role !== 'green' },
  }));
  const line = (role: 'water' | 'road' | 'border', width: number): LayerSpecification[] => of(role).map((l) => ({
    id: `${BASE}-${l}-line`, type: 'line', source: BASE, 'source-layer': l, filter: ['==', ['geometry-type'], 'LineString'],
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': c[role], 'line-width': ['interpolate', ['exponential', 1.6], ['zoom'], 8, width * 0.5, 18, width * 6], ...(role === 'border' ? { 'line-dasharray': [3, 2] } : {}) },
  }));
  return [
    ...fill('land'), ...fill('green'), ...fill('water'), ...line('water', 1), ...fill('building', 13), ...line('road', 1), ...line('border', 0.7),
    ...of('place').map((l): LayerSpecification => ({
      id: `${BASE}-${l}`, type: 'symbol', source: BASE, 'source-layer': l,
      layout: { 'text-field': ['coalesce', ['get', 'name:zh'], ['get', 'name']], 'text-font': font, 'text-size': 11, 'text-max-width': 8 },
      paint: { 'text-color': c.text, 'text-halo-color': c.halo, 'text-halo-width': 1.2 },
    })),
  ];
}
