// The page of one site, and a heat map of ten times the county's cameras.
import { expect, test } from 'vitest';
import { axe } from './browser';
import { alarm } from './county';
import { spread } from './map';
import { stage, until } from './setup';

const begin = stage();

test('a site says where it is, whom to call, which cameras to look at, and how old that is', async () => {
  const { mock, open } = await begin({ sites: 12, events: 40 });
  spread(mock);
  const cameras = [...mock.world.devices.values()].filter((d) => d.site === 's002' && d.kind === 'camera');
  for (const c of cameras) mock.world.devices.set(c.id, { ...c, place: c.device === 'c9' ? 'canteen' : 'gate', status: 'up', stale: false });
  const dark = cameras.find((c) => c.device === 'c2')!;
  mock.world.devices.set(dark.id, { ...dark, place: 'gate', status: 'down', reason: 'no signal' });
  mock.world.devices.set('s002/k1', { ...mock.world.devices.get('s002/k1')!, place: 'canteen' });
  mock.put(alarm('cold', Date.now(), { site: 's002', device: 'k1', rule: 'cold_store', severity: 'high' }));
  const page = await open('operator', '/sites/s002');
  await page.locator('[data-map-state=sketch] [data-sites~=s002] .ring').waitFor();
  const near = page.locator('[data-near] li');
  await near.first().waitFor();
  // The alarm is in the canteen: its camera first; the dark one of the gate after those that show something.
  expect(await near.first().textContent()).toContain(mock.world.devices.get('s002/c9')!.name.zh);
  expect((await near.allTextContents()).join()).not.toContain(`${dark.name.zh} 离线`);
  expect(await page.locator('[data-neighbours] li').count()).toBe(4);
  const km = (await page.locator('[data-neighbours] li').allTextContents()).map((s) => Number(/([\d.]+) 千米/.exec(s)?.[1]));
  expect(km).toEqual([...km].sort((a, b) => a - b));
  await until(() => page.locator('.today .age').textContent(), (s) => !!s?.includes('截至'));
  expect(await page.locator('[data-device=c1] td').nth(3).textContent()).toMatch(/前/);
  for (const path of ['/gate', '/uptime', '/inspections']) expect(await page.locator(`.site header a[href="${path}?site=s002"]`).count()).toBe(1);
  expect(await axe(page)).toEqual([]);
  const first = page.locator('[data-neighbours] a').first();
  const to = await first.getAttribute('href');
  await first.click();
  await until(() => new URL(page.url()).pathname, (p) => p === to);
  await page.goBack();
  await page.getByRole('link', { name: '在地图上显示' }).click();
  await page.locator('[data-drawer=s002]').waitFor();
});

test('20,000 cells are one canvas and one tab stop, also on a phone; 500 changes paint in less than 16 ms (16)', async () => {
  const { mock, open } = await begin({ sites: 86 });
  const template = [...mock.world.devices.values()].find((d) => d.kind === 'camera' && d.status === 'up' && !d.stale)!;
  const all = [...mock.world.devices.values()].filter((d) => d.kind === 'camera').length;
  for (let i = all; i < 20_000; i++) {
    const site = mock.world.sites[i % 86]!.site;
    const id = `${site}/x${i}`;
    mock.world.devices.set(id, { ...template, id, site, device: `x${i}` });
  }
  const page = await open('operator', '/cameras');
  const canvas = page.locator('canvas');
  await until(() => canvas.getAttribute('aria-label'), (s) => !!s?.includes('20000') || !!s?.includes('20,000'), 15_000);
  for (const viewport of [{ width: 1366, height: 768 }, { width: 390, height: 844 }]) {
    await page.setViewportSize(viewport);
    expect(await page.locator('canvas').count()).toBe(1);
    expect(await page.locator('.box [tabindex="0"]').count()).toBe(1);
    const cell = page.locator('[data-cell]');
    await canvas.press('Home');
    const first = await until(() => cell.textContent(), (s) => !!s?.includes('·'));
    await canvas.press('End');
    await until(() => cell.textContent(), (s) => s !== first);
    // The last cell is in the picture: something other than ground is drawn low on the canvas.
    const drawn = (): Promise<number> => canvas.evaluate((el) => {
      const c = el as HTMLCanvasElement;
      const px = c.getContext('2d')!.getImageData(0, Math.floor(c.height * 0.7), c.width, Math.floor(c.height * 0.3)).data;
      let n = 0;
      for (let i = 3; i < px.length; i += 4) if (px[i]! > 200) n++;
      return n;
    });
    await until(drawn, (n) => n > 500);
    expect(await canvas.evaluate((el) => (el as HTMLCanvasElement).height)).toBeLessThan(4096);
  }
  await page.setViewportSize({ width: 1366, height: 768 });
  await canvas.press('Home');
  const changed = [...mock.world.devices.values()].filter((d) => d.kind === 'camera' && d.status === 'up' && !d.stale).slice(0, 500);
  const before = Number(/离线 ([\d,]+)/.exec((await page.locator('.legend').innerText()).replace(/\s+/g, ' '))![1]!.replace(',', ''));
  mock.setDevices(changed.map((d) => ({ ...d, status: 'down' as const })));
  await until(() => page.locator('.legend').innerText(), (s) => s.replace(/\s+/g, ' ').replace(',', '').includes(`离线 ${before + 500}`));
  expect(Number(await canvas.getAttribute('data-paint-ms'))).toBeLessThan(16);
}, 90_000);
