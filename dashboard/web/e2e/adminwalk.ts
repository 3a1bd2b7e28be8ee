// The administrator on the real program: node e2e/run.mjs adminwalk, run by the Go test
// TestAdministratorInBrowser. An unknown device is adopted, a rule is put in force, and what
// it catches is an alarm. Speaks with the test as system.ts does.
import { createInterface } from 'node:readline';
import type { Page } from 'playwright-core';
import { launch, Watch } from './browser';
import { open, say, type Options } from './system';

const RULE = `rules:
  - name: measured
    on: {types: [temperature_check]}
    when: temperature.celsius > 35
    momentary: true
    severity: critical
    text: {zh: 有人测温, en: somebody was measured}
`;

export async function main(): Promise<void> {
  const input = createInterface({ input: process.stdin });
  const lines = input[Symbol.asyncIterator]();
  const browser = await launch();
  input.once('close', () => void browser.close()); // without the test there is nobody to work for
  try {
    const opts = JSON.parse(String((await lines.next()).value)) as Options;
    const watch = new Watch();
    await walk(await open(opts, browser, watch), opts);
    say('faults', { faults: watch.faults });
  } catch (err) {
    say('failed', { error: err instanceof Error ? err.stack : String(err) });
    process.exitCode = 1;
  } finally {
    input.close();
    await browser.close();
  }
}

async function walk(page: Page, opts: Options): Promise<void> {
  await page.click('nav a[href="/ops"]');
  await page.click('nav a[href="/ops/devices"]');
  say('live');
  const row = page.locator(`[role=row][data-key="${opts.person}"]`);
  await row.getByRole('button', { name: '登记' }).click();
  const form = page.locator('form');
  await form.getByLabel('中文名称').fill('南门测温');
  await form.getByRole('button', { name: '登记' }).click();
  await page.getByText(`已登记为 ${opts.person}`).waitFor();
  await row.waitFor({ state: 'detached' });
  await page.screenshot({ path: `${opts.artifacts}/adopted.png` });
  say('adopted');

  await page.click('nav a[href="/ops/rules"]');
  await page.locator('textarea').fill(RULE.replace('celsius', 'nothing'));
  await page.locator('.marks span').first().waitFor(); // the real language finds the fault
  await page.locator('textarea').fill(RULE);
  await page.getByText('检查通过，1 条规则').waitFor();
  await page.getByLabel('修改说明').fill('试行');
  await page.getByRole('button', { name: '发布' }).click();
  await page.getByText('网关执行第 1 版').waitFor();
  await page.screenshot({ path: `${opts.artifacts}/published.png` });
  say('published');

  await page.click('nav a[href="/"]');
  const alarm = page.locator('.queue [role=row][data-key].s-critical').first();
  await alarm.waitFor();
  const id = await alarm.getAttribute('data-key');
  await page.screenshot({ path: `${opts.artifacts}/alarmed.png` });
  say('alarmed', { id, text: await alarm.textContent() });

  await page.goto(`${opts.origin}/ops/audit?area=rules`);
  await page.locator('[role=row][data-key]', { hasText: 'admin' }).first().waitFor();
  await page.click('nav a[href="/ops/config"]');
  await page.getByText('alarm_retention').first().waitFor();
  await page.click('nav a[href="/ops/registry"]');
  await page.locator('[role=row][data-key="s012"]').waitFor();
  say('seen');
}
