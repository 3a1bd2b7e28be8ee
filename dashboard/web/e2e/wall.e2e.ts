// The video wall (21): nobody touches it, and everybody believes it.
import type { BrowserContext, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { axe } from './browser';
import { alarm } from './county';
import { stage, until, type Stage } from './setup';

const begin = stage();

/** The wall on a clock of the test's own. */
async function show(s: Stage, path = '/wall', size = { width: 1920, height: 1080 }, prepare?: (c: BrowserContext) => Promise<void>): Promise<{ page: Page; c: BrowserContext }> {
  const c = await s.context(prepare);
  await c.request.post(`${s.origin}/api/v1/login`, { data: { username: 'operator', password: 'secret' } });
  await c.clock.install({ time: new Date() });
  const page = await c.newPage();
  await page.setViewportSize(size);
  await page.goto(s.origin + path);
  await page.locator('.wall').waitFor();
  await until(() => page.locator('[data-conn]').textContent(), (t) => !!t?.includes('实时'));
  return { page, c };
}
const panel = (page: Page) => page.locator('.wall').getAttribute('data-panel');
async function pass(c: BrowserContext, s: Stage, seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    s.mock.shift += 1000;
    if (i % 5 === 4) s.mock.heartbeat();
    await c.clock.runFor(1000);
  }
}

describe('fits', () => {
  test.each([[1920, 1080], [3840, 2160]])('%i × %i without scrolling, text of 18 px or more', async (width, height) => {
    const s = await begin({ alarms: 60, events: 200, sites: 86 });
    for (const only of ['alarms', 'map', 'cameras', 'buses', 'gates']) {
      const { page, c } = await show(s, `/wall?only=${only}`, { width, height });
      await page.locator('.view li, .view td, .view svg').first().waitFor();
      const found = await page.evaluate(() => {
        const small: string[] = [];
        let shortest = Infinity;
        const walk = document.createTreeWalker(document.querySelector('.wall')!, NodeFilter.SHOW_TEXT);
        for (let n = walk.nextNode(); n; n = walk.nextNode()) {
          const el = n.parentElement!;
          if (!n.textContent!.trim() || el.closest('.sr, [aria-hidden=true]')) continue;
          // In a drawing the text grows with what it stands beside.
          const px = parseFloat(getComputedStyle(el).fontSize) * (el instanceof SVGElement ? el.getBoundingClientRect().height / (el as unknown as SVGGraphicsElement).getBBox().height : 1);
          if (px < 18) small.push(`${px} ${n.textContent!.trim()}`);
        }
        for (const dd of document.querySelectorAll('.wall dl dd')) shortest = Math.min(shortest, parseFloat(getComputedStyle(dd).fontSize));
        const cut = [...document.querySelectorAll<HTMLElement>('.wall dd, .wall dt, .wall footer, .wall header')].filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.innerText);
        const root = document.documentElement;
        return { small, shortest, cut, scroll: [root.scrollWidth - innerWidth, root.scrollHeight - innerHeight], wall: [document.querySelector('.wall')!.scrollWidth - innerWidth, document.querySelector('.wall')!.scrollHeight - innerHeight] };
      });
      expect(found.small, only).toEqual([]);
      expect(found.cut, only).toEqual([]);
      expect(found.scroll.concat(found.wall).every((n) => n <= 0), `${only} ${JSON.stringify(found)}`).toBe(true);
      // From five metres a figure has to be 25 mm high: 40 px of a 55-inch screen of 1080 lines.
      expect(found.shortest, only).toBeGreaterThanOrEqual((56 * height) / 1080);
      await c.close();
    }
  }, 120_000);
});

test('turns every 30 seconds through five views, by hand too; a critical alarm stops it until it is acknowledged', async () => {
  const s = await begin({ events: 50 });
  const { page, c } = await show(s);
  expect(await panel(page)).toBe('alarms');
  await pass(c, s, 29);
  expect(await panel(page)).toBe('alarms');
  const seen: (string | null)[] = [];
  for (let i = 0; i < 5; i++) {
    await pass(c, s, i === 0 ? 2 : 30);
    seen.push(await panel(page));
  }
  expect(seen).toEqual(['map', 'cameras', 'buses', 'gates', 'alarms']);
  await page.keyboard.press('ArrowRight');
  await until(() => panel(page), (p) => p === 'map');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await until(() => panel(page), (p) => p === 'cameras');
  s.mock.put(alarm('c1', s.mock.now(), { severity: 'critical', rule: 'emergency_call', kind: 'button', device: 'b1', text: { zh: '门卫室按下紧急按钮', en: 'Emergency button' } }));
  await until(() => panel(page), (p) => p === 'alarms');
  await page.getByText('有紧急告警未确认').waitFor();
  await page.locator('[data-severity=critical].some').waitFor();
  await pass(c, s, 65);
  expect(await panel(page)).toBe('alarms');
  const a = s.mock.alarms.get('c1')!;
  s.mock.put({ ...a, state: 'acked', rev: 2, acked_by: 'operator', acked_at: new Date(s.mock.now()).toISOString() });
  await page.getByText('30 秒后切换').waitFor();
  await pass(c, s, 31);
  expect(await panel(page)).toBe('map');
  expect(await axe(page)).toEqual([]);
}, 60_000);

test('hides the cursor, keeps the screen awake and asks again when it comes back, and has one control to leave', async () => {
  const s = await begin();
  const { page, c } = await show(s, '/wall', { width: 1920, height: 1080 }, async (context) => {
    await context.addInitScript(() => {
      const asked: string[] = [];
      Object.assign(window, { asked });
      Object.defineProperty(navigator, 'wakeLock', { value: { request: (kind: string) => { asked.push(kind); return Promise.resolve({ addEventListener() {}, release: () => { asked.push('release'); return Promise.resolve(); } }); } } });
    });
  });
  const asked = (): Promise<string[]> => page.evaluate(() => (window as unknown as { asked: string[] }).asked);
  const cursor = (): Promise<string> => page.locator('.wall .view').evaluate((e) => getComputedStyle(e).cursor);
  expect(await asked()).toEqual(['screen']);
  expect(await page.locator('[data-awake]').getAttribute('data-awake')).toBe('awake');
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await until(asked, (l) => l.length === 2);
  expect(await cursor()).toBe('none');
  await page.mouse.move(500, 500);
  await until(cursor, (v) => v === 'auto');
  await c.clock.runFor(3500);
  await until(cursor, (v) => v === 'none');
  expect(await page.locator('.wall a, .wall button, .wall input').count()).toBe(1);
  // The bars below it are neither to be seen nor to be reached.
  expect(await page.locator('nav').first().isVisible()).toBe(false);
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.className)).toContain('leave');
  await page.keyboard.press('Enter');
  await page.locator('nav').first().waitFor();
  expect(new URL(page.url()).pathname).toBe('/');
  expect(await asked()).toContain('release');
  await page.goto(`${s.origin}/wall`);
  await page.locator('.wall').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('nav').first().waitFor();
});

test('a browser without a wake lock says so', async () => {
  const s = await begin();
  const { page } = await show(s, '/wall', { width: 1920, height: 1080 }, async (context) => {
    await context.addInitScript(() => Object.defineProperty(navigator, 'wakeLock', { value: { request: () => Promise.reject(new Error('no')) } }));
  });
  await page.getByText('浏览器不能保持屏幕常亮').waitFor();
});

test('reloads itself for a new build only when it is quiet', async () => {
  const s = await begin();
  s.mock.put(alarm('c1', s.mock.now(), { severity: 'critical', rule: 'emergency_call' }));
  const { page, c } = await show(s);
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));
  const same = (): Promise<boolean> => page.evaluate(() => 'sameDocument' in window).catch(() => true);
  s.mock.build = '2.0.0+new';
  s.mock.restart('e2');
  await c.clock.runFor(2000);
  await until(() => page.getByText('新版本待刷新').count(), (n) => n === 1);
  await pass(c, s, 90);
  expect(await same()).toBe(true); // somebody is called: not now
  const a = s.mock.alarms.get('c1')!;
  s.mock.put({ ...a, state: 'acked', rev: 2 });
  s.mock.put(alarm('w1', s.mock.now(), { severity: 'warning' }));
  await pass(c, s, 30);
  expect(await same()).toBe(true); // news half a minute ago: not now
  await pass(c, s, 35);
  await until(same, (v) => !v);
  await page.locator('.wall').waitFor();
  expect(new URL(page.url()).pathname).toBe('/wall');
  await c.clock.runFor(2000);
  expect(await page.getByText('新版本待刷新').count()).toBe(0);
}, 60_000);

test('the age of what it shows and the connection are always said', async () => {
  const s = await begin({ alarms: 5 });
  s.watch.allowed.push(/Unexpected response code: 503/);
  const { page, c } = await show(s);
  await until(() => page.locator('[data-age]').textContent(), (t) => t === '数据实时');
  s.mock.silentHeartbeat = true;
  await c.clock.runFor(6000);
  await until(() => page.locator('[data-age]').textContent(), (t) => /^数据 [4-7] 秒前$/.test(t ?? ''));
  s.mock.refuse = true;
  s.mock.cut();
  await c.clock.runFor(3000);
  await until(() => page.locator('[data-conn]').textContent(), (t) => /连接中断 数据截至 \d\d:\d\d:\d\d/.test(t ?? ''));
  expect(await page.locator('.counts').evaluate((e) => getComputedStyle(e).filter)).toContain('grayscale');
  expect(await page.locator('#app > .bar:not(header)').evaluateAll((l) => l.filter((e) => (e as HTMLElement).offsetParent !== null).length)).toBe(0);
});
