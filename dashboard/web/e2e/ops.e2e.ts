// The administrator's pages on the mock: registry and rules.
import { expect, test } from 'vitest';
import { axe } from './browser';
import { RULES } from './ops';
import { stage, until } from './setup';

const start = stage();

test('registry: an entry is found, changed, refused with the reason at its field, and its history tells', async () => {
  const s = await start();
  const page = await s.open('admin', '/ops/registry?q=s003');
  await page.locator('[role=row][data-key=s003]').click();
  const form = page.locator('form');
  await form.getByLabel('学生人数').fill('many');
  await form.getByRole('button', { name: '保存' }).click();
  await form.getByText('应为数字').waitFor();
  await form.getByLabel('学生人数').fill('200000');
  s.watch.allowed.push(/status of (422|409) /);
  await form.getByRole('button', { name: '保存' }).click();
  await form.getByText('0 至 100000').waitFor();
  expect(await form.getByLabel('学生人数').getAttribute('aria-invalid')).toBe('true');
  await form.getByLabel('学生人数').fill('431');
  await form.getByLabel('周六').check();
  await form.getByRole('button', { name: '保存' }).click();
  await page.getByText('→ 431').waitFor();
  expect(s.mock.registry.of('sites').get('s003')).toMatchObject({ pupils: 431, rev: 2, hours: { days: ['sat'], open: '07:00' } });

  // Somebody else is faster.
  s.mock.registry.put({ username: 'other', role: 'admin', scope: ['*'], permissions: [] }, 'sites', 's003', { ...s.mock.registry.of('sites').get('s003'), township: 'x' });
  await form.getByLabel('乡镇').fill('城关镇');
  await form.getByRole('button', { name: '保存' }).click();
  await page.getByText(/已由 other 于 .* 修改/).waitFor();
  expect(await axe(page)).toEqual([]);
});

test('registry: a file is tried first, refused lines are named, good ones taken', async () => {
  const s = await start();
  const page = await s.open('admin', '/ops/registry');
  await page.getByRole('button', { name: '导入', exact: true }).click();
  await page.getByRole('button', { name: '试导入' }).click();
  await page.getByText('请选择文件').waitFor();
  await page.locator('input[type=file]').setInputFiles({ name: 'sites.csv', mimeType: 'text/csv', buffer: Buffer.from('site,name_zh,pupils\ns990,新校,12\ns991,=坏行,many\n') });
  await page.getByRole('button', { name: '试导入' }).click();
  await page.getByText('尚未改动登记册').waitFor();
  const wrong = page.getByRole('region', { name: '有误的行' }).locator('tbody tr');
  expect(await wrong.allTextContents()).toEqual(['3pupilsmany整数']);
  expect(await page.getByRole('button', { name: '全部导入' }).isDisabled()).toBe(true);
  expect(s.mock.registry.of('sites').has('s990')).toBe(false);
  await page.getByRole('button', { name: '只导入无误的行' }).click();
  await page.getByText(/已导入，登记册第 \d+ 版/).waitFor();
  expect(s.mock.registry.of('sites').has('s990')).toBe(true);
  await page.locator('[role=row][data-key=s990]').waitFor();
  await page.getByRole('button', { name: '最近变更' }).click();
  await page.getByText('单位 s990').or(page.getByText('s990')).first().waitFor();
  expect(await axe(page)).toEqual([]);
});

test('registry: people are masked, devices are made and removed', async () => {
  const s = await start();
  const page = await s.open('admin', '/ops/registry?sheet=people&key=p-001');
  await page.getByRole('button', { name: /完整内容/ }).click();
  await page.getByLabel('查看理由').fill('联系家长');
  await page.getByRole('button', { name: '确认查看' }).click();
  await page.getByText('张三三').waitFor();
  await page.goto(`${s.origin}/ops/registry?sheet=devices&do=new`);
  await page.getByRole('button', { name: '保存' }).click();
  await page.getByText('请填写编号').first().waitFor();
  await page.getByLabel('单位编号').fill('s001');
  await page.getByLabel('设备编号').fill('c99');
  await page.getByLabel('协议地址').fill('gb28181:34020000001320000099');
  await page.getByLabel('值守时间').selectOption('hours');
  await page.getByLabel('值守始').fill('22:00');
  await page.getByRole('button', { name: '保存' }).click();
  await page.getByRole('heading', { name: 's001/c99' }).waitFor();
  expect(s.mock.registry.of('devices').get('s001/c99')).toMatchObject({ addresses: ['gb28181:34020000001320000099'], duty_hours: { from: '22:00', days: [] } });
  await page.getByRole('button', { name: '删除' }).click();
  await page.getByRole('button', { name: '确认删除' }).click();
  await until(() => !s.mock.registry.of('devices').has('s001/c99'));
});

test('rules: a fault stands at its line, what is good is published with a note, and goes back', async () => {
  const s = await start();
  const page = await s.open('admin', '/ops/rules');
  const text = page.getByLabel('规则文本（YAML）').and(page.locator('textarea'));
  await until(() => text.inputValue(), (v) => v === RULES);
  await text.fill(RULES.replace('gate_access', 'broken'));
  await page.getByText('1 处错误').waitFor();
  expect(await page.locator('.marks').innerText()).toContain('unknown name "broken"');
  await page.getByRole('button', { name: '第 3 行第 11 列' }).click();
  expect(await text.evaluate((t: HTMLTextAreaElement) => t.value.slice(t.selectionStart, t.selectionStart + 6))).toBe('broken');
  expect(await page.getByRole('button', { name: '发布' }).isDisabled()).toBe(true);
  expect(await axe(page)).toEqual([]);

  await text.fill(RULES.replace('high', 'critical'));
  await page.getByText('检查通过，1 条规则').waitFor();
  // What is written outlives a reload.
  page.on('dialog', (d) => void d.accept());
  await page.reload();
  await until(() => text.inputValue(), (v) => v.includes('critical'));
  await page.getByRole('button', { name: '与当前版本比较' }).click();
  expect(await page.locator('.diff .add').innerText()).toContain('severity: critical');
  await page.getByRole('button', { name: '发布' }).click();
  await page.getByText('请写明改了什么').waitFor();
  await page.getByLabel('修改说明').fill('夜间进入最紧急');
  await page.getByRole('button', { name: '发布' }).click();
  await page.getByText('已发布为第 3 版').waitFor();

  await page.getByRole('button', { name: '历史版本' }).click();
  await page.getByRole('button', { name: /^2 / }).click();
  await page.getByText('第 1 版 → 第 2 版').first().waitFor();
  await page.getByLabel('修改说明').fill('恢复');
  await page.getByRole('button', { name: '恢复此版本' }).click();
  await page.getByRole('button', { name: /^4 / }).waitFor();
  expect(s.mock.rules.versions.at(-1)).toMatchObject({ version: 4, text: RULES, restored: 2, note: '恢复' });
  expect(await axe(page)).toEqual([]);
});

test('rules: somebody else has published meanwhile; what was written stays', async () => {
  const s = await start();
  const page = await s.open('admin', '/ops/rules');
  const text = page.locator('textarea');
  await until(() => text.inputValue(), (v) => v === RULES);
  await text.fill(`${RULES}# mine\n`);
  s.mock.rules.publish('other', 'theirs', `${RULES}# theirs\n`);
  s.watch.allowed.push(/status of 409 /);
  await page.getByLabel('修改说明').fill('x');
  await page.getByRole('button', { name: '发布' }).click();
  await page.getByText('他人已发布新版本').waitFor();
  expect(await text.inputValue()).toContain('# mine');
  expect(await page.locator('.diff').innerText()).toContain('# theirs');
  await page.getByRole('button', { name: '读取最新版本' }).click();
  await until(() => text.inputValue(), (v) => v.includes('# theirs'));
});

test('rules: a back-test shows counts by day and what it would load on operators', async () => {
  const s = await start();
  const page = await s.open('operator', '/ops/rules?tab=backtest');
  await page.getByText('还没有测试过').waitFor();
  await page.getByLabel('值班人数').fill('0');
  await page.getByRole('button', { name: '开始测试' }).click();
  await page.getByText('1 至 1000 的整数').waitFor();
  await page.getByLabel('值班人数').fill('2');
  await page.getByRole('button', { name: '开始测试' }).click();
  await page.locator('.state.done').waitFor();
  expect(await page.locator('svg rect').count()).toBe(7);
  expect(await page.locator('table caption + tbody tr').count()).toBe(7);
  await page.getByText('夜间进入 <b>').waitFor();
  expect(await axe(page)).toEqual([]);
});
