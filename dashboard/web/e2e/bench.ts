// How fast the page is, measured and printed: node e2e/run.mjs bench, or npm run bench. The
// server is the mock on loopback; nothing is in the browser's cache.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DIST, launch } from './browser';
import { cameras, firstView, longTasks, Traffic, watchTasks } from './load';
import { Mock } from './mock';

const RUNS = 9;
const SECONDS = 60;

export async function main(): Promise<void> {
  const index = readFileSync(join(DIST, 'index.html'), 'utf8');
  const size = [...index.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].reduce((n, m) => n + gzipSync(readFileSync(join(DIST, m[1]!))).length, 0);
  console.log(`scripts of the first view: ${(size / 1000).toFixed(1)} KB compressed`);
  const mock = new Mock({ dist: DIST, alarms: 60, events: 300 });
  cameras(mock, 2000);
  const origin = await mock.start();
  const browser = await launch();
  try {
    const views: number[] = [];
    for (let i = 0; i < RUNS; i++) views.push(await firstView(browser, origin));
    views.sort((a, b) => a - b);
    console.log(`first useful view, cold cache: median ${views[RUNS >> 1]} ms, best ${views[0]} ms, worst ${views.at(-1)} ms of ${RUNS}`);

    const c = await browser.newContext({ viewport: { width: 1366, height: 768 } });
    await watchTasks(c);
    await c.request.post(`${origin}/api/v1/login`, { data: { username: 'operator', password: 'secret' } });
    const page = await c.newPage();
    await page.goto(origin);
    await page.waitForSelector('.queue [role=row][data-key]');
    await page.waitForLoadState('networkidle');
    await longTasks(page);
    const traffic = new Traffic(mock);
    const timer = setInterval(() => traffic.stroke(25, 40), 50);
    await new Promise((done) => setTimeout(done, SECONDS * 1000));
    clearInterval(timer);
    const tasks = (await longTasks(page)).sort((a, b) => b - a);
    console.log(`2,000 cameras, ${Math.round(traffic.sent / SECONDS)} events a second for ${SECONDS} s: ${tasks.length} tasks over 50 ms, longest ${tasks[0] ?? 0} ms`);
  } finally {
    await browser.close();
    await mock.stop();
  }
}
