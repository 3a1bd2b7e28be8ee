// What the tests of both drawings of the map share.
import type { Page } from 'playwright-core';
import { parseView, project } from '../src/lib/map';
import type { Mock } from './mock';

/** Schools in the towns' own places, as in a county. */
export function spread(mock: Mock): void {
  for (const s of mock.world.sites) {
    const town = Math.floor((Number(s.site.slice(1)) - 1) / 9);
    s.lat = 34.3 + (town % 3) * 0.12 + (s.lat - 34) * 0.09;
    s.lon = 113.2 + Math.floor(town / 3) * 0.13 + (s.lon - 113) * 0.1;
  }
}
/** Clicks where a place lies, by the view in the URL. */
export async function clickPlace(page: Page, p: { lat: number; lon: number }): Promise<void> {
  const view = parseView(new URL(page.url()).searchParams.get('map') ?? '')!;
  const box = (await page.locator('.county-map .picture').boundingBox())!;
  const at = project(p, view.zoom);
  const c = project(view, view.zoom);
  await page.mouse.click(box.x + box.width / 2 + at.x - c.x, box.y + box.height / 2 + at.y - c.y);
}
export const viewIn = (page: Page): string => new URL(page.url()).searchParams.get('map') ?? '';
