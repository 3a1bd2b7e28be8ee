import { describe, expect, test } from 'vitest';
import { alarm } from '../e2e/county';
import { compare, countOpen, fold, FOLD_SAME_SOURCE, matchAlarm, sounds } from '../src/lib/alarms';
import type { Alarm } from '../src/lib/types';

const T = Date.parse('2026-11-24T00:00:00Z');
const sorted = (list: Alarm[]): Alarm[] => [...list].sort(compare);
const none = new Set<string>();

describe('order of the queue', () => {
  test('unacknowledged first, then severity, then the newest', () => {
    const list = sorted([
      alarm('acked-critical', T, { severity: 'critical', state: 'acked' }),
      alarm('info', T + 9, { severity: 'info' }),
      alarm('old-critical', T, { severity: 'critical' }),
      alarm('new-critical', T + 5, { severity: 'critical' }),
      alarm('returned', T, { severity: 'high', state: 'rtn_unack' }),
      alarm('shelved', T, { severity: 'critical', state: 'shelved' }),
    ]);
    expect(list.map((a) => a.id)).toEqual(['new-critical', 'old-critical', 'returned', 'info', 'acked-critical', 'shelved']);
  });
  test('late alarms never sound, nor acknowledged or returned ones', () => {
    expect(sounds(alarm('a', T))).toBe(true);
    expect(sounds(alarm('a', T, { late: true }))).toBe(false);
    expect(sounds(alarm('a', T, { state: 'rtn_unack' }))).toBe(false);
    expect(sounds(alarm('a', T, { state: 'acked' }))).toBe(false);
  });
});

describe('flood', () => {
  const outage = alarm('outage', T, { rule: 'site_outage', severity: 'high', device: '' });
  const flood = Array.from({ length: 500 }, (_, i) => alarm(`c${i}`, T + i, { device: `c${i}`, state: 'suppressed', caused_by: 'outage' }));

  test('500 alarms of one cause are one row under their cause', () => {
    const rows = fold(sorted([...flood, outage]), none);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ key: 'cause:outage', folded: 500, alarm: { id: 'outage' }, severity: 'high' });
    expect(rows[0]!.unacked.map((a) => a.id)).toEqual(['outage']);
  });
  test('opened, every one is there as a member', () => {
    const rows = fold(sorted([...flood, outage]), new Set(['cause:outage']));
    expect(rows).toHaveLength(501);
    expect(rows.slice(1).every((r) => r.child)).toBe(true);
  });
  test('without their cause, unsuppressed ones head themselves with the worst severity', () => {
    const list = [alarm('a', T, { caused_by: 'x' }), alarm('b', T, { caused_by: 'x', severity: 'critical' }), alarm('other', T)];
    const rows = fold(sorted(list), none);
    expect(rows.map((r) => [r.key, r.severity, r.folded])).toEqual([['cause:x', 'critical', 2], ['other', 'warning', 0]]);
  });
  test('suppressed alarms are not in the queue on their own', () => {
    expect(fold([alarm('s', T, { state: 'suppressed' })], none)).toEqual([]);
  });
  test('many of one rule at one site fold, critical ones never', () => {
    const same = (n: number, severity: Alarm['severity']): Alarm[] => Array.from({ length: n }, (_, i) => alarm(`${severity}${i}`, T + i, { severity }));
    expect(fold(sorted(same(FOLD_SAME_SOURCE, 'warning')), none)).toHaveLength(1);
    expect(fold(sorted(same(FOLD_SAME_SOURCE - 1, 'warning')), none)).toHaveLength(FOLD_SAME_SOURCE - 1);
    expect(fold(sorted(same(20, 'critical')), none)).toHaveLength(20);
  });
  test('in a flood everything of one site folds; a call for help stands alone', () => {
    const at = (id: string, part: Partial<Alarm>): Alarm => alarm(id, T, { group: 'site/s001', ...part });
    const list = [at('help', { verdict: 'need_help' }), at('a', {}), at('b', { rule: 'fever' }), at('c', { rule: 'gas', device: 'k1' }), at('d', { site: 's002', group: 'site/s002' })];
    expect(fold(sorted(list), none).map((r) => r.key)).toHaveLength(5);
    const rows = fold(sorted(list), none, true);
    expect(rows.map((r) => [r.folded, r.unacked.length])).toEqual([[0, 1], [3, 3], [0, 1]]);
    expect(rows[0]!.key).toBe('help');
  });
  test('a cause that is ended leaves its members in the queue', () => {
    const rows = fold(sorted([alarm('m', T, { caused_by: 'gone' })]), none);
    expect(rows.map((r) => r.key)).toEqual(['m']);
  });
  test('counters count all that is worked on, folded or not', () => {
    const c = countOpen([...flood.map((a) => ({ ...a, state: 'unack' as const })), alarm('x', T, { state: 'acked' }), alarm('y', T, { state: 'shelved' })]);
    expect(c.open.warning).toBe(501);
    expect(c.unack.warning).toBe(500);
  });
});

test('filters', () => {
  const a = alarm('a', T, { severity: 'high', site: 's002', rule: 'fever', state: 'acked' });
  const all = { state: 'open', severity: '', site: '', rule: '' } as const;
  expect(matchAlarm(a, all)).toBe(true);
  expect(matchAlarm({ ...a, state: 'normal' }, all)).toBe(false);
  expect(matchAlarm({ ...a, state: 'normal' }, { ...all, state: 'all' })).toBe(true);
  expect(matchAlarm(a, { ...all, state: 'unack' })).toBe(false);
  expect(matchAlarm(a, { ...all, severity: 'high', site: 's002', rule: 'fever', state: 'acked' })).toBe(true);
  expect(matchAlarm(a, { ...all, site: 's001' })).toBe(false);
  expect(matchAlarm(a, { ...all, assignee: '-' })).toBe(true);
  expect(matchAlarm(a, { ...all, assignee: 'guard' })).toBe(false);
  expect(matchAlarm({ ...a, suppression: 'chatter' }, { ...all, suppression: 'chatter' })).toBe(true);
});
