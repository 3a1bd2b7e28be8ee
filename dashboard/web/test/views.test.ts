import { describe, expect, test } from 'vitest';
import { event, makeCounty, random } from '../e2e/county';
import { shown, tally } from '../src/lib/devices';
import { describe as say, matchEvent, lastWords, matchGate, mergeNewest, tone, type GateFilter } from '../src/lib/events';
import { favicon } from '../src/lib/favicon';
import { CELL, cellAt, layoutHeat, moveHeat, type HeatGroup } from '../src/lib/heat';
import { bytes, preview, readGateway } from '../src/lib/ops';
import { daysBetween, daysOf, floor2, lost, rate, validDay, worstFirst, type UptimeGroup } from '../src/lib/uptime';
import { withQuery } from '../src/lib/api';
import type { Device } from '../src/lib/types';
import { en } from '../src/lib/en';
import { zh } from '../src/lib/zh';

const T = Date.parse('2026-11-24T00:00:00Z');
const iso = (at: number): string => new Date(at).toISOString();
const county = makeCounty(T);
const device = (part: Partial<Device>): Device => ({ ...county.devices.get('s001/g1')!, stale: false, last_seen: iso(T), stale_after: iso(T + 60_000), ...part });

describe('stale is not green', () => {
  test('past its own deadline an up device is silent, before it is not', () => {
    expect(shown(device({}), T + 60_000)).toBe('up');
    expect(shown(device({}), T + 60_001)).toBe('stale');
    expect(shown(device({ stale: true }), T)).toBe('stale');
  });
  test('off duty there is no deadline', () => expect(shown(device({ stale_after: null }), T + 1e9)).toBe('up'));
  test('down stays down, never seen is unknown', () => {
    expect(shown(device({ status: 'down' }), T + 1e9)).toBe('down');
    expect(shown(device({ last_seen: null, status: 'up' }), T)).toBe('unknown');
  });
  test('the tally adds up', () => {
    const t = tally(county.devices.values(), T);
    expect(t.up + t.down + t.degraded + t.stale + t.unknown).toBe(t.total);
    expect([...county.devices.values()].filter((d) => d.kind === 'camera')).toHaveLength(1962);
  });
});

describe('events', () => {
  const gate = event(T, random(1), { site: 's001', device: 'g1', type: 'gate_access', kind: 'gate', gate: { direction: 'in', person_kind: 'visitor', method: 'card', result: 'denied', person: 'p-42', celsius: 0 } });
  test('say what happened in both languages', () => {
    expect(say(gate, zh)).toBe('访客 · 进 · 刷卡 · 拒绝 · p-42');
    expect(say(gate, en)).toBe('Visitor · In · card · Denied · p-42');
    expect(tone(gate)).toBe('warn');
  });
  test('unknown words are shown as they came, also names of Object\'s own', () => {
    const odd = { ...gate, gate: { ...gate.gate!, method: 'constructor', result: '<b>x</b>' } };
    expect(say(odd, zh)).toContain('constructor');
    expect(say(odd, zh)).toContain('<b>x</b>');
  });
  test('the server\'s last words come in the screen\'s language', () => {
    expect(lastWords('in pupil granted', zh)).toBe('进 · 学生 · 通过');
    expect(lastWords('running', en)).toBe('on trip');
    expect(lastWords('toString <b>', zh)).toBe('toString · <b>');
  });
  test('feed filter by kind, site and text, names of sites included', () => {
    const name = (): string => '城关第一小学';
    const f = { kind: '', site: '', text: '' };
    expect(matchEvent(gate, f, zh, name)).toBe(true);
    expect(matchEvent(gate, { ...f, kind: 'bus' }, zh, name)).toBe(false);
    expect(matchEvent(gate, { ...f, site: 's002' }, zh, name)).toBe(false);
    expect(matchEvent(gate, { ...f, text: ' 城关 ' }, zh, name)).toBe(true);
    expect(matchEvent(gate, { ...f, text: 'P-42' }, zh, name)).toBe(true);
    expect(matchEvent(gate, { ...f, text: 'nobody' }, zh, name)).toBe(false);
  });
  test('gate filter agrees with the server: from is inside, to is outside', () => {
    const f: GateFilter = { site: '', person_kind: '', direction: '', result: '', device: '', q: '', from: NaN, to: NaN };
    expect(matchGate(gate, f)).toBe(true);
    expect(matchGate(gate, { ...f, from: T, to: T + 1 })).toBe(true);
    expect(matchGate(gate, { ...f, to: T })).toBe(false);
    expect(matchGate(gate, { ...f, result: 'granted' })).toBe(false);
    expect(matchGate(gate, { ...f, q: 'P-4' })).toBe(true);
  });
});

test('live events join a page of history in order, once, and not below its end', () => {
  const at = (id: string, t: number) => event(T + t, random(1), { id });
  const rows = [at('c', 3), at('b', 2)];
  const live = [at('a', 1), at('b', 2), at('d', 4), at('e', 5)];
  expect(mergeNewest(rows, live, false, 10).map((e) => e.id)).toEqual(['e', 'd', 'c', 'b']);
  expect(mergeNewest(rows, live, true, 10).map((e) => e.id)).toEqual(['e', 'd', 'c', 'b', 'a']);
  expect(mergeNewest(rows, live, true, 2).map((e) => e.id)).toEqual(['e', 'd']);
  expect(mergeNewest(rows, [at('b', 2)], true, 10)).toBe(rows);
});

describe('heat map', () => {
  const groups: HeatGroup[] = Array.from({ length: 10 }, (_, g) => ({
    name: `g${g}`, sites: Array.from({ length: 9 }, (_, s) => ({ id: `s${g}-${s}`, name: 'x', cells: Array.from({ length: 22 }, (_, c) => `s${g}-${s}/c${c}`) })),
  }));
  test.each([320, 700, 1340, 1880])('at %d px no two cells overlap and none leaves the width', (width) => {
    const { cells, height } = layoutHeat(groups, width);
    expect(cells).toHaveLength(10 * 9 * 22);
    expect(new Set(cells.map((c) => `${c.x},${c.y}`)).size).toBe(cells.length);
    expect(Math.max(...cells.map((c) => c.x + CELL))).toBeLessThanOrEqual(width);
    expect(Math.max(...cells.map((c) => c.y + CELL))).toBeLessThanOrEqual(height);
  });
  test('a point finds its cell, arrows reach every one of them', () => {
    const layout = layoutHeat(groups, 1340);
    expect(cellAt(layout, layout.cells[77]!.x + 3, layout.cells[77]!.y + 3)).toBe(77);
    expect(cellAt(layout, 0, 0)).toBe(-1);
    let at = 0;
    const seen = new Set([0]);
    for (let i = 0; i < layout.cells.length; i++) seen.add((at = moveHeat(layout, at, 'ArrowRight')));
    expect(seen.size).toBe(layout.cells.length);
    expect(moveHeat(layout, at, 'Home')).toBe(0);
    expect(moveHeat(layout, 0, 'End')).toBe(layout.cells.length - 1);
  });
  test('down then up comes back to the same cell', () => {
    const layout = layoutHeat(groups, 1340);
    const down = moveHeat(layout, 3, 'ArrowDown');
    expect(layout.cells[down]!.y).toBeGreaterThan(layout.cells[3]!.y);
    expect(moveHeat(layout, down, 'ArrowUp')).toBe(3);
  });
});

describe('uptime', () => {
  const none = { up: 0, down: 0, degraded: 0, maintenance: 0, off_hours: 0, elsewhere: 0, unobserved: 0 };
  const item = (site: string, seconds: Partial<typeof none>): UptimeGroup => ({
    site, device: '', kind: 'gate', name: { zh: '', en: '' }, up_pct: null, outages: 0, longest_s: 0, seconds: { ...none, ...seconds }, township: '', day: '', devices: 1, days: 1,
    registered_s: 0, base_s: 0, causes: { device: seconds.down ?? 0, power: 0, gateway: 0, network: 0, centre: 0, unobserved: seconds.unobserved ?? 0 },
  });
  test('degraded answers; what nobody observed is no base', () => {
    expect(rate(item('s1', { up: 1800, degraded: 900, down: 900, unobserved: 9999, elsewhere: 50 }), 'online_pct')).toBe(75);
    expect(rate(item('s1', { up: 1800 }), 'recorded_pct')).toBeNull();
    expect(lost(item('s1', { down: 3, unobserved: 4 }))).toBe(3); // what nobody watched is told apart
  });
  test('nothing observed is n/a and comes last, never 100 %', () => {
    const blind = item('s2', { unobserved: 3600 });
    expect(rate(blind, 'online_pct')).toBeNull();
    expect([blind, item('s1', { up: 1 })].sort(worstFirst).map((r) => r.site)).toEqual(['s1', 's2']);
    expect([floor2(99.999), floor2(100), floor2(94.5)]).toEqual([99.99, 100, 94.5]);
  });
  test('ranges are whole days of the calendar', () => {
    expect(daysOf('last', '2026-03-05', '', '')).toEqual({ from: '2026-02-01', to: '2026-02-28' });
    expect(daysOf('d7', '2026-03-05', '', '')).toEqual({ from: '2026-02-27', to: '2026-03-05' });
    expect(daysBetween('2028-02-28', '2028-03-01')).toEqual(['2028-02-28', '2028-02-29', '2028-03-01']);
    expect([daysBetween('2026-03-02', '2026-03-01'), daysBetween('2020-01-01', '2026-01-01')]).toEqual([[], []]);
    expect(['2026-02-30', '2026-2-3', 'x', '2026-02-28'].map(validDay)).toEqual([false, false, false, true]);
  });
});

describe('operations', () => {
  test('figures are read from what a gateway says, missing ones are none', () => {
    const f = readGateway({ journal: { depth: 12, bytes: 2048, time_to_loss: 3.6e12, consumers: [{ name: 'a', lag_records: 3 }, { name: 'b', lag_records: 9 }] }, components: { influx: { state: 'ok' } } });
    expect(f).toMatchObject({ depth: 12, bytes: 2048, loss: 3600, lag: 9, components: [{ name: 'influx', state: 'ok', reason: '' }] });
    expect(readGateway(null)).toEqual({ depth: null, bytes: null, loss: null, lag: null, deadLetters: null, lost: null, dropping: false, health: '', components: [] });
    expect(readGateway({ health: { state: 'degraded' }, devices: { lost: 4 }, journal: { dropping: true, dead_letters: 2, time_to_loss_s: 8_640_000 } }))
      .toMatchObject({ health: 'degraded', lost: 4, dropping: true, deadLetters: 2, loss: Infinity });
    expect(readGateway({ journal: { time_to_loss_s: 0 } }).loss).toBe(Infinity);
  });
  test('payloads are text where they are text, else hexadecimal', () => {
    expect(preview(btoa('{"a":1}'))).toEqual({ text: '{"a":1}', size: 7, binary: false });
    expect(preview(Buffer.from('温度').toString('base64')).text).toBe('温度');
    expect(preview(btoa('\x00\xff'))).toEqual({ text: '00 ff', size: 2, binary: true });
    expect(preview(Buffer.from('温'.repeat(1000)).toString('base64'), 100)).toMatchObject({ binary: false, size: 3000 });
    expect(preview('***').text).toBe('***');
  });
  test('sizes', () => expect([bytes(null), bytes(0), bytes(999), bytes(7_340_032)]).toEqual(['–', '0 B', '999 B', '7.3 MB']));
});

test('the favicon is drawn here and differs by state', () => {
  const all = [favicon('calm'), favicon('alarm', 3), favicon('alarm', 12), favicon('lost')];
  expect(new Set(all).size).toBe(4);
  for (const f of all) expect(f.startsWith('data:image/svg+xml,')).toBe(true);
});

test('queries leave out what is not set', () => {
  expect(withQuery('/x', { a: '', b: 0, c: undefined, d: '甲 乙' })).toBe('/x?b=0&d=%E7%94%B2+%E4%B9%99');
});
