// The arithmetic of the uptime page. Percentages only over observed service time: what
// nobody observed is no uptime, and nothing observed is "n/a", never 100 %.
import { availabilityStates, type Availability, type AvailabilityState } from './types';

export interface UptimeRow {
  key: string;
  site: string;
  device: string;
  /** null: nothing was observed. */
  pct: number | null;
  /** Seconds the percentage stands on: up, degraded and down. */
  base: number;
  seconds: Record<AvailabilityState, number>;
  outages: number;
  longest: number;
  devices: number;
}

const none = (): Record<AvailabilityState, number> =>
  Object.fromEntries(availabilityStates.map((s) => [s, 0])) as Record<AvailabilityState, number>;

const base = (s: Record<AvailabilityState, number>): number => s.up + s.degraded + s.down;

export function deviceRow(a: Availability): UptimeRow {
  const seconds = { ...none(), ...a.seconds };
  return {
    key: `${a.site}/${a.device}`, site: a.site, device: a.device, pct: a.up_pct, base: base(seconds), seconds,
    outages: a.outages, longest: a.longest_s, devices: 1,
  };
}

/** One row a site: seconds added up, so that a camera seen for an hour weighs an hour. */
export function bySite(items: readonly Availability[]): UptimeRow[] {
  const rows = new Map<string, UptimeRow>();
  // A device counts as up while degraded, if the server counts it so: its own share tells.
  const upSeconds = new Map<string, number>();
  for (const a of items) {
    const d = deviceRow(a);
    let row = rows.get(a.site);
    if (!row) {
      row = { key: a.site, site: a.site, device: '', pct: null, base: 0, seconds: none(), outages: 0, longest: 0, devices: 0 };
      rows.set(a.site, row);
    }
    for (const s of availabilityStates) row.seconds[s] += d.seconds[s];
    row.base += d.base;
    row.outages += d.outages;
    row.longest = Math.max(row.longest, d.longest);
    row.devices++;
    if (d.pct !== null) upSeconds.set(a.site, (upSeconds.get(a.site) ?? 0) + (d.pct / 100) * d.base);
  }
  for (const row of rows.values()) {
    const up = upSeconds.get(row.site);
    row.pct = up === undefined || row.base === 0 ? null : (100 * up) / row.base;
  }
  return [...rows.values()];
}

/** Lowest first; nothing observed comes last, since it is neither good nor bad. */
export function worstFirst(a: UptimeRow, b: UptimeRow): number {
  return (a.pct ?? 1000) - (b.pct ?? 1000) || (a.key < b.key ? -1 : 1);
}
