// The guards' desk: what is typed while the connection is down arrives once.
import { describe, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { axe } from './browser';
import { stage, until } from './setup';

const start = stage();
const offline = /net::ERR_(FAILED|CONNECTION|INTERNET)/;

async function register(page: Page, name: string): Promise<void> {
  await page.fill('input[name=name]', name);
  await page.fill('input[name=host]', '李老师');
  await page.fill('input[name=reason]', '送物品');
  await page.locator('form button.primary').click();
}

describe('the guards’ desk', () => {
  test('a visitor is registered and signed out on a phone, and faults stand beside their fields', async () => {
    const { mock, open } = await start();
    const page = await open('guard', '/gate/desk');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.fill('input[name=celsius]', '99');
    await page.locator('form button.primary').click();
    expect(await page.locator('form .error').allTextContents()).toEqual(['请填写', '请填写', '请填写', '30 至 45，或不填']);
    expect(mock.guards.rows.visitors.length).toBe(1);
    await page.fill('input[name=celsius]', '36.5');
    await page.fill('input[name=items]', '<img src=x onerror=alert(1)>');
    await register(page, '张小三');
    const row = page.locator('[data-list=inside] li', { hasText: '张*三' }).filter({ hasText: '<img' });
    await row.waitFor();
    await row.getByRole('button', { name: '登记离校' }).click();
    await row.waitFor({ state: 'detached' });
    expect(mock.guards.rows.visitors[1]).toMatchObject({ site: 's002', by: 'guard', entry: { celsius: 36.5 } });
    expect(mock.guards.rows.visitors[1]!.ended_at).not.toBeNull();
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    expect(await axe(page)).toEqual([]);
  });

  test('a temperature that is a fever warns in the form at once, and in the lists', async () => {
    const { mock, open } = await start();
    const page = await open('guard', '/gate/desk');
    await page.locator('[data-list=inside] li').first().waitFor();
    const warning = page.locator('form [data-fever]');
    await page.fill('input[name=celsius]', '37.2');
    expect(await warning.count()).toBe(0);
    await page.fill('input[name=celsius]', '38.9');
    expect(await warning.textContent()).toContain('37.3 °C');
    expect(await axe(page)).toEqual([]);
    await register(page, '钱三丰');
    await page.locator('[data-list=inside] li', { hasText: '发热: 38.9 °C' }).waitFor();
    await page.locator('[data-list=today] li', { hasText: '发热 38.9 °C' }).waitFor();
    expect(mock.guards.rows.visitors[1]).toMatchObject({ entry: { celsius: 38.9 } });
  });

  test('whom a visitor sees, the plate and numbers in words are masked until revealed', async () => {
    const { mock, open } = await start();
    const old = mock.guards.rows.visitors[0]!.entry as { reason: string };
    old.reason = '送教材 13912345678';
    const page = await open('guard', '/gate/desk');
    const row = page.locator('[data-list=inside] li').first();
    await row.getByText('李*师').waitFor();
    await page.locator('[data-list=today] li', { hasText: '李*师' }).waitFor();
    const before = await page.locator('main, body').first().textContent();
    for (const secret of ['李老师', '川A12345', '13912345678']) expect(before).not.toContain(secret);
    await row.locator('.reveal button').click();
    await row.locator('.reveal input').fill('请被访人到校门');
    await row.locator('.reveal button.primary').click();
    await row.getByText('李老师').waitFor();
    expect(await row.textContent()).toMatch(/川A12345|13912345678/);
    expect(mock.guards.looks).toEqual(['reveal visit-old 请被访人到校门']);
  });

  test('three entries typed while the connection is down survive a reload and arrive once each', async () => {
    const { mock, open, watch } = await start();
    const page = await open('guard', '/gate/desk');
    watch.allowed.push(offline);
    await page.locator('[data-list=inside] li').first().waitFor();
    await page.route('**/api/v1/guard/**', (r) => r.abort());
    for (const name of ['甲一', '乙二', '丙三']) {
      await register(page, name);
      await page.locator('[data-list=outbox] li', { hasText: name }).waitFor();
    }
    await page.getByText('已保存在本机').waitFor();
    await page.reload();
    await page.locator('[data-list=outbox] li').nth(2).waitFor();
    expect(mock.guards.rows.visitors.length).toBe(1);
    // The connection returns, and the first answer is lost on its way: that entry is sent twice.
    await page.unroute('**/api/v1/guard/**');
    let lost = 0;
    await page.route('**/api/v1/guard/visitors', async (r) => {
      if (r.request().method() !== 'POST') return r.continue();
      const answer = await r.fetch();
      if (lost++ === 0) return r.abort();
      return r.fulfill({ response: answer });
    });
    await page.locator('[data-list=outbox]').waitFor({ state: 'detached' });
    expect(lost).toBe(4);
    expect(mock.guards.rows.visitors.slice(1).map((r) => (r.entry as { name: string }).name)).toEqual(['甲一', '乙二', '丙三']);
    await page.locator('[data-list=inside] li', { hasText: '丙*' }).waitFor();
    await page.reload();
    await page.locator('[data-list=inside] li', { hasText: '丙*' }).waitFor();
    expect(await page.locator('[data-list=outbox]').count()).toBe(0);
  });

  test('coming on and going off duty, and the posts of the day', async () => {
    const { mock, open } = await start();
    const page = await open('guard', '/gate/desk?tab=duty');
    await page.locator('[data-post=arrival]', { hasText: '已完成' }).waitFor();
    await page.selectOption('form select >> nth=1', 'cert-old');
    expect(await page.inputValue('input[name=person]')).toBe('赵强');
    await page.locator('form button.primary').click();
    await until(() => mock.guards.rows.duty.length, (n) => n === 2);
    expect(mock.guards.rows.duty[1]!.entry).toMatchObject({ person: '赵强', certificate: 'cert-old', post: 'gate' });
    // The newest stands first, once it is there; before that the first is the older one.
    await page.locator('[data-list=duty] li button').nth(1).waitFor();
    await page.locator('[data-list=duty] li button').first().click();
    await until(() => mock.guards.rows.duty[1]!.ended_at);
  });

  test('a call for help goes at once, and is refused in words when it cannot', async () => {
    const { mock, open, watch } = await start();
    const page = await open('guard', '/gate/desk');
    await page.getByRole('button', { name: '呼叫支援' }).click();
    watch.allowed.push(offline);
    await page.route('**/api/v1/guard/help', (r) => r.abort());
    await page.getByRole('group', { name: '呼叫支援' }).getByRole('button', { name: '呼叫支援' }).click();
    await page.getByText('请直接拨打 110').waitFor();
    await page.unroute('**/api/v1/guard/help');
    await page.getByRole('group', { name: '呼叫支援' }).getByRole('button', { name: '呼叫支援' }).click();
    await page.getByText('指挥中心已收到').waitFor();
    expect(mock.guards.calls.length).toBe(1);
  });
});
