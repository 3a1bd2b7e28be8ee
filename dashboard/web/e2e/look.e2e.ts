// What a person sees at once when it is wrong: a menu that is cut off, and a map that does not follow the hand.
import { expect, test } from 'vitest';
import { spread, viewIn } from './map';
import { stage, until } from './setup';
import { parseView, project } from '../src/lib/map';

const begin = stage();

test.each(['admin', 'operator', 'inspector', 'guard'])('the whole menu is in view at every width, for the %s', async (user) => {
  const { open } = await begin();
  const page = await open(user, '/alarms');
  for (const lang of ['en', 'zh-CN']) {
    if ((await page.locator('html').getAttribute('lang')) !== lang) await page.locator('[data-lang]').click();
    await until(() => page.locator('html').getAttribute('lang'), (l) => l === lang);
    for (const width of [1920, 1500, 1366, 1280, 1093, 1024, 768, 390, 360]) {
      await page.setViewportSize({ width, height: 768 });
      const seen = await page.evaluate(() => {
        const links = [...document.querySelectorAll<HTMLElement>('header.bar nav a')].map((a) => ({ box: a.getBoundingClientRect(), text: a.scrollWidth - a.clientWidth }));
        const bar = document.querySelector('header.bar')!.getBoundingClientRect();
        return { links: links.length, out: links.filter(({ box, text }) => box.left < 0 || box.right > innerWidth || box.bottom > bar.bottom + 1 || text > 0).length, bar: bar.height };
      });
      expect(seen.links).toBeGreaterThanOrEqual(6);
      expect(seen.out, `${lang} ${width}`).toBe(0);
      // One row on a desk, and no more than three on a phone.
      expect(seen.bar, `${lang} ${width}`).toBeLessThan(width > 1080 ? 60 : 140);
    }
  }
}, 60_000);

test('on a 4K screen, where everything is larger, the sketch follows the hand', async () => {
  const { mock, open } = await begin({ sites: 30 });
  spread(mock);
  const page = await open('operator', '/?map=34.70000,113.30000,11.00');
  await page.setViewportSize({ width: 3840, height: 2160 });
  const sketch = page.locator('svg[data-map=svg]');
  await sketch.waitFor();
  const box = (await sketch.boundingBox())!;
  const zoom = box.width / Number(await sketch.getAttribute('width'));
  expect(zoom).toBeCloseTo(1.5, 1);
  const [x, y] = [box.x + 20, box.y + box.height - 20];
  const before = project(parseView(viewIn(page))!, 11);
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 150, y - 90, { steps: 4 });
  await page.mouse.up();
  const view = await until(() => viewIn(page), (v) => v !== '34.70000,113.30000,11.00');
  const after = project(parseView(view)!, 11);
  expect(before.x - after.x).toBeCloseTo(150 / zoom, 0);
  expect(before.y - after.y).toBeCloseTo(-90 / zoom, 0);
});
