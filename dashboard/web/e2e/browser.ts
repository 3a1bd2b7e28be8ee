import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContext, type Page, type Request } from 'playwright-core';

/** The built page; another build of it by the environment. */
export const DIST = process.env['DIST'] ?? fileURLToPath(new URL('../dist', import.meta.url));

/** Without WebGL, as on a plain machine, unless the map itself is looked at: drawing it in software is slow. */
export function launch(gl = false): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      // Two pages of one machine shall find each other by WebRTC.
      '--disable-features=WebRtcHideLocalIpsWithMdns', '--allow-loopback-in-peer-connection', gl ? '--enable-unsafe-swiftshader' : '--disable-3d-apis'],
  });
}

// What each page has asked for and not got yet.
const asked = new WeakMap<Page, { open: Set<Request>; since: number }>();

/** Waits until a page has had every answer for ms: of a followed one sooner than the half second of networkidle. */
export async function quiet(page: Page, ms = 100): Promise<void> {
  const a = asked.get(page);
  if (!a) return page.waitForLoadState('networkidle');
  const end = performance.now() + 10_000;
  while (a.open.size > 0 || performance.now() - a.since < ms) {
    if (performance.now() > end) return;
    await new Promise((done) => setTimeout(done, 20)); // the poll's own interval, bounded by end
  }
}

/** Collects what no page may do: errors on the console, exceptions, requests elsewhere. */
export class Watch {
  readonly faults: string[] = [];
  /** Answers that a test provokes, as "409 /ack": the browser logs them as errors. */
  readonly allowed: RegExp[] = [/status of 401 .*\/api\/v1\/(me|login)/];

  follow(context: BrowserContext, origin: string): void {
    context.on('page', (page) => {
      const a = { open: new Set<Request>(), since: performance.now() };
      asked.set(page, a);
      const ended = (r: Request): void => void (a.open.delete(r) && (a.since = performance.now()));
      page.on('requestfinished', ended);
      page.on('requestfailed', ended);
      page.on('console', (m) => {
        if (m.type() !== 'error') return;
        const text = `${m.text()} ${m.location().url}`;
        if (!this.allowed.some((re) => re.test(text))) this.faults.push(`console: ${text}`);
      });
      page.on('pageerror', (e) => this.faults.push(`exception: ${e.message}`));
      page.on('request', (r) => {
        a.open.add(r);
        a.since = performance.now();
        const url = r.url();
        if (!url.startsWith(origin) && !url.startsWith(origin.replace('http', 'ws')) && !/^(data|blob):/.test(url)) this.faults.push(`foreign request: ${url}`);
      });
    });
  }
}

export async function login(page: Page, origin: string, user = 'operator', path = '/'): Promise<void> {
  await page.goto(origin + path);
  await page.fill('input[name=username]', user);
  await page.fill('input[name=password]', 'secret');
  await page.click('button[type=submit]');
  await page.waitForSelector('nav a');
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export async function axe(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    // @ts-expect-error axe comes in by the line above
    const result = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] });
    return result.violations.map((v: { id: string; nodes: { target: string[]; failureSummary: string }[] }) =>
      `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target.join(' ')} ${n.failureSummary.replace(/\s+/g, ' ').slice(0, 180)}`).join(' | ')}`);
  });
}
