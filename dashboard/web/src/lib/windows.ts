// Maintenance windows in words, and what is wrong with one that is being planned.
import { data } from './data.svelte';
import type { Window } from './desktypes';
import type { i18n as I18n } from './i18n.svelte';
import { fromInput, ms, stamp } from './time';
import type { words } from '../words/shelved';
import type { Dict } from './zh';

type Words = (typeof words)['en'];
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** What a window is about. */
export function covers(x: Window, w: Words, t: Dict, i18n: typeof I18n): string {
  return [
    x.site ? i18n.pick(data.siteName(x.site), x.site) : x.township,
    x.device && i18n.pick(data.devices.get(`${x.site}/${x.device}`)?.name, x.device),
    x.kind && i18n.word(t.kind, x.kind), x.rule && i18n.word(t.rule, x.rule),
  ].filter(Boolean).join(' · ') || w.everywhere;
}

/** When a window is on. */
export function when(x: Window, w: Words, zone: string): string {
  if (!x.days?.length) return w.onceWhen(stamp(ms(x.from), zone).slice(0, 16), stamp(ms(x.to), zone).slice(0, 16));
  const days = x.days.map((d) => w.week[d as keyof typeof w.week] ?? d).join(' ');
  const end = x.end <= x.start ? `${w.overnight} ${x.end}` : x.end;
  const dates = x.first || x.last ? w.between(x.first || '–', x.last || '–') : '';
  return w.weeklyWhen(days, x.start, end) + dates;
}

/** What stands in the form. */
export interface Draft {
  site: string;
  township: string;
  kind: string;
  device: string;
  rule: string;
  weekly: boolean;
  from: string;
  to: string;
  days: string[];
  start: string;
  end: string;
  first: string;
  last: string;
  reason: string;
}

/** What is wrong with a draft, by field; empty when nothing is. */
export function check(d: Draft, w: Words, zone: string): Record<string, string> {
  const out: Record<string, string> = {};
  if (!d.site && !d.township && !d.kind && !d.device && !d.rule) out['site'] = w.needScope;
  if (d.weekly) {
    if (d.days.length === 0) out['days'] = w.needDays;
    if (!d.start) out['start'] = w.needTime;
    if (!d.end) out['end'] = w.needTime;
    if (d.first && d.last && d.last < d.first) out['last'] = w.badOrder;
  } else {
    const [a, b] = [fromInput(d.from, zone), fromInput(d.to, zone)];
    if (Number.isNaN(a)) out['from'] = w.needTime;
    if (Number.isNaN(b)) out['to'] = w.needTime;
    else if (b <= a) out['to'] = w.order;
    else if (b - a > 31 * 86_400_000) out['to'] = w.long;
  }
  if (!d.reason.trim()) out['reason'] = w.needReason;
  return out;
}

/** The body that the server takes. */
export function planOf(d: Draft, zone: string): Record<string, unknown> {
  const at = (v: string): string => new Date(fromInput(v, zone)).toISOString();
  const { site, township, kind, device, rule } = d;
  return {
    ...Object.fromEntries(Object.entries({ site, township, kind, device, rule }).filter(([, v]) => v)),
    ...(d.weekly
      ? { days: d.days, start: d.start, end: d.end, ...(d.first ? { first: d.first } : {}), ...(d.last ? { last: d.last } : {}) }
      : { from: at(d.from), to: at(d.to) }),
    reason: d.reason.trim(),
  };
}
