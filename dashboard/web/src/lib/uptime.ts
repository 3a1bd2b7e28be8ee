// How long devices were up: the server's rows, and the arithmetic of the page. Percentages
// stand on observed service time: nothing observed is null, never 100 %.
import type { Availability, AvailabilityState, Text } from './types';

export const causes = ['device', 'power', 'gateway', 'network', 'centre', 'unobserved'] as const;
export type Cause = (typeof causes)[number];

export interface Rates {
  online_pct: number | null;
  recorded_pct: number | null;
  usable_pct: number | null;
  expected_s: number;
  covered_s: number;
  usable_s: number;
  unusable_s: number;
}
export interface UptimeGroup extends Availability {
  township: string;
  day: string;
  devices: number;
  days: number;
  registered_s: number;
  base_s: number;
  causes: Record<Cause, number>;
  rates?: Rates;
  before?: Rates;
}
export interface Span {
  from: string;
  to: string;
  state: AvailabilityState;
  reason: string;
}
export interface Outage {
  site: string;
  device: string;
  kind: string;
  township: string;
  name: Text;
  cause: Exclude<Cause, 'unobserved'>;
  from: string;
  to: string;
  open: boolean;
  s: number;
  spans: Span[];
  alarms: string[];
}
export interface Figures {
  seconds: Record<AvailabilityState, number>;
  causes: Record<Cause, number>;
  outages: number;
}
export interface Restatement {
  n: number;
  at: string;
  day: string;
  site: string;
  device: string;
  kind: string;
  why: string;
  before: Figures | null;
  after: Figures | null;
}
export const rateKeys = ['online_pct', 'recorded_pct', 'usable_pct'] as const;
export type RateKey = (typeof rateKeys)[number];
export interface Target extends Record<RateKey, number | null> {
  kind: string;
  rev: number;
  by: string;
  at: string | null;
}

/** Answered, well or not, of the time in which somebody knew; null where nobody did. */
export function online(seconds: Record<AvailabilityState, number>): number | null {
  const base = seconds.up + seconds.degraded + seconds.down;
  return base > 0 ? 100 * ((seconds.up + seconds.degraded) / base) : null;
}
/** One of the three rates; of what is no camera there is only the first. */
export const rate = (r: UptimeGroup, key: RateKey): number | null => r.rates?.[key] ?? (key === 'online_pct' ? online(r.seconds) : null);

/** Causes of being away; time that nobody watched is none of them: it is told apart. */
export const awayCauses = causes.filter((c) => c !== 'unobserved');
/** Seconds that somebody saw not online, whatever the cause. */
export const lost = (r: { causes: Record<Cause, number> }): number => awayCauses.reduce((sum, c) => sum + r.causes[c], 0);

/** Two digits, rounded down: 99.999 is not 100. */
export const floor2 = (p: number): number => Math.floor(p * 100 + 1e-9) / 100;

/** Lowest first; nothing observed comes last, since it is neither good nor bad. */
export function worstFirst(a: UptimeGroup, b: UptimeGroup): number {
  return (rate(a, 'online_pct') ?? 1000) - (rate(b, 'online_pct') ?? 1000) || (keyOf(a) < keyOf(b) ? -1 : 1);
}
export const keyOf = (r: UptimeGroup): string => `${r.township}/${r.site}/${r.device}`;

const DAY = 86_400_000;
export const addDays = (day: string, n: number): string => new Date(Date.parse(`${day}T00:00:00Z`) + n * DAY).toISOString().slice(0, 10);
export function validDay(day: string): boolean {
  const at = Date.parse(`${day}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(day) && Number.isFinite(at) && new Date(at).toISOString().startsWith(day);
}
/** The days from first to last, both included; none when they are not in order. */
export function daysBetween(first: string, last: string): string[] {
  const n = (Date.parse(`${last}T00:00:00Z`) - Date.parse(`${first}T00:00:00Z`)) / DAY;
  return n >= 0 && n < 366 ? Array.from({ length: n + 1 }, (_, i) => addDays(first, i)) : [];
}
export const rangeKeys = ['d7', 'd30', 'month', 'last', 'own'] as const;
export type RangeKey = (typeof rangeKeys)[number];
/** The days that a range means today; own ones are told. */
export function daysOf(range: RangeKey, today: string, from: string, to: string): { from: string; to: string } {
  switch (range) {
    case 'd30': return { from: addDays(today, -29), to: today };
    case 'month': return { from: `${today.slice(0, 7)}-01`, to: today };
    case 'last': {
      const end = addDays(`${today.slice(0, 7)}-01`, -1);
      return { from: `${end.slice(0, 7)}-01`, to: end };
    }
    case 'own': return { from, to };
    default: return { from: addDays(today, -6), to: today };
  }
}
