import { expect, test } from 'vitest';
import { axe, login } from './browser';
import { alarm } from './county';
import { row, stage, until } from './setup';

const start = stage();

test('login asks for the second factor, refuses a used code, and takes a recovery code', async () => {
  const s = await start();
  s.mock.people.totp = 'on';
  s.mock.people.used.add('123456');
  const page = await (await s.context()).newPage();
  await page.goto(s.origin);
  await page.fill('input[name=username]', 'operator');
  await page.fill('input[name=password]', 'secret');
  await page.click('button[type=submit]');
  const code = page.getByLabel('验证码');
  await code.waitFor();
  expect(await code.evaluate((e) => e === document.activeElement)).toBe(true);
  expect(await axe(page)).toEqual([]);
  await code.fill('123456');
  await page.keyboard.press('Enter');
  await page.getByText('验证码不正确或已用过。').waitFor();
  await code.fill('abcd-efgh-ij03');
  await page.keyboard.press('Enter');
  await page.locator('nav a').first().waitFor();
  // Back begins anew, and the password is not kept.
  const other = await (await s.context()).newPage();
  await other.goto(s.origin);
  await other.fill('input[name=username]', 'operator');
  await other.fill('input[name=password]', 'secret');
  await other.click('button[type=submit]');
  await other.getByRole('button', { name: '返回' }).click();
  expect(await other.inputValue('input[name=password]')).toBe('');
});

test('a password that somebody else chose is replaced at the first login', async () => {
  const s = await start();
  s.watch.allowed.push(/status of (403|422) .*login/);
  s.mock.people.mustChange = true;
  const page = await (await s.context()).newPage();
  await page.goto(s.origin);
  await page.fill('input[name=username]', 'operator');
  await page.fill('input[name=password]', 'secret');
  await page.click('button[type=submit]');
  await page.getByText('密码由管理员设定').waitFor();
  expect(await axe(page)).toEqual([]);
  await page.fill('input[name=new-password]', 'short');
  await page.fill('input[name=again]', 'short');
  await page.click('button[type=submit]');
  await page.locator('[role=alert]').getByText('至少 12 个字符').waitFor();
  await page.fill('input[name=new-password]', 'password12345');
  await page.fill('input[name=again]', 'password12346');
  await page.click('button[type=submit]');
  await page.getByText('两次输入不一致').waitFor();
  await page.fill('input[name=again]', 'password12345');
  await page.click('button[type=submit]');
  await page.getByText('tried first').waitFor();
  await page.fill('input[name=new-password]', 'a river runs uphill');
  await page.fill('input[name=again]', 'a river runs uphill');
  await page.click('button[type=submit]');
  await page.locator('nav a').first().waitFor();
  expect(s.mock.people.password).toBe('a river runs uphill');
});

test('own account: password, second factor, sessions, tokens', async () => {
  const s = await start();
  s.watch.allowed.push(/status of 422 /);
  const page = await s.open('operator');
  await page.locator('a.who').click();
  await page.getByRole('heading', { name: '我的账户' }).waitFor();
  expect(new URL(page.url()).pathname).toBe('/account');
  await page.getByText('<b>odd</b> agent').waitFor(); // text, whatever a browser calls itself
  expect(await axe(page)).toEqual([]);

  const form = page.locator('section', { has: page.getByRole('heading', { name: '修改密码' }) });
  await form.getByLabel('当前密码').fill('wrong');
  await form.getByLabel('新密码').fill('nine lives of a cat');
  await form.getByLabel('再输入一次').fill('nine lives of a cow');
  await form.getByRole('button', { name: '修改' }).click();
  await form.getByText('两次输入不一致').waitFor();
  await form.getByLabel('再输入一次').fill('nine lives of a cat');
  await form.getByRole('button', { name: '修改' }).click();
  await form.getByText('当前密码不正确').waitFor();
  await form.getByLabel('当前密码').fill('secret');
  await form.getByRole('button', { name: '修改' }).click();
  await form.getByText('密码已修改，其他会话已结束。').waitFor();
  await until(() => page.locator('section[aria-label=登录会话] tbody tr').count(), (n) => n === 1);

  const factor = page.locator('[data-factor]');
  await factor.getByLabel('您的密码').fill('wrong');
  await factor.getByRole('button', { name: '启用' }).click();
  await factor.getByText('当前密码不正确').waitFor();
  await factor.getByLabel('您的密码').fill('nine lives of a cat');
  await factor.getByRole('button', { name: '启用' }).click();
  await factor.getByRole('img', { name: '两步验证密钥的二维码' }).waitFor();
  expect(await axe(page)).toEqual([]);
  await factor.getByLabel('验证器显示的 6 位数字').fill('000000');
  await factor.getByRole('button', { name: '确认启用' }).click();
  await factor.getByText('验证码不正确或已用过。').waitFor();
  await factor.getByLabel('验证器显示的 6 位数字').fill('123 456');
  await factor.getByRole('button', { name: '确认启用' }).click();
  await until(() => factor.locator('[data-codes] li').count(), (n) => n === 10);
  await factor.getByRole('button', { name: '我已保存' }).click();
  await factor.getByText('已启用，剩余 10 个备用码。').waitFor();

  const tokens = page.locator('[data-tokens]');
  await tokens.getByRole('button', { name: '新建令牌' }).click();
  await tokens.getByRole('button', { name: '创建' }).click();
  await tokens.getByText('请填写名称').waitFor();
  await tokens.getByText('请至少选择一项权限').waitFor();
  await tokens.getByLabel('名称').fill('月报');
  await tokens.getByRole('group', { name: '告警' }).getByLabel('查看').check();
  await tokens.getByRole('textbox', { name: /^单位/ }).fill('s999');
  await tokens.getByRole('button', { name: '创建' }).click();
  await tokens.getByText('within your own scope').waitFor();
  await tokens.getByRole('textbox', { name: /^单位/ }).fill('s001 s002');
  expect(await axe(page)).toEqual([]);
  await tokens.getByRole('button', { name: '创建' }).click();
  await tokens.getByText('cgt_ABCDEFGHIJKLMNOPQRSTUVWXYZ').waitFor();
  expect(s.mock.people.tokens[0]).toMatchObject({ name: '月报', permissions: ['alarms.view'], scope: ['s001', 's002'] });
  await tokens.locator('[data-once]').getByRole('button', { name: '关闭' }).click();
  await until(() => tokens.locator('[data-once]').count(), (n) => n === 0);
  await tokens.getByRole('button', { name: '吊销' }).click();
  await tokens.locator('tr.struck').waitFor();
});

test('administrator: makes an account, changes it, resets its password, makes a role', async () => {
  const s = await start();
  s.watch.allowed.push(/status of (409|422) /);
  const page = await s.open('admin', '/ops/accounts');
  await until(() => page.locator('section[aria-label=账户] tbody tr').count(), (n) => n === 5);
  expect(await axe(page)).toEqual([]);
  await page.getByRole('button', { name: '新建账户' }).click();
  const form = page.locator('[data-account]');
  await form.getByLabel('用户名').fill('Li Si');
  await form.getByLabel('中文姓名').fill('李四');
  await form.getByLabel(/^范围/).fill('s003\ntownship:乔庄镇');
  await form.getByRole('button', { name: '保存' }).click();
  await form.getByText('want 1 to 64 of a-z').waitFor();
  expect(await axe(page)).toEqual([]);
  await form.getByLabel('用户名').fill('lisi');
  await form.getByRole('button', { name: '保存' }).click();
  await form.getByText('TEMPORARYTEMPORARY').waitFor();
  expect(await axe(page)).toEqual([]);
  await form.locator('[data-once]').getByRole('button', { name: '关闭' }).click();
  await until(() => new URL(page.url()).searchParams.get('key'), (v) => v === 'lisi');
  expect(s.mock.people.rows.at(-1)).toMatchObject({ username: 'lisi', role: 'guard', scope: ['s003', 'township:乔庄镇'] });

  await page.getByRole('link', { name: 'wangwu' }).click();
  await form.getByLabel('角色').selectOption('inspector');
  await form.getByLabel('停用此账户').check();
  s.mock.people.rows[1]!.version = 7;
  await form.getByRole('button', { name: '保存' }).click();
  await form.getByText('他人刚修改过此账户').waitFor();
  s.mock.people.rows[1]!.version = 1;
  await form.getByRole('button', { name: '保存' }).click();
  await until(() => s.mock.people.rows[1]!, (r) => r.disabled && r.role === 'inspector');
  await form.getByRole('button', { name: '重设密码' }).click();
  await form.getByRole('button', { name: '确认' }).click();
  await form.getByText('TEMPORARYAGAIN').waitFor();

  await page.getByRole('link', { name: 'demo' }).click();
  await page.getByText('此账户由配置文件维护，只能在配置中修改。').waitFor();

  const roles = page.locator('[data-roles]');
  await roles.getByRole('button', { name: '新建角色' }).click();
  await roles.getByLabel('标识').fill('viewer');
  await roles.getByLabel('中文姓名').fill('观察员');
  await roles.getByRole('group', { name: '告警' }).getByLabel('查看').check();
  expect(await axe(page)).toEqual([]);
  await roles.getByRole('button', { name: '保存' }).click();
  await roles.getByText('观察员').waitFor();
  expect(s.mock.people.roles).toMatchObject([{ name: 'viewer', permissions: ['alarms.view'] }]);
  await roles.getByRole('button', { name: '删除' }).click();
  await roles.getByRole('button', { name: '确认' }).click();
  await until(() => s.mock.people.roles.length, (n) => n === 0);
});

test('a name is read for a reason, and hidden again', async () => {
  const s = await start();
  const page = await s.open('admin', '/ops/registry?sheet=people');
  await page.locator('[role=row][data-key]').first().click();
  const unmask = page.locator('[data-unmask]').first();
  await unmask.getByRole('button', { name: /完整内容/ }).click();
  await unmask.getByRole('button', { name: '确认查看' }).click();
  await unmask.getByText('请填写理由').waitFor();
  await unmask.getByLabel('查看理由').fill('联系家长');
  expect(await axe(page)).toEqual([]);
  await unmask.getByRole('button', { name: '确认查看' }).click();
  await unmask.getByText('张三三').waitFor();
  await unmask.getByRole('button', { name: '隐藏' }).click();
  await until(() => unmask.getByText('张三三').count(), (n) => n === 0);
});

test('account pages fit a phone, in both languages', async () => {
  const s = await start();
  const c = await s.context();
  const page = await c.newPage();
  await login(page, s.origin, 'admin');
  await page.setViewportSize({ width: 390, height: 844 });
  for (const [path, ready] of [['/account', '[data-tokens]'], ['/ops/accounts?key=wangwu', '[data-account]']] as const) {
    await page.goto(s.origin + path);
    await page.locator(ready).waitFor();
    for (const lang of ['en', 'zh-CN']) {
      await page.locator('[data-lang]').click();
      await until(() => page.locator('html').getAttribute('lang'), (l) => l === lang);
      const wide = await page.evaluate(() => Math.max(document.documentElement.scrollWidth, document.getElementById('main')!.scrollWidth) - innerWidth);
      expect(wide, `${path} ${lang}`).toBeLessThanOrEqual(0);
      expect(await page.locator('body').innerText()).not.toMatch(/undefined|NaN|\[object|=>/);
    }
  }
});

test('a role that the county made has the buttons that it may press, and its own name', async () => {
  const { mock, open } = await start();
  mock.put(alarm('k1', Date.now(), { severity: 'critical', standing: true }));
  const page = await open('watcher', '/alarms/k1');
  await page.locator('.detail h2').waitFor();
  await until(() => page.locator('.who').textContent(), (t) => !!t?.includes('只看告警 · 全县'));
  expect(await page.locator('[data-do]').count()).toBe(0);
  await page.keyboard.press('a');
  await page.goto(new URL('/', page.url()).href);
  await row(page, 'k1').waitFor();
  expect(await page.getByRole('button', { name: '确认', exact: true }).count()).toBe(0);
  expect(mock.alarms.get('k1')!.state).toBe('unack');
  expect(await page.locator('nav a').allTextContents()).not.toContain('运维');
});
