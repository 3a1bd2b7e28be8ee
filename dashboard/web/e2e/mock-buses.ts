// Buses of the mock: each has a route of its own with a timetable, and is on a trip along it.
import type { Device, Me, Route } from '../src/lib/types';
import type { Bus, Place } from '../src/lib/fleet';
import { clock, day, fromInput } from '../src/lib/time';
import type { Answer } from './desk';
import type { Mock } from './mock';

const STEP_M = 560;
const METRES = 111_195;
const SPEED = 40 / 3.6; // metres a second
const DWELL = 30_000;
/** Minutes that the first buses are late; the others keep their time. */
const LATE = [0, 4, -3, 0, 5, 1];

export class Buses {
  readonly routes: Route[] = [];
  readonly buses: Bus[] = [];
  /** When today's trip left, of every bus. */
  readonly departure: number;
  /** The trail is out of reach. */
  broken = false;
  #mock: Mock;

  constructor(mock: Mock) {
    this.#mock = mock;
    const now = mock.now();
    this.departure = Math.floor((now - 6 * 60_000) / 60_000) * 60_000;
    let n = 0;
    for (const d of mock.world.devices.values()) {
      if (d.kind !== 'bus') continue;
      n++;
      const site = mock.world.sites.find((s) => s.site === d.site)!;
      const route = this.#way(`r${n}`, n, site.lat, site.lon, site.name);
      this.routes.push(route);
      this.buses.push({ site: d.site, device: d.device, name: d.name, plate: d.plate ?? '', capacity: 45, route: route.id, limit_kmh: 60 });
      d.route = route.id;
      const late = LATE[(n - 1) % LATE.length]! * 60_000;
      const p = this.place(route, now, this.departure + late, false, `${route.id}-now`, n % 30);
      d.position = { lat: p.lat, lon: p.lon, fix: true, speed_kmh: p.speed_kmh, heading: p.heading, passengers: p.passengers, trip: p.trip, trip_state: p.trip_state, doors_open: false, ignition: true, sos: false, at: p.at };
      d.last_seen = p.at;
      d.period_s = 10;
    }
  }

  #way(id: string, n: number, lat: number, lon: number, school: { zh: string; en: string }): Route {
    const line: { lat: number; lon: number }[] = [{ lat, lon }];
    let heading = n * 0.7;
    for (let i = 0; i < 12; i++) {
      heading += Math.sin(n * 3 + i) * 0.45;
      const last = line[line.length - 1]!;
      line.push({ lat: last.lat + (STEP_M * Math.cos(heading)) / METRES, lon: last.lon + (STEP_M * Math.sin(heading)) / (METRES * Math.cos((lat * Math.PI) / 180)) });
    }
    line.reverse();
    const stops = [0, 3, 6, 9, 12].map((i, k) => ({
      name: i === 12 ? school : { zh: `${n} 号线 ${k + 1} 站`, en: `Route ${n} stop ${k + 1}` }, point: line[i]!, after_min: Math.round(10 * ((i * STEP_M) / SPEED / 60 + (k > 0 ? (k - 1) * 0.5 : 0))) / 10,
    }));
    return { id, name: { zh: `${n} 号线 ${school.zh}`, en: `Route ${n} to ${school.en}` }, line, stops, corridor_m: 200, departures: ['06:50', clock(this.departure).slice(0, 5)] };
  }

  /** Where a bus is that left at some time: it drives evenly and calls at the stops. */
  place(r: Route, at: number, left: number, backward: boolean, trip: string, aboard: number, speed = 40): Place {
    const long = (r.line!.length - 1) * STEP_M;
    let rest = Math.max(0, at - left) / 1000;
    let along = 0;
    let stands = false;
    for (const s of [3, 6, 9, 12]) {
      const to = s * STEP_M;
      const need = (to - along) / SPEED;
      if (rest < need) { along += rest * SPEED; rest = 0; break; }
      rest -= need;
      along = to;
      stands = rest < DWELL / 1000;
      rest = Math.max(0, rest - DWELL / 1000);
      if (stands) break;
    }
    const ended = along >= long && !stands;
    const where = backward ? long - along : along;
    const i = Math.min(r.line!.length - 2, Math.floor(where / STEP_M));
    const share = where / STEP_M - i;
    const [a, b] = [r.line![i]!, r.line![i + 1]!];
    const heading = (Math.atan2((b.lon - a.lon) * Math.cos((a.lat * Math.PI) / 180), b.lat - a.lat) * 180) / Math.PI + (backward ? 180 : 0);
    return {
      at: new Date(at).toISOString(), lat: a.lat + share * (b.lat - a.lat), lon: a.lon + share * (b.lon - a.lon), fix: true, speed_kmh: stands || ended ? 0 : speed, heading: (heading + 360) % 360,
      passengers: ended ? 0 : Math.min(aboard, Math.floor(where / STEP_M) * 4), trip, trip_state: ended ? 'ended' : 'running', sos: false, late: false,
    };
  }

  /** The positions of a bus: the morning's trip (too fast for a minute), and the present one. */
  trail(d: Device, from: number, to: number): Place[] {
    const i = this.buses.findIndex((b) => `${b.site}/${b.device}` === d.id);
    const route = this.routes[i]!;
    const out: Place[] = [];
    const ride = (left: number, name: string): void => {
      for (let at = left; at <= Math.min(to, left + 17 * 60_000, this.#mock.now()); at += 10_000) {
        if (at < from) continue;
        const fast = at - left > 240_000 && at - left <= 300_000 && name.endsWith('am');
        out.push(this.place(route, at, left, false, name, 26, fast ? 71 : 40));
      }
    };
    for (let at = from; at <= to; at += 86_400_000) {
      const left = fromInput(`${day(at)}T06:51`);
      if (left < Math.min(to, this.departure - 1_200_000)) ride(left, `${route.id}-am`);
    }
    const late = LATE[i % LATE.length]! * 60_000;
    if (this.departure + late < to) ride(this.departure + late, `${route.id}-now`);
    return out.sort((a, b) => (a.at < b.at ? -1 : 1));
  }

  answer(url: URL, path: string, user: Me): Answer | null {
    if (path === '/buses') return { body: { items: this.buses.filter((b) => this.#mock.sees(user, b.site)), next: '' } };
    const m = /^\/buses\/([^/]+)\/([^/]+)\/trail$/.exec(path);
    if (!m) return null;
    const d = this.#mock.world.devices.get(`${m[1]}/${m[2]}`);
    if (!d || !this.#mock.sees(user, d.site)) return { status: 404, body: { type: 'about:blank', title: 'not_found', status: 404, code: 'not_found' } };
    if (this.broken) return { status: 503, body: { type: 'about:blank', title: 'unavailable', status: 503, code: 'unavailable', detail: 'the history is out of reach' } };
    const to = Date.parse(url.searchParams.get('to') ?? '') || this.#mock.now();
    const from = Date.parse(url.searchParams.get('from') ?? '') || to - 3_600_000;
    const places = this.trail(d, from, to).filter((p) => Date.parse(p.at) >= from && Date.parse(p.at) <= to);
    return { body: { from: new Date(from).toISOString(), to: new Date(to).toISOString(), seen: places.length, truncated: false, places } };
  }
}
