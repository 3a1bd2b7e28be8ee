import { expect, test } from 'vitest';
import { axe } from './browser';
import { stage, until } from './setup';

const start = stage();
const text = { zh: '教育局统一登录', en: 'County single sign-on' };

test('the button of the identity provider leads there and back to where one was', async () => {
  const s = await start();
  s.mock.signOn.text = text;
  const page = await (await s.context()).newPage();
  await page.goto(`${s.origin}/alarms?state=open`);
  const button = page.getByRole('button', { name: text.zh });
  await button.waitFor();
  expect(await axe(page)).toEqual([]);
  await button.focus();
  await page.keyboard.press('Enter');
  await page.locator('nav a').first().waitFor();
  expect(s.mock.signOn.asked).toEqual(['/alarms?state=open']);
  expect(new URL(page.url()).pathname).toBe('/alarms');
});

test('a refusal is said in words, once, and passwords still work', async () => {
  const s = await start();
  s.mock.signOn.text = text;
  s.mock.signOn.ends = { code: 'no_role' };
  const page = await (await s.context()).newPage();
  await page.goto(`${s.origin}/alarms?state=open`);
  await page.getByRole('button', { name: text.zh }).click();
  const why = page.locator('[role=alert]').getByText('没有对应的角色');
  await why.waitFor();
  expect(new URL(page.url()).search).toBe('?state=open');
  expect(await axe(page)).toEqual([]);
  await page.getByRole('button', { name: 'English' }).click();
  await page.locator('[role=alert]').getByText('You have no role here').waitFor();
  await page.getByRole('button', { name: text.en }).waitFor();
  await page.reload();
  await page.getByRole('button', { name: text.en }).waitFor();
  expect(await page.getByText('You have no role here').count()).toBe(0);
  // A word that the page does not know is no raw key.
  await page.goto(`${s.origin}/?signon=toString`);
  await page.locator('[role=alert]').getByText('The login failed').waitFor();
  await page.fill('input[name=username]', 'operator');
  await page.fill('input[name=password]', 'secret');
  await page.click('button[type=submit]');
  await page.locator('nav a').first().waitFor();
  expect(new URL(page.url()).search).toBe('');
});

test('without an identity provider there is no button', async () => {
  const s = await start();
  const page = await (await s.context()).newPage();
  const asked = page.waitForResponse((r) => r.url().endsWith('/login/ways'));
  await page.goto(s.origin);
  await asked;
  await page.fill('input[name=username]', 'operator');
  await until(async () => (await page.locator('form button').count()) === 1);
});
