// The map by WebGL, drawn in software here.
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { axe, login } from './browser';
import { alarm } from './county';
import { clickPlace, spread, viewIn } from './map';
import { waterWorld } from './pmtiles';
import { row, stage, until } from './setup';

const begin = stage(true);
const drawn = '[data-map-state=gl]';

test('the queue is usable before the map has come: A acknowledges (2)', async () => {
  const { mock, context, origin } = await begin();
  mock.put(alarm('first', Date.now(), { severity: 'critical' }));
  const c = await context();
  let asked = 0;
  let release = (): void => {};
  const held = new Promise<void>((done) => (release = done));
  await c.route(/assets\/(mapgl|mapbase|CountyPanel)-.*\.js/, async (route) => {
    asked++;
    await held;
    await route.continue();
  });
  const page = await c.newPage();
  await login(page, origin);
  await row(page, 'first').waitFor();
  await until(() => asked > 0);
  await page.keyboard.press('j');
  await page.keyboard.press('a');
  await until(() => mock.alarms.get('first')!.state, (s) => s === 'acked');
  expect(await page.locator('.county-map').count()).toBe(0);
  release();
  await page.locator(drawn).waitFor();
});

test('draws sites where they are; a click opens their alarms; view and choice stand in the URL (17, 19)', async () => {
  const { mock, open } = await begin({ sites: 86 });
  spread(mock);
  const s = mock.world.sites.find((x) => x.site === 's012')!;
  mock.put(alarm('fire', Date.now(), { site: 's012', severity: 'critical', rule: 'gate_forced' }));
  s.alarms = { ...s.alarms, open: 1, unack: 1, critical: 1 };
  const view = `${s.lat.toFixed(5)},${s.lon.toFixed(5)},14.00`;
  const page = await open('operator', `/?map=${view}`);
  await page.locator(drawn).waitFor();
  const drawer = page.locator('[data-drawer]');
  // The marks are drawn when their tile has come from the worker.
  await until(async () => {
    if ((await drawer.count()) === 0) await clickPlace(page, s);
    return drawer.count();
  }, (n) => n === 1);
  expect(await drawer.getAttribute('data-drawer')).toBe('s012');
  expect(await drawer.locator('a[href="/alarms/fire"]').count()).toBe(1);
  expect(new URL(page.url()).searchParams.get('at')).toBe('s012');
  expect(viewIn(page)).toBe(view);
  expect(await axe(page)).toEqual([]);

  // Moving by keyboard changes the view; a reload keeps both.
  await page.locator('.gl canvas').press('ArrowRight');
  const moved = await until(() => viewIn(page), (v) => v !== view);
  await page.reload();
  await page.locator(drawn).waitFor();
  expect(viewIn(page)).toBe(moved);
  expect(await drawer.getAttribute('data-drawer')).toBe('s012');
  await page.keyboard.press('Tab');
  await drawer.getByRole('button', { name: '关闭' }).click();
  await until(() => drawer.count(), (n) => n === 0);
  await page.getByRole('button', { name: '显示全部' }).click();
  await until(() => viewIn(page), (v) => v === '');
  // The list has the same sites, and marks the one that was chosen.
  await page.goBack();
  await until(() => drawer.count(), (n) => n === 0 || n === 1);
  expect(await page.locator('.sites [role=grid]').getAttribute('aria-rowcount')).toBe('87');
}, 60_000);

/** The colour of the picture itself, at a corner where there is only ground. */
async function ground(page: Page): Promise<number[]> {
  const box = (await page.locator('.county-map .picture').boundingBox())!;
  const png = await page.screenshot({ clip: { x: box.x + 2, y: box.y + box.height - 6, width: 4, height: 4 } });
  return page.evaluate(async (data) => {
    const image = new Image();
    image.src = data;
    await image.decode();
    const ctx = document.createElement('canvas').getContext('2d')!;
    ctx.drawImage(image, 0, 0);
    return [...ctx.getImageData(1, 1, 1, 1).data];
  }, `data:image/png;base64,${png.toString('base64')}`);
}

test('the map takes the theme, and goes to the sketch when the picture is lost (19)', async () => {
  const { mock, open } = await begin({ sites: 12 });
  spread(mock);
  const page = await open('operator', '/');
  await page.locator(drawn).waitFor();
  const dark = (await ground(page))[0]!;
  await page.getByRole('button', { name: '浅色' }).click();
  await until(() => ground(page), (v) => v[0]! > dark + 100);
  await page.evaluate(() => document.querySelector<HTMLCanvasElement>('.gl canvas')!.getContext('webgl2')!.getExtension('WEBGL_lose_context')!.loseContext());
  await page.locator('[data-map-state=sketch] svg[data-map=svg]').waitFor();
  expect(await page.locator('svg[data-map=svg] [data-sites]').count()).toBeGreaterThan(0);
});

test('a base map is read from one file on this server, by ranges; a broken one is said and the schools stay (1, 19)', async () => {
  const { mock, open } = await begin({ sites: 12 });
  spread(mock);
  mock.map.tiles = waterWorld();
  const page = await open('operator', '/');
  await page.locator(drawn).waitFor();
  await until(() => ground(page), (c) => Math.abs(c[0]! - 0x15) < 3 && Math.abs(c[1]! - 0x30) < 3 && Math.abs(c[2]! - 0x4a) < 3);
  mock.map.tiles = Buffer.from('no PMTiles at all, but long enough to be asked for '.repeat(20));
  await page.reload();
  await page.locator(drawn).waitFor();
  await page.getByText('底图无法读取').waitFor();
}, 40_000);
