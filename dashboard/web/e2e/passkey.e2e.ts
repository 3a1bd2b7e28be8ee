// What the pages say about passkeys. Whether they open an account: passkeywalk.ts, on the real program.
import { expect, test } from 'vitest';
import { axe } from './browser';
import { stage, until } from './setup';

const start = stage();

test('the login offers a passkey only where one can work, and says where', async () => {
  const s = await start();
  const page = await (await s.context()).newPage();
  await page.goto(s.origin);
  await page.locator('input[name=username]').waitFor();
  expect(await page.locator('[data-passkey]').count()).toBe(0); // the server has none
  s.mock.people.passkeyOrigin = 'https://safety.example.org';
  await page.reload();
  await page.getByText('通行密钥只能在 https://safety.example.org 使用').waitFor();
  expect(await page.getByRole('button', { name: '使用通行密钥登录' }).isDisabled()).toBe(true);
  s.mock.people.passkeyOrigin = s.origin;
  await page.addInitScript(() => Reflect.deleteProperty(window, 'PublicKeyCredential'));
  await page.reload();
  await page.getByText('此浏览器不支持通行密钥').waitFor();
  expect(await axe(page)).toEqual([]);
});

test('own passkeys: listed with their last use, removed with the password', async () => {
  const s = await start();
  s.watch.allowed.push(/status of 422 .*passkeys/);
  s.mock.people.passkeyOrigin = s.origin;
  const at = new Date(Date.now() - 3_600_000).toISOString();
  s.mock.people.passkeys = [
    { id: 'k1', name: '<i>手机</i>', created: at, used: at, synced: true, copied: false },
    { id: 'k2', name: '旧钥匙', created: at, used: null, synced: false, copied: true },
  ];
  const page = await s.open('operator', '/account');
  const panel = page.locator('[data-passkeys]');
  await panel.getByText('<i>手机</i>').waitFor();
  await panel.getByText('可能已被复制').waitFor();
  await panel.getByText('从未').waitFor();
  await panel.getByRole('button', { name: '移除 旧钥匙' }).click();
  await panel.getByLabel('您的密码').fill('wrong');
  await panel.getByRole('button', { name: '确认移除' }).click();
  await panel.getByText('当前密码不正确').waitFor();
  expect(await axe(page)).toEqual([]);
  await panel.getByLabel('您的密码').fill('secret');
  await panel.getByRole('button', { name: '确认移除' }).click();
  await until(() => s.mock.people.passkeys.length, (n) => n === 1);
  await panel.getByText('已移除。').waitFor();

  await panel.getByRole('button', { name: '添加通行密钥' }).click();
  await panel.getByLabel('您的密码').fill('secret');
  await panel.getByRole('button', { name: '继续' }).click();
  await panel.getByText('请填写名称').waitFor();
  expect(await axe(page)).toEqual([]);
  s.mock.people.passkeys = Array.from({ length: 10 }, (_, i) => ({ ...s.mock.people.passkeys[0]!, id: `k${i}` }));
  await page.reload();
  await panel.getByText('最多 10 个').waitFor();
  expect(await panel.getByRole('button', { name: '添加通行密钥' }).isDisabled()).toBe(true);
});
