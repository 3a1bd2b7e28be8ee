import { ms } from './time';
import type { Device } from './types';

/** What a screen shows of a device: its own word, or that it has gone silent. */
export type Shown = 'up' | 'degraded' | 'down' | 'unknown' | 'stale';
export const shownStates: readonly Shown[] = ['up', 'degraded', 'down', 'stale', 'unknown'];

/**
 * Stale is not green: past its own deadline a device counts as silent, whatever it said
 * last. A device that said itself that it is down stays down. now is the server's time.
 */
export function shown(d: Device, now: number): Shown {
  if (!d.last_seen) return 'unknown';
  if (d.status === 'down') return 'down';
  const deadline = ms(d.stale_after);
  if (d.stale || (Number.isFinite(deadline) && now > deadline)) return 'stale';
  return d.status;
}

/** Milliseconds since the device was last heard; NaN for one never heard. */
export function silence(d: Device, now: number): number {
  return now - ms(d.last_seen);
}

export interface Tallied extends Record<Shown, number> {
  total: number;
}

export function tally(devices: Iterable<Device>, now: number): Tallied {
  const out: Tallied = { total: 0, up: 0, degraded: 0, down: 0, unknown: 0, stale: 0 };
  for (const d of devices) {
    out.total++;
    out[shown(d, now)]++;
  }
  return out;
}
