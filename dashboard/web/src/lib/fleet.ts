// Where buses are on their routes, and how that compares with the timetable: pure functions.
import { DEFAULT_ZONE, day, fromInput, ms } from './time';
import type { Device, Route, Text } from './types';

export interface Bus {
  site: string;
  device: string;
  name: Text;
  plate: string;
  /** Pupils; 0 when unknown. */
  capacity: number;
  route: string;
  limit_kmh: number;
}

/** A bus at a moment: a row of GET /buses/{site}/{device}/trail. */
export interface Place {
  at: string;
  lat: number;
  lon: number;
  fix: boolean;
  speed_kmh: number;
  heading: number;
  passengers: number;
  trip: string;
  trip_state: string;
  sos: boolean;
  late: boolean;
}

export interface Trail {
  from: string;
  to: string;
  seen: number;
  truncated: boolean;
  places: Place[];
}

interface Spot {
  lat: number;
  lon: number;
}

const DEGREE = 111_195; // metres of latitude
/** Trips further from every departure than this are not the timetable's. */
const NOT_SCHEDULED_MS = 45 * 60_000;
/** A bus that is faster shows by its heading where it goes. */
export const MOVING_KMH = 3;
/** Up to this many seconds either way a bus is on time. */
export const ON_TIME_S = 120;
/** A bus on a trip whose position is older is not where it is shown. */
export const OLD_POSITION_MS = 90_000;

export function metres(a: Spot, b: Spot): number {
  return Math.hypot((b.lat - a.lat) * DEGREE, (b.lon - a.lon) * DEGREE * Math.cos((a.lat * Math.PI) / 180));
}

/** The approved way of a route, with what the timetable says of it. */
export interface Way {
  line: Spot[];
  /** Metres from the line's start to each of its points. */
  along: number[];
  stops: { name: Text; point: Spot; along: number }[];
  /** Seconds after the departure at places of the way, both growing; null without a timetable. */
  plan: [along: number, seconds: number][] | null;
  corridor: number;
  departures: string[];
}

/** Makes the way of a route; null for one without a line. */
export function way(r: Route): Way | null {
  if (!r.line || r.line.length < 2) return null;
  const along = [0];
  for (let i = 1; i < r.line.length; i++) along.push(along[i - 1]! + metres(r.line[i - 1]!, r.line[i]!));
  const w: Way = { line: r.line, along, stops: [], plan: null, corridor: r.corridor_m || 200, departures: r.departures ?? [] };
  let before = 0;
  for (const s of r.stops ?? []) {
    // Stops come in the order of the way, so one that passes a place twice is no riddle.
    const at = Math.max(before, project(w, s.point, before).along);
    w.stops.push({ name: s.name, point: s.point, along: at });
    before = at;
  }
  const plan: [number, number][] = [];
  (r.stops ?? []).forEach((s, i) => {
    const seconds = (s.after_min ?? 0) * 60;
    const last = plan[plan.length - 1];
    if ((i === 0 || seconds > 0) && (!last || (seconds > last[1] && w.stops[i]!.along > last[0]))) plan.push([w.stops[i]!.along, seconds]);
  });
  if (plan.length >= 2) w.plan = plan;
  return w;
}

export interface Projection {
  /** Metres from the way's start, of the place on it that is nearest. */
  along: number;
  /** Metres beside it. */
  off: number;
  /** Degrees clockwise from north of the way there, towards its end. */
  bearing: number;
}

/** The nearest place of a way, not before `from` metres of it. */
export function project(w: Way, p: Spot, from = 0): Projection {
  const kx = DEGREE * Math.cos((p.lat * Math.PI) / 180);
  let best: Projection = { along: 0, off: Infinity, bearing: 0 };
  for (let i = 1; i < w.line.length; i++) {
    if (w.along[i]! < from) continue;
    const a = w.line[i - 1]!;
    const b = w.line[i]!;
    const ax = (a.lon - p.lon) * kx;
    const ay = (a.lat - p.lat) * DEGREE;
    const dx = (b.lon - a.lon) * kx;
    const dy = (b.lat - a.lat) * DEGREE;
    const long = dx * dx + dy * dy;
    const share = long === 0 ? 0 : Math.min(1, Math.max(0, -(ax * dx + ay * dy) / long));
    const off = Math.hypot(ax + share * dx, ay + share * dy);
    if (off < best.off) {
      best = { along: w.along[i - 1]! + share * (w.along[i]! - w.along[i - 1]!), off, bearing: ((Math.atan2(dx, dy) * 180) / Math.PI + 360) % 360 };
    }
  }
  return best;
}

/** Seconds after the departure at which a bus is due; backward: from the way's end. */
export function due(w: Way, along: number, backward: boolean): number {
  const plan = w.plan;
  if (!plan) return NaN;
  const last = plan[plan.length - 1]!;
  let seconds = last[1];
  if (along <= plan[0]![0]) seconds = plan[0]![1];
  for (let i = 1; i < plan.length; i++) {
    const [a, from] = plan[i - 1]!;
    const [b, to] = plan[i]!;
    if (along > a && along <= b) seconds = from + ((to - from) * (along - a)) / (b - a);
  }
  return backward ? last[1] - seconds : seconds;
}

/** The departures of the day of a moment, in milliseconds. */
export function departures(w: Way, at: number, zone = DEFAULT_ZONE): number[] {
  return w.departures.map((d) => fromInput(`${day(at, zone)}T${d}`, zone)).filter(Number.isFinite);
}

/** The departure that a bus at a place most probably left at; NaN when none is near. */
export function departureOf(w: Way, at: number, along: number, backward: boolean, zone = DEFAULT_ZONE): number {
  const late = (d: number): number => Math.abs(at - d - due(w, along, backward) * 1000);
  const best = departures(w, at, zone).sort((a, b) => late(a) - late(b))[0] ?? NaN;
  return late(best) <= NOT_SCHEDULED_MS ? best : NaN;
}

const opposite = (heading: number, bearing: number): boolean => Math.abs(((heading - bearing + 540) % 360) - 180) > 90;

export interface Progress extends Projection {
  backward: boolean;
  /** Milliseconds; NaN when the trip is none of the timetable. */
  departure: number;
  /** Seconds late, negative when early; NaN without a timetable. */
  delay: number;
  /** Index of the next stop; -1 past the last. */
  next: number;
  /** When the next stop is due, and expected with the present delay; NaN if unknown. */
  nextDue: number;
}

/**
 * Where a bus on a trip is, compared with the timetable. Needs nothing but its position;
 * backward is what is known of the trip's direction from before.
 */
export function progress(w: Way, p: Spot & { heading: number; speed_kmh: number; at: string }, zone = DEFAULT_ZONE, backward?: boolean): Progress {
  const here = project(w, p);
  const at = ms(p.at);
  const one = (backward: boolean): Progress => {
    const departure = departureOf(w, at, here.along, backward, zone);
    const ahead = w.stops.map((s, i) => ({ i, by: backward ? here.along - s.along : s.along - here.along })).filter((s) => s.by > 15);
    const next = ahead.sort((a, b) => a.by - b.by)[0]?.i ?? -1;
    return {
      ...here, backward, departure, delay: (at - departure) / 1000 - due(w, here.along, backward), next,
      nextDue: next < 0 ? NaN : departure + due(w, w.stops[next]!.along, backward) * 1000,
    };
  };
  if (p.speed_kmh >= MOVING_KMH) return one(opposite(p.heading, here.bearing));
  if (backward !== undefined) return one(backward);
  // Standing, most receivers keep their heading, and some say 0: then what fits the timetable.
  if (p.heading !== 0) return one(opposite(p.heading, here.bearing));
  const [there, back] = [one(false), one(true)];
  return !Number.isFinite(back.delay) || Math.abs(there.delay) <= Math.abs(back.delay) ? there : back;
}

/**
 * The places of the trip that runs at a moment, or ran last before it; oldest first. The
 * word that it has ended is its last place.
 */
export function tripAt(places: readonly Place[], at: number): Place[] {
  const moving = (p: Place): boolean => p.trip_state === 'running';
  let end = places.length - 1;
  while (end >= 0 && (ms(places[end]!.at) > at || !moving(places[end]!))) end--;
  if (end < 0) return [];
  let start = end;
  while (start > 0 && moving(places[start - 1]!) && places[start - 1]!.trip === places[end]!.trip) start--;
  const after = places[end + 1];
  if (after && ms(after.at) <= at && after.trip === places[end]!.trip) end++;
  return places.slice(start, end + 1);
}

export interface Call {
  stop: number;
  /** Milliseconds; NaN when the timetable does not say. */
  due: number;
  /** When the bus was there; NaN: not yet, or not seen. */
  at: number;
  /** Seconds late; NaN unless both are known. */
  delay: number;
}

/** A trip begins at its first stop: its first position may come from this far down the road, metres. */
const SET_OUT_M = 300;
/** A trip that ended this near to a stop ended at it, metres. */
const PARKED_M = 100;

/** When a trip was due at its stops and when it was there, in the order of the trip. */
export function calls(w: Way, trip: readonly Place[], zone = DEFAULT_ZONE): { calls: Call[]; backward: boolean; departure: number } {
  const fixes = trip.filter((p) => p.fix).map((p) => ({ at: ms(p.at), ...project(w, p) })).filter((p) => p.off <= w.corridor * 1.5);
  const first = fixes[0];
  const last = fixes[fixes.length - 1];
  if (!first || !last) return { calls: [], backward: false, departure: NaN };
  const newest = trip[trip.length - 1]!;
  const backward = Math.abs(last.along - first.along) > 50 ? last.along < first.along : progress(w, newest, zone).backward;
  const departure = departureOf(w, first.at, first.along, backward, zone);
  const sign = backward ? -1 : 1;
  const order = w.stops.map((_, i) => i);
  if (backward) order.reverse();
  return {
    backward, departure,
    calls: order.map((stop, n) => {
      const s = w.stops[stop]!.along;
      const gone = (first.along - s) * sign;
      let at = Math.abs(gone) <= 30 || (n === 0 && gone >= 0 && gone <= SET_OUT_M) ? first.at : NaN;
      for (let i = 1; i < fixes.length && !Number.isFinite(at); i++) {
        const a = fixes[i - 1]!;
        const b = fixes[i]!;
        const before = (s - a.along) * sign;
        const step = (b.along - a.along) * sign;
        // 15 m: a bus that calls may halt a little before the sign.
        if (before > 0 && step >= before - 15 && step > 0) at = a.at + (b.at - a.at) * Math.min(1, before / step);
      }
      if (!Number.isFinite(at) && newest.trip_state === 'ended' && Math.abs(last.along - s) <= PARKED_M) at = last.at;
      const planned = departure + due(w, s, backward) * 1000;
      return { stop, due: planned, at, delay: (at - planned) / 1000 };
    }),
  };
}

/** The last place at or before a moment, by halving; -1 before the first. */
export function indexAt(places: readonly Place[], at: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ms(places[middle]!.at) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** "5 min late" of seconds, by the words of the language on the screen. */
export function delayWords(s: number, w: { onTime: string; lateBy: (n: string) => string; earlyBy: (n: string) => string }): string {
  if (!Number.isFinite(s)) return '–';
  const minutes = String(Math.round(Math.abs(s) / 60));
  return s > ON_TIME_S ? w.lateBy(minutes) : s < -ON_TIME_S ? w.earlyBy(minutes) : w.onTime;
}

/** Whether a bus is on a trip by its last position. */
export const running = (d: Device): boolean => d.position?.trip_state === 'running';

/** Appends a live position to a trail, once and in order; what is older than `from` goes. */
export function extend(places: readonly Place[], d: Device, from: number): Place[] {
  const p = d.position;
  const kept = places.filter((x) => ms(x.at) >= from);
  const last = kept[kept.length - 1];
  if (!p || ms(p.at) < from || (last && ms(p.at) <= ms(last.at))) return kept;
  kept.push({ at: p.at, lat: p.lat, lon: p.lon, fix: p.fix, speed_kmh: p.speed_kmh, heading: p.heading, passengers: p.passengers, trip: p.trip, trip_state: p.trip_state, sos: p.sos, late: false });
  return kept;
}

/** A trail in pieces that can be drawn: a lost fix breaks it, and so does a change between allowed and too fast. */
export function pieces(trail: readonly Place[], limit: number): { fast: boolean; places: Place[] }[] {
  const out: { fast: boolean; places: Place[] }[] = [];
  for (let i = 1; i < trail.length; i++) {
    const [a, b] = [trail[i - 1]!, trail[i]!];
    if (!a.fix || !b.fix) continue;
    const fast = b.speed_kmh > limit;
    const last = out.at(-1);
    if (last && last.fast === fast && last.places.at(-1) === a) last.places.push(b);
    else out.push({ fast, places: [a, b] });
  }
  return out;
}
