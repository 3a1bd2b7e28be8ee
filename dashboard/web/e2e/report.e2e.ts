import { expect, test } from 'vitest';
import { floor2 } from '../src/lib/uptime';
import { holdsUp, stage, until } from './setup';

const begin = stage();
const me = { username: 'inspector', name: { zh: '', en: '' }, role: 'inspector' as const, scope: ['*'], permissions: [] };

test('list and report: axe clean in both themes and languages, no raw key, fits a phone and 125 %', async () => {
  const { mock, open } = await begin();
  mock.inspect.fill();
  mock.uptime.missing.add('2026-10-05');
  mock.reports.make('2026-09', me);
  mock.reports.make('2026-10', me);
  const page = await open('inspector');
  for (const path of ['/reports', '/reports?month=2026-10']) {
    await holdsUp(page, path, '[data-head], [data-report]');
  }
}, 120_000);

test('a report is made, opened, and says what the uptime page says; the next one does not replace it', async () => {
  const { mock, open } = await begin();
  const page = await open('inspector', '/reports');
  await until(() => page.locator('#main').textContent(), (t) => !!t?.includes('尚无报告'));
  await page.getByLabel('月份').selectOption('2026-10');
  await page.getByRole('button', { name: '编制报告' }).click();
  await page.locator('[data-head="2026-10/1"]').waitFor();
  await page.getByRole('button', { name: '编制报告' }).click();
  await page.locator('[data-head="2026-10/2"]').waitFor();
  expect(mock.reports.kept).toHaveLength(2);
  await page.locator('[data-head="2026-10/1"] a').first().click();
  const paper = page.locator('[data-report="2026-10"][data-rev="1"]');
  await paper.waitFor();
  expect(new URL(page.url()).search).toBe('?month=2026-10&rev=1');
  const said = await paper.locator('[data-kind=camera] td.num').nth(1).textContent();
  expect(said).toBe(`${floor2(mock.reports.kept[0]!.report.kinds[0]!.total.rates.online_pct!).toFixed(2)} %`);
  expect(await paper.textContent()).toContain(mock.reports.kept[0]!.head.inputs);
  const camera = mock.reports.kept[0]!.report.kinds[0]!.total;
  const unobserved = (await paper.locator('[data-kind=camera] [data-unobserved]').textContent())!.replaceAll(',', '');
  expect(unobserved).toBe((camera.causes.unobserved / 3600).toFixed(1)); // beside the base, in no cause
  await page.goto(new URL('/uptime?range=own&from=2026-10-01&to=2026-10-31', page.url()).href);
  await until(() => page.locator('[data-rate=online_pct] .big').textContent(), (t) => t === said);
});

test('print: light, whole, without buttons; n/a is not ranked; who may not make one sees no form', async () => {
  const { mock, open } = await begin();
  for (const d of [...mock.world.devices.values()]) if (d.site === 's003') mock.world.devices.set(d.id, { ...d, status: 'unknown' });
  mock.uptime.missing.add('2026-10-05');
  mock.reports.make('2026-10', me);
  const page = await open('operator', '/reports?month=2026-10');
  await page.locator('[data-report]').waitFor();
  expect(await page.locator('[data-missing]').textContent()).toContain('1 天没有日结果，未计入：10-05');
  const last = page.locator('[data-table=sites] tbody tr').last();
  expect(await last.locator('td').first().textContent()).toBe('–');
  expect(await last.textContent()).toContain('无数据');
  await page.emulateMedia({ media: 'print' });
  expect(await page.locator('[data-file]').first().isVisible()).toBe(false);
  expect((await page.pdf()).byteLength).toBeGreaterThan(20_000);
  await page.emulateMedia({ media: 'screen' });
  await page.goto(new URL('/reports', page.url()).href);
  await page.locator('[data-head]').waitFor();
  expect(await page.getByRole('button', { name: '编制报告' }).count()).toBe(0);
  const guard = await open('guard', '/uptime');
  await guard.locator('[data-rate]').first().waitFor();
  expect(await guard.getByRole('link', { name: '月度报告' }).count()).toBe(0);
});
