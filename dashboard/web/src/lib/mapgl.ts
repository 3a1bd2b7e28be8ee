// The map by MapLibre GL. Everything it draws comes from this origin: the worker is a file
// of the build, labels are drawn with the fonts of the machine, marks by mapmarks.
import {
  addProtocol, Map as GlMap, setWorkerUrl, type GeoJSONSource, type GeoJSONSourceDiff, type LayerSpecification, type MapLayerMouseEvent, type StyleSpecification,
} from 'maplibre-gl';
import type { Feature as GeoFeature, FeatureCollection, Point } from 'geojson';
import cssUrl from 'maplibre-gl/dist/maplibre-gl.css?url';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { Protocol } from 'pmtiles';
import { centreOf, CLUSTER_MAX_ZOOM, CLUSTER_PX, MAX_ZOOM, MIN_ZOOM, Pacer, pixelsPerMetre, rankOf, type LatLon, type MapLine, type MapPoint, type MapSite, type MapView, type Outline } from './map';
import { BASE, baseLayers, type Base } from './mapbase';
import { draw, palette, type Palette } from './mapmarks';

/** What is drawn, in the datum of the base map. */
export interface Scene {
  outlines: readonly Outline[];
  sites: readonly MapSite[];
  lines: readonly MapLine[];
  points: readonly MapPoint[];
  selected: string;
}
export interface GlOptions {
  label: string;
  base: Base | null;
  scene: Scene;
  view: MapView;
  /** How much larger than on a desk marks and names are. */
  scale: number;
  onselect: (id: string, kind: 'site' | 'point') => void;
  /** After a move that a person made. */
  onview: (v: MapView) => void;
  /** The picture cannot be drawn any more. */
  onfail: () => void;
}

const font = ['Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', 'sans-serif'];
type Feature = GeoFeature;
const at = (p: LatLon): [number, number] => [p.lon, p.lat];
const collection = (features: Feature[]): FeatureCollection => ({ type: 'FeatureCollection', features });
const pointOf = (id: string, p: LatLon, properties: Record<string, unknown>): Feature => ({ type: 'Feature', id, properties: { id, ...properties }, geometry: { type: 'Point', coordinates: at(p) } });

const siteFeature = (s: MapSite): Feature => pointOf(s.id, s, { name: s.name, rank: rankOf(s.severity), alarms: s.alarms });
const lineFeature = (l: MapLine): Feature => ({
  type: 'Feature', id: l.id, geometry: { type: 'LineString', coordinates: l.points.map(at) },
  properties: { id: l.id, tone: l.tone, dashed: !!l.dashed, width: l.width ?? 3, ground: l.metres ? l.metres * pixelsPerMetre(l.points[0]?.lat ?? 0, 0) : 0 },
});
const pointFeature = (p: MapPoint): Feature => pointOf(p.id, p, { name: p.name, shape: p.shape, tone: p.tone, heading: p.heading ?? -1, old: !!p.old });

let ready: Promise<void> | null = null;
/** The style sheet and the worker, once for all maps of the page. */
function prepare(): Promise<void> {
  ready ??= new Promise((done) => {
    setWorkerUrl(new URL(workerUrl, location.href).href);
    addProtocol('pmtiles', new Protocol().tile);
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = cssUrl;
    link.onload = link.onerror = () => done();
    document.head.append(link);
  });
  return ready;
}

/** Makes the map in an element; resolves when its first picture stands. */
export async function openGl(el: HTMLElement, opts: GlOptions): Promise<CountyGl> {
  await prepare();
  const map = new CountyGl(el, opts);
  await map.loaded;
  return map;
}

export class CountyGl {
  readonly loaded: Promise<void>;
  #map: GlMap;
  #opts: GlOptions;
  #scene: Scene;
  #colours: Palette = palette();
  #known = new Map<string, Map<string, string>>();
  #pacer: Pacer<Scene>;
  #own = 0;

  constructor(el: HTMLElement, opts: GlOptions) {
    this.#opts = opts;
    this.#scene = opts.scene;
    this.#pacer = new Pacer((scene) => this.#draw(scene));
    const { lat, lon, zoom } = opts.view;
    this.#map = new GlMap({
      container: el, style: this.#style(), center: [lon, lat], zoom, minZoom: MIN_ZOOM, maxZoom: MAX_ZOOM,
      attributionControl: false, localIdeographFontFamily: 'sans-serif', fadeDuration: 0, dragRotate: false, pitchWithRotate: false, touchPitch: false,
      renderWorldCopies: false, locale: { 'Map.Title': opts.label }, pixelRatio: Math.min(2, devicePixelRatio || 1),
    });
    const map = this.#map;
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.setMissingStyleImageResolver(async (id: string) => {
      const image = draw(id, this.#colours, 2);
      if (image && !map.hasImage(id)) map.addImage(id, image, { pixelRatio: 2 });
    });
    map.on('moveend', (e) => {
      if (!(e as { own?: boolean }).own) opts.onview(this.view);
    });
    for (const layer of ['sites', 'stops', 'points']) {
      map.on('click', layer, (e: MapLayerMouseEvent) => void this.#click(e, layer === 'sites' ? 'site' : 'point'));
      map.on('mouseenter', layer, () => (map.getCanvas().style.cursor = 'pointer'));
      map.on('mouseleave', layer, () => (map.getCanvas().style.cursor = ''));
    }
    map.getCanvas().addEventListener('webglcontextlost', () => opts.onfail(), { once: true });
    this.loaded = new Promise((done, fail) => {
      map.once('load', () => done());
      map.on('error', (e) => {
        // A tile that is broken or missing leaves a hole, and the schools stay.
        if (!('sourceId' in e)) fail(e.error);
      });
    });
  }

  get view(): MapView {
    const c = this.#map.getCenter();
    return { lat: c.lat, lon: c.lng, zoom: this.#map.getZoom() };
  }
  /** Moves by program: nobody is told. */
  look(v: MapView): void {
    this.#map.jumpTo({ center: [v.lon, v.lat], zoom: v.zoom }, { own: true });
  }
  zoom(by: number): void {
    this.#map.zoomTo(this.#map.getZoom() + by, { duration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 200 });
  }
  /** Shows another state; four times a second at most, the newest wins. */
  show(scene: Scene): void {
    this.#pacer.push(scene);
  }
  /** Takes the colours of the page once more. */
  recolour(): void {
    this.#colours = palette();
    this.#known.clear();
    this.#map.setStyle(this.#style(), { diff: false });
  }
  /** Draws marks and names so much larger. */
  resize(scale: number): void {
    if (scale === this.#opts.scale) return;
    this.#opts.scale = scale;
    this.recolour();
  }
  /** The words of the map's own label. */
  label(text: string): void {
    this.#map.getCanvas().setAttribute('aria-label', text);
  }
  close(): void {
    this.#pacer.stop();
    this.#map.remove();
  }

  async #click(e: MapLayerMouseEvent, kind: 'site' | 'point'): Promise<void> {
    const f = e.features?.[0];
    if (!f || e.originalEvent.defaultPrevented) return;
    e.originalEvent.preventDefault();
    const id = f.properties['id'] as string | undefined;
    const group = f.properties['cluster_id'] as number | undefined;
    if (id) return this.#opts.onselect(id, kind);
    if (group === undefined) return;
    const ask = ++this.#own;
    const zoom = await (this.#map.getSource('sites') as GeoJSONSource).getClusterExpansionZoom(group);
    if (ask === this.#own) this.#map.easeTo({ center: (f.geometry as Point).coordinates as [number, number], zoom, duration: 200 });
  }

  #draw(next: Scene): void {
    const before = this.#scene;
    this.#scene = next;
    if (before.outlines !== next.outlines) {
      (this.#map.getSource('outlines') as GeoJSONSource | undefined)?.setData(this.#outlines());
      (this.#map.getSource('names') as GeoJSONSource | undefined)?.setData(this.#names());
    }
    if (before.sites !== next.sites) this.#diff('sites', next.sites.map(siteFeature));
    if (before.lines !== next.lines) this.#diff('lines', next.lines.map(lineFeature));
    if (before.points !== next.points) this.#diff('points', next.points.map(pointFeature));
    (this.#map.getSource('selected') as GeoJSONSource | undefined)?.setData(this.#selected());
  }

  /** Sends a source only what differs from what it has. */
  #diff(source: string, features: Feature[]): void {
    const old = this.#known.get(source) ?? new Map<string, string>();
    const now = new Map<string, string>();
    const diff: GeoJSONSourceDiff = { add: [], remove: [] };
    for (const f of features) {
      const text = JSON.stringify(f);
      const id = String(f.id);
      now.set(id, text);
      if (old.get(id) !== text) diff.add!.push(f);
    }
    for (const id of old.keys()) if (!now.has(id)) diff.remove!.push(id);
    this.#known.set(source, now);
    if (diff.add!.length + diff.remove!.length > 0) (this.#map.getSource(source) as GeoJSONSource | undefined)?.updateData(diff);
  }
  #first(source: string, features: Feature[]): FeatureCollection {
    this.#known.set(source, new Map(features.map((f) => [String(f.id), JSON.stringify(f)])));
    return collection(features);
  }
  #outlines(): FeatureCollection {
    return collection(this.#scene.outlines.map((o) => ({ type: 'Feature', properties: { kind: o.kind }, geometry: { type: 'MultiPolygon', coordinates: o.rings.map((r) => [r.map(at)]) } })));
  }
  #names(): FeatureCollection {
    return collection(this.#scene.outlines.filter((o) => o.name && o.kind === 'township').map((o) => pointOf(o.id, centreOf(o), { name: o.name })));
  }
  #selected(): FeatureCollection {
    const id = this.#scene.selected;
    const hit = this.#scene.sites.find((s) => s.id === id) ?? this.#scene.points.find((p) => p.id === id);
    return collection(hit ? [pointOf(id, hit, {})] : []);
  }

  #style(): StyleSpecification {
    const c = this.#colours;
    const css = getComputedStyle(document.documentElement);
    const v = (name: string): string => css.getPropertyValue(name).trim();
    const { base, scale } = this.#opts;
    const tones = ['match', ['get', 'tone'], ...Object.entries(c.tone).flat(), c.text];
    const data = (features: FeatureCollection, more = {}): StyleSpecification['sources'][string] => ({ type: 'geojson', data: features, promoteId: 'id', ...more });
    const line = (id: string, filter: unknown, more: object, width: unknown = ['get', 'width']): LayerSpecification => ({
      id, type: 'line', source: 'lines', filter, layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': tones, 'line-width': width, ...more },
    } as LayerSpecification);
    // What moves lies above the stops, and its name comes before theirs.
    const point = (id: string, filter: unknown): LayerSpecification => ({
      id, type: 'symbol', source: 'points', filter,
      layout: {
        'icon-image': ['concat', 'p:', ['get', 'shape'], ':', ['get', 'tone'], ['case', ['get', 'old'], ':old', '']], 'icon-size': scale, 'icon-allow-overlap': true, 'icon-ignore-placement': true,
        'text-field': ['step', ['zoom'], '', 9.5, ['get', 'name']], 'text-font': font, 'text-size': 12 * scale, 'text-anchor': 'top', 'text-offset': [0, 0.9], 'text-optional': true,
      },
      paint: { 'text-color': v('--text'), 'text-halo-color': v('--panel'), 'text-halo-width': 1.4 },
    } as LayerSpecification);
    const mark = ['concat', 'm:', ['get', 'rank'], ':', ['get', 'alarms'], ':', ['coalesce', ['get', 'point_count'], 1]];
    return {
      version: 8,
      sources: {
        ...(base ? { [BASE]: base.source } : {}),
        outlines: { type: 'geojson', data: this.#outlines() },
        names: { type: 'geojson', data: this.#names() },
        lines: data(this.#first('lines', this.#scene.lines.map(lineFeature))),
        points: data(this.#first('points', this.#scene.points.map(pointFeature))),
        selected: { type: 'geojson', data: this.#selected() },
        sites: data(this.#first('sites', this.#scene.sites.map(siteFeature)), {
          cluster: true, clusterRadius: CLUSTER_PX * scale, clusterMaxZoom: CLUSTER_MAX_ZOOM - 1, maxzoom: MAX_ZOOM,
          clusterProperties: { rank: ['max', ['get', 'rank']], alarms: ['+', ['get', 'alarms']] },
        }),
      },
      layers: [
        { id: 'ground', type: 'background', paint: { 'background-color': base?.layers ? (c.dark ? '#1d2733' : '#eef1f4') : v('--panel') } },
        ...(base ? baseLayers(base, c.dark
          ? { land: '#1d2733', water: '#15304a', green: '#1f3430', road: '#46566a', building: '#2a3645', border: '#66788c', text: '#aebccb', halo: '#141a22' }
          : { land: '#f3f4f1', water: '#b9d5ea', green: '#dbe9d5', road: '#c3c9d0', building: '#e0ddd8', border: '#8894a2', text: '#44515f', halo: '#ffffff' }, c.dark, font) : []),
        { id: 'county', type: 'fill', source: 'outlines', filter: ['==', ['get', 'kind'], 'county'], paint: { 'fill-color': v('--panel-2'), 'fill-opacity': base ? 0 : 1 } },
        { id: 'towns', type: 'fill', source: 'outlines', filter: ['==', ['get', 'kind'], 'township'], paint: { 'fill-color': v('--accent-soft'), 'fill-opacity': base ? 0.1 : 0.32 } },
        { id: 'town-lines', type: 'line', source: 'outlines', filter: ['==', ['get', 'kind'], 'township'], paint: { 'line-color': v('--line-strong'), 'line-width': 0.8, 'line-opacity': 0.7 } },
        { id: 'county-line', type: 'line', source: 'outlines', filter: ['==', ['get', 'kind'], 'county'], paint: { 'line-color': v('--line-strong'), 'line-width': 1.6 } },
        line('corridor', ['>', ['get', 'ground'], 0], { 'line-opacity': 0.2 }, ['interpolate', ['exponential', 2], ['zoom'], 0, ['get', 'ground'], 22, ['*', ['get', 'ground'], 2 ** 22]]),
        line('lines', ['all', ['==', ['get', 'ground'], 0], ['!', ['get', 'dashed']]], {}),
        line('lines-dashed', ['all', ['==', ['get', 'ground'], 0], ['get', 'dashed']], { 'line-dasharray': [2, 2] }),
        {
          id: 'names', type: 'symbol', source: 'names',
          layout: { 'text-field': ['get', 'name'], 'text-font': font, 'text-size': 12 * scale, 'text-letter-spacing': 0.12 },
          paint: { 'text-color': v('--muted'), 'text-halo-color': v('--panel'), 'text-halo-width': 1.4 },
        },
        { id: 'selected', type: 'circle', source: 'selected', paint: { 'circle-radius': 19 * scale, 'circle-color': v('--focus'), 'circle-opacity': 0.22, 'circle-stroke-color': v('--focus'), 'circle-stroke-width': 2.5 } },
        {
          id: 'sites', type: 'symbol', source: 'sites',
          layout: {
            'icon-image': mark, 'icon-size': scale, 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'symbol-sort-key': ['get', 'rank'], 'symbol-z-order': 'source',
            'text-field': ['step', ['zoom'], '', 10.5, ['coalesce', ['get', 'name'], '']], 'text-font': font, 'text-size': 12 * scale, 'text-anchor': 'top', 'text-offset': [0, 1.25], 'text-optional': true, 'text-max-width': 9,
          },
          paint: { 'text-color': v('--text'), 'text-halo-color': v('--panel'), 'text-halo-width': 1.4 },
        },
        point('stops', ['==', ['get', 'shape'], 'stop']),
        { id: 'arrows', type: 'symbol', source: 'points', filter: ['>=', ['get', 'heading'], 0], layout: { 'icon-image': ['concat', 'p:arrow:', ['get', 'tone']], 'icon-size': scale, 'icon-rotate': ['get', 'heading'], 'icon-rotation-alignment': 'map', 'icon-allow-overlap': true, 'icon-ignore-placement': true } },
        point('points', ['!=', ['get', 'shape'], 'stop']),
      ] as LayerSpecification[],
    };
  }
}
