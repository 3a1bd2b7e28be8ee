// The page on the real program: node e2e/run.mjs system, run by the Go test TestBrowser.
// Options come as one line of JSON on stdin, what is seen goes out as lines of JSON, and
// each further line of stdin is an answer that goes on.
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Browser, Locator, Page } from 'playwright-core';
import { launch, Watch } from './browser';
import { walkDesk } from './walk-desk';

export interface Options {
  origin: string;
  user: string;
  password: string;
  /** Who stands in the gate's event. */
  person: string;
  /** Whose emergency call is worked on to its end. */
  desk: string;
  /** Folder of the pictures. */
  artifacts: string;
  /** How long to wait for anything, in milliseconds. */
  patience: number;
}

export const say = (step: string, more: Record<string, unknown> = {}): void => void process.stdout.write(`${JSON.stringify({ step, ...more })}\n`);

export const main = (): Promise<void> => onServer(walk);

/** Reads the options, opens a browser, walks, and tells when the walk fails. */
export async function onServer(walk: (opts: Options, browser: Browser, told: () => Promise<void>) => Promise<void>): Promise<void> {
  const input = createInterface({ input: process.stdin });
  const lines = input[Symbol.asyncIterator]();
  const browser = await launch();
  // Without the test there is nobody to work for.
  input.once('close', () => void browser.close());
  try {
    const first = await lines.next();
    const opts = JSON.parse(String(first.value)) as Options;
    const told = async (): Promise<void> => {
      if ((await lines.next()).done) throw new Error('the test has gone');
    };
    await walk(opts, browser, told);
  } catch (err) {
    say('failed', { error: err instanceof Error ? err.stack : String(err) });
    process.exitCode = 1;
  } finally {
    input.close();
    await browser.close();
  }
}

async function walk(opts: Options, browser: Browser, told: () => Promise<void>): Promise<void> {
  const watch = new Watch();
  const otherWatch = new Watch();
  const [page, other] = await Promise.all([open(opts, browser, watch), open(opts, browser, otherWatch)]);
  const seen = rowShown(page, opts.person);
  const top = criticalOnTop(page);
  say('live');

  const [event, alarm] = await Promise.all([seen, top]);
  const alert = (await page.getByRole('alert').textContent()) ?? '';
  say('shown', { ...alarm, event_at: event, text: alert });

  const row = (p: Page): Locator => p.locator(`.queue [role=row][data-key="${alarm.id}"]`);
  const cell = (p: Page): Locator => row(p).locator('.ack', { hasText: new RegExp(`${opts.user} .*\\d\\d:\\d\\d`) });
  await page.keyboard.press('j');
  await row(page).and(page.locator('[aria-selected=true]')).waitFor();
  await page.keyboard.press('a');
  await Promise.all([cell(page).waitFor(), cell(other).waitFor()]);
  await page.screenshot({ path: join(opts.artifacts, 'acknowledged.png') });
  say('acknowledged', { text: await cell(page).textContent(), other: await cell(other).textContent() });
  await other.context().close();

  await told(); // the call of another site has been made
  const worked = await walkDesk(page, opts.origin, opts.desk, opts.artifacts);
  await page.goto(opts.origin);
  await cell(page).waitFor();
  say('handed over', { ...worked });

  // From here until it is back, the browser logs that nobody listens.
  watch.allowed.push(/WebSocket connection to .* failed/, /net::ERR_CONNECTION_(REFUSED|RESET)/);
  await told(); // the server is about to stop
  const bar = page.locator('.bar[data-lost]');
  await bar.waitFor();
  await page.screenshot({ path: join(opts.artifacts, 'disconnected.png') });
  say('lost', { text: await bar.textContent() });
  await bar.waitFor({ state: 'detached' });
  await page.locator('.conn[data-state=live]').waitFor();
  watch.allowed.length = 0;
  say('back', { text: await cell(page).textContent() });

  await page.reload();
  await cell(page).waitFor();
  await page.screenshot({ path: join(opts.artifacts, 'restarted.png') });
  say('reloaded', { text: await cell(page).textContent() });
  say('faults', { faults: [...watch.faults, ...otherWatch.faults] });
}

/** Signs in by the form. The question who we are is the one error that may be logged. */
export async function open(opts: Options, browser: Browser, watch: Watch): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'zh-CN' });
  context.setDefaultTimeout(opts.patience);
  watch.follow(context, opts.origin);
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`));
  });
  const page = await context.newPage();
  const refused = page.waitForEvent('console', (m) => m.text().includes('status of 401'));
  watch.allowed.splice(0, Infinity, /status of 401 .*\/api\/v1\/me$/);
  await page.goto(opts.origin);
  await page.fill('input[name=username]', opts.user);
  await refused;
  watch.allowed.length = 0;
  await page.fill('input[name=password]', opts.password);
  await page.click('button[type=submit]');
  await page.locator('.conn[data-state=live]').waitFor();
  return page;
}

/** When a row of the live feed with this text was drawn, in Unix milliseconds. */
async function rowShown(page: Page, text: string): Promise<number> {
  const handle = await page.waitForFunction((want) => {
    const rows = [...document.querySelectorAll('.feed [role=row][data-key]')];
    return rows.some((r) => r.textContent?.includes(want)) ? Date.now() : 0;
  }, text, { polling: 'raf' });
  return (await handle.jsonValue()) as number;
}

/** When the first row of the queue was a critical alarm that is announced, and its id. */
async function criticalOnTop(page: Page): Promise<{ id: string; alarm_at: number }> {
  const handle = await page.waitForFunction(() => {
    const first = document.querySelector<HTMLElement>('.queue [role=row][data-key]');
    const announced = [...document.querySelectorAll('[role=alert]')].some((a) => a.textContent);
    return announced && first?.classList.contains('s-critical') ? { id: first.dataset['key']!, alarm_at: Date.now() } : null;
  }, undefined, { polling: 'raf' });
  return (await handle.jsonValue()) as { id: string; alarm_at: number };
}
