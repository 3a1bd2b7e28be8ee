// One browser a file; a fresh server and fresh contexts a test; and for every test the
// rule that no page may log an error, throw, or ask another host.
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { axe, DIST, launch, quiet, Watch } from './browser';
import { Mock, type MockOptions } from './mock';

export interface Stage {
  mock: Mock;
  origin: string;
  watch: Watch;
  /** A page of its own context, signed in. */
  open(user?: string, path?: string, prepare?: (context: BrowserContext) => Promise<void>): Promise<Page>;
  context(prepare?: (context: BrowserContext) => Promise<void>, options?: BrowserContextOptions): Promise<BrowserContext>;
}

export function stage(gl = false): (opts?: Omit<MockOptions, 'dist'>) => Promise<Stage> {
  let browser: Browser;
  let close: (() => Promise<void>)[] = [];
  let watches: Watch[] = [];
  beforeAll(async () => {
    browser = await launch(gl);
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    for (const fn of close.reverse()) await fn();
    close = [];
    const faults = watches.flatMap((w) => w.faults);
    watches = [];
    expect(faults).toEqual([]);
  });
  return async (opts = {}) => {
    const mock = new Mock({ dist: DIST, sites: 12, ...opts });
    const origin = await mock.start();
    close.push(() => mock.stop());
    const watch = new Watch();
    watches.push(watch);
    const context: Stage['context'] = async (prepare, options = {}) => {
      // What a service worker fetches passes by the tests' routes: those that want one say so.
      const c = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'zh-CN', serviceWorkers: 'block', ...options });
      watch.follow(c, origin);
      await c.addInitScript(() => {
        addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`));
      });
      await prepare?.(c);
      close.push(() => c.close());
      return c;
    };
    return {
      mock, origin, watch, context,
      open: async (user = 'operator', path = '/', prepare) => {
        // The login page has tests of its own; the others need not walk through it.
        const c = await context(prepare);
        await c.request.post(`${origin}/api/v1/login`, { data: { username: user, password: 'secret' } });
        const page = await c.newPage();
        await page.goto(origin + path);
        await until(() => page.locator('.conn.good').isVisible());
        return page;
      },
    };
  };
}

/** Waits until a page has what it asked for and has painted it. */
export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState();
  await quiet(page);
  await page.waitForFunction(() => document.querySelector('#main') && !document.querySelector('[aria-busy=true]'));
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** Goes to another page of the application without loading it anew, as a link does. */
export async function walk(page: Page, path: string): Promise<void> {
  await page.evaluate((p) => { history.pushState(null, '', p); dispatchEvent(new PopStateEvent('popstate')); }, path);
  await settled(page);
}

/**
 * What holds on every page: clean of axe findings in both themes, no raw key in English, and
 * nothing wider than a phone or a 1366 px screen at 125 %.
 */
export async function holdsUp(page: Page, path: string, ready: string, prepare?: () => Promise<void>): Promise<void> {
  await page.setViewportSize({ width: 1093, height: 614 }); // 1366x768 at 125 %
  await page.goto(new URL(path, page.url()).href);
  await page.locator(ready).first().waitFor();
  await prepare?.();
  expect(await axe(page), `${path} dark`).toEqual([]);
  await page.getByRole('button', { name: '浅色' }).click();
  await page.evaluate(() => Promise.all(document.getAnimations().map((a) => a.finished)));
  expect(await axe(page), `${path} light`).toEqual([]);
  await page.getByRole('button', { name: '深色' }).click();
  await page.locator('[data-lang]').click();
  await until(() => page.locator('html').getAttribute('lang'), (l) => l === 'en');
  expect(await page.locator('#main').innerText(), path).not.toMatch(/undefined|NaN|\[object|function|\$\{|=>/);
  for (const width of [1093, 390]) {
    await page.setViewportSize({ width, height: 844 });
    const wide = await page.evaluate(() => Math.max(document.documentElement.scrollWidth, document.getElementById('main')!.scrollWidth) - innerWidth);
    expect(wide, `${path} ${width}`).toBeLessThanOrEqual(0);
  }
  await page.locator('[data-lang]').click();
}

/** Waits until a condition holds; fails with what it last gave. */
export async function until<T>(ask: () => T | Promise<T>, want: (got: T) => boolean = (g) => Boolean(g), ms = 8000): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const got = await ask();
    if (want(got)) return got;
    if (performance.now() > end) throw new Error(`still not so after ${ms} ms; last: ${JSON.stringify(got)}`);
    await new Promise((done) => setTimeout(done, 20)); // the poll's own interval, bounded by end
  }
}

export const queueKeys = (page: Page): Promise<string[]> =>
  page.locator('.queue [role=row][data-key]').evaluateAll((rows) => rows.map((r) => (r as HTMLElement).dataset['key']!));
export const row = (page: Page, id: string) => page.locator(`[role=row][data-key="${id}"]`);

/** An AudioContext that only counts: locked until resume(), as without a gesture. */
export async function stubAudio(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const starts: number[] = [];
    Object.assign(window, { audioStarts: starts });
    const param = { setValueAtTime() {}, setTargetAtTime() {}, value: 0 };
    class Stub {
      state = 'suspended';
      currentTime = 0;
      destination = {};
      onstatechange: (() => void) | null = null;
      resume(): Promise<void> {
        this.state = 'running';
        this.onstatechange?.();
        return Promise.resolve();
      }
      createOscillator() {
        return { type: '', frequency: param, connect: (n: unknown) => n, start: () => starts.push(Date.now()), stop() {} };
      }
      createGain() {
        return { gain: param, connect: (n: unknown) => n };
      }
    }
    Object.assign(window, { AudioContext: Stub });
  });
}
export const starts = (page: Page): Promise<number> => page.evaluate(() => (window as unknown as { audioStarts: number[] }).audioStarts.length);

/** A voice that only notes what it is told to say; none of the language when lang is another. */
export async function stubVoice(context: BrowserContext, lang = 'zh-CN'): Promise<void> {
  await context.addInitScript((voiceLang) => {
    const said: string[] = [];
    Object.assign(window, { said });
    class Utterance {
      text: string;
      lang = '';
      voice: unknown = null;
      onstart: (() => void) | null = null;
      onerror: ((e: { error: string }) => void) | null = null;
      constructor(text: string) {
        this.text = text;
      }
    }
    const synthesis = {
      pending: false,
      getVoices: () => [{ lang: voiceLang, localService: true, name: 'a voice' }],
      speak: (u: Utterance) => {
        said.push(u.text);
        u.onstart?.();
      },
      cancel() {}, addEventListener() {}, removeEventListener() {},
    };
    Object.defineProperty(window, 'speechSynthesis', { value: synthesis });
    Object.assign(window, { SpeechSynthesisUtterance: Utterance });
  }, lang);
}
export const said = (page: Page): Promise<string[]> => page.evaluate(() => (window as unknown as { said: string[] }).said);
