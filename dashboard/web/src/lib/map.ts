// What a map of the county is made of, and the arithmetic that both drawings share: the one
// by WebGL and the sketch. Coordinates are WGS-84 degrees (EPSG:4326), pictures are in web
// Mercator (EPSG:3857) with tiles of 512 pixels, as MapLibre counts its zoom.
import { severities, type Alarm, type Severity, type Site } from './types';

export interface LatLon {
  lat: number;
  lon: number;
}
export interface MapSite extends LatLon {
  id: string;
  name: string;
  township: string;
  /** The worst open alarm's; empty: none is open. */
  severity: Severity | '';
  /** Open alarms. */
  alarms: number;
}
export type Tone = 'accent' | 'ok' | 'warn' | 'bad' | 'stale' | 'muted';
export interface MapLine {
  id: string;
  points: readonly LatLon[];
  tone: Tone;
  dashed?: boolean;
  /** Pixels, 1 to 12; 3 unless said. */
  width?: number;
  /** Width on the ground in metres, instead of pixels: a corridor. */
  metres?: number;
}
export interface MapPoint extends LatLon {
  id: string;
  name: string;
  shape: 'bus' | 'stop' | 'dot';
  tone: Tone;
  /** Degrees clockwise from north: an arrow shows where it goes. */
  heading?: number | null;
  /** It is not sure to be there any more: drawn hatched. */
  old?: boolean;
}
/** What the map looks at. */
export interface MapView extends LatLon {
  /** 0 (the world in 512 pixels) to 18. */
  zoom: number;
}
export type Ring = readonly LatLon[];
export interface Outline {
  id: string;
  name: string;
  kind: 'county' | 'township';
  rings: readonly Ring[];
}
export interface Box {
  west: number;
  south: number;
  east: number;
  north: number;
}

export const MIN_ZOOM = 2;
export const MAX_ZOOM = 18;
/** Sites nearer to each other than this many pixels are shown as one. */
export const CLUSTER_PX = 40;
/** From here on every site stands for itself. */
export const CLUSTER_MAX_ZOOM = 13;
/** Changes of what is drawn, at most one each so many milliseconds: four a second. */
export const STROKE_MS = 250;

const TILE = 512;
const usable = (p: LatLon): boolean =>
  Number.isFinite(p.lat) && Number.isFinite(p.lon) && Math.abs(p.lat) <= 85 && Math.abs(p.lon) <= 180 && (p.lat !== 0 || p.lon !== 0);

/** The sites that can be put on a map (a position of 0, 0 is one that nobody entered). */
export function mapSites(sites: Iterable<Site>, name: (s: Site) => string): MapSite[] {
  const out: MapSite[] = [];
  for (const s of sites) {
    if (!usable(s)) continue;
    const severity = severities.find((k) => s.alarms[k] > 0) ?? '';
    out.push({ id: s.site, name: name(s), township: s.township, lat: s.lat, lon: s.lon, severity, alarms: s.alarms.open - s.alarms.suppressed });
  }
  return out;
}

/** 3 for critical down to 0 for info, -1 for none. */
export function rankOf(severity: Severity | ''): number {
  return severity ? severities.length - 1 - severities.indexOf(severity) : -1;
}
export function severityOf(rank: number): Severity | '' {
  return severities[severities.length - 1 - rank] ?? '';
}

/** Pixels of a point on the world's picture at a zoom. */
export function project(p: LatLon, zoom: number): { x: number; y: number } {
  const size = TILE * 2 ** zoom;
  const s = Math.sin((Math.max(-85, Math.min(85, p.lat)) * Math.PI) / 180);
  return { x: ((p.lon + 180) / 360) * size, y: (0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI)) * size };
}
export function unproject(x: number, y: number, zoom: number): LatLon {
  const size = TILE * 2 ** zoom;
  return { lon: (x / size) * 360 - 180, lat: (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / size))) * 180) / Math.PI };
}
/** Pixels that a metre on the ground takes at a latitude. */
export function pixelsPerMetre(lat: number, zoom: number): number {
  return (TILE * 2 ** zoom) / (40_075_016.686 * Math.cos((lat * Math.PI) / 180));
}

export function boxOf(points: Iterable<LatLon>): Box | null {
  let box: Box | null = null;
  for (const p of points) {
    if (!usable(p)) continue;
    box ??= { west: p.lon, east: p.lon, south: p.lat, north: p.lat };
    box.west = Math.min(box.west, p.lon);
    box.east = Math.max(box.east, p.lon);
    box.south = Math.min(box.south, p.lat);
    box.north = Math.max(box.north, p.lat);
  }
  return box;
}

/** The view that shows a box whole in so many pixels; a single point from 3 km or so. */
export function fitBox(box: Box, width: number, height: number, padding = 34, most = 13.5): MapView {
  const a = project({ lat: box.north, lon: box.west }, 0);
  const b = project({ lat: box.south, lon: box.east }, 0);
  const room = (px: number): number => Math.max(40, px - 2 * padding);
  const zoom = Math.log2(Math.min(room(width) / Math.max(1e-9, b.x - a.x), room(height) / Math.max(1e-9, b.y - a.y)));
  return { ...unproject((a.x + b.x) / 2, (a.y + b.y) / 2, 0), zoom: Math.max(MIN_ZOOM, Math.min(most, zoom)) };
}

/** A view as it stands in the URL: latitude, longitude, zoom. */
export function viewText(v: MapView): string {
  return `${v.lat.toFixed(5)},${v.lon.toFixed(5)},${v.zoom.toFixed(2)}`;
}
/** Reads what viewText wrote; null for anything else. */
export function parseView(text: string): MapView | null {
  const m = /^(-?\d{1,2}(?:\.\d{1,8})?),(-?\d{1,3}(?:\.\d{1,8})?),(\d{1,2}(?:\.\d{1,4})?)$/.exec(text);
  if (!m) return null;
  const v = { lat: Number(m[1]), lon: Number(m[2]), zoom: Number(m[3]) };
  return Math.abs(v.lat) <= 85 && Math.abs(v.lon) <= 180 && v.zoom >= MIN_ZOOM && v.zoom <= MAX_ZOOM ? v : null;
}
export function sameView(a: MapView | null, b: MapView | null): boolean {
  return (a ? viewText(a) : '') === (b ? viewText(b) : '');
}

export interface Cluster extends LatLon {
  id: string;
  sites: MapSite[];
  severity: Severity | '';
  alarms: number;
}

/** Sites that would cover each other at this zoom, as one; each site is in one cluster. */
export function cluster(sites: readonly MapSite[], zoom: number): Cluster[] {
  const out: (Cluster & { x: number; y: number })[] = [];
  const cells = new Map<string, (Cluster & { x: number; y: number })[]>();
  // The worst come first: their place is where the cluster stands.
  const sorted = [...sites].sort((a, b) => rankOf(b.severity) - rankOf(a.severity) || (a.id < b.id ? -1 : 1));
  for (const s of sorted) {
    const { x, y } = project(s, zoom);
    const cx = Math.floor(x / CLUSTER_PX);
    const cy = Math.floor(y / CLUSTER_PX);
    let home: (Cluster & { x: number; y: number }) | undefined;
    if (zoom < CLUSTER_MAX_ZOOM) {
      for (let i = cx - 1; i <= cx + 1 && !home; i++) {
        for (let j = cy - 1; j <= cy + 1 && !home; j++) {
          home = cells.get(`${i}/${j}`)?.find((c) => Math.hypot(c.x - x, c.y - y) < CLUSTER_PX);
        }
      }
    }
    if (home) {
      home.sites.push(s);
      home.alarms += s.alarms;
      continue;
    }
    const fresh = { id: s.id, lat: s.lat, lon: s.lon, sites: [s], severity: s.severity, alarms: s.alarms, x, y };
    out.push(fresh);
    const key = `${cx}/${cy}`;
    const list = cells.get(key);
    if (list) list.push(fresh);
    else cells.set(key, [fresh]);
  }
  return out;
}

/** The convex hull (Andrew's monotone chain), anticlockwise, closed. */
export function hull(points: readonly LatLon[]): LatLon[] {
  const p = [...points].sort((a, b) => a.lon - b.lon || a.lat - b.lat);
  if (p.length < 3) return [...p];
  const turn = (o: LatLon, a: LatLon, b: LatLon): number => (a.lon - o.lon) * (b.lat - o.lat) - (a.lat - o.lat) * (b.lon - o.lon);
  const half = (list: readonly LatLon[]): LatLon[] => {
    const out: LatLon[] = [];
    for (const q of list) {
      while (out.length >= 2 && turn(out[out.length - 2]!, out[out.length - 1]!, q) <= 0) out.pop();
      out.push(q);
    }
    out.pop();
    return out;
  };
  const ring = [...half(p), ...half(p.reverse())];
  return ring.length > 0 ? [...ring, ring[0]!] : ring;
}

/** A ring around points that keeps so many kilometres from each of them. */
export function around(points: readonly LatLon[], km: number): LatLon[] {
  const padded: LatLon[] = [];
  for (const p of points) {
    for (let i = 0; i < 16; i++) {
      const a = (i * Math.PI) / 8;
      padded.push({
        lat: p.lat + ((km / 111.2) * Math.sin(a)),
        lon: p.lon + ((km / 111.2) * Math.cos(a)) / Math.cos((p.lat * Math.PI) / 180),
      });
    }
  }
  return hull(padded);
}

/**
 * Outlines for a county that has no file of them: around all sites, and around those of each
 * township. They say where things lie, not where a border runs, and the map says so.
 */
export function sketchOutlines(sites: readonly MapSite[]): Outline[] {
  if (sites.length === 0) return [];
  const towns = new Map<string, MapSite[]>();
  for (const s of sites) {
    if (!s.township) continue;
    const list = towns.get(s.township);
    if (list) list.push(s);
    else towns.set(s.township, [s]);
  }
  const box = boxOf(sites)!;
  const km = Math.max(0.6, Math.min(4, (box.north - box.south) * 111 * 0.035));
  return [
    { id: 'county', name: '', kind: 'county', rings: [around(sites, km * 1.9)] },
    ...[...towns].map(([name, list]): Outline => ({ id: `t/${name}`, name, kind: 'township', rings: [around(list, km)] })),
  ];
}

/** The outlines of a GeoJSON file, with what is none left out. A feature that says that it is
 * the county's (property level or kind "county" or "district") is drawn as such, others as townships. */
export function readOutlines(file: unknown): Outline[] {
  const out: Outline[] = [];
  const features = (file as { features?: unknown } | null)?.features;
  for (const [i, f] of (Array.isArray(features) ? features : [file]).entries()) {
    const feature = f as { id?: unknown; properties?: Record<string, unknown> | null; geometry?: { type?: unknown; coordinates?: unknown } | null } | null;
    const g = feature?.geometry ?? (feature as { type?: unknown; coordinates?: unknown } | null);
    const polygons = g?.type === 'Polygon' ? [g.coordinates] : g?.type === 'MultiPolygon' && Array.isArray(g.coordinates) ? g.coordinates : [];
    const rings = polygons.flatMap((p) => (Array.isArray(p) ? p : []))
      .map((ring: unknown) => (Array.isArray(ring) ? ring : []).map((c: unknown) => (Array.isArray(c) ? { lon: Number(c[0]), lat: Number(c[1]) } : { lon: NaN, lat: NaN })).filter(usable))
      .filter((ring) => ring.length >= 4);
    if (rings.length === 0) continue;
    const about = feature?.properties ?? {};
    const level = String(about['level'] ?? about['kind'] ?? '');
    out.push({
      id: String(feature?.id ?? about['id'] ?? about['adcode'] ?? `f${i}`), name: String(about['name:zh'] ?? about['name'] ?? ''),
      kind: level === 'county' || level === 'district' || (!Array.isArray(features) && level === '') ? 'county' : 'township', rings,
    });
  }
  return out;
}

/** The middle of the largest ring, for a name. */
export function centreOf(o: Outline): LatLon {
  const ring = [...o.rings].sort((a, b) => b.length - a.length)[0]!;
  const box = boxOf(ring)!;
  return { lat: (box.north + box.south) / 2, lon: (box.west + box.east) / 2 };
}

/** Metres between two places, on a sphere of 6,371 km: within 0.6 % of the ellipsoid. */
export function metresBetween(a: LatLon, b: LatLon): number {
  const rad = Math.PI / 180;
  const h = Math.sin(((b.lat - a.lat) * rad) / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(((b.lon - a.lon) * rad) / 2) ** 2;
  return 2 * 6_371_000 * Math.asin(Math.sqrt(h));
}

/** The open alarms of a site, worst and newest first, as the drawer lists them. */
export function alarmsAt(alarms: Iterable<Alarm>, site: string): Alarm[] {
  return [...alarms].filter((a) => a.site === site && a.state !== 'normal' && a.state !== 'suppressed');
}

/** Lets a change through at once, and then the newest of those that follow each STROKE_MS. */
export class Pacer<T> {
  #fn: (value: T) => void;
  #waiting: { value: T } | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(fn: (value: T) => void) {
    this.#fn = fn;
  }

  push(value: T): void {
    if (this.#timer) {
      this.#waiting = { value };
      return;
    }
    this.#fn(value);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const next = this.#waiting;
      this.#waiting = null;
      if (next) this.push(next.value);
    }, STROKE_MS);
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = this.#waiting = null;
  }
}

/** Which names can stand in their places without covering another or lying under a mark; the first ones come first. */
export function apart(names: readonly { id: string; name: string; x: number; y: number }[], marks: readonly { x: number; y: number }[] = [], size = 12): string[] {
  const kept: { id: string; x: number; y: number; half: number }[] = [];
  for (const { id, name, x, y } of names) {
    const half = ([...name].reduce((w, c) => w + (c > '\u2e80' ? 1.15 : 0.75), 0.5) * size) / 2;
    if (marks.some((m) => Math.abs(m.x - x) < half + 18 && Math.abs(m.y - y) < size * 0.5 + 18)) continue;
    if (kept.every((k) => Math.abs(k.x - x) >= k.half + half || Math.abs(k.y - y) >= size * 1.4)) kept.push({ id, x, y, half });
  }
  return kept.map((k) => k.id);
}
