import { describe, expect, test } from 'vitest';
import { holdsUp, stage, until } from './setup';

const begin = stage();
const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const paths = ['/inspections', '/inspections?tab=draws', '/inspections?tab=notices', '/inspections/i2026-0001', '/inspections/i2026-0013', '/notices/n2026-0001', '/hazards', '/hazards?id=h2026-0001'];
const ready = '[data-case], [data-draw], [data-item], [data-notice]';

describe('every page of inspections', () => {
  test('axe clean in both themes and languages, no raw key, fits a phone and 125 %', async () => {
    const { mock, open } = await begin();
    mock.inspect.fill();
    const page = await open('inspector');
    for (const path of paths) {
      await holdsUp(page, path, ready);
    }
  }, 180_000);
});

test('a draw plans inspections, is verified, and says what size is possible', async () => {
  const { open, watch } = await begin();
  watch.allowed.push(/status of 422 .*\/draws/);
  const page = await open('inspector', '/inspections?tab=draws');
  const form = page.locator('form');
  await form.getByLabel('抽取数量').fill('x');
  await form.getByRole('button', { name: '抽取' }).click();
  expect(await page.locator('#draw-size').textContent()).toContain('数量不在允许范围');
  await form.getByLabel('抽取数量').fill('1');
  await form.getByRole('button', { name: '抽取' }).click();
  await until(() => page.locator('#draw-size').textContent(), (s) => /\d+–\d+/.test(s ?? ''));
  await form.getByLabel('抽取数量').fill('12');
  await form.getByRole('button', { name: '抽取' }).click();
  await until(() => page.locator('form [data-said]').textContent(), (s) => !!s?.includes('d2026-0001'));
  await page.locator('[data-draw]').getByRole('button', { name: '核验' }).click();
  await until(() => page.locator('[data-verdict]').textContent(), (s) => !!s?.includes('核验通过'));
  await page.locator('[data-draw]').getByRole('link', { name: '查看任务' }).click();
  await until(() => page.locator('[data-case]').count(), (n) => n > 5);
  expect(new URL(page.url()).searchParams.get('draw')).toBe('d2026-0001');
});

test('finding, notice, reply and re-check; the print page has the number', async () => {
  const { mock, open } = await begin();
  mock.inspect.plan('s002', 'guard', '', 'inspector');
  const page = await open('inspector', '/inspections/i2026-0001');
  const items = page.locator('[data-item]');
  await items.first().waitFor();
  await page.getByRole('button', { name: '完成检查' }).click();
  expect(await page.getByRole('alert').allTextContents()).toContain('还有 8 项未填写');
  const n = await items.count();
  for (let i = 0; i < n; i++) await items.nth(i).getByRole('radio', { name: i === 0 ? '不合格' : '合格', exact: true }).check();
  await items.first().getByLabel('情况说明').fill('缺一名保安员 <img src=x onerror=alert(1)>');
  await page.locator('input[type=file]').setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: pixel });
  await page.locator('[data-picture]').waitFor();
  await page.getByRole('button', { name: '完成检查' }).click();
  await page.locator('input[name=days]').fill('0');
  await page.locator('form').getByRole('button', { name: '下达限期整改通知书' }).click();
  expect(await page.locator('#days-bad').textContent()).toBe('填写 1 到 60');
  await page.locator('input[name=days]').fill('5');
  await page.locator('form').getByRole('button', { name: '下达限期整改通知书' }).click();
  await page.locator('[data-notice=n2026-0001]').waitFor();
  expect(await page.locator('[data-number]').textContent()).toContain('整改〔2026〕0001 号');
  expect(await page.locator('[data-notice] li').textContent()).toContain('<img src=x onerror=alert(1)>');
  await page.emulateMedia({ media: 'print' });
  expect(await page.locator('nav').first().isVisible()).toBe(false);
  expect(await page.locator('.seal').isVisible()).toBe(true);
  await page.emulateMedia({ media: 'screen' });

  const school = await open('guard', '/notices/n2026-0001');
  await school.getByRole('button', { name: '签收' }).click();
  await until(() => school.locator('b[data-state]').textContent(), (s) => s === '已签收');
  await school.getByRole('button', { name: '回复整改情况' }).click();
  await school.getByRole('button', { name: '确定: 回复整改情况' }).click();
  expect(await school.locator('#case-fault').textContent()).toBe('请填写说明');
  await school.locator('form textarea').fill('已补齐');
  await school.getByRole('button', { name: '确定: 回复整改情况' }).click();
  await until(() => school.locator('b[data-state]').textContent(), (s) => s === '已回复待复查');
  expect(await school.getByRole('button', { name: '复查通过' }).count()).toBe(0);

  await page.reload();
  await page.getByRole('button', { name: '复查通过' }).click();
  await until(() => page.locator('b[data-state]').textContent(), (s) => s === '已销号');
  expect(await page.locator('[data-step]').count()).toBe(4);
});

test('somebody was faster: it is said who, and fetched again; offline is refused', async () => {
  const { mock, open, watch } = await begin();
  mock.inspect.fill();
  watch.allowed.push(/status of 409/, /WebSocket connection/);
  const page = await open('inspector', '/notices/n2026-0001');
  await page.locator('[data-notice]').waitFor();
  const other = mock.inspect.cases.find((d) => d.case.id === 'n2026-0001')!;
  Object.assign(other.case, { rev: 2, state: 'received', updated_by: 'guard' });
  await page.getByRole('button', { name: '复查通过' }).click();
  await until(() => page.locator('[data-said]').textContent(), (s) => !!s?.startsWith('guard 刚刚修改过'));
  await until(() => page.locator('b[data-state]').textContent(), (s) => s === '已签收');
  mock.refuse = true;
  mock.cut();
  await page.locator('[data-lost].bar').waitFor();
  await page.getByRole('button', { name: '复查通过' }).click();
  expect(await page.locator('[data-said]').textContent()).toContain('未发送');
});

test('a hidden danger from its report to its end', async () => {
  const { open } = await begin();
  const school = await open('guard', '/hazards');
  await school.getByRole('button', { name: '上报隐患' }).click();
  await school.getByRole('button', { name: '上报', exact: true }).click();
  expect(await school.locator('#hz-fault').textContent()).toBe('请填写隐患描述');
  await school.getByLabel('隐患描述').fill('三楼栏杆松动');
  await school.getByRole('button', { name: '上报', exact: true }).click();
  await school.locator('[data-hazard=h2026-0001]').waitFor();
  const page = await open('inspector', '/hazards?id=h2026-0001');
  await page.getByRole('button', { name: '交办' }).click();
  await page.getByLabel('责任人账号').selectOption('guard');
  await page.getByRole('button', { name: '确定: 交办' }).click();
  await until(() => page.locator('.detail [data-state]').textContent(), (s) => s === '整改中');
  await school.reload();
  await school.getByRole('button', { name: '完成' }).click();
  await school.locator('.detail form textarea').fill('已焊接');
  await school.getByRole('button', { name: '确定: 完成' }).click();
  await until(() => school.locator('.detail [data-state]').textContent(), (s) => s === '已完成');
  await page.reload();
  await page.getByRole('button', { name: '复查通过' }).click();
  await page.getByRole('button', { name: '销号' }).click();
  await until(() => page.locator('.detail [data-state]').textContent(), (s) => s === '已销号');
  await until(() => page.locator('[data-case]').first().textContent(), (s) => !!s?.includes('已销号'));
});

test('a school sees neither draws nor what is still to be inspected', async () => {
  const { mock, open, watch } = await begin();
  watch.allowed.push(/status of 404/);
  mock.inspect.plan('s002', 'guard', '', 'inspector');
  const page = await open('guard', '/inspections?tab=draws');
  await page.locator('.empty').waitFor();
  expect(await page.getByRole('link', { name: '随机抽查' }).count()).toBe(0);
  await page.goto(new URL('/inspections/i2026-0001', page.url()).href);
  await until(() => page.locator('.empty').textContent(), (s) => s === '未找到。');
});
