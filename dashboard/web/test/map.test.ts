import { afterEach, expect, test, vi } from 'vitest';
import { fromBase, toBase } from '../src/lib/datum';
import { apart, around, boxOf, cluster, fitBox, hull, mapSites, Pacer, parseView, pixelsPerMetre, project, readOutlines, sketchOutlines, unproject, viewText, type MapSite } from '../src/lib/map';
import { roleOf } from '../src/lib/mapbase';
import type { Site } from '../src/lib/types';

afterEach(() => vi.useRealTimers());

const metres = (a: { lat: number; lon: number }, b: { lat: number; lon: number }): number =>
  Math.hypot((a.lat - b.lat) * 111_195, (a.lon - b.lon) * 111_195 * Math.cos((a.lat * Math.PI) / 180));
const site = (id: string, lat: number, lon: number, part: Partial<MapSite> = {}): MapSite => ({ id, name: id, township: 't', lat, lon, severity: '', alarms: 0, ...part });

test('GCJ-02 there and back is within 5 m all over China, and abroad nothing moves', () => {
  for (let lat = 20; lat <= 50; lat += 2.5) {
    for (let lon = 75; lon <= 133; lon += 2.9) {
      const p = { lat, lon };
      const moved = toBase(p, 'gcj02');
      expect(metres(p, moved)).toBeLessThan(1500);
      expect(metres(fromBase(moved, 'gcj02'), p)).toBeLessThan(5);
    }
  }
  expect(toBase({ lat: 51.5, lon: -0.1 }, 'gcj02')).toEqual({ lat: 51.5, lon: -0.1 });
  const p = { lat: 34.5, lon: 113.5 };
  expect(toBase(p, 'cgcs2000')).toBe(p);
  expect(toBase(p, 'wgs84')).toBe(p);
});

test('positions move as the adapters move them back (adapters/payload/datum_test.go)', () => {
  for (const [lat, lon, gcjLat, gcjLon] of [[31.1774276, 121.5272106, 31.17530398364597, 121.531541859215], [22.543847, 113.912316, 22.540796131694766, 113.9171764808363], [39.911954, 116.377817, 39.91334545536069, 116.38404722455657]] as const) {
    expect(metres(toBase({ lat, lon }, 'gcj02'), { lat: gcjLat, lon: gcjLon })).toBeLessThan(5);
    expect(metres(fromBase({ lat: gcjLat, lon: gcjLon }, 'gcj02'), { lat, lon })).toBeLessThan(5);
  }
});

test('the picture is web Mercator, and back', () => {
  expect(project({ lat: 0, lon: 0 }, 0)).toEqual({ x: 256, y: 256 });
  for (const p of [{ lat: 34.6, lon: 113.2 }, { lat: -60, lon: -179 }]) {
    const { x, y } = project(p, 12.3);
    const q = unproject(x, y, 12.3);
    expect(metres(p, q)).toBeLessThan(0.01);
  }
  // One kilometre north, measured both ways.
  const a = project({ lat: 36, lon: 117 }, 13);
  const b = project({ lat: 36 + 1 / 111.195, lon: 117 }, 13);
  expect((a.y - b.y) / (1000 * pixelsPerMetre(36, 13))).toBeCloseTo(1, 2);
});

test('a view in the URL is read as it was written, and nothing else is', () => {
  const v = { lat: 34.51234, lon: 113.5, zoom: 9.25 };
  expect(parseView(viewText(v))).toEqual(v);
  for (const bad of ['', '1,2', '91,0,5', '0,181,5', '1,2,99', '1,2,0.5', 'a,b,c', '1,2,3,4', '1e3,2,3', 'NaN,NaN,NaN']) expect(parseView(bad), bad).toBeNull();
});

test('everything fits into the picture that fitBox shows', () => {
  const points = [site('a', 34, 113), site('b', 34.7, 113.9), site('c', 34.2, 113.4)];
  const v = fitBox(boxOf(points)!, 500, 300);
  const c = project(v, v.zoom);
  for (const p of points) {
    const q = project(p, v.zoom);
    expect(Math.abs(q.x - c.x)).toBeLessThanOrEqual(250 - 33);
    expect(Math.abs(q.y - c.y)).toBeLessThanOrEqual(150 - 33);
  }
  expect(fitBox(boxOf([points[0]!])!, 500, 300).zoom).toBe(13.5);
  expect(boxOf([site('x', NaN, 1), site('y', 0, 0)])).toBeNull();
});

test('clusters hold each site once, the worst severity and all alarms', () => {
  const sites = Array.from({ length: 300 }, (_, i) => site(`s${i}`, 34 + (i % 17) * 0.01, 113 + (i % 23) * 0.01, i % 50 === 0 ? { severity: 'critical', alarms: 2 } : {}));
  for (const zoom of [5, 9, 11, 12.9, 13, 16]) {
    const groups = cluster(sites, zoom);
    expect(groups.flatMap((g) => g.sites.map((s) => s.id)).sort()).toEqual(sites.map((s) => s.id).sort());
    expect(groups.reduce((n, g) => n + g.alarms, 0)).toBe(12);
    for (const g of groups) expect(g.severity).toBe(g.sites.some((s) => s.severity) ? 'critical' : '');
    if (zoom >= 13) expect(groups.length).toBe(300);
    if (zoom === 5) expect(groups.length).toBe(1);
  }
});

test('outlines from the sites hold all of them', () => {
  const sites = Array.from({ length: 40 }, (_, i) => site(`s${i}`, 34 + ((i * 7) % 11) * 0.05, 113 + ((i * 5) % 13) * 0.05, { township: `t${i % 4}` }));
  const outlines = sketchOutlines(sites);
  expect(outlines.map((o) => o.kind)).toEqual(['county', 'township', 'township', 'township', 'township']);
  const inside = (p: MapSite, ring: readonly { lat: number; lon: number }[]): boolean =>
    ring.slice(1).every((b, i) => (b.lon - ring[i]!.lon) * (p.lat - ring[i]!.lat) - (b.lat - ring[i]!.lat) * (p.lon - ring[i]!.lon) >= 0);
  for (const o of outlines) for (const s of sites) if (o.kind === 'county' || s.township === o.name) expect(inside(s, o.rings[0]!)).toBe(true);
  expect(sketchOutlines([])).toEqual([]);
  expect(hull([site('a', 1, 1)]).length).toBe(1);
  expect(around([site('a', 34, 113)], 1).length).toBeGreaterThan(8);
});

test('outlines of a file: what is none is left out', () => {
  const ring = [[113, 34], [114, 34], [114, 35], [113, 34]];
  expect(readOutlines({ type: 'Polygon', coordinates: [ring] }).map((o) => o.kind)).toEqual(['county']);
  const got = readOutlines({ features: [{ properties: { adcode: 410123, name: '甲镇', level: 'town' }, geometry: { type: 'MultiPolygon', coordinates: [[ring], [ring]] } }, { geometry: { type: 'Point', coordinates: [1, 2] } }, 7, { geometry: { type: 'Polygon', coordinates: [[[1, 'x']]] } }] });
  expect(got).toMatchObject([{ id: '410123', name: '甲镇', kind: 'township' }]);
  expect(got[0]!.rings.length).toBe(2);
  for (const bad of [null, 1, 'x', {}, { features: 'x' }, { type: 'Polygon', coordinates: 'x' }]) expect(readOutlines(bad)).toEqual([]);
});

test('sites without a position are not on the map; suppressed alarms are not counted', () => {
  const alarms = { open: 3, unack: 1, critical: 0, high: 1, warning: 1, info: 0, suppressed: 1 };
  const rows = [{ site: 'a', lat: 34, lon: 113, township: 't', alarms }, { site: 'b', lat: 0, lon: 0, township: 't', alarms }] as unknown as Site[];
  expect(mapSites(rows, (s) => s.site)).toEqual([{ id: 'a', name: 'a', township: 't', lat: 34, lon: 113, severity: 'high', alarms: 2 }]);
});

test('a thousand changes a second are four strokes a second, and the last one counts', () => {
  vi.useFakeTimers();
  const drawn: number[] = [];
  const pacer = new Pacer<number>((n) => drawn.push(n));
  for (let n = 1; n <= 3000; n++) {
    pacer.push(n);
    vi.advanceTimersByTime(1);
  }
  vi.advanceTimersByTime(1000);
  expect(drawn[0]).toBe(1);
  expect(drawn.at(-1)).toBe(3000);
  expect(drawn.length).toBeLessThanOrEqual(3 * 4 + 2);
  pacer.push(1);
  pacer.push(2);
  pacer.stop();
  vi.advanceTimersByTime(1000);
  expect(drawn.at(-1)).toBe(1);
});

test('layers of the usual schemes are known by their names', () => {
  expect(['earth', 'water', 'waterway', 'landcover', 'roads', 'transportation', 'building', 'boundaries', 'places', 'poi', 'transportation_name'].map(roleOf))
    .toEqual(['land', 'water', 'water', 'green', 'road', 'road', 'building', 'border', 'place', null, null]);
});

test('of names that would cover each other the first one stands', () => {
  const name = (id: string, x: number, y: number, text = '城关镇') => ({ id, name: text, x, y });
  expect(apart([name('a', 100, 100), name('b', 120, 105), name('c', 100, 118), name('d', 150, 100)])).toEqual(['a', 'c', 'd']);
  expect(apart([name('a', 100, 100, 'Chengguan'), name('b', 160, 100, 'Chengguan')])).toEqual(['a']);
  expect(apart([name('a', 100, 100), name('b', 200, 100)], [{ x: 120, y: 110 }, { x: 200, y: 130 }])).toEqual(['b']);
  expect(apart([])).toEqual([]);
});
