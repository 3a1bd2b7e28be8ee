// The administrator's pages on the mock: devices, notification, audit, settings.
import { expect, test } from 'vitest';
import type { Device } from '../src/lib/types';
import { axe } from './browser';
import { stage, until } from './setup';

const start = stage();
const stray = (now: number): Partial<Device> => ({
  id: 'county/gw1-0001', site: 'county', device: 'gw1-0001', assigned: false, kind: 'temperature', name: { zh: '', en: '' }, status: 'up',
  last_seen: new Date(now).toISOString(), stale: false, last: { type: 'temperature_check', at: new Date(now).toISOString(), text: '<img src=x>' },
});

test('an unknown device appears by itself and is adopted with a form', async () => {
  const s = await start();
  const page = await s.open('admin', '/ops/devices');
  await page.getByText('所有上报的设备均已登记').waitFor();
  const any = [...s.mock.world.devices.values()][0]!;
  s.mock.setDevices([{ ...any, ...stray(s.mock.now()) } as Device]);
  await page.locator('[role=row][data-key="county/gw1-0001"]').getByRole('button', { name: '登记' }).click();
  const form = page.locator('form');
  await form.getByRole('button', { name: '登记' }).click();
  await form.getByText('请选择单位').waitFor();
  await form.locator('select').first().selectOption('s003');
  await form.getByLabel('设备编号').fill('t9');
  await form.getByLabel('中文名称').fill('东门测温');
  expect(await axe(page)).toEqual([]);
  await form.getByRole('button', { name: '登记' }).click();
  await page.getByText('已登记为 s003/t9').waitFor();
  await until(() => page.locator('[role=row][data-key="county/gw1-0001"]').count(), (n) => n === 0);
  expect(s.mock.registry.of('devices').get('s003/t9')).toMatchObject({ kind: 'temperature', name: { zh: '东门测温' } });
});

test('silent devices and wrong clocks are listed with how long and how much', async () => {
  const s = await start({ alarms: 20 });
  const page = await s.open('admin', '/ops/devices?tab=silent');
  const any = [...s.mock.world.devices.values()].find((d) => d.assigned && d.kind !== 'gateway')!;
  s.mock.setDevices([{ ...any, status: 'up', stale: true, last_seen: new Date(s.mock.now() - 12 * 60_000).toISOString() }]);
  await page.locator(`[role=row][data-key="${any.id}"]`).getByText('12 分钟').waitFor();
  const alarm = [...s.mock.alarms.values()].find((a) => a.device)!;
  s.mock.put({ ...alarm, id: 'clk', rule: 'clock_wrong', state: 'unack', value: 312, unit: 's', device: any.device, site: any.site });
  await page.getByRole('button', { name: /时钟错误/ }).click();
  await page.locator(`[role=row][data-key="${any.id}"]`).getByText('312 s').waitFor();
  expect(await page.locator('.panel a[href="/alarms/clk"]').count()).toBe(1);
  expect(await axe(page)).toEqual([]);
});

test('notification: health, a test that fails says why, the log filters, rota and quiet hours are written', async () => {
  const s = await start();
  const page = await s.open('admin', '/ops/notify');
  const mail = page.locator('tr', { hasText: 'mail' }).first();
  await mail.getByText('■ 失败').waitFor();
  await mail.getByRole('button', { name: '发送测试' }).click();
  await page.getByText('测试未送达：connection refused').waitFor();
  await page.locator('tr', { hasText: 'duty' }).first().getByRole('button', { name: '发送测试' }).click();
  await page.getByText('测试已送达').waitFor();
  expect(await axe(page)).toEqual([]);

  await page.getByRole('button', { name: '发送记录' }).click();
  await page.locator('label', { hasText: '状态' }).locator('select').selectOption('dead');
  await page.getByText('550 no such user <b>').first().waitFor();
  await until(() => page.locator('.sent').count(), (n) => n === 0);
  expect(new URL(page.url()).searchParams.get('state')).toBe('dead');
  const givenUp = page.getByRole('button', { name: '重新发送' });
  await givenUp.first().waitFor();
  const before = await givenUp.count();
  await givenUp.first().click();
  await until(() => givenUp.count(), (n) => n === before - 1);
  expect(await axe(page)).toEqual([]);

  await page.getByRole('button', { name: '值班表' }).click();
  await page.getByText('今后 14 天有 14 处空班').waitFor();
  expect(await page.locator('.strip .gap').count()).toBeGreaterThan(13);
  const weekly = page.getByRole('group', { name: '每周班次' });
  await weekly.getByRole('button', { name: '添加' }).click();
  await page.getByRole('button', { name: '保存' }).click();
  await page.getByText('请选择人员').waitFor();
  await weekly.getByLabel('人员').nth(1).selectOption('operator');
  await weekly.getByLabel('起').nth(1).fill('19:00');
  await weekly.getByLabel('止').nth(1).fill('08:00');
  s.watch.allowed.push(/status of (422|409) /);
  await page.getByRole('button', { name: '保存' }).click();
  await page.getByText('overlaps with another').waitFor();
  await weekly.getByLabel('起').nth(1).fill('20:00');
  await page.getByRole('button', { name: '保存' }).click();
  await page.getByText('今后 14 天无空班').waitFor();
  expect(s.mock.admin.rota).toMatchObject({ rev: 3, by: 'admin' });
  s.mock.admin.rota = { ...s.mock.admin.rota, rev: 9, by: 'other' };
  await weekly.getByLabel('起').first().fill('09:00');
  await page.getByRole('button', { name: '保存' }).click();
  await page.getByText('他人已修改此值班表').waitFor();
  expect(await axe(page)).toEqual([]);

  await page.getByRole('button', { name: '免打扰' }).click();
  await page.getByLabel('operator 起').fill('23:00');
  await page.getByLabel('operator 止').fill('06:00');
  await page.locator('li', { hasText: 'operator' }).getByRole('button', { name: '保存' }).click();
  await until(() => s.mock.admin.quiet[0]!.quiet, (x) => x.from === '23:00' && x.to === '06:00');
});

test('an operator keeps rotas and own quiet hours, and sees no other page of operations', async () => {
  const s = await start();
  const page = await s.open('operator', '/ops/notify?tab=quiet');
  await page.getByLabel('zhang 起').waitFor();
  expect(await page.getByLabel('zhang 起').isDisabled()).toBe(true);
  expect(await page.getByLabel('operator 起').isDisabled()).toBe(false);
  expect(await page.getByRole('navigation', { name: '运维页面' }).locator('a').allTextContents()).toEqual(['规则', '通知']);
  await page.goto(`${s.origin}/ops/audit`);
  await page.getByText('仅管理员可查看此页。').waitFor();
  await page.getByRole('navigation', { name: '主导航' }).getByRole('link', { name: '运维' }).click();
  await page.locator('textarea').first().waitFor();
  expect(await page.getByRole('navigation', { name: '运维页面' }).locator('[aria-current=page]').textContent()).toBe('规则');
});

test('audit: one list, filtered in the address, paged; settings without secrets; a cut payload says so', async () => {
  const s = await start();
  const page = await s.open('admin', '/ops/audit?area=registry');
  await until(() => page.locator('[role=row][data-key]').count(), (n) => n === 10);
  await page.locator('label', { hasText: '范围' }).locator('select').selectOption('');
  await page.getByText('已读 25 条').waitFor();
  await page.getByRole('button', { name: '更多' }).click();
  await page.getByText('已读 40 条').waitFor();
  await page.locator('[role=row][data-key="40"]').click();
  await page.locator('pre').getByText('<script>').waitFor();
  await page.getByLabel('操作人').fill('operator');
  await until(() => new URL(page.url()).searchParams.get('by'), (v) => v === 'operator');
  expect(await axe(page)).toEqual([]);

  await page.goto(`${s.origin}/ops/config`);
  await page.getByText('1,095 天').waitFor();
  await page.getByText('dashboard.notify.log_retention').waitFor();
  await page.getByLabel('查找键').fill('secret');
  await until(() => page.locator('pre').textContent(), (v) => v === 'dashboard.notify.receivers.secret_file: /run/secrets/duty');
  expect(await axe(page)).toEqual([]);

  await page.goto(`${s.origin}/ops`);
  await page.locator('.cut').waitFor();
});
