import { expect, test } from 'vitest';
import { axe } from './browser';
import { stage, until } from './setup';

const begin = stage();

test('an inspection that was not drawn is planned with its camera; what lacks is said beside', async () => {
  const { mock, open } = await begin();
  const page = await open('inspector', '/inspections');
  await page.getByRole('button', { name: '指定检查' }).click();
  const form = page.locator('form');
  await form.getByRole('button', { name: '列入计划' }).click();
  expect(await page.locator('#plan-fault').textContent()).toBe('请选择单位');
  await page.locator('#plan-site').selectOption('s002');
  await form.getByRole('button', { name: '列入计划' }).click();
  expect(await page.locator('#plan-fault').textContent()).toBe('请选择摄像头');
  expect(await axe(page)).toEqual([]);
  await form.locator('select[name=device]').selectOption('c3');
  await form.getByRole('button', { name: '列入计划' }).click();
  await page.locator('[data-item]').first().waitFor();
  expect(mock.inspect.cases.at(-1)!.case).toMatchObject({ kind: 'inspection', site: 's002', device: 'c3', state: 'planned', check: { topic: 'camera', draw: '' } });
  const guard = await open('guard', '/inspections');
  await guard.locator('#case-site').waitFor();
  expect(await guard.getByRole('button', { name: '指定检查' }).count()).toBe(0);
});

test('who mends a hidden danger is chosen among accounts, or typed', async () => {
  const { mock, open } = await begin();
  mock.inspect.fill();
  const one = mock.inspect.cases.find((c) => c.case.kind === 'hazard' && c.case.state === 'reported')!;
  const page = await open('inspector', `/hazards?id=${one.case.id}`);
  await page.locator('[data-hazard]').getByRole('button', { name: '交办', exact: true }).click();
  const select = page.locator('select[name=assignee]');
  await select.waitFor();
  await page.getByRole('button', { name: '确定: 交办' }).click();
  expect(await page.locator('#case-fault').textContent()).toBe('填写账号名');
  await select.selectOption('?');
  await page.locator('input[name=account]').fill('repair');
  await select.selectOption('guard');
  expect(await page.locator('input[name=account]').count()).toBe(0);
  await page.getByRole('button', { name: '确定: 交办' }).click();
  await until(() => mock.inspect.cases.find((c) => c.case.id === one.case.id)!.case.hazard!.assignee, (a) => a === 'guard');
});
