import { describe, expect, test } from 'vitest';
import { axe } from './browser';
import { alarm } from './county';
import { stage, until } from './setup';

const begin = stage();
const now = (): number => Date.now();
const ahead = (minutes: number): string => new Date(now() + minutes * 60_000).toISOString();

test('shelved ones by when they come back, suppressed ones by reason; taken back by hand', async () => {
  const { mock, open } = await begin();
  mock.put(alarm('late', now(), { state: 'shelved', shelved_until: ahead(300), note: '等待备件' }));
  mock.put(alarm('soon', now(), { state: 'shelved', shelved_until: ahead(30), note: '检修', standing: true }));
  mock.put(alarm('chat', now(), { state: 'suppressed', suppression: 'chatter', suppressed_until: ahead(9), device: 'c2' }));
  mock.put(alarm('oos', now(), { state: 'oos', note: '拆除', device: 'c3' }));
  const page = await open('operator', '/shelved');
  const first = page.locator('[data-group]').first();
  await until(() => first.locator('[data-alarm]').evaluateAll((rows) => rows.map((r) => (r as HTMLElement).dataset['alarm'])), (ids) => ids.join() === 'soon,late');
  expect(await first.textContent()).toMatch(/剩余 (29|30) 分/);
  expect(await page.locator('[data-alarm=chat]').count()).toBe(1);
  expect(await page.locator('[data-group*=频繁]').count()).toBe(1);
  expect(await axe(page)).toEqual([]);
  await page.locator('[data-alarm=soon]').getByRole('button', { name: '取消搁置' }).click();
  await until(() => first.locator('[data-alarm]').count(), (n) => n === 1);
  await page.locator('[data-alarm=oos]').getByRole('button', { name: '恢复启用' }).click();
  await until(() => mock.alarms.get('oos')!.state, (s) => s === 'unack');
});

describe('maintenance', () => {
  test('is planned once and weekly, with words beside wrong fields; changed, and ended after asking', async () => {
    const { mock, open } = await begin();
    const page = await open('operator', '/shelved?tab=maintenance');
    await page.getByRole('button', { name: '新建检修窗口' }).click();
    const form = page.locator('main form');
    await form.getByRole('button', { name: '保存' }).click();
    await until(() => form.locator('#mw-reason').textContent(), (s) => s === '请填写原因');
    expect(await form.locator('#mw-site').textContent()).toContain('至少指定');
    await form.locator('#mw-site-select').selectOption('s002');
    await form.getByLabel('设备类型').selectOption('camera');
    const to = await form.getByLabel('结束').inputValue();
    await form.getByLabel('结束').fill(await form.getByLabel('开始').inputValue());
    await form.getByLabel('原因').fill('更换交换机');
    await form.getByRole('button', { name: '保存' }).click();
    await until(() => form.locator('#mw-to').textContent(), (s) => s === '结束须晚于开始');
    await form.getByLabel('结束').fill(to);
    await form.getByRole('button', { name: '保存' }).click();
    const line = page.locator('[data-window]');
    await until(() => line.count(), (n) => n === 1);
    expect(await line.textContent()).toContain('城关第二初级中学 · 摄像头');
    expect(mock.desk.windows[0]).toMatchObject({ site: 's002', kind: 'camera', reason: '更换交换机', days: [] });

    await line.getByRole('button', { name: '修改' }).click();
    await form.getByLabel('每周').check();
    await form.getByRole('button', { name: '保存' }).click();
    await until(() => form.locator('#mw-days').textContent(), (s) => s === '请选择星期');
    await form.getByLabel('周六').check();
    await form.getByLabel('周日').check();
    await form.getByRole('button', { name: '保存' }).click();
    await until(() => line.textContent(), (s) => !!s?.includes('周六 周日 22:00–次日 05:00'));
    await line.getByRole('button', { name: '立即结束' }).click();
    await line.getByRole('button', { name: '确认结束' }).click();
    await until(() => page.locator('[data-maintenance] .empty').count(), (n) => n === 1);
    await page.getByLabel('包括已结束').check();
    await until(() => line.textContent(), (s) => !!s?.includes('operator 于'));
    expect(new URL(page.url()).searchParams.get('all')).toBe('1');
  });

  test('a conflict says who was first and takes the new revision; an inspector only reads', async () => {
    const { mock, open, watch } = await begin();
    watch.allowed.push(/status of 409/);
    mock.desk.windows.push({
      id: 'w1', rev: 1, site: 's002', township: '', device: '', kind: '', rule: '', from: ahead(-10), to: ahead(60), days: [], start: '', end: '', first: '', last: '', reason: '施工',
      by: 'operator2', at: ahead(-20), ended_by: '', ended_at: null, on: true, until: ahead(60), next: [], suppressed: 3,
    });
    const reader = await open('inspector', '/shelved?tab=maintenance&window=new');
    await reader.locator('[data-window=w1]').waitFor();
    expect(await reader.locator('main button').count()).toBe(0);
    expect(await reader.locator('[data-window=w1]').textContent()).toContain('正抑制 3 条');
    const page = await open('operator', '/shelved?tab=maintenance&window=w1');
    const form = page.locator('main form');
    await form.getByLabel('原因').fill('延长施工');
    mock.desk.windows[0] = { ...mock.desk.windows[0]!, rev: 2, reason: '别人改过' };
    await form.getByRole('button', { name: '保存' }).click();
    await until(() => form.getByRole('alert').textContent(), (s) => !!s?.includes('已由 operator2 于'));
    expect(await form.getByLabel('原因').inputValue()).toBe('延长施工');
    await until(() => page.locator('[data-window=w1]').textContent(), (s) => !!s?.includes('别人改过'));
    await form.getByRole('button', { name: '保存' }).click();
    await until(() => mock.desk.windows[0]!.reason, (r) => r === '延长施工');
  });
});

describe('the calendar', () => {
  test('is read by everybody and changed by the county; a wrong day is said in its row', async () => {
    const { mock, open } = await begin();
    const reader = await open('guard', '/shelved?tab=calendar');
    await reader.locator('[data-list=exams]').waitFor();
    expect(await reader.locator('[data-list=exams]').textContent()).toContain('期末考试');
    expect(await reader.locator('main button').count()).toBe(0);
    const page = await open('admin', '/shelved?tab=calendar');
    const list = page.locator('[data-list=exams]');
    await list.getByRole('button', { name: '添加' }).click();
    const added = list.locator('[data-row]').nth(1);
    await added.getByLabel('名称', { exact: true }).fill('中考');
    await added.getByLabel('起').fill('2027-06-18');
    await added.getByLabel('止').fill('2027-06-16');
    await page.getByRole('button', { name: '保存' }).click();
    await until(() => added.locator('.error').textContent(), (s) => s === '止不得早于起');
    await added.getByLabel('止').fill('2027-06-20');
    await added.locator('summary').click();
    await added.locator('select').selectOption(['s002', 's004']);
    await added.getByLabel('无上课时段').check();
    await page.getByRole('button', { name: '保存' }).click();
    await until(() => mock.desk.calendar.rev, (r) => r === 4);
    expect(mock.desk.calendar.exams[1]).toEqual({ name: { zh: '中考', en: '' }, from: '2027-06-18', to: '2027-06-20', sites: ['s002', 's004'], quiet: true });
    await until(() => page.getByRole('status').filter({ hasText: '已保存' }).count(), (n) => n === 1);
    expect(await axe(page)).toEqual([]);
  });
});

describe('numbers and shift', () => {
  test('the numbers stand against their targets, by word and not by colour alone', async () => {
    const { open } = await begin();
    const page = await open('operator', '/numbers?range=day7');
    await page.locator('[data-target=flood_pct]').waitFor();
    expect(await page.locator('[data-target=flood_pct]').textContent()).toMatch(/洪泛时间占比.*1\.8 %.*≤ 1 %.*未达标/s);
    expect(await page.locator('[data-target=low_pct]').textContent()).toContain('≥ 80 %');
    expect(await page.locator('[data-target=high_pct]').textContent()).toContain('达标');
    expect(await page.locator('[data-search]').inputValue()).toBe('day7');
  });

  test('the hand-over sheet lists what is open, what was done and until when; printed with lines to sign', async () => {
    const { mock, open } = await begin();
    mock.put(alarm('u1', now(), { severity: 'critical', rule: 'gas', site: 's002', device: 'k1' }));
    mock.put(alarm('s1', now(), { state: 'shelved', shelved_until: ahead(90), note: '等待备件' }));
    mock.put({ ...mock.alarms.get('u1')!, state: 'acked', rev: 2, acked_by: 'operator', note: '已联系食堂' }, 'operator', 'ack');
    const page = await open('operator', '/shift?hours=12');
    const sheet = page.locator('[data-shift]');
    await sheet.waitFor();
    expect(await sheet.locator('[data-alarm=u1]').textContent()).toContain('燃气泄漏');
    expect(await sheet.locator('[data-alarm=s1]').textContent()).toContain('等待备件');
    expect(await sheet.locator('[data-notes]').textContent()).toContain('已联系食堂');
    expect((await sheet.locator('[data-hash]').textContent())?.length).toBe(64);
    expect(mock.requests.some((r) => r.startsWith('GET /api/v1/shift?from='))).toBe(true);
    await page.getByLabel('本班开始').fill('2026-11-01T08:00');
    await page.getByRole('button', { name: '生成' }).click();
    await until(() => page.locator('#shift-bad').textContent(), (s) => !!s?.includes('48 小时'));
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('nav.desk').isVisible()).toBe(false);
    expect(await sheet.getByText('接班人').isVisible()).toBe(true);
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(5000);
  });
});
