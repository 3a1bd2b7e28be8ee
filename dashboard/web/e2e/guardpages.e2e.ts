// The guards' further pages: pupils who leave, the watch list, care, certificates, alarms at
// the gate, search by name, paper, and a reload while the server is out of reach.
import { describe, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { axe, login } from './browser';
import { alarm, event } from './county';
import { stage, until } from './setup';
import type { Pass, Visit } from '../src/lib/guardtypes';

const start = stage();
const offline = /net::ERR_(FAILED|CONNECTION|INTERNET|EMPTY|INCOMPLETE)|WebSocket connection to .* failed/;
const phone = { width: 390, height: 844 };
const fits = (page: Page): Promise<boolean> => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

describe('a pupil who leaves in class hours', () => {
  test('is let out when two different people have confirmed, and not before (phone)', async () => {
    const { mock, open, watch } = await start();
    watch.allowed.push(/status of 422 .*teacher/);
    const page = await open('guard', '/gate/desk?tab=passes');
    await page.setViewportSize(phone);
    await page.getByText('没有待放行的学生').waitFor();
    await page.locator('form.new button.primary').click();
    expect(await page.locator('form.new .error').allTextContents()).toEqual(['请填写', '请填写', '请填写']);
    await page.fill('form.new input[name=name]', '林小溪');
    await page.locator('form.new input[name=name]').blur();
    await until(() => page.inputValue('form.new input[name=pupil]'), (v) => v === 'p1002'); // one pupil alone has this name
    expect(await page.inputValue('form.new input[name=class]')).toBe('三年级 2 班');
    await page.fill('form.new input[name=reason]', '就诊');
    await page.fill('form.new input[name=until]', 'tomorrow');
    await page.locator('form.new button.primary').click();
    await page.getByText('格式：2026-11-24 08:30').waitFor();
    expect(mock.guards.rows.passes.length).toBe(0);
    const late = new Date(mock.now() + 2 * 3_600_000);
    const typed = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'short', hourCycle: 'h23' }).format(late).replace(',', '');
    await page.fill('form.new input[name=until]', typed);
    await page.locator('form.new button.primary').click();
    const card = page.locator('[data-pass]');
    await card.getByText('林*溪').waitFor();
    expect(new Date((mock.guards.rows.passes[0]!.entry as Pass).until).getTime()).toBe(Math.floor(late.getTime() / 60_000) * 60_000);
    const out = card.getByRole('button', { name: '放行' });
    expect(await out.isDisabled()).toBe(true);

    await card.getByRole('button', { name: '记录监护人确认' }).click();
    await card.locator('input[name=who]').fill('林建国');
    await card.locator('form.say button.primary').click();
    await card.getByText('林*国').waitFor();
    expect(await out.isDisabled()).toBe(true);
    // The same person cannot be the class teacher too: the server says no, and the page why.
    await card.getByRole('button', { name: '班主任确认' }).click();
    await card.locator('input[name=who]').fill('林建国');
    await card.locator('form.say button.primary').click();
    await page.locator('[data-list=outbox] li', { hasText: '服务器未接受' }).getByRole('button', { name: '删除' }).click();
    await card.getByRole('button', { name: '班主任确认' }).click();
    await card.locator('input[name=who]').fill('李秀英');
    await card.locator('form.say button.primary').click();
    await card.getByText('可以放行').waitFor();
    expect(await axe(page)).toEqual([]);
    expect(await fits(page)).toBe(true);

    await card.getByRole('button', { name: '显示全名' }).click();
    await card.getByPlaceholder('查看原因').fill('核对身份');
    await card.locator('.reveal button.primary').click();
    await card.getByText('林小溪').waitFor();
    expect(mock.guards.looks).toEqual(['find 林小溪', `reveal ${mock.guards.rows.passes[0]!.id} 核对身份`]);

    await out.click();
    await page.locator('[data-list=passes-ended] li', { hasText: '已放行' }).waitFor();
    expect(mock.guards.rows.passes[0]).toMatchObject({ ended_by: 'guard', entry: { guardian: { name: '林建国', how: 'phone' }, teacher: { name: '李秀英', how: 'present' } } });
  });

  test('is refused with a reason', async () => {
    const { mock, open } = await start();
    mock.guards.pass('pass-a', { teacher: null });
    const page = await open('guard', '/gate/desk?tab=passes');
    const card = page.locator('[data-pass=pass-a]');
    await card.getByRole('button', { name: '拒绝' }).click();
    await card.locator('form.say button.primary').click();
    await card.getByText('请填写').waitFor();
    await card.locator('input[name=why]').fill('班主任不同意');
    await card.locator('form.say button.primary').click();
    await page.locator('[data-list=passes-ended] li', { hasText: '班主任不同意' }).waitFor();
    expect((mock.guards.rows.passes[0]!.entry as Pass).denied).toBe('班主任不同意');
  });
});

describe('alarms at the gate', () => {
  test('are confirmed, rejected with a reason, and settled by an approved leave', async () => {
    const { mock, open } = await start();
    const put = (id: string, rule: string): void => mock.put(alarm(id, mock.now() - 60_000, { rule, kind: 'gate', severity: 'high', site: 's002', device: 'g1', momentary: true }));
    mock.guards.pass('pass-b');
    const page = await open('guard', '/gate');
    put('out1', 'pupil_out_unapproved');
    put('vis1', 'visitor_unregistered');
    put('deny1', 'gate_denied_repeatedly');
    const row = (id: string) => page.locator(`[data-alarm=${id}]`);
    await row('vis1').getByRole('button', { name: '属实' }).click();
    await row('vis1').waitFor({ state: 'detached' });
    expect(mock.alarms.get('vis1')).toMatchObject({ verdict: 'confirmed', acked_by: 'guard' });
    await row('deny1').getByRole('button', { name: '误报' }).click();
    await row('deny1').locator('form button.primary').click();
    await row('deny1').getByText('请填写').waitFor();
    await row('deny1').getByLabel('误报原因').fill('卡片消磁');
    await row('deny1').locator('form button.primary').click();
    await row('deny1').waitFor({ state: 'detached' });
    expect(mock.alarms.get('deny1')).toMatchObject({ verdict: 'false_alarm' });
    await row('out1').getByRole('button', { name: '已批准离校' }).click();
    await row('out1').locator('select').waitFor();
    expect(await row('out1').locator('option').allTextContents()).toEqual([expect.stringContaining('林*溪')]);
    await row('out1').getByRole('button', { name: '核销告警' }).click();
    await row('out1').waitFor({ state: 'detached' });
    expect(mock.alarms.get('out1')!.acked_by).toBe('guard');
  });

  test('a plate of the watch list stands on both pages with what to do, and help is a key away', async () => {
    const { mock, open } = await start();
    mock.guards.warnings.push({ id: 'w1', site: 's002', device: 'g1', at: new Date(mock.now() - 1000).toISOString(), about: '川B99999', plate: true, instruction: '不开门，立即报警' });
    mock.put(alarm('hit1', mock.now(), { rule: 'watch_list_hit', kind: 'gate', severity: 'high', site: 's002', device: 'g1', momentary: true }));
    const page = await open('guard', '/gate');
    for (const path of ['/gate', '/gate/desk', '/gate/desk?tab=duty']) {
      await page.goto(new URL(path, page.url()).href);
      const warning = page.locator('[data-warning=w1]');
      await warning.getByText('不开门，立即报警').waitFor();
      expect(await warning.textContent()).toContain('川B99999');
      await page.getByRole('button', { name: '呼叫支援' }).click();
      await page.getByRole('group', { name: '呼叫支援' }).getByRole('button', { name: '呼叫支援' }).click();
      await page.getByText('已呼叫').waitFor();
    }
    expect(mock.guards.calls.length).toBe(3);
    expect(await axe(page)).toEqual([]);
  });
});

test('care: a symbol for all, the instruction for who looks, and only the administrator adds', async () => {
  const { mock, open } = await start();
  const page = await open('guard', '/gate/desk?tab=care');
  const row = page.locator('[data-list=care] li');
  await row.getByText('只交指定人').waitFor();
  expect(await row.textContent()).not.toContain('外婆');
  expect(await page.locator('input[name=care-name]').count()).toBe(0);
  await row.getByRole('button', { name: '查看说明' }).click();
  await row.getByText('只交给母亲或外婆').waitFor();
  expect(mock.guards.looks).toEqual(['look care-old']);
  expect(await axe(page)).toEqual([]);

  const admin = await open('admin', '/gate/desk?site=s002&tab=care');
  await admin.fill('input[name=care-name]', '周小禾');
  await admin.getByRole('button', { name: '登记特别关照' }).click();
  await admin.locator('#care-text.error').waitFor();
  await admin.fill('input[name=care-text]', '上下台阶搀扶');
  await admin.locator('form select').selectOption('mobility');
  await admin.getByRole('button', { name: '登记特别关照' }).click();
  await admin.locator('[data-list=care] li', { hasText: '周*禾' }).getByRole('button', { name: '结束' }).click();
  await until(() => mock.guards.rows.care[1]!.ended_at);
  expect(mock.guards.rows.care[1]!.entry).toMatchObject({ name: '周小禾', symbol: 'mobility', instruction: '上下台阶搀扶' });
});

test('a pupil to mind carries the symbol in the live log, with the way to the instruction', async () => {
  const { mock, open } = await start();
  for (const size of [{ width: 1366, height: 768 }, phone]) {
    const page = await open('guard', '/gate');
    await page.setViewportSize(size);
    mock.publish([event(mock.now(), mock.random, { id: `mind${size.width}`, site: 's002', device: 'g1', type: 'gate_access', kind: 'gate', gate: { direction: 'out', person_kind: 'pupil', method: 'card', result: 'granted', person: 'p2031' } })]);
    const row = page.locator(`[role=row][data-key=mind${size.width}]`);
    await row.getByText('只交指定人').waitFor();
    expect(await row.textContent()).not.toContain('外婆');
    expect(await fits(page)).toBe(true);
    await row.getByRole('link', { name: '只交指定人' }).click();
    await page.locator('[data-list=care] li').getByRole('button', { name: '查看说明' }).waitFor();
  }
});

test('the posts of the county stand together, the empty one first', async () => {
  const { mock, open } = await start();
  const post = (name: 'arrival' | 'departure', state: string) => ({ post: name, state, from: new Date(mock.now() - 1_800_000).toISOString(), to: new Date(mock.now() + 900_000).toISOString(), gaps: [] });
  mock.guards.posts.push({ site: 's001', posts: [post('arrival', 'manned'), post('departure', 'coming')], on_duty: 2 }, { site: 's002', posts: [post('arrival', 'empty'), post('departure', 'coming')], on_duty: 0 }, { site: 's003', posts: [], on_duty: 0 });
  const page = await open('operator', '/gate/desk?tab=duty');
  await page.locator('[data-list=posts] tbody tr').nth(2).waitFor();
  expect(await page.locator('[data-list=posts] tbody tr').evaluateAll((rows) => rows.map((r) => (r as HTMLElement).dataset['site']))).toEqual(['s002', 's001', 's003']);
  await page.getByRole('heading', { name: '全县护学岗 3 个' }).waitFor();
  await page.locator('[data-list=certificates] li', { hasText: '即将到期' }).waitFor(); // of all schools
  expect(await axe(page)).toEqual([]);
  await page.locator('[data-site=s002] a').click();
  await page.locator('[data-post=arrival]').waitFor();
});

test('the watch list is the administrator’s; guards do not see it', async () => {
  const { mock, open, watch } = await start();
  const guard = await open('guard', '/gate/desk?tab=watch');
  await guard.locator('[data-list=inside]').waitFor(); // the tab is not theirs
  expect(await guard.getByRole('button', { name: '布控名单' }).count()).toBe(0);
  const whole = await open('admin', '/gate/desk?tab=watch'); // without a site: of the county
  await whole.locator('[data-list=watch] li', { hasText: '川B99999' }).waitFor();
  const page = await open('admin', '/gate/desk?site=s002&tab=watch');
  watch.allowed.push(offline);
  await page.locator('[data-list=watch] li', { hasText: '川B99999' }).getByText('全县').waitFor();
  await page.getByRole('button', { name: '加入布控名单' }).click();
  expect(await page.locator('form .error:not(:empty)').allTextContents()).toEqual(['姓名、证件号、车牌至少填一项', '请填写']);
  await page.fill('input[name=watch-plate]', '川A·88888');
  await page.fill('input[name=watch-instruction]', '不开门');
  await page.route('**/api/v1/guard/watch', (r) => r.abort());
  await page.getByRole('button', { name: '加入布控名单' }).click();
  await page.locator('form [role=status].error').waitFor(); // said, and kept in the form
  await page.unroute('**/api/v1/guard/watch');
  await page.getByRole('button', { name: '加入布控名单' }).click();
  const row = page.locator('[data-list=watch] li', { hasText: '川A·88888' });
  await row.waitFor();
  await row.getByRole('button', { name: '移出名单' }).click();
  await row.waitFor({ state: 'detached' });
  expect(mock.guards.rows.watch.length).toBe(2);
});

test('a certificate is renewed, and the old one withdrawn', async () => {
  const { mock, open } = await start();
  const page = await open('admin', '/gate/desk?site=s002&tab=duty');
  const list = page.locator('[data-list=certificates] li');
  await list.getByText('即将到期').waitFor();
  await list.getByRole('button', { name: '换证' }).click();
  expect(await page.inputValue('input[name=cert-person]')).toBe('赵强');
  await page.fill('input[name=cert-until]', '20291231');
  await page.locator('form', { has: page.locator('input[name=cert-until]') }).getByRole('button', { name: '换证' }).click();
  await list.getByText('2029-12-31').waitFor();
  await until(() => mock.guards.rows.certificates[0]!.ended_at);
  expect(await list.count()).toBe(1);
});

test('a whole name finds its passages in the log, and times are typed the same everywhere', async () => {
  const { mock, open } = await start({ events: 50 });
  const page = await open('guard', '/gate');
  mock.publish([event(mock.now(), mock.random, { id: 'x1', site: 's002', device: 'g1', type: 'gate_access', kind: 'gate', gate: { direction: 'out', person_kind: 'pupil', method: 'card', result: 'granted', person: 'p1002' } })]);
  await page.locator('[role=row][data-key=x1]').waitFor();
  await page.fill('.find input[name=person]', '林小');
  await page.getByRole('button', { name: '查找' }).click();
  await page.getByText('没有找到').waitFor();
  await page.fill('.find input[name=person]', '林小溪');
  await page.keyboard.press('Enter');
  await until(() => new URL(page.url()).searchParams.get('q'), (q) => q === 'p1002');
  await page.locator('[role=row][data-key=x1]').waitFor();
  expect(mock.guards.looks).toEqual(['find 林小', 'find 林小溪']);

  await page.fill('input[name=from]', '2026-11-24 25:00');
  await page.keyboard.press('Tab');
  await page.getByText('格式：2026-11-24 08:30').waitFor();
  expect(new URL(page.url()).searchParams.get('from')).toBe(null);
  await page.fill('input[name=from]', '20261124 0705');
  await page.keyboard.press('Enter');
  await until(() => new URL(page.url()).searchParams.get('from'), (v) => v === '2026-11-24T07:05');
  expect(await page.inputValue('input[name=from]')).toBe('2026-11-24 07:05');
  await page.locator('input[name=from]').evaluate((f: HTMLInputElement) => f.setSelectionRange(12, 12));
  await page.keyboard.press('ArrowUp');
  await until(() => page.inputValue('input[name=from]'), (v) => v === '2026-11-24 08:05');
  await until(() => mock.requests.some((r) => decodeURIComponent(r).includes('from=2026-11-24T00:05:00.000Z')));
});

test('each role begins where its work is', async () => {
  const { context, origin } = await start();
  for (const [user, path] of [['guard', '/gate'], ['inspector', '/uptime'], ['operator', '/'], ['admin', '/']] as const) {
    const page = await (await context()).newPage();
    await login(page, origin, user);
    await until(() => new URL(page.url()).pathname, (p) => p === path);
    await page.getByRole('link', { name: /态势/ }).first().click(); // and may go elsewhere
    await until(() => new URL(page.url()).pathname, (p) => p === '/');
  }
});

test('the day on paper: every visitor, numbered, with names masked', async () => {
  const { mock, open } = await start();
  for (let i = 0; i < 60; i++) mock.guards.rows.visitors.push({ id: `v${i}`, site: 's002', rev: 1, at: new Date(mock.now() - i * 1000).toISOString(), by: 'guard', ended_at: null, ended_by: '', entry: { name: `周小${i}`, id_number: '', phone: '', reason: '送货', host: '食堂', celsius: 36.5, items: '', plate: '', hits: [] } satisfies Visit });
  mock.guards.pass('pass-c');
  const page = await open('guard', '/gate/desk', async (c) => {
    await c.addInitScript(() => Object.assign(window, { print: () => Object.assign(window, { printed: true }) }));
  });
  await page.getByRole('button', { name: '打印今日' }).click();
  await until(() => page.evaluate(() => (window as unknown as { printed?: boolean }).printed === true));
  await page.emulateMedia({ media: 'print' });
  const sheet = page.locator('[data-sheet]');
  expect(await sheet.isVisible()).toBe(true);
  expect(await page.locator('nav.tabs').isVisible()).toBe(false);
  const text = (await sheet.innerText());
  expect(text).toContain('今日访客 (61)');
  expect(text).toContain('监护人 林*国');
  expect(text).not.toContain('周小');
  expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000);
});

test('a page that is reloaded while the server is away keeps what was typed, and sends it once', async () => {
  const { mock, context, origin, watch } = await start();
  const c = await context(undefined, { serviceWorkers: 'allow', viewport: phone });
  const page = await c.newPage();
  await login(page, origin, 'guard', '/gate/desk');
  await page.locator('[data-list=inside] li').first().waitFor();
  await page.evaluate(() => navigator.serviceWorker.ready);
  await until(() => page.evaluate(() => navigator.serviceWorker.controller !== null));
  const port = Number(new URL(origin).port);
  watch.allowed.push(offline, /status of 50\d/);
  await mock.stop();
  await page.fill('input[name=name]', '甲一');
  await page.fill('input[name=host]', '李老师');
  await page.fill('input[name=reason]', '送物品');
  await page.locator('form button.primary').click();
  await page.locator('[data-list=outbox] li', { hasText: '甲一' }).waitFor();
  await page.reload();
  await page.locator('[data-list=outbox] li', { hasText: '甲一' }).waitFor();
  // Nothing of the API is kept: the lists are empty, and what is kept are files alone.
  const kept = await page.evaluate(async () => (await Promise.all((await caches.keys()).map(async (n) => (await (await caches.open(n)).keys()).map((r) => new URL(r.url).pathname)))).flat());
  expect(kept).toContain('/');
  expect(kept.filter((p) => p !== '/' && !p.startsWith('/assets/'))).toEqual([]);
  expect(await page.locator('[data-list=inside]').count()).toBe(0);
  await mock.start(port);
  await c.request.post(`${origin}/api/v1/login`, { data: { username: 'guard', password: 'secret' } });
  await until(() => mock.guards.rows.visitors.length, (n) => n === 2, 15_000);
  await page.locator('[data-list=inside] li', { hasText: '甲*' }).waitFor();
  await page.locator('[data-list=outbox]').waitFor({ state: 'detached' });
  expect(mock.guards.rows.visitors.length).toBe(2);
}, 60_000);
