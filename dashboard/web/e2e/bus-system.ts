// A bus on the real program whose terminal speaks GCJ-02, run by the Go test TestBusInBrowser:
// from the list to its page, its place on the map, and the replay of its way by key.
import type { Browser } from 'playwright-core';
import { toBase } from '../src/lib/datum';
import { Watch } from './browser';
import { onServer, open, say, type Options } from './system';

interface BusOptions extends Options {
  bus: string;
  /** Where it was, WGS-84. */
  places: { lat: number; lon: number }[];
  /** The day of the county, as 2006-01-02. */
  day: string;
}

export const main = (): Promise<void> => onServer((opts, browser, told) => walk(opts as BusOptions, browser, told));

async function walk(opts: BusOptions, browser: Browser, told: () => Promise<void>): Promise<void> {
  const watch = new Watch();
  const page = await open(opts, browser, watch);
  await page.goto(`${opts.origin}/buses?q=${encodeURIComponent(opts.bus)}`);
  const row = page.locator('[role=row]', { has: page.locator(`[data-bus="${opts.bus}"]`) });
  await row.getByText('从未上报').waitFor();
  const mark = page.locator(`[data-point="${opts.bus}"]`);
  if ((await mark.count()) !== 0) throw new Error('a bus that never reported stands on the map');
  say('live', { text: JSON.stringify(opts.places.map((p) => toBase(p, 'gcj02'))) });

  await row.getByText('行驶中').waitFor();
  await row.getByText('34').waitFor(); // the last place's speed
  await row.getByText(/秒前$/).waitFor();
  await mark.waitFor();
  say('shown', { text: await row.textContent() });
  await page.screenshot({ path: `${opts.artifacts}/buses.png` });

  // On its own page, with the picture's middle where it has to be: at zoom 16 GCJ-02 is more than 200 pixels off.
  await row.locator('a').click();
  await page.locator('[data-facts]').getByText('行驶中').waitFor();
  const last = opts.places.at(-1)!;
  await page.goto(`${page.url()}?map=${last.lat.toFixed(6)},${last.lon.toFixed(6)},16.00`);
  await mark.waitFor();
  const facts = page.locator('[data-facts]');
  await facts.getByText(/^[0-9] 米/).waitFor(); // beside its route
  await page.locator('[data-line^=trail]').waitFor();
  const box = (await page.locator('.county-map .picture').boundingBox())!;
  const [x, y] = (await mark.getAttribute('transform'))!.match(/-?[\d.]+/g)!.map(Number);
  await page.screenshot({ path: `${opts.artifacts}/bus.png` });
  say('placed', { text: `${(x! - box.width / 2).toFixed(1)} ${(y! - box.height / 2).toFixed(1)}` });
  await told(); // the server has all places

  await page.goto(`${new URL(page.url()).origin}${new URL(page.url()).pathname}?day=${opts.day}&map=${last.lat.toFixed(6)},${last.lon.toFixed(6)},16.00`);
  await page.getByText('4 条位置').waitFor();
  const slider = page.getByRole('slider', { name: '回放时间' });
  await slider.focus();
  // Each place by key, forwards and back, and the mark goes with it.
  const seen: string[] = [];
  const speed = (kmh: number) => page.locator(`input[aria-valuetext$=", ${kmh} km/h"]`);
  await speed(31).waitFor();
  for (const kmh of [31, 32, 33, 34]) {
    if (kmh > 31) await slider.press('ArrowRight');
    await speed(kmh).waitFor();
    const transform = (await mark.getAttribute('transform'))!;
    if (seen.includes(transform)) throw new Error(`the mark did not move at ${kmh} km/h: ${transform}`);
    seen.push(transform);
  }
  await slider.press('ArrowLeft');
  await speed(33).waitFor();
  if ((await mark.getAttribute('transform')) !== seen[2]) throw new Error('one place back the mark is elsewhere');
  await page.screenshot({ path: `${opts.artifacts}/replay.png` });
  say('replayed');
  say('faults', { faults: watch.faults });
}
