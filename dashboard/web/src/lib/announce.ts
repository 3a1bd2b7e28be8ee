// What is said of a new alarm: to screen readers, and by the voice.
import { data } from './data.svelte';
import { i18n } from './i18n.svelte';
import type { Alarm } from './types';

/** Severity, school, place and kind, in the language of the screen. */
export function sayAlarm(a: Alarm): string {
  const t = i18n.t;
  const place = a.device ? i18n.pick(data.devices.get(`${a.site}/${a.device}`)?.name, a.device) : t.alert.wholeSite;
  return t.alert.newCritical(i18n.word(t.severity, a.severity), i18n.pick(data.siteName(a.site), a.site), place, i18n.word(t.rule, a.rule));
}

/** The worst of several, and how many there are beside it; the worst comes first. */
export function sayAlarms(list: readonly Alarm[]): string {
  const first = list[0];
  if (!first) return '';
  return sayAlarm(first) + (list.length > 1 ? ` (${i18n.t.alert.more(list.length - 1)})` : '');
}
