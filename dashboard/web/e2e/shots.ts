// Pictures of every page in both languages and themes at four sizes, for a look by eye, with a
// sheet that shows them side by side: make screenshots, or npm run shots -- [page or part of a file name …].
// Without names, the few that the README shows are taken again too.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { DIST, launch } from './browser';
import { Mock } from './mock';
import { fill, places } from './places';
import { settled } from './setup';

const FOLDER = process.env['SHOTS'] ?? fileURLToPath(new URL('../test-results/screenshots', import.meta.url));
const README = fileURLToPath(new URL('../pictures', import.meta.url));
const README_LIMIT = 150_000; // bytes of a picture that is committed
const sizes = { '1366x768': [1366, 768], '1920x1080': [1920, 1080], '3840x2160': [3840, 2160], '390x844': [390, 844] } as const;
type Size = keyof typeof sizes;
type Lang = 'zh' | 'en';
type Theme = 'dark' | 'light';
/** Not places of the router: nobody signed in, a connection that is gone, the help. */
const states = ['login', 'lost', 'help'];
/** The README's pictures: name of the file, page, and how it is seen. */
const readme: [string, string, Size, Theme][] = [
  ['situation', 'situation', '1366x768', 'dark'], ['alarm', 'alarm', '1366x768', 'dark'], ['cameras', 'cameras', '1366x768', 'dark'], ['desk', 'desk', '390x844', 'light'],
];

async function context(browser: Browser, origin: string, size: Size, lang: Lang, theme: Theme): Promise<BrowserContext> {
  const [width, height] = sizes[size];
  const c = await browser.newContext({ viewport: { width, height }, locale: lang === 'zh' ? 'zh-CN' : 'en-GB', reducedMotion: 'reduce' });
  await c.addInitScript(([l, t]) => {
    localStorage.setItem('campusgate.lang', l!);
    localStorage.setItem('campusgate.theme', t!);
  }, [lang, theme]);
  await c.request.post(`${origin}/api/v1/login`, { data: { username: 'admin', password: 'secret' } });
  return c;
}

async function show(page: Page, mock: Mock, origin: string, name: string): Promise<void> {
  if (name === 'login') {
    await page.context().clearCookies();
    await page.goto(origin);
    await page.waitForSelector('form');
    return;
  }
  await page.goto(origin + (places[name] ?? '/'));
  await settled(page);
  if (name === 'cameras') await page.locator('canvas').press('ArrowRight');
  if (name === 'help') {
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
  }
  if (name === 'lost') {
    mock.refuse = true;
    mock.cut();
    await page.waitForSelector('[data-lost].bar');
  }
}

function sheet(files: string[]): string {
  const names = [...new Set(files.map((f) => f.replace(/_.*/, '')))];
  const rows = names.map((n) => `<h2>${n}</h2><div>${files.filter((f) => f.startsWith(`${n}_`)).map((f) =>
    `<a href="${f}"><img loading="lazy" alt="${f}" src="${f}"><br>${f.slice(n.length + 1, -4)}</a>`).join('')}</div>`);
  return `<!doctype html><meta charset="utf-8"><title>campusgate</title><style>body{font:13px sans-serif;background:#888}div{display:flex;flex-wrap:wrap;gap:8px}a{color:#000}img{height:220px}</style>${rows.join('\n')}\n`;
}

export async function main(only: string[]): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const mock = new Mock({ dist: DIST, alarms: 60, events: 500 });
  fill(mock);
  const origin = await mock.start();
  const browser = await launch();
  let taken = 0;
  try {
    for (const size of Object.keys(sizes) as Size[]) for (const lang of ['zh', 'en'] as const) for (const theme of ['dark', 'light'] as const) {
      const file = (name: string): string => `${name}_${size}_${lang}_${theme}.png`;
      const names = [...Object.keys(places), ...states].filter((n) => only.length === 0 || only.some((o) => (o.includes('_') ? file(n).includes(o) : n === o)));
      if (names.length === 0) continue;
      for (const name of names) {
        // A context each: no page sees what another one has stored.
        const c = await context(browser, origin, size, lang, theme);
        const page = await c.newPage();
        await show(page, mock, origin, name);
        await page.screenshot({ path: join(FOLDER, file(name)) });
        mock.refuse = false;
        await c.close();
        taken++;
      }
      console.log(`${size} ${lang} ${theme}: ${names.length}`);
    }
    if (only.length === 0 || only.includes('readme')) {
      mkdirSync(README, { recursive: true });
      for (const [name, place, size, theme] of readme) for (const lang of ['zh', 'en'] as const) {
        const c = await context(browser, origin, size, lang, theme);
        const page = await c.newPage();
        await show(page, mock, origin, place);
        const cdp = await c.newCDPSession(page);
        const { data } = await cdp.send('Page.captureScreenshot', { format: 'webp', quality: 82 });
        const bytes = Buffer.from(data, 'base64');
        if (bytes.length > README_LIMIT) throw new Error(`${name}-${lang}.webp has ${bytes.length} bytes; at most ${README_LIMIT} are committed`);
        writeFileSync(join(README, `${name}-${lang}.webp`), bytes);
        await c.close();
      }
    }
  } finally {
    await browser.close();
    await mock.stop();
  }
  writeFileSync(join(FOLDER, 'index.html'), sheet(readdirSync(FOLDER).filter((f) => f.endsWith('.png')).sort()));
  console.log(`${taken} pictures; ${join(FOLDER, 'index.html')} shows them`);
}
