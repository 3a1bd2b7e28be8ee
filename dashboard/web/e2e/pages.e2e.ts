import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { axe, DIST, login } from './browser';
import { alarm, event } from './county';
import { fill, places } from './places';
import { queueKeys, row, settled, stage, until, walk } from './setup';

const begin = stage();
const paths = Object.values(places);
// The wall has no controls and is not for a phone; tests of its own look at it.
const desks = paths.filter((p) => !p.startsWith('/wall'));

test('what the first view needs is at most 60 KB compressed (2)', () => {
  const index = readFileSync(join(DIST, 'index.html'), 'utf8');
  const scripts = [...index.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map((m) => m[1]!);
  const size = scripts.reduce((n, s) => n + gzipSync(readFileSync(join(DIST, s))).length, 0);
  expect(scripts.length).toBeGreaterThan(0);
  expect(size).toBeLessThanOrEqual(60_000);
  expect(readdirSync(join(DIST, 'assets')).length).toBeGreaterThan(3);
});

test('the queue answers keys before the other pages have come (2)', async () => {
  const { mock, context, origin } = await begin();
  for (const id of ['a', 'b']) mock.put(alarm(id, Date.now(), { rule: id }));
  const c = await context();
  await c.route(/assets\/(Alarms|CountyPanel|Cameras|Gate|Ops|SitePage|Uptime|Shelved|Shift|Numbers)-/, () => {}); // never answered
  const page = await c.newPage();
  await login(page, origin);
  await row(page, 'a').waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await until(() => page.locator('.queue [role=row]').nth(2).getAttribute('aria-selected'), (s) => s === 'true');
});

/** A page of the administrator, before whom everything is open, in a county with work in it. */
async function everywhere(): Promise<Page> {
  const { mock, open, watch } = await begin({ alarms: 60, events: 100 });
  watch.allowed.push(/status of 404 .*\/nosuch(alarm)?$/);
  fill(mock);
  return open('admin');
}

describe('every page', () => {
  test('runs under the policy, is clean of axe findings, dark and light (1, 25)', async () => {
    const page = await everywhere();
    const faults: string[] = [];
    for (const path of paths) {
      await page.goto(new URL(path, page.url()).href);
      await settled(page);
      faults.push(...(await axe(page)).map((f) => `${path} dark ${f}`));
      await page.evaluate(() => void (document.documentElement.dataset['theme'] = 'light')); // the wall has no button for it
      await page.evaluate(() => Promise.all(document.getAnimations().map((a) => a.finished)));
      faults.push(...(await axe(page)).map((f) => `${path} light ${f}`));
    }
    expect(faults).toEqual([]);
  }, 400_000);

  test('Chinese and English without a reload; no raw key; no overflow at 125 % (23)', async () => {
    const page = await everywhere();
    await page.setViewportSize({ width: 1093, height: 614 }); // 1366x768 at 125 %
    await page.evaluate(() => Object.assign(window, { sameDocument: true }));
    for (const path of desks) {
      await walk(page, path);
      for (const lang of ['en', 'zh-CN']) {
        await page.locator('[data-lang]').click();
        await until(() => page.locator('html').getAttribute('lang'), (l) => l === lang);
        const text = await page.locator('body').innerText();
        expect(text, `${path} ${lang}`).not.toMatch(/undefined|NaN|\[object|function|\$\{|=>/);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(wide, `${path} ${lang}`).toBeLessThanOrEqual(0);
        const words = await page.locator('nav').first().innerText();
        expect(/[\u4e00-\u9fff]/.test(words)).toBe(lang === 'zh-CN');
      }
    }
    expect(await page.evaluate(() => 'sameDocument' in window)).toBe(true);
  }, 200_000);

  test('fits a phone', async () => {
    const page = await everywhere();
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of desks) {
      await walk(page, path);
      const wide = await page.evaluate(() => Math.max(document.documentElement.scrollWidth, document.getElementById('main')!.scrollWidth) - innerWidth);
      expect(wide, path).toBeLessThanOrEqual(0);
    }
  }, 200_000);

  test('severity keeps icon and word in forced colours; reduced motion stops all animation (25)', async () => {
    const { mock, open } = await begin();
    mock.put(alarm('a', Date.now(), { severity: 'critical' }));
    const page = await open();
    await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
    const badge = row(page, 'a').locator('.sev .critical, .sev.critical').first();
    expect((await badge.innerText()).trim()).toBe('紧急');
    expect(await badge.locator('svg').isVisible()).toBe(true);
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
  });
});

describe('devices', () => {
  test('stale is not green: silent for minutes, hatched, the old value struck (15)', async () => {
    const { mock, context, origin } = await begin();
    const c = await context();
    await c.clock.install({ time: new Date() });
    const page = await c.newPage();
    const d = mock.world.devices.get('s002/k1')!;
    const t = Date.now();
    mock.world.devices.set(d.id, { ...d, last_seen: new Date(t).toISOString(), stale_after: new Date(t + 180_000).toISOString(), values: { cold_store: { value: 4.1, unit: '°C', at: new Date(t).toISOString() } } });
    await login(page, origin, 'operator', '/sites/s002');
    const line = page.locator('[data-device=k1]');
    await until(() => line.textContent(), (s) => !!s?.includes('在线'));
    expect(await line.locator('s').count()).toBe(0);
    mock.shift = 725_000;
    await c.clock.fastForward(725_000);
    await until(() => line.textContent(), (s) => !!s?.includes('失联 12 分钟'));
    expect(await line.locator('s').textContent()).toContain('4.1 °C');
    expect(await line.evaluate((el) => getComputedStyle(el).backgroundImage)).toContain('repeating-linear-gradient');
  });

  test('the heat map is one canvas and one tab stop; arrows move, the cell is said in words (16)', async () => {
    const { mock, open } = await begin({ sites: 86 });
    const page = await open('operator', '/cameras');
    const canvas = page.locator('canvas');
    await canvas.waitFor();
    expect(await page.locator('canvas').count()).toBe(1);
    expect(await page.locator('.box [tabindex="0"]').count()).toBe(1);
    expect(await canvas.getAttribute('aria-label')).toContain('1962');
    const cell = page.locator('[data-cell]');
    await canvas.press('Home');
    const first = await until(() => cell.textContent(), (s) => !!s?.includes('·'));
    await canvas.press('ArrowRight');
    const second = await until(() => cell.textContent(), (s) => s !== first);
    await canvas.press('ArrowDown');
    await until(() => cell.textContent(), (s) => s !== second);
    await canvas.press('End');
    await canvas.press('Home');
    await until(() => cell.textContent(), (s) => s === first);
    const legend = await page.locator('.legend').innerText();
    for (const word of ['在线', '异常', '离线', '失联', '未知', '断', '失', '异', '?']) expect(legend).toContain(word);

    const before = Number(/离线 (\d+)/.exec(legend.replace(/\s+/g, ' '))?.[1]);
    const changed = [...mock.world.devices.values()].filter((d) => d.kind === 'camera' && d.status === 'up' && !d.stale).slice(0, 500);
    mock.setDevices(changed.map((d) => ({ ...d, status: 'down' as const })));
    await until(() => page.locator('.legend').innerText(), (s) => s.replace(/\s+/g, ' ').includes(`离线 ${before + 500}`));
    expect(Number(await canvas.getAttribute('data-paint-ms'))).toBeLessThan(16);
  });
});

describe('the URL is the state (17)', () => {
  test('filters and the open alarm survive reload; Back works', async () => {
    const { open } = await begin({ alarms: 60 });
    const page = await open('operator', '/alarms');
    await page.locator('.filters select').nth(1).selectOption('high');
    await until(() => page.url(), (u) => u.endsWith('/alarms?severity=high'));
    const rows = (): Promise<string[]> => page.locator('.list [role=row][data-key]').evaluateAll((r) => r.map((e) => (e as HTMLElement).dataset['key']!));
    const before = await until(rows, (r) => r.length > 3);
    await page.locator('.list .rule').first().click();
    await page.locator('.detail h2').waitFor();
    expect(page.url()).toContain('/alarms/');
    expect(page.url()).toContain('?severity=high');
    await page.reload();
    await page.locator('.detail h2').waitFor();
    expect(await until(rows, (r) => r.length === before.length)).toEqual(before);
    expect(await page.locator('.list [aria-selected=true]').count()).toBe(1);
    await page.goBack();
    await until(() => page.url(), (u) => u.endsWith('/alarms?severity=high'));
    await until(() => page.locator('.detail').count(), (n) => n === 0);
  });

  test('the gate log asks with its filters, pages on, and takes live records on top', async () => {
    const { mock, open } = await begin({ events: 600 });
    const page = await open('operator', '/gate?direction=in');
    const grid = page.locator('[role=grid]');
    const key = (): Promise<string | null> => page.locator('[role=row][data-key]').first().getAttribute('data-key');
    await page.locator('[role=row][data-key]').first().waitFor();
    await page.getByText('已加载 100 条').waitFor();
    await page.getByRole('button', { name: '加载更多' }).click();
    await page.getByText('已加载 200 条').waitFor();
    const asked = mock.requests.filter((r) => r.includes('/gate-log'));
    expect(asked).toHaveLength(2);
    expect(asked.every((r) => r.includes('direction=in'))).toBe(true);
    const live = event(Date.now(), mock.random, { id: 'live1', site: 's001', device: 'g1', type: 'gate_access', kind: 'gate', gate: { direction: 'in', person_kind: 'staff', method: 'card', result: 'granted', person: 'p-live' } });
    const other = { ...live, id: 'live2', gate: { ...live.gate!, direction: 'out' } };
    mock.publish([live, other]);
    await until(key, (k) => k === 'live1');
    expect(await grid.locator('[data-key=live2]').count()).toBe(0);
    expect(await page.locator('[role=row][data-key]').count()).toBeLessThan(100);
  });
});

describe('live feed', () => {
  test('shows events, filters, stands still when paused, jumps to now, bounds the DOM', async () => {
    const { mock, open } = await begin();
    const page = await open();
    const feedRows = page.locator('.feed [role=row][data-key]');
    const send = (n: number, name: string): void => mock.publish(Array.from({ length: n }, (_, i) => event(Date.now(), mock.random, { id: `${name}${i}` })));
    send(700, 'a');
    await until(() => feedRows.first().getAttribute('data-key'), (k) => k === 'a699');
    expect(await feedRows.count()).toBeLessThan(60);
    expect(await page.locator('.feed [role=grid]').getAttribute('aria-rowcount')).toBe('501');
    await page.keyboard.press('p');
    send(5, 'b');
    await page.locator('.feed').getByRole('button', { name: '回到最新 · 5 条新动态' }).click();
    await until(() => feedRows.first().getAttribute('data-key'), (k) => k === 'b4');
    await page.locator('.feed input').fill('s没有这样的文字');
    await page.getByText('没有符合条件的动态').waitFor();
  });

  test('reading further down, new rows do not move what is read (18)', async () => {
    const { mock, open } = await begin({ events: 400 });
    const page = await open('operator', '/gate');
    const grid = page.locator('[role=grid]');
    await page.getByText('已加载 100 条').waitFor();
    await grid.evaluate((el) => { el.scrollTop = 900; });
    const at = (): Promise<string | undefined> => grid.evaluate((el) => {
      const top = el.getBoundingClientRect().top + 40;
      return [...el.querySelectorAll<HTMLElement>('[role=row][data-key]')].find((r) => r.getBoundingClientRect().bottom > top)?.dataset['key'];
    });
    const before = await until(at);
    for (let i = 0; i < 7; i++) mock.publish([event(Date.now(), mock.random, { id: `n${i}`, site: 's001', device: 'g1', type: 'gate_access', kind: 'gate', gate: { direction: 'in', person_kind: 'staff', method: 'card', result: 'granted' } })]);
    await page.getByText('已加载 107 条').waitFor();
    await until(at, (k) => k === before);
    await grid.press('Home');
    await until(() => page.locator('[role=row][data-key]').first().getAttribute('data-key'), (k) => k === 'n6');
  });
});

describe('keyboard (22)', () => {
  test('help, move, open, back; letters in fields and while composing are letters', async () => {
    const { mock, open } = await begin();
    for (const id of ['a', 'b']) mock.put(alarm(id, Date.now(), { rule: `rule_${id}` }));
    const page = await open();
    await row(page, 'a').waitFor();
    const help = page.getByRole('button', { name: '键盘快捷键' });
    await help.focus();
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await until(() => page.getByRole('dialog').count(), (n) => n === 0);
    expect(await help.evaluate((el) => el === document.activeElement)).toBe(true);

    await page.keyboard.press('/');
    await until(() => page.evaluate(() => document.activeElement?.hasAttribute('data-search')));
    await page.keyboard.type('ja?');
    expect(await page.locator('.feed input').inputValue()).toBe('ja?');
    expect(await page.locator('.queue [aria-selected=true]').count()).toBe(0);
    await page.locator('.feed input').fill('');
    await page.keyboard.press('Escape');

    const first = (await queueKeys(page))[0]!;
    await page.keyboard.press('j');
    await until(() => row(page, first).getAttribute('aria-selected'), (s) => s === 'true');
    await page.evaluate(() => {
      document.body.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }));
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', bubbles: true, isComposing: true }));
    });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
    expect(mock.requests.some((r) => r.includes('/ack'))).toBe(false);

    await page.keyboard.press('Enter');
    await page.locator('.detail h2').waitFor();
    expect(new URL(page.url()).pathname).toBe(`/alarms/${first}`);
    await page.keyboard.press('Escape');
    await until(() => new URL(page.url()).pathname, (p) => p === '/alarms');
  });
});

describe('operations', () => {
  test('dead letters show payloads as text and are replayed', async () => {
    const { mock, open } = await begin();
    const page = await open('admin', '/ops');
    await page.getByText('gw1', { exact: true }).first().waitFor();
    await page.locator('.payload summary').first().click();
    expect(await page.locator('.payload pre').first().textContent()).toContain('<img src=x onerror=alert(1)>');
    expect(await page.locator('main img').count()).toBe(0);
    await page.getByRole('button', { name: '重放', exact: true }).first().click();
    await page.getByText('已重放 1 条，失败 0 条').waitFor();
    expect(mock.requests).toContain('POST /api/v1/dead-letters/replay');
  });
});

test('printed, pages are light and hold more than the rows in view', async () => {
  const { open } = await begin({ events: 400 });
  const page = await open('operator', '/gate');
  await page.getByText('已加载 100 条').waitFor();
  await page.emulateMedia({ media: 'print' });
  const pdf = await page.pdf({ format: 'A4', landscape: true });
  expect(pdf.length).toBeGreaterThan(20_000);
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(background).toBe('rgb(255, 255, 255)');
});
