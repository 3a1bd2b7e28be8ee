import { get, withQuery, type Query } from './api';
import { serverClock } from './clock.svelte';
import type { Duties, GuardRow, Inside, Pass, Visit, Warning } from './guardtypes';
import { day, fromInput } from './time';
import type { Page } from './types';

/** What a guard's day looks like on paper. */
export interface DaySheetData {
  site: string;
  at: number;
  inside: Inside;
  duties: Duties;
  visits: GuardRow<Visit>[];
  passes: GuardRow<Pass>[];
  warnings: Warning[];
}

/** The beginning of the day in the county's zone, RFC 3339. */
export function midnight(now: number, zone: string): string {
  return new Date(fromInput(`${day(now, zone)}T00:00`, zone)).toISOString();
}

/** Most rows of one kind on one sheet: a gate has a few hundred a day. */
const MOST = 5000;

async function all<T>(path: string, query: Query): Promise<T[]> {
  const out: T[] = [];
  for (let cursor = ''; ;) {
    const page: Page<T> = await get<Page<T>>(withQuery(path, { ...query, limit: 500, cursor }));
    out.push(...page.items);
    cursor = page.next;
    if (!cursor || out.length >= MOST) return out.reverse(); // in the order of the day
  }
}

/** Fetches the whole day of a site. */
export async function daySheet(site: string, now: number): Promise<DaySheetData> {
  const from = midnight(now, serverClock.zone);
  const [inside, duties, visits, passes, warnings] = await Promise.all([
    get<Inside>(withQuery('/guard/inside', { site })), get<Duties>(withQuery('/guard/duty', { site })),
    all<GuardRow<Visit>>('/guard/visitors', { site, from }), all<GuardRow<Pass>>('/guard/passes', { site, from }),
    get<Page<Warning>>(withQuery('/guard/warnings', { site })),
  ]);
  return { site, at: now, inside, duties, visits, passes, warnings: warnings.items.filter((w) => w.at >= from).reverse() };
}
