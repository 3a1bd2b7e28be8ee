// Events in one line of words, and the filter of the live feed.
import type { CampusEvent } from './types';
import type { Dict } from './zh';

function word(list: Record<string, string>, key: string | undefined): string {
  return key ? (Object.hasOwn(list, key) ? list[key]! : key) : '';
}

const number = (n: number, digits: number): string => (Number.isFinite(n) ? n.toFixed(digits) : '–');

/** °C with one digit; a terminal's 0 means that nothing was measured. */
export function celsius(c: number | undefined): string {
  return c ? `${number(c, 1)} °C` : '';
}

/** What an event says, in words. */
export function describe(e: CampusEvent, t: Dict): string {
  const out: (string | undefined | false)[] = [];
  if (e.gate) {
    const g = e.gate;
    out.push(
      word(t.person, g.person_kind), word(t.direction, g.direction), word(t.method, g.method), word(t.result, g.result),
      celsius(g.celsius), g.person || g.credential,
    );
  } else if (e.temperature) {
    const c = e.temperature;
    out.push(word(t.person, c.person_kind), celsius(c.celsius) || t.ev.notMeasured, c.person);
  } else if (e.position) {
    const p = e.position;
    out.push(
      p.sos && t.ev.sos, p.fix ? t.ev.kmh(number(p.speed_kmh, 0)) : t.ev.nofix,
      p.passengers >= 0 && t.ev.onboard(p.passengers), word(t.trip, p.trip_state),
    );
  } else if (e.reading) {
    out.push(word(t.quantity, e.reading.quantity), `${number(e.reading.value, 1)} ${e.reading.unit}`);
  } else if (e.call) {
    out.push(word(t.call, e.call.state), e.call.place);
  } else if (e.status) {
    out.push(word(t.device, e.status.status), e.status.reason);
  } else {
    out.push(e.type);
  }
  return out.filter(Boolean).join(' · ');
}

/** The server's words of the last event ("in pupil granted") in the screen's language. */
export function lastWords(text: string, t: Dict): string {
  const lists: Record<string, string>[] = [t.direction, t.person, t.result, t.trip, t.quantity, t.device, t.call];
  return text
    .split(' ')
    .map((w) => lists.map((list) => word(list, w)).find((found) => found !== w) ?? w)
    .filter(Boolean)
    .join(' · ');
}

/** How an event should stand out: bad, good or neither. */
export function tone(e: CampusEvent): 'bad' | 'warn' | '' {
  if (e.call?.state === 'pressed' || e.position?.sos || e.gate?.result === 'forced') return 'bad';
  if (e.gate?.result === 'denied' || (e.gate?.celsius ?? 0) >= 37.3 || (e.temperature?.celsius ?? 0) >= 37.3) return 'warn';
  // A reading is judged by the detectors with the device's own limits, not here.
  if (e.status?.status === 'down') return 'warn';
  return '';
}

export interface EventFilter {
  kind: string;
  site: string;
  text: string;
}

/** Whether an event passes; name gives a site's name in the language of the screen. */
export function matchEvent(e: CampusEvent, f: EventFilter, t: Dict, name: (site: string) => string): boolean {
  if (f.kind && e.kind !== f.kind) return false;
  if (f.site && e.site !== f.site) return false;
  const text = f.text.trim().toLowerCase();
  if (!text) return true;
  return `${name(e.site)} ${e.site} ${e.device} ${describe(e, t)}`.toLowerCase().includes(text);
}

export interface GateFilter {
  site: string;
  person_kind: string;
  direction: string;
  result: string;
  device: string;
  q: string;
  from: number;
  to: number;
}

/** Whether a live gate event belongs on top of a page of the gate log. */
export function matchGate(e: CampusEvent, f: GateFilter): boolean {
  if (!e.gate) return false;
  const at = Date.parse(e.observed_at);
  if (f.site && e.site !== f.site) return false;
  if (f.device && e.device !== f.device) return false;
  if (f.person_kind && e.gate.person_kind !== f.person_kind) return false;
  if (f.direction && e.gate.direction !== f.direction) return false;
  if (f.result && e.gate.result !== f.result) return false;
  if (Number.isFinite(f.from) && at < f.from) return false;
  if (Number.isFinite(f.to) && at >= f.to) return false;
  const q = f.q.trim().toLowerCase();
  if (!q) return true;
  const g = e.gate;
  return [e.device, g.person, g.credential, g.registration, g.escorted_by, g.guardian, g.class_teacher]
    .some((s) => s?.toLowerCase().includes(q));
}

/**
 * Puts live events into a page of history, newest first, each once. Those older than the
 * page are left out unless the page is the whole: they belong to a page not yet loaded.
 */
export function mergeNewest(rows: CampusEvent[], live: CampusEvent[], whole: boolean, cap: number): CampusEvent[] {
  const known = new Set(rows.map((e) => e.id));
  const oldest = whole ? '' : (rows[rows.length - 1]?.observed_at ?? '');
  const fresh = live.filter((e) => !known.has(e.id) && e.observed_at >= oldest);
  if (fresh.length === 0) return rows;
  // A sort by time only; equal times keep the order in which they came.
  return [...fresh.reverse(), ...rows].sort((a, b) => (a.observed_at < b.observed_at ? 1 : a.observed_at > b.observed_at ? -1 : 0)).slice(0, cap);
}
