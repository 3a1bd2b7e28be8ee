// Inspections on the real program, run by the Go test TestInspectionInBrowser: an inspector
// draws, inspects and orders; the school answers; the inspector looks again.
import type { Browser, Page } from 'playwright-core';
import { Watch } from './browser';
import { onServer, open, say, type Options } from './system';

export const main = (): Promise<void> => onServer(walk);

async function walk(opts: Options, browser: Browser): Promise<void> {
  const watches = [new Watch(), new Watch()];
  const page = await open(opts, browser, watches[0]!);
  const state = async (p: Page, word: string): Promise<void> => p.locator('b[data-state]', { hasText: word }).first().waitFor();

  await page.goto(`${opts.origin}/inspections?tab=draws`);
  await page.locator('form select').selectOption('guard');
  await page.getByLabel('抽取数量').fill('86');
  await page.getByRole('button', { name: '抽取' }).click();
  const draw = page.locator('[data-draw]').first();
  await draw.getByRole('button', { name: '核验' }).click();
  await draw.locator('[data-verdict].ok').waitFor();
  say('drawn', { text: await draw.locator('[data-verdict]').textContent() });

  await page.goto(`${opts.origin}/inspections?site=${opts.person}`);
  await page.locator('[data-case] a').first().click();
  const items = page.locator('[data-item]');
  await items.first().waitFor();
  for (let i = 0; i < (await items.count()); i++) await items.nth(i).getByRole('radio', { name: i === 0 ? '不合格' : '合格', exact: true }).check();
  await page.getByRole('button', { name: '完成检查' }).click();
  await page.locator('input[name=days]').fill('5');
  await page.locator('form').getByRole('button', { name: '下达限期整改通知书' }).click();
  const number = page.locator('[data-number]');
  await number.waitFor();
  await page.emulateMedia({ media: 'print' });
  await page.screenshot({ path: `${opts.artifacts}/notice.png`, fullPage: true });
  const seal = await page.locator('.seal').isVisible();
  say('issued', { text: (await number.textContent()) ?? '', other: String(seal) });
  await page.emulateMedia({ media: 'screen' });

  const school = await open({ ...opts, user: 'guard' }, browser, watches[1]!);
  await school.goto(page.url());
  await school.getByRole('button', { name: '签收' }).click();
  await state(school, '已签收');
  await school.getByRole('button', { name: '回复整改情况' }).click();
  await school.locator('form textarea').fill('已补齐保安员');
  await school.getByRole('button', { name: '确定: 回复整改情况' }).click();
  await state(school, '已回复待复查');
  say('replied');

  await page.reload();
  await page.getByRole('button', { name: '复查通过' }).click();
  await state(page, '已销号');
  say('closed', { text: page.url() });
  say('faults', { faults: watches.flatMap((w) => w.faults) });
}
