// The map where WebGL2 is missing: an SVG with the same ids.
import { expect, test } from 'vitest';
import { axe } from './browser';
import { alarm, count } from './county';
import { clickPlace, spread, viewIn } from './map';
import { stage, until } from './setup';

const begin = stage();
const sketch = 'svg[data-map=svg]';

test('the sketch and the list have the same sites; severity is a shape and a number (19)', async () => {
  const { mock, open } = await begin({ sites: 86 });
  spread(mock);
  for (const [i, severity] of (['critical', 'high', 'warning', 'info'] as const).entries()) mock.alarms.set(severity, alarm(severity, Date.now(), { site: `s0${i + 1}0`, severity }));
  count(mock.world, mock.alarms.values());
  const asked: string[] = [];
  const page = await open('operator', '/', async (c) => {
    c.on('request', (r) => asked.push(r.url()));
  });
  await page.locator('[data-map-state=sketch]').waitFor();
  const ids = await page.locator(`${sketch} [data-sites]`).evaluateAll((all) => all.flatMap((g) => (g as SVGElement).dataset['sites']!.split(' ')));
  expect(ids.length).toBe(86);
  expect(new Set(ids)).toEqual(new Set(mock.world.sites.map((s) => s.site)));
  // All of them can be reached in the list by keyboard; only some rows are in the page at once.
  const list = page.locator('.sites [role=grid]');
  const reached = new Set<string>();
  await list.press('Home');
  for (let i = 0; i < 90; i++) {
    const id = await list.locator('[aria-selected=true]').getAttribute('data-key');
    reached.add(id!);
    if (i === 3) await until(() => page.locator(`${sketch} .ring`).count(), (n) => n === 1);
    await list.press('ArrowDown');
  }
  expect(reached).toEqual(new Set(ids));
  const shapes = await page.locator(`${sketch} [data-severity]`).evaluateAll((all) => Object.fromEntries(all.map((g) => {
    const path = [...g.querySelectorAll('path')].at(-1)!.getAttribute('d')!;
    return [(g as SVGElement).dataset['severity']!, path.replace(/[\d.\s-]+/g, '')];
  })));
  expect(new Set([shapes['critical'], shapes['high'], shapes['warning']]).size).toBe(3);
  expect(shapes['critical']!.split('L').length).toBe(8); // an octagon
  expect(asked.some((u) => u.includes('mapgl'))).toBe(false);
  expect(await axe(page)).toEqual([]);
}, 60_000);

test('view and choice stand in the URL: keys, click, reload, Back (17)', async () => {
  const { mock, open } = await begin({ sites: 86 });
  spread(mock);
  mock.put(alarm('one', Date.now(), { site: 's012', severity: 'high' }));
  const s = mock.world.sites.find((x) => x.site === 's012')!;
  const page = await open('operator', `/?map=${s.lat.toFixed(5)},${s.lon.toFixed(5)},14.00`);
  await page.locator(sketch).waitFor();
  await clickPlace(page, s);
  const drawer = page.locator('[data-drawer=s012]');
  await drawer.locator('a[href="/alarms/one"]').waitFor();
  const before = viewIn(page);
  await page.locator(sketch).press('ArrowLeft');
  await page.locator(sketch).press('+');
  const moved = await until(() => viewIn(page), (v) => v !== before);
  expect(moved).toMatch(/,15\.00$/);
  await page.reload();
  await drawer.waitFor();
  expect(viewIn(page)).toBe(moved);
  await drawer.locator('a[href="/sites/s012"]').click();
  await until(() => new URL(page.url()).pathname, (p) => p === '/sites/s012');
  await page.goBack();
  await drawer.waitFor();
  expect(viewIn(page)).toBe(moved);
  await page.goBack();
  await until(() => page.locator('[data-drawer]').count(), (n) => n === 0);
});

test('outlines come from the county\'s file; a base map in GCJ-02 moves sites for display only', async () => {
  const { mock, open } = await begin({ sites: 12 });
  spread(mock);
  mock.map.datum = 'gcj02';
  mock.map.outline = {
    type: 'FeatureCollection', features: [
      { type: 'Feature', properties: { name: '青川县', level: 'county' }, geometry: { type: 'Polygon', coordinates: [[[113, 34], [113.8, 34], [113.8, 34.8], [113, 34.8], [113, 34]]] } },
      { type: 'Feature', properties: { name: '<b>东镇</b>' }, geometry: { type: 'MultiPolygon', coordinates: [[[[113.4, 34.1], [113.7, 34.1], [113.7, 34.5], [113.4, 34.1]]]] } },
      { type: 'Feature', properties: null, geometry: null }, { broken: true }, null,
    ],
  };
  const s = mock.world.sites[4]!;
  const view = `${s.lat.toFixed(5)},${s.lon.toFixed(5)},15.00`;
  const page = await open('operator', `/?map=${view}`);
  // In the middle of the picture, since the view is moved with the site: WGS-84 in the URL.
  const mark = page.locator(`${sketch} [data-sites="${s.site}"]`);
  await mark.waitFor();
  const box = (await page.locator('.county-map .picture').boundingBox())!;
  const at = (await mark.getAttribute('transform'))!.match(/[\d.]+/g)!.map(Number);
  expect(Math.abs(at[0]! - box.width / 2)).toBeLessThan(3);
  expect(Math.abs(at[1]! - box.height / 2)).toBeLessThan(3);
  await page.getByRole('button', { name: '显示全部' }).click();
  expect(await page.locator(`${sketch} path.county`).count()).toBe(1);
  expect(await page.locator(`${sketch} path.township`).count()).toBe(1);
  expect(await page.locator(`${sketch} text.town`).textContent()).toBe('<b>东镇</b>');
});
