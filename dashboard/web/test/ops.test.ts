import { expect, test } from 'vitest';
import { excerpt, lineDiff } from '../src/lib/linediff';
import { ages, configLines } from '../src/lib/settings';
import { csv, differences, draftOf, fields, rowOf, sheets, type Row } from '../src/lib/registry';

test('a row that nobody changed comes back from its form as it was', () => {
  const rows: Record<string, Row> = {
    sites: { site: 's1', rev: 3, name: { zh: '一', en: 'one' }, kind: 'school', township: '', lat: 34.5, lon: 113, pupils: 0, police_post: true, hours: { open: '07:00', class_from: '', lunch_from: '', lunch_to: '', class_to: '', close: '', kitchen_from: '', kitchen_to: '', days: null } },
    devices: { site: 's1', device: 'c1', rev: 1, name: { zh: '', en: '' }, kind: 'camera', place: 'gate', period_s: 60, parent: 'sw1', addresses: ['a:1', 'b:2'], limits: { cold_store: 8 }, duty: 'hours', duty_hours: { from: '22:00', to: '06:00', days: ['mon'], school_days: true } },
    vehicles: { site: 's1', device: 'b1', rev: 1, name: { zh: '', en: '' }, kind: 'bus', place: '', period_s: 10, parent: '', addresses: [], limits: {}, duty: '', plate: '豫A', capacity: 40, route: 'r1' },
    routes: { route: 'r1', rev: 1, name: { zh: '', en: '' }, corridor_m: 200, departures: ['07:00'], line: [{ lat: 1, lon: 2 }], stops: [] },
    people: { person: 'p1', rev: 1, kind: 'pupil', site: 's1', class: '3-2', name: '张*三' },
  };
  for (const sheet of sheets) expect(rowOf(sheet, rows[sheet]!, draftOf(sheet, rows[sheet]!))).toEqual({ row: rows[sheet], bad: {} });
});

test('a form says which fields are no numbers, and keeps no duty hours without their duty', () => {
  const d = { ...draftOf('devices', {}), period_s: 'x', limits: 'a=1\nb', duty: 'always', 'duty_hours.from': '01:00' };
  const { row, bad } = rowOf('devices', { duty_hours: { from: '01:00' } }, d);
  expect(bad).toEqual({ period_s: 'number', limits: 'pairs' });
  expect(row).not.toHaveProperty('duty_hours');
  expect(fields.sites.map((f) => f.key)).toContain('hours.days');
});

test('differences name the field, old and new', () => {
  expect(differences({ a: 1, b: { c: 'x' }, d: [1] }, { a: 1, b: { c: 'y' }, d: [1, 2], e: true })).toEqual([
    { path: 'b.c', from: 'x', to: 'y' }, { path: 'd', from: '[1]', to: '[1,2]' }, { path: 'e', from: '', to: 'true' },
  ]);
});

test('a file for spreadsheets runs nothing', () => {
  expect(csv([['=cmd()', 'a "b"']])).toBe('\ufeff"\'=cmd()","a ""b"""\r\n');
});

test('line differences build either text again', () => {
  const words = ['a', 'b', 'c', ''];
  for (let n = 0; n < 400; n++) {
    const make = (seed: number): string => Array.from({ length: seed % 7 }, (_, i) => words[(seed * (i + 3) * 7 + i * i) % 4]).join('\n');
    const [a, b] = [make(n), make((n * 31) % 97)];
    const d = lineDiff(a, b);
    const side = (gone: string): string => d.filter((l) => l.kind !== gone).map((l) => l.text).join('\n');
    const plain = (s: string): string => s.replace(/\n$/, '');
    expect(side('add')).toBe(plain(a));
    expect(side('del')).toBe(plain(b));
  }
  expect(excerpt(lineDiff('1\n2\n3\n4\n5\n6\n7\n8\n9', '1\n2\n3\n4\nx\n6\n7\n8\n9'), 1).map((l) => l?.text ?? null)).toEqual([null, '4', '5', 'x', '6', null]);
});

test('a line of the settings knows where it stands', () => {
  const lines = configLines('a:\n  list:\n  - name: x\n    file: f\n  urls:\n  - nats://h:1\n  max_age: 168h0m0s\nb: 1\n');
  expect(lines.map((l) => l.path)).toEqual(['a', 'a.list', 'a.list.name', 'a.list.file', 'a.urls', 'a.urls', 'a.max_age', 'b']);
  expect(ages(lines)).toEqual([{ path: 'a.max_age', value: '7 d' }]);
});
