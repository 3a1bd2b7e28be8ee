import { describe, expect, test } from 'vitest';
import { axe } from './browser';
import { alarm } from './county';
import { queueKeys, row, stage, until } from './setup';

const begin = stage();
const now = (): number => Date.now();
// The smallest PNG there is: one pixel.
const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

describe('one alarm', () => {
  test('is assigned by one key and by a list; the verdict and the history are shown', async () => {
    const { mock, open } = await begin();
    mock.put(alarm('a1', now(), { severity: 'high', rule: 'cold_store', site: 's001', device: 'k1', kind: 'kitchen' }));
    const page = await open('operator', '/alarms/a1');
    const detail = page.locator('.detail');
    await detail.locator('[data-advice] li').first().waitFor();
    expect(await detail.locator('[data-advice]').textContent()).toContain('压缩机');
    expect(await detail.locator('[data-near] li').count()).toBe(6);
    await until(() => detail.locator('[data-contacts]').textContent(), (s) => !!s?.includes('李*'));
    await page.keyboard.press('m');
    await until(() => detail.locator('[data-assignee]').textContent(), (s) => s === 'operator');
    await detail.getByRole('button', { name: '指派', exact: true }).click();
    await detail.locator('form select').selectOption('guard');
    await detail.locator('form').getByRole('button', { name: '指派' }).click();
    await until(() => detail.locator('[data-assignee]').textContent(), (s) => s === 'guard');
    await detail.getByRole('button', { name: '判为误报' }).click();
    await detail.locator('form').getByRole('button', { name: '判为误报' }).click();
    expect(await detail.locator('#note-missing').textContent()).toBe('请填写说明');
    await detail.locator('textarea').fill('开门取货');
    await detail.locator('form').getByRole('button', { name: '判为误报' }).click();
    await until(() => detail.locator('[data-verdict]').textContent(), (s) => s === '误报');
    await until(() => detail.locator('.audit li').count(), (n) => n === 4);
    expect(await detail.locator('.audit li b').allTextContents()).toEqual(['触发', '指派', '指派', '判为误报']);
    expect(await detail.locator('.audit').textContent()).toContain('给 guard');
    await until(() => row(page, 'a1').textContent(), (s) => !!s?.includes('处理人 guard') && s.includes('误报'));
  });

  test('a call for help goes to the top for everybody', async () => {
    const { mock, open } = await begin();
    mock.put(alarm('a1', now()));
    mock.put(alarm('c1', now() + 1, { severity: 'critical' }));
    const operator = await open('operator', '/alarms/a1');
    await operator.locator('.detail').getByRole('button', { name: '请求支援' }).click();
    await operator.locator('.detail form').getByRole('button', { name: '请求支援' }).click();
    await until(() => mock.alarms.get('a1')!.verdict, (v) => v === 'need_help');
    await until(() => row(operator, 'a1').locator('.chip.need_help').textContent(), (s) => s === '需要支援');
    await until(() => operator.locator('.list [role=row][data-key]').first().getAttribute('data-key'), (k) => k === 'a1');
  });

  test('S, E and Esc open and close the forms; the URL has them; letters in a field are text', async () => {
    const { mock, open } = await begin();
    mock.put(alarm('a1', now()));
    const page = await open('operator', '/alarms');
    await row(page, 'a1').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('s');
    const form = page.locator('.detail form');
    await form.locator('select').waitFor();
    expect(page.url()).toContain('/alarms/a1?do=shelve');
    await until(() => form.locator('select').evaluate((el) => el === document.activeElement));
    await form.locator('textarea').fill('');
    await form.locator('textarea').press('a');
    expect(await form.locator('textarea').inputValue()).toBe('a');
    expect(mock.alarms.get('a1')!.state).toBe('unack');
    await page.keyboard.press('Escape');
    await form.waitFor({ state: 'detached' });
    await page.keyboard.press('e');
    await form.locator('input[type=file]').waitFor();
    await page.reload();
    await form.locator('input[type=file]').waitFor();
    await page.keyboard.press('Escape');
    await form.waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await until(() => new URL(page.url()).pathname, (p) => p === '/alarms');
  });

  test('evidence: a picture and a position, refused with a word beside the field, seen by the other', async () => {
    const { mock, open } = await begin();
    mock.put(alarm('a1', now(), { site: 's002', device: 'g1' }));
    const page = await open('operator', '/alarms/a1?do=attach');
    const other = await open('guard', '/alarms/a1');
    const form = page.locator('.detail form');
    await form.getByRole('button', { name: '附加证据' }).click();
    expect(await form.locator('#fault-file').textContent()).toBe('请选择图片');
    await form.locator('input[type=file]').setInputFiles({ name: 'a.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg/>') });
    await form.getByRole('button', { name: '附加证据' }).click();
    expect(await form.locator('#fault-file').textContent()).toBe('只接受 JPEG、PNG 或 WebP 图片');
    await form.locator('input[type=file]').setInputFiles({ name: '门口.png', mimeType: 'image/png', buffer: pixel });
    await form.locator('textarea').fill('门已破损');
    await form.getByRole('button', { name: '附加证据' }).click();
    const seen = other.locator('[data-evidence] li');
    await until(() => seen.count(), (n) => n === 1);
    expect(await seen.textContent()).toContain('门口.png');
    expect(mock.desk.pictures.get('a1')![0]!.data.equals(pixel)).toBe(true);
    expect(mock.requests.some((r) => r.startsWith('GET') && /attachments\/\d/.test(r))).toBe(false);
    await seen.getByRole('button', { name: '查看' }).click();
    await until(() => seen.locator('img').evaluate((el: HTMLImageElement) => el.naturalWidth), (w) => w === 1);
    await page.goto(new URL('/alarms/a1?do=position', page.url()).href);
    await form.locator('input').first().fill('95');
    await form.getByRole('button', { name: '附加位置' }).click();
    expect(await form.locator('#fault-lat').textContent()).toBe('纬度应在 -90 到 90 之间');
    await form.getByRole('button', { name: '使用学校位置' }).click();
    await form.getByRole('button', { name: '附加位置' }).click();
    await until(() => seen.count(), (n) => n === 2);
    expect(await axe(other)).toEqual([]);
  });

  test('who was first is said for any action; offline refuses and keeps what was typed', async () => {
    const { mock, open, watch } = await begin();
    watch.allowed.push(/status of 409/, /net::ERR_(FAILED|CONNECTION)/);
    mock.put(alarm('a1', now(), { state: 'acked', acked_by: 'operator', acked_at: new Date().toISOString() }));
    const page = await open('operator', '/alarms/a1?do=close');
    const detail = page.locator('.detail');
    let release = (): void => {};
    mock.holdActions = new Promise((done) => (release = done));
    await detail.locator('textarea').fill('已处理');
    await detail.locator('form').getByRole('button', { name: '关闭告警' }).click();
    await until(() => detail.locator('.say').textContent(), (s) => !!s?.includes('发送中'));
    mock.put({ ...mock.alarms.get('a1')!, rev: 2, assignee: 'guard', note: '' }, 'operator2', 'assign', 'guard');
    release();
    await until(() => detail.locator('.say').textContent(), (s) => !!s && /已由 operator2 于 .* 指派/.test(s));
    expect(await detail.locator('textarea').inputValue()).toBe('已处理');
    await page.route('**/api/v1/alarms/a1/close', (r) => r.abort());
    await detail.locator('form').getByRole('button', { name: '关闭告警' }).click();
    await until(() => detail.locator('.say').textContent(), (s) => !!s?.includes('未送达'));
    expect(await detail.locator('textarea').inputValue()).toBe('已处理');
    await page.unroute('**/api/v1/alarms/a1/close');
    await detail.locator('form').getByRole('button', { name: '关闭告警' }).click();
    await until(() => mock.alarms.get('a1')!.state, (s) => s === 'normal');
  });
});

describe('a flood', () => {
  test('is said; rows are ranked and folded by site; a call for help and critical ones stand alone (10)', async () => {
    const { mock, open } = await begin();
    const page = await open('operator', '/alarms');
    mock.putAll(Array.from({ length: 60 }, (_, i) => alarm(`f${i}`, now() + i, { device: `c${i}`, site: `s00${1 + (i % 3)}`, rule: i % 2 ? 'camera_down' : 'device_silent' })));
    mock.put(alarm('help', now(), { verdict: 'need_help' }));
    mock.put(alarm('crit', now(), { severity: 'critical' }));
    await until(() => page.locator('.list [role=grid]').getAttribute('aria-rowcount'), (n) => Number(n) === 9);
    mock.flood = { on: true, since: new Date().toISOString(), new_10m: 62, operators: 2, limit: 10 };
    mock.publishStats(300);
    await until(() => page.locator('[data-flood]').textContent(), (s) => !!s?.includes('62 条'));
    const keys = await until(() => page.locator('.list [role=row][data-key]').evaluateAll((rows) => rows.map((r) => (r as HTMLElement).dataset['key']!)), (k) => k.length === 5);
    expect(keys.slice(0, 2)).toEqual(['help', 'crit']);
    expect(await page.getByRole('button', { name: '同源 20 条 展开' }).or(page.getByRole('button', { name: '同源 19 条 展开' })).count()).toBe(3);
    expect(await axe(page)).toEqual([]);
  });

  test('suppressed ones are there with their reason, and can be filtered', async () => {
    const { mock, open } = await begin();
    mock.put(alarm('a1', now(), { state: 'suppressed', suppression: 'chatter', suppressed_until: new Date(now() + 600_000).toISOString() }));
    mock.put(alarm('a2', now(), { state: 'suppressed', suppression: 'maintenance', device: 'c2' }));
    const page = await open('operator', '/alarms?why=chatter');
    await row(page, 'a1').waitFor();
    expect(await page.locator('.list [role=row][data-key]').count()).toBe(1);
    expect(await row(page, 'a1').textContent()).toContain('已抑制：频繁');
    await page.goto(new URL('/alarms/a1', page.url()).href);
    await until(() => page.locator('[data-why]').textContent(), (s) => !!s?.includes('平稳后自动恢复'));
    expect(await queueKeys(page)).toEqual([]);
  });
});
