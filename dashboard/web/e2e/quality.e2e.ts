// What holds for the whole application: names for a screen reader, a way by keyboard alone,
// nothing that moves where motion is unwanted, severity without colour.
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { alarm } from './county';
import { cameras } from './load';
import { fill, places } from './places';
import { row, settled, stage, until, walk } from './setup';

const begin = stage();

interface AxNode {
  ignored: boolean;
  role?: { value: string };
  name?: { value: string };
  properties?: { name: string; value: { value: unknown } }[];
}
const NAMED = ['button', 'link', 'textbox', 'searchbox', 'combobox', 'checkbox', 'radio', 'grid', 'region', 'navigation', 'dialog', 'heading', 'image', 'spinbutton', 'slider', 'tab'];

/** Nodes of the accessibility tree that a screen reader could only call by their kind. */
async function nameless(page: Page): Promise<{ nameless: string[]; headings: number; landmarks: string[] }> {
  const cdp = await page.context().newCDPSession(page);
  const { nodes } = (await cdp.send('Accessibility.getFullAXTree')) as unknown as { nodes: AxNode[] };
  await cdp.detach();
  const seen = nodes.filter((n) => !n.ignored);
  const role = (n: AxNode): string => n.role?.value ?? '';
  const level = (n: AxNode): unknown => n.properties?.find((p) => p.name === 'level')?.value.value;
  return {
    nameless: seen.filter((n) => NAMED.includes(role(n)) && !n.name?.value.trim()).map(role),
    headings: seen.filter((n) => role(n) === 'heading' && level(n) === 1).length,
    landmarks: seen.map(role).filter((r) => ['banner', 'main', 'navigation'].includes(r)),
  };
}

describe('every page', () => {
  test('has names for a screen reader, landmarks and a heading; nothing moves where motion is unwanted (25)', async () => {
    const { mock, open, watch } = await begin({ alarms: 60, events: 100 });
    watch.allowed.push(/status of 404 .*\/nosuch(alarm)?$/);
    fill(mock);
    const page = await open('admin');
    await page.emulateMedia({ reducedMotion: 'reduce' });
    for (const [name, path] of Object.entries(places)) {
      await walk(page, path);
      const tree = await nameless(page);
      expect(tree.nameless, name).toEqual([]);
      expect(tree.headings, name).toBeGreaterThan(0);
      if (!path.startsWith('/wall')) expect(tree.landmarks, name).toEqual(expect.arrayContaining(['banner', 'main', 'navigation']));
      expect(await page.evaluate(() => document.getAnimations().length), name).toBe(0);
    }
  }, 300_000);

  test('can be walked by Tab: each stop is in view and shows that it is one (22)', async () => {
    const { mock, open } = await begin({ sites: 12, alarms: 60, events: 100 });
    fill(mock);
    const page = await open('admin');
    for (const name of ['situation', 'alarm', 'shelved', 'ops-notify', 'hazards']) {
      await page.goto(new URL(places[name]!, page.url()).href);
      await settled(page);
      const stops = new Set<string>();
      for (let i = 0; i < 40; i++) {
        await page.keyboard.press('Tab');
        const stop = await page.evaluate(() => {
          const el = document.activeElement;
          if (!(el instanceof HTMLElement) || el === document.body) return null;
          const r = el.getBoundingClientRect();
          const s = getComputedStyle(el);
          return {
            what: `${el.tagName} ${(el.getAttribute('aria-label') ?? el.textContent ?? '').trim().slice(0, 30)} ${Math.round(r.x)},${Math.round(r.y)}`,
            shown: r.width > 0 && r.height > 0 && r.bottom > 0 && r.top < innerHeight && r.right > 0,
            marked: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0,
          };
        });
        if (!stop) break; // round once
        expect(stop, `${name} ${stop.what}`).toMatchObject({ shown: true, marked: true });
        stops.add(stop.what);
      }
      expect(stops.size, name).toBeGreaterThan(12);
    }
  }, 120_000);
});

test('an alarm is found, acknowledged, shelved and left by keys alone (22)', async () => {
  const { mock, open } = await begin();
  mock.put(alarm('k1', Date.now(), { severity: 'critical', standing: true }));
  const page = await open();
  await row(page, 'k1').waitFor();
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.className)).toContain('skip');
  await page.keyboard.press('Enter');
  await until(() => page.evaluate(() => document.activeElement?.id), (id) => id === 'main');
  await page.keyboard.press('j');
  await page.keyboard.press('a');
  await until(() => mock.alarms.get('k1')!.state, (s) => s === 'acked');
  await page.keyboard.press('Enter');
  await until(() => new URL(page.url()).pathname, (p) => p === '/alarms/k1');
  await page.locator('.detail h2').waitFor();
  await page.keyboard.press('s');
  await until(() => page.evaluate(() => document.activeElement?.tagName), (t) => t === 'SELECT');
  await page.keyboard.press('Tab');
  await page.keyboard.type('备件明天到');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await until(() => mock.alarms.get('k1')!.state, (s) => s === 'shelved');
  await page.locator('.detail form').waitFor({ state: 'detached' }); // until then Esc gives the form up
  await page.keyboard.press('Escape');
  await until(() => new URL(page.url()).pathname, (p) => p === '/alarms');
});

test('four severities are four pictures and four words, in forced colours too (25)', async () => {
  const { mock, open } = await begin();
  const all = ['critical', 'high', 'warning', 'info'] as const;
  for (const s of all) mock.put(alarm(s, Date.now(), { severity: s, rule: `rule_${s}` }));
  const page = await open('operator', '/alarms');
  await page.emulateMedia({ forcedColors: 'active' });
  const seen = [];
  for (const s of all) {
    const cell = row(page, s).locator('.sev').first();
    await cell.waitFor();
    expect(await cell.locator('svg').isVisible()).toBe(true);
    seen.push([(await cell.innerText()).trim(), await cell.locator('svg').innerHTML()]);
  }
  expect(seen.map(([word]) => word)).toEqual(['紧急', '严重', '警告', '提示']);
  expect(new Set(seen.map(([, picture]) => picture)).size).toBe(4);
});

test('a picture of each state of a device differs by more than colour (15, 25)', async () => {
  const { open } = await begin({ sites: 86 });
  const page = await open('operator', '/');
  const states = page.locator('.counters .dev');
  await until(() => states.count(), (n) => n === 5);
  const pictures = await states.locator('svg').evaluateAll((list) => list.map((svg) => svg.innerHTML));
  expect(new Set(pictures).size).toBe(5);
  expect((await states.allInnerTexts()).map((s) => s.trim().replace(/[\s\d,]+$/, ''))).toEqual(['在线', '异常', '离线', '失联', '未知']);
});

test('50,000 rows: less than 100 in the DOM, keys to both ends, and the reader is not moved (18)', async () => {
  const { mock, open } = await begin();
  const at = Date.now() - 3_600_000;
  mock.putAll(Array.from({ length: 50_000 }, (_, i) => alarm(`r${i}`, at - i, { rule: `rule_${i}`, severity: 'info', state: 'acked', acked_by: 'operator', acked_at: new Date(at).toISOString() })));
  const page = await open('operator', '/alarms');
  const grid = page.locator('.list [role=grid]');
  await until(() => grid.getAttribute('aria-rowcount'), (n) => Number(n) > 50_000, 20_000);
  const rows = page.locator('.list [role=row][data-key]');
  expect(await rows.count()).toBeLessThan(100);
  await grid.focus();
  await page.keyboard.press('End');
  await until(() => page.locator('.list [aria-selected=true]').getAttribute('aria-rowindex'), (n) => Number(n) === 50_001);
  await page.keyboard.press('PageUp');
  const chosen = await page.locator('.list [aria-selected=true]').getAttribute('data-key');
  const top = await grid.evaluate((el) => el.scrollTop);
  for (let i = 0; i < 5; i++) mock.put(alarm(`new${i}`, Date.now(), { severity: 'critical', rule: `new_${i}` }));
  await until(() => grid.getAttribute('aria-rowcount'), (n) => Number(n) === 50_006);
  await until(() => grid.evaluate((el) => el.scrollTop), (now) => Math.abs(now - top - 5 * 50) < 1);
  expect(await page.locator('.list [aria-selected=true]').getAttribute('data-key')).toBe(chosen);
  await page.keyboard.press('Home');
  await until(() => page.locator('.list [aria-selected=true]').getAttribute('data-key'), (k) => k!.startsWith('new'));
  expect(await rows.count()).toBeLessThan(100);
}, 60_000);

test('20,000 cells are painted at once, and 500 changes of them again (16)', async () => {
  const { mock, open } = await begin({ sites: 86 });
  cameras(mock, 20_000);
  const page = await open('operator', '/cameras');
  const canvas = page.locator('canvas');
  await until(() => canvas.getAttribute('aria-label'), (name) => !!name?.includes('20000'));
  expect(await page.locator('canvas').count()).toBe(1);
  const paints: number[] = [];
  for (let round = 0; round < 5; round++) {
    const down = await page.locator('.legend').innerText();
    const up = [...mock.world.devices.values()].filter((d) => d.kind === 'camera' && d.status === 'up' && !d.stale).slice(0, 500);
    mock.setDevices(up.map((d) => ({ ...d, status: 'down' as const })));
    await until(() => page.locator('.legend').innerText(), (text) => text !== down);
    paints.push(Number(await canvas.getAttribute('data-paint-ms')));
  }
  console.log(`20,000 cells: painted in ${paints.join(', ')} ms`);
  expect(Math.min(...paints)).toBeLessThan(16);
}, 60_000);
