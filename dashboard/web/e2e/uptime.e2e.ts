import { describe, expect, test } from 'vitest';
import { floor2, online } from '../src/lib/uptime';
import { holdsUp, stage, until } from './setup';

const begin = stage();
const paths = ['/uptime', '/uptime?site=s002&range=d30', '/uptime?site=s002&device=c1', '/uptime?tab=outages', '/uptime?tab=restated', '/uptime?tab=targets', '/uptime?kind=gate&by=site'];
const ready = '[data-rate], [data-outage], [data-restated], [data-target]';

describe('every view of the uptime page', () => {
  test('axe clean in both themes and languages, no raw key, fits a phone and 125 %', async () => {
    const { open } = await begin({ alarms: 5 });
    const page = await open('admin');
    for (const path of paths) {
      await holdsUp(page, path, ready, async () => {
        if (path.includes('site=')) await page.locator('[data-day]').last().click();
      });
    }
  }, 180_000);
});

test('from the county to one device and back: each level is a link, and its figures add up', async () => {
  const { mock, open } = await begin();
  const page = await open('inspector', '/uptime');
  const big = (): Promise<string | null> => page.locator('[data-rate=online_pct] .big').textContent();
  const whole = await until(big);
  const link = page.locator('[role=row][data-key] a').first();
  const township = await link.textContent();
  await link.click();
  await until(() => new URL(page.url()).searchParams.get('township'), (t) => t === township);
  await until(big, (b) => b !== whole);
  await page.locator('[role=row][data-key] a').first().click();
  const site = (await until(() => new URL(page.url()).searchParams.get('site')))!;
  await until(() => page.locator('[role=row][data-key]').count(), (n) => n === [...mock.world.devices.values()].filter((d) => d.site === site && d.kind === 'camera').length || n > 10);
  await page.locator('[role=row][data-key] a').first().click();
  const device = (await until(() => new URL(page.url()).searchParams.get('device')))!;
  await page.locator('section[aria-label="中断"]').waitFor();
  // The figure is the one of the seven days, second by second.
  const days = await page.locator('[data-day]').evaluateAll((l) => l.map((x) => (x as HTMLElement).dataset['day']!));
  expect(days).toHaveLength(7);
  const d = mock.world.devices.get(`${site}/${device}`)!;
  const sum = { up: 0, down: 0, degraded: 0, maintenance: 0, off_hours: 0, elsewhere: 0, unobserved: 0 };
  for (const on of days.slice(0, 6)) for (const [k, v] of Object.entries(mock.uptime.day(d, on).seconds)) sum[k as 'up'] += v;
  await page.goto(new URL(`/uptime?site=${site}&device=${device}&range=own&from=${days[0]}&to=${days[5]}`, page.url()).href);
  const want = online(sum);
  await until(big, (b) => b === (want === null ? '无数据' : `${floor2(want).toFixed(2)} %`));
  await page.locator('.crumbs a').first().click();
  expect(new URL(page.url()).searchParams.get('site')).toBeNull();
  await page.goBack();
  await until(() => new URL(page.url()).searchParams.get('device'), (x) => x === device);
});

test('never observed is 无数据, not 100 %, and missing days are said', async () => {
  const { mock, open } = await begin();
  const d = [...mock.world.devices.values()].find((x) => x.kind === 'camera' && x.site === 's003')!;
  mock.world.devices.set(d.id, { ...d, status: 'unknown' });
  const page = await open('inspector', `/uptime?site=s003&device=${d.device}`);
  for (const k of ['online_pct', 'recorded_pct', 'usable_pct']) await until(() => page.locator(`[data-rate=${k}] .big`).textContent(), (t) => t === '无数据');
  const first = await page.locator('[data-day]').first().getAttribute('data-day');
  mock.uptime.missing.add(first!);
  await page.reload();
  await until(() => page.locator('div.bar').textContent(), (t) => !!t?.includes('1 天未计算'));
  expect(await page.locator('[data-day]').first().getAttribute('aria-label')).toContain('未计算');
});

test('the days are one tab stop; arrows move, Enter shows the day device by device', async () => {
  const { open } = await begin();
  const page = await open('inspector', '/uptime?site=s002');
  const days = page.locator('[data-day]');
  await page.locator('[role=row][data-key]').first().waitFor();
  expect(await days.evaluateAll((l) => l.filter((x) => (x as HTMLElement).tabIndex === 0).length)).toBe(1);
  await days.last().focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  const chosen = await days.nth(1).getAttribute('data-day');
  await page.locator(`[data-chosen="${chosen}"] [data-span-of]`).first().waitFor();
  expect(new URL(page.url()).searchParams.get('day')).toBe(chosen);
  expect(await page.locator('[data-span-of] [role=img]').first().getAttribute('aria-label')).toMatch(/\d\d:\d\d–\d\d:\d\d/);
  await page.reload();
  await page.locator(`[data-chosen="${chosen}"] [data-span-of]`).first().waitFor();
});

test('outages by cause with links to their alarms; own days that are wrong are said beside', async () => {
  const { open } = await begin({ alarms: 3 });
  const page = await open('inspector', '/uptime?tab=outages&range=d30');
  const rows = page.locator('[data-outage]');
  await rows.first().waitFor();
  expect(await rows.first().locator('a[href^="/alarms/"]').count()).toBe(1);
  await page.getByLabel('原因').selectOption('power');
  await until(() => rows.first().locator('.cause').textContent(), (t) => t === '电学校供电或交换机');
  expect(await rows.first().locator('summary').textContent()).toBe('时间段 1');
  await page.goto(new URL('/uptime?range=own&from=2026-11-09&to=2026-11-01', page.url()).href);
  await until(() => page.locator('#up-days').textContent(), (t) => !!t?.includes('开始不晚于结束'));
  expect(await page.getByRole('button', { name: '导出' }).count()).toBe(0);
});

test('an administrator sets a target; a wrong one is refused beside its field, a faster one is said', async () => {
  const { mock, open, watch } = await begin();
  watch.allowed.push(/status of 409 .*\/targets/);
  const page = await open('admin', '/uptime?tab=targets');
  const form = page.locator('[data-target=camera] form');
  await form.locator('input[name=online_pct]').fill('101');
  await form.getByRole('button').click();
  expect(await form.locator('[role=status]').textContent()).toBe('填写 0 到 100 的数');
  await form.locator('input[name=online_pct]').fill('98.5');
  await form.locator('input[name=usable_pct]').fill('');
  await form.getByRole('button').click();
  await until(() => form.locator('[role=status]').textContent(), (t) => t === '已保存');
  expect(mock.uptime.targets[0]).toMatchObject({ online_pct: 98.5, recorded_pct: 95, usable_pct: null, rev: 1, by: 'admin' });
  mock.uptime.targets[0]!.rev = 7;
  await form.locator('input[name=online_pct]').fill('90');
  await form.getByRole('button').click();
  await until(() => form.locator('[role=status]').textContent(), (t) => !!t?.includes('他人刚刚修改过'));
  expect(mock.uptime.targets[0]!.online_pct).toBe(98.5);
  const guard = await open('guard', '/uptime?tab=targets');
  await guard.locator('[data-target=camera]').waitFor();
  expect(await guard.locator('[data-target] input').count()).toBe(0);
});
