// Buses as the pages and the wall show them: the registry's word joined with the live one.
import { rank } from './alarms';
import { get } from './api';
import { serverClock } from './clock.svelte';
import { data } from './data.svelte';
import { shown, type Shown } from './devices';
import { MOVING_KMH, OLD_POSITION_MS, ON_TIME_S, progress, running, way, type Bus, type Progress, type Way } from './fleet';
import { ms } from './time';
import type { MapPoint, Tone } from './map';
import type { Device, Severity } from './types';

export interface BusRow {
  id: string;
  device: Device;
  bus: Bus | undefined;
  state: Shown;
  running: boolean;
  /** Its position is too old to be where it is. */
  old: boolean;
  /** Milliseconds since the position; NaN without one. */
  age: number;
  progress: Progress | null;
  /** Its route has a timetable with times at the stops. */
  timetable: boolean;
  late: boolean;
  early: boolean;
  fast: boolean;
  full: boolean;
  /** Its open alarms, and the worst of them; empty: none is open. */
  alarms: number;
  worst: Severity | '';
}

/** A bus as a map shows it: by what it calls for first, hatched when it may be elsewhere by now. Null without a place. */
export function busPoint(r: BusRow, name: string): MapPoint | null {
  const p = r.device.position;
  if (!p?.fix) return null;
  const tone: Tone = p.sos || r.worst === 'critical' ? 'bad' : r.worst === 'high' || r.worst === 'warning' || r.late || r.fast || r.full ? 'warn' : r.old ? 'stale' : r.running ? 'ok' : 'muted';
  return { id: r.id, lat: p.lat, lon: p.lon, name, shape: 'bus', tone, heading: r.running && !r.old ? p.heading : null, old: r.old };
}

class Buses {
  list = $state.raw<Bus[]>([]);
  /** Which way each bus went when it was last seen to move. */
  #direction = new Map<string, { trip: string; backward: boolean }>();
  #byId = $derived(new Map(this.list.map((b) => [`${b.site}/${b.device}`, b])));
  ways: Map<string, Way> = $derived.by(() => {
    const out = new Map<string, Way>();
    for (const r of data.county?.routes ?? []) {
      const w = way(r);
      if (w) out.set(r.id, w);
    }
    return out;
  });
  devices: Device[] = $derived(data.devices.list.filter((d) => d.kind === 'bus'));
  #alarms = $derived.by(() => {
    const out = new Map<string, { n: number; worst: Severity }>();
    for (const a of data.alarms.list) {
      if (a.kind !== 'bus' || a.state === 'normal' || a.state === 'suppressed') continue;
      const known = out.get(`${a.site}/${a.device}`);
      out.set(`${a.site}/${a.device}`, { n: (known?.n ?? 0) + 1, worst: known && rank(known.worst) <= rank(a.severity) ? known.worst : a.severity });
    }
    return out;
  });
  rows: BusRow[] = $derived(this.devices.map((d) => this.row(d)).sort((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true })));

  /** Fetches the registry's word; without it limits and capacities are unknown. */
  async load(signal?: AbortSignal): Promise<void> {
    try {
      this.list = (await get<{ items: Bus[] }>('/buses', signal)).items;
    } catch {
      // The live rows are there all the same; the next page asks again.
    }
  }

  routeName(id: string): { zh: string; en: string } | undefined {
    return data.county?.routes?.find((r) => r.id === id)?.name;
  }

  row(d: Device): BusRow {
    const bus = this.#byId.get(d.id);
    const p = d.position;
    const state = shown(d, serverClock.now);
    const age = p ? serverClock.now - ms(p.at) : NaN;
    const onTrip = running(d);
    const old = state === 'stale' || state === 'down' || state === 'unknown' || (onTrip && age > Math.max(OLD_POSITION_MS, 3000 * d.period_s));
    const w = this.ways.get(bus?.route || d.route || '');
    const way = this.#direction.get(d.id);
    const found = w && p?.fix && onTrip ? progress(w, p, serverClock.zone, way?.trip === p.trip ? way.backward : undefined) : null;
    if (found && p && p.speed_kmh >= MOVING_KMH) this.#direction.set(d.id, { trip: p.trip, backward: found.backward });
    // What an old position says of the timetable is no longer so.
    const delay = found && !old ? found.delay : NaN;
    return {
      id: d.id, device: d, bus, state, running: onTrip, old, age, progress: found, timetable: (w?.plan ?? null) !== null,
      late: delay > ON_TIME_S, early: delay < -ON_TIME_S,
      fast: !old && onTrip && p !== null && bus !== undefined && p.speed_kmh > bus.limit_kmh,
      full: !old && p !== null && (bus?.capacity ?? 0) > 0 && p.passengers > bus!.capacity,
      alarms: this.#alarms.get(d.id)?.n ?? 0, worst: this.#alarms.get(d.id)?.worst ?? '',
    };
  }
}

export const buses = new Buses();
