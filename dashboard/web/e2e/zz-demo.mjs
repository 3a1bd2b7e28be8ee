import { chromium } from 'playwright-core';
const [,, user, pass, out, ...paths] = process.argv;
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--enable-unsafe-swiftshader'] });
const size = (process.env.SIZE || '1366x768').split('x').map(Number);
const ctx = await b.newContext({ viewport: { width: size[0], height: size[1] }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
const page = await ctx.newPage();
const bad = [];
page.on('console', (m) => { if (m.type() === 'error') bad.push(`${page.url()} ${m.text()}`); });
page.on('pageerror', (e) => bad.push(`${page.url()} ${e}`));
page.on('response', (r) => { if (r.status() >= 400) bad.push(`${r.status()} ${r.url()}`); });
const base = 'http://127.0.0.1:18080';
await page.goto(base + '/');
await page.locator('input[name=username], input[autocomplete=username], input').first().fill(user);
await page.locator('input[type=password]').fill(pass);
await page.keyboard.press('Enter');
await page.waitForTimeout(4000);
for (const p of paths) {
  await page.goto(base + p);
  await page.waitForTimeout(Number(process.env.WAIT || 5000));
  await page.screenshot({ path: `${out}/${(process.env.TAG||'')}${p.replace(/[^a-z0-9]+/gi, '_')}.png` });
}
console.log([...new Set(bad)].join('\n') || 'no errors');
await b.close();
