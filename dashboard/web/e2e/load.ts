// A county at work, for tests of load: its events, and what follows from them on the other
// channels, at a rate that is told. Also what a browser says of itself.
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { alarm, event } from './county';
import type { Mock } from './mock';

/** The county has this many cameras and no fewer. */
export function cameras(mock: Mock, n: number): void {
  const have = [...mock.world.devices.values()].filter((d) => d.kind === 'camera');
  for (let i = have.length; i < n; i++) {
    const like = have[i % have.length]!;
    mock.world.devices.set(`${like.site}/x${i}`, { ...like, id: `${like.site}/x${i}`, device: `x${i}` });
  }
}

/** One stroke of traffic: events, the devices that they tell of, their sites, now and then an
 *  alarm that comes and a moment later goes. */
export class Traffic {
  #mock: Mock;
  #devices: string[];
  #raised: string[] = [];
  #strokes = 0;
  sent = 0;

  constructor(mock: Mock) {
    this.#mock = mock;
    this.#devices = [...mock.world.devices.keys()];
  }

  stroke(events: number, alarmEvery: number): void {
    const m = this.#mock;
    const now = m.now();
    m.publish(Array.from({ length: events }, () => event(now, m.random)));
    this.sent += events;
    const at = new Date(now).toISOString();
    const until = new Date(now + 180_000).toISOString();
    m.setDevices(Array.from({ length: Math.ceil(events / 2) }, () => {
      const d = m.world.devices.get(this.#devices[Math.floor(m.random() * this.#devices.length)]!)!;
      return { ...d, last_seen: at, stale_after: until, stale: false, status: m.random() < 0.02 ? 'down' as const : 'up' as const };
    }));
    this.#strokes++;
    if (this.#strokes % 4 === 0) m.publishStats(events);
    if (this.#strokes % alarmEvery === 0) {
      const id = `load${this.#strokes}`;
      const severity = (['critical', 'high', 'warning', 'info'] as const)[this.#raised.length % 4]!;
      m.put(alarm(id, now, { severity, site: `s${String(1 + Math.floor(m.random() * 86)).padStart(3, '0')}`, device: 'g1', kind: 'gate', rule: 'visitor_unregistered' }));
      this.#raised.push(id);
      if (this.#raised.length > 40) {
        const old = this.#raised.shift()!;
        m.put({ ...m.alarms.get(old)!, state: 'normal', rev: 2 }, 'operator', 'close');
        m.alarms.delete(old);
        m.audit.delete(old);
      }
    }
    for (const c of m.clients) c.sent.length = 0; // nobody looks at them here
  }
}

/** Notes every task of the page over 50 ms. */
export async function watchTasks(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const tasks: number[] = [];
    Object.assign(window, { longTasks: tasks });
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map((e) => Math.round(e.duration)))).observe({ type: 'longtask', buffered: true });
  });
}
export const longTasks = (page: Page): Promise<number[]> => page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks.splice(0));

export interface Weight {
  heap: number;
  nodes: number;
  listeners: number;
}
/** What the page holds after the collector has run. */
export async function weigh(cdp: CDPSession): Promise<Weight> {
  for (let i = 0; i < 3; i++) await cdp.send('HeapProfiler.collectGarbage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  const of = (name: string): number => metrics.find((m) => m.name === name)?.value ?? NaN;
  return { heap: of('JSHeapUsedSize'), nodes: of('Nodes'), listeners: of('JSEventListeners') };
}

/** Milliseconds from the request for the page until the first alarm stands in the queue, with
 *  nothing in the cache and a session that stands. */
export async function firstView(browser: Browser, origin: string): Promise<number> {
  const c = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'zh-CN' });
  try {
    await c.request.post(`${origin}/api/v1/login`, { data: { username: 'operator', password: 'secret' } });
    await c.addInitScript(() => {
      const seen = new MutationObserver(() => {
        if (!document.querySelector('.queue [role=row][data-key]')) return;
        seen.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => Object.assign(window, { firstView: performance.now() })));
      });
      seen.observe(document, { childList: true, subtree: true });
    });
    const page = await c.newPage();
    await page.goto(origin);
    return Math.round(await (await page.waitForFunction(() => (window as unknown as { firstView?: number }).firstView)).jsonValue() as number);
  } finally {
    await c.close();
  }
}
