import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { axe } from './browser';
import { stage, until } from './setup';

const begin = stage();

test('the history is asked for by its filter, which is the URL; reload and Back keep it', async () => {
  const { mock, open } = await begin({ events: 900 });
  const page = await open('operator', '/gate/history?range=year&site=s002&person=pupil');
  const rows = page.locator('[role=row][data-key]');
  await until(() => rows.count(), (n) => n > 0);
  const asked = (): URLSearchParams => new URL('http://x' + mock.requests.filter((r) => r.startsWith('GET /api/v1/gate-log?')).at(-1)!.slice(4)).searchParams;
  expect(asked().get('site')).toBe('s002');
  expect(asked().get('person_kind')).toBe('pupil');
  const year = Date.now() - Date.parse(asked().get('from')!);
  expect(year / 86_400_000).toBeGreaterThan(364);
  expect(year / 86_400_000).toBeLessThan(367);
  expect(await page.locator('[data-key]').first().textContent()).toMatch(/20\d\d-\d\d-\d\d \d\d:\d\d:\d\d/);
  await page.getByLabel('结果').selectOption('denied');
  await until(() => new URL(page.url()).searchParams.get('result'), (r) => r === 'denied');
  await until(() => asked().get('result'), (r) => r === 'denied');
  await page.reload();
  await until(() => page.getByLabel('结果').inputValue(), (v) => v === 'denied');
  await page.getByLabel('时段').selectOption('own');
  await page.fill('input[name=to]', '2020-01-01 00:00');
  await page.press('input[name=to]', 'Enter');
  await until(() => page.locator('#history-order').textContent(), (s) => s === '结束须晚于开始');
  expect(await axe(page)).toEqual([]);
});

test('a search that finds little goes on by itself, says how far it is, and can be stopped', async () => {
  const { open } = await begin({ events: 50 });
  let pages = 0;
  let release = (): void => {};
  const page = await open('operator', '/', async (context) => {
    await context.route('**/api/v1/gate-log?*', async (route) => {
      pages++;
      if (pages === 4) await new Promise<void>((done) => (release = done));
      await route.fulfill({ json: { items: [], next: `${pages}.`, searched_to: new Date(Date.parse('2026-11-01T00:00:00Z') - pages * 86_400_000).toISOString() } }).catch(() => {}); // it was stopped
    });
  });
  await page.goto(new URL('/gate/history?range=year&q=p-00042', page.url()).href);
  const foot = page.locator('[data-count]');
  await until(() => foot.textContent(), (s) => !!s?.includes('正在向前查找，已查到 2026-10-29'));
  expect(await foot.textContent()).toContain('至少 0 条');
  await page.getByRole('button', { name: '停止' }).click();
  await page.getByRole('button', { name: '继续查找' }).waitFor();
  expect(await page.locator('.empty').textContent()).toContain('已查到 2026-10-29');
  release();
  expect(pages).toBe(4);
});

test('the count is the server’s, and never less than what is shown', async () => {
  const { open } = await begin({ events: 2500 });
  const page = await open('operator', '/gate/history');
  await until(() => page.locator('[data-count]').textContent(), (s) => !!s?.includes('共 4,321 条'));
  await page.getByRole('button', { name: '继续载入' }).click();
  await until(() => page.locator('[data-count]').textContent(), (s) => !!s?.includes('已载入 400 条'));
  expect(await page.locator('[role=row][data-key]').count()).toBeLessThan(100);
});

test('an export takes the filter of the list, shows how far it is, and gives the file', async () => {
  const { mock, open } = await begin({ events: 300 });
  mock.exports.hold = true;
  const page = await open('operator', '/gate/history?site=s002&result=denied');
  const button = page.getByRole('button', { name: /^导出/ });
  await button.click();
  const box = page.getByRole('group', { name: '导出文件: 出入记录' });
  await until(() => box.locator('select').evaluate((e) => e === document.activeElement));
  await box.locator('select').selectOption('csv');
  await box.getByRole('button', { name: '开始导出' }).click();
  const job = box.locator('[data-job=job1]');
  await until(() => job.textContent(), (s) => !!s?.includes('排队中'));
  const q = new URLSearchParams(mock.exports.jobs[0]!.query);
  expect([q.get('site'), q.get('result'), mock.exports.jobs[0]!.format]).toEqual(['s002', 'denied', 'csv']);
  expect(await axe(page)).toEqual([]);
  mock.exports.hold = false;
  await until(() => job.textContent(), (s) => !!s?.includes('2,200 / 4,321 行'));
  await until(() => job.textContent(), (s) => !!s?.includes('已完成'));
  const [download] = await Promise.all([page.waitForEvent('download'), job.getByRole('link', { name: '下载' }).click()]);
  expect(download.suggestedFilename()).toBe('gate-log-20261124.csv');
  expect(await readFile(await download.path(), 'utf8')).toContain("'=1+1");
  await job.getByRole('button', { name: '删除' }).click();
  await until(() => box.locator('[data-job]').count(), (n) => n === 0);
  await page.keyboard.press('Escape');
  await until(() => button.evaluate((e) => e === document.activeElement));
});

test('the live log is exported by its own filter', async () => {
  const { mock, open } = await begin({ events: 300 });
  const page = await open('operator', '/gate?site=s002&direction=in');
  await page.getByRole('button', { name: /^导出/ }).click();
  await page.getByRole('button', { name: '开始导出' }).click();
  await until(() => mock.exports.jobs.length, (n) => n === 1);
  const q = new URLSearchParams(mock.exports.jobs[0]!.query);
  expect([mock.exports.jobs[0]!.list, q.get('site'), q.get('direction')]).toEqual(['gate-log', 's002', 'in']);
});

test('availability and the audit are exported by their own filter, and a site leads to its devices', async () => {
  const { mock, open } = await begin();
  const page = await open('admin', '/uptime?kind=camera&site=s002');
  await page.getByRole('button', { name: '导出' }).click();
  await page.getByRole('group', { name: '导出文件: 在线率' }).getByRole('button', { name: '开始导出' }).click();
  await until(() => mock.exports.jobs.length, (n) => n === 1);
  const q = new URLSearchParams(mock.exports.jobs[0]!.query);
  expect([mock.exports.jobs[0]!.list, q.get('site'), q.get('kind'), q.get('group')]).toEqual(['availability', 's002', 'camera', 'device']);
  expect(q.get('from_day')).toMatch(/^20\d\d-\d\d-\d\d$/);
  expect(await axe(page)).toEqual([]);
  await page.goto(new URL('/ops/audit?area=rules&by=admin', page.url()).href);
  await page.getByRole('button', { name: '导出' }).click();
  const box = page.getByRole('group', { name: '导出文件: 操作审计' });
  await box.getByRole('button', { name: '开始导出' }).click();
  await until(() => mock.exports.jobs.length, (n) => n === 2);
  const audit = new URLSearchParams(mock.exports.jobs[0]!.query);
  expect([mock.exports.jobs[0]!.list, audit.get('area'), audit.get('by')]).toEqual(['audit', 'rules', 'admin']);
  // All of the panel can be reached: nothing cuts it off.
  await until(() => box.getByRole('button', { name: '取消' }).click({ trial: true, timeout: 5000 }).then(() => true, () => false));
  expect(await axe(page)).toEqual([]);
  await page.goto(new URL('/sites/s002', page.url()).href);
  await page.locator('[data-device=k1] a').click();
  await until(() => new URL(page.url()).pathname, (p) => p === '/devices/s002/k1');
  await page.getByRole('img').locator('canvas').waitFor();
});

test('an export is called off, and a refusal is said', async () => {
  const { mock, open, watch } = await begin();
  mock.exports.hold = true;
  const page = await open('operator', '/alarms?state=open&severity=high');
  await page.getByRole('button', { name: /^导出/ }).click();
  const box = page.getByRole('group', { name: '导出文件: 告警' });
  await box.getByRole('button', { name: '开始导出' }).click();
  const job = box.locator('[data-job]');
  await job.getByRole('button', { name: '取消' }).click();
  await until(() => job.textContent(), (s) => !!s?.includes('已取消'));
  expect(mock.exports.jobs[0]).toMatchObject({ list: 'alarms', state: 'cancelled', format: 'xlsx' });
  expect(new URLSearchParams(mock.exports.jobs[0]!.query).get('severity')).toBe('high');
  watch.allowed.push(/status of 429/);
  await page.route('**/api/v1/exports/alarms?*', (route) => route.fulfill({ status: 429, json: { status: 429, code: 'too_many_tries' } }));
  await box.getByRole('button', { name: '开始导出' }).click();
  await until(() => box.getByRole('alert').textContent(), (s) => !!s?.includes('导出任务过多'));
});

test('a device shows its readings: silence is a gap in the chart and a line in words, keys walk, the table says the same', async () => {
  const { mock, open } = await begin();
  const page = await open('operator', '/devices/s002/k1');
  const chart = page.getByRole('img');
  await chart.locator('canvas').waitFor();
  const asked = new URL('http://x' + mock.requests.find((r) => r.startsWith('GET /api/v1/series?'))!.slice(4)).searchParams;
  expect([asked.get('site'), asked.get('device'), asked.get('type'), asked.get('quantity')]).toEqual(['s002', 'k1', 'kitchen_reading', 'cold_store']);
  expect(Number(asked.get('points'))).toBeLessThanOrEqual(1000);
  await page.getByText('1 段无数据').click();
  expect(await page.locator('details li').textContent()).toMatch(/至 .* 无数据/);
  // In the middle of the silence nothing of the line's colour is drawn: of its band neither.
  const painted = (from: number, to: number): Promise<number> => chart.locator('canvas').evaluate((c, [a, b]) => {
    const canvas = c as HTMLCanvasElement;
    const plot = (canvas.parentElement!.querySelector('.u-over') as HTMLElement).getBoundingClientRect();
    const box = canvas.getBoundingClientRect();
    const k = canvas.width / box.width;
    const left = Math.round((plot.left - box.left + plot.width * a!) * k);
    const data = canvas.getContext('2d')!.getImageData(left, Math.round((plot.top - box.top) * k), Math.round(plot.width * (b! - a!) * k), Math.round(plot.height * k)).data;
    const colour = getComputedStyle(document.documentElement).getPropertyValue('--accent').trim();
    const [r, g, bl] = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
    let n = 0;
    for (let i = 0; i < data.length; i += 4) if (Math.abs(data[i]! - r!) + Math.abs(data[i + 1]! - g!) + Math.abs(data[i + 2]! - bl!) < 30) n++;
    return n;
  }, [from, to]);
  expect(await painted(0.2, 0.3)).toBeGreaterThan(50);
  expect(await painted(0.41, 0.47)).toBe(0);
  await chart.focus();
  await page.keyboard.press('Home');
  const said = page.locator('.said');
  await until(() => said.textContent(), (s) => !!s?.includes('平均'));
  const first = await said.textContent();
  await page.keyboard.press('ArrowRight');
  await until(() => said.textContent(), (s) => s !== first);
  expect(await axe(page)).toEqual([]);
  await page.getByRole('button', { name: '表格' }).click();
  await until(() => page.locator('[role=row][data-key]').count(), (n) => n > 10);
  expect(new URL(page.url()).searchParams.get('view')).toBe('table');
  await page.getByRole('button', { name: '7 天' }).click();
  await until(() => mock.requests.filter((r) => r.startsWith('GET /api/v1/series?')).length, (n) => n === 2);
  await page.getByLabel('项目').selectOption('humidity');
  await until(() => mock.requests.at(-1), (r) => !!r?.includes('quantity=humidity'));
  expect(await axe(page)).toEqual([]);
});
