// The bus pages: list and map, timetable, staleness, replay by key.
import { describe, expect, test } from 'vitest';
import { axe } from './browser';
import { alarm } from './county';
import { stage, until } from './setup';

const begin = stage();
const yesterday = (): string => new Date(Date.now() + 8 * 3_600_000 - 86_400_000).toISOString().slice(0, 10);

describe('the list', () => {
  test('says who is late, and the same buses stand on the map; filters are in the URL', async () => {
    const { mock, open } = await begin();
    mock.put(alarm('o1', Date.now(), { kind: 'bus', site: 's006', device: 'bus1', rule: 'bus_overspeed', severity: 'high' }));
    const page = await open('operator', '/buses');
    const line = (id: string) => page.locator('[role=row]', { has: page.locator(`[data-bus="${id}"]`) });
    await until(() => line('s002/bus1').textContent(), (s) => !!s?.includes('准点'));
    expect(await line('s004/bus1').textContent()).toMatch(/晚 [45] 分/);
    expect(await line('s006/bus1').textContent()).toMatch(/告警 1.*早 [23] 分/);
    // In trouble first, then late, then the others.
    const order = await page.locator('[data-bus]').evaluateAll((a) => a.map((e) => (e as HTMLElement).dataset['bus']));
    expect(order.slice(0, 2)).toEqual(['s006/bus1', 's004/bus1']);
    expect(await page.locator('[data-point]').evaluateAll((m) => m.map((e) => (e as HTMLElement).dataset['point']).sort())).toEqual([...order].sort());
    await page.getByLabel('筛选').selectOption('late');
    await until(() => page.locator('[data-bus]').count(), (n) => n === 2);
    expect(page.url()).toContain('only=late');
    await page.reload();
    await until(() => page.locator('[data-bus]').count(), (n) => n === 2);
    await page.getByPlaceholder('车牌、线路、车号').fill('豫A10004');
    await until(() => page.locator('[data-bus]').count(), (n) => n === 1);
    expect(await axe(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.locator('[role=grid]').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await until(() => page.url(), (u) => u.includes('/buses/s004%3Abus1'));
    await page.locator('[data-stop]').first().waitFor();
  });

  test('a guard sees the buses of the own school only', async () => {
    const { open } = await begin();
    const page = await open('guard', '/buses');
    await until(() => page.locator('[data-bus]').count(), (n) => n === 1);
    await page.goto(new URL('/buses/s004:bus1', page.url()).href);
    await page.getByText('没有这辆校车，或无权查看').waitFor();
  });
});

describe('one bus', () => {
  test('keeps its timetable stop by stop, and its trail grows with live positions', async () => {
    const { mock, open } = await begin();
    mock.put(alarm('o1', Date.now(), { kind: 'bus', site: 's004', device: 'bus1', rule: 'bus_overspeed', severity: 'high', text: { zh: '时速 71', en: '71 km/h' } }));
    const page = await open('operator', '/buses/s004:bus1');
    const stops = page.locator('[data-stop]');
    await until(() => stops.count(), (n) => n === 5);
    expect(await stops.first().textContent()).toMatch(/晚 [45] 分/);
    expect(await stops.last().textContent()).toMatch(/未到/);
    const facts = page.locator('[data-facts]');
    expect(await facts.textContent()).toMatch(/行驶中.*\d km\/h.*限速 60.*\/ 45.*晚 [45] 分.*班次.*往学校.*走廊 200 米/s);
    expect(await page.getByRole('link', { name: '时速 71' }).getAttribute('href')).toBe('/alarms/o1');
    const d = mock.world.devices.get('s004/bus1')!;
    const trail = (): Promise<string> => page.locator('[data-line^=trail], [data-line^=fast]').evaluateAll((p) => p.map((e) => e.getAttribute('d')).join(''));
    const before = await trail();
    expect(await page.locator('[data-point^=stop]').count()).toBe(5);
    expect(Number(await page.locator('[data-line=corridor]').getAttribute('stroke-width'))).toBeGreaterThan(4);
    mock.setDevices([{ ...d, last_seen: new Date().toISOString(), position: { ...d.position!, lat: d.position!.lat + 0.001, speed_kmh: 72, at: new Date().toISOString() } }]);
    await until(() => facts.textContent(), (s) => !!s?.includes('超速'));
    await until(trail, (s) => s.length > before.length);
    expect(await page.locator('[data-line^=fast]').count()).toBe(1);
    expect(await page.locator('[data-point="s004/bus1"]').getAttribute('data-tone')).toBe('warn');
    expect(await axe(page)).toEqual([]);
  });

  test('stale is not green: silent for minutes, hatched, the old values struck (15)', async () => {
    const { mock, context, origin } = await begin();
    const c = await context();
    await c.request.post(`${origin}/api/v1/login`, { data: { username: 'operator', password: 'secret' } });
    await c.clock.install({ time: new Date() });
    const page = await c.newPage();
    const d = mock.world.devices.get('s002/bus1')!;
    const t = Date.now();
    const at = new Date(t).toISOString();
    mock.world.devices.set(d.id, { ...d, last_seen: at, stale_after: new Date(t + 180_000).toISOString(), position: { ...d.position!, speed_kmh: 40, at } });
    await page.goto(`${origin}/buses/s002:bus1`);
    const facts = page.locator('[data-facts]');
    await until(() => facts.textContent(), (s) => !!s?.includes('行驶中'));
    expect(await facts.locator('s').count()).toBe(0);
    // Its heartbeat goes on, its position does not: that is said, too.
    mock.shift = 120_000;
    await c.clock.fastForward(120_000);
    await until(() => facts.textContent(), (s) => !!s?.includes('位置已 2 分钟未更新'));
    mock.shift = 725_000;
    await c.clock.fastForward(605_000);
    await until(() => facts.textContent(), (s) => !!s?.includes('失联 12 分钟'));
    expect(await facts.locator('s').allTextContents()).toContain('40 km/h');
    expect(await facts.evaluate((el) => getComputedStyle(el).backgroundImage)).toContain('repeating-linear-gradient');
    await page.goto(`${origin}/buses`);
    const line = page.locator('[role=row]', { has: page.locator('[data-bus="s002/bus1"]') });
    await until(() => line.textContent(), (s) => !!s?.includes('失联 12 分钟'));
    expect(await line.locator('s').count()).toBeGreaterThan(1);
    // On the map it is grey and hatched, and points nowhere.
    const mark = page.locator('[data-point="s002/bus1"]');
    await until(() => mark.getAttribute('data-old'), (v) => v === 'true');
    expect(await mark.getAttribute('data-tone')).toBe('stale');
    expect(await mark.locator('[clip-path]').count()).toBe(1);
    expect(await mark.locator('[transform^=rotate]').count()).toBe(0);
  });

  test('replay: the slider moves by key, plays at a rate, stands in the URL (20)', async () => {
    const { mock, context, origin } = await begin();
    const c = await context();
    await c.request.post(`${origin}/api/v1/login`, { data: { username: 'operator', password: 'secret' } });
    await c.clock.install({ time: new Date() });
    const page = await c.newPage();
    await page.goto(`${origin}/buses/s004:bus1?day=${yesterday()}`);
    const slider = page.getByRole('slider', { name: '回放时间' });
    const at = page.locator('[data-at]');
    await until(() => at.textContent(), (s) => s === '06:51:00');
    expect(mock.requests.some((r) => r.startsWith('GET /api/v1/buses/s004/bus1/trail?from='))).toBe(true);
    await slider.focus();
    const press = async (key: string, want: string): Promise<void> => {
      await page.keyboard.press(key);
      await until(() => at.textContent(), (s) => s === want);
    };
    await press('ArrowRight', '06:51:10');
    await press('PageUp', '06:52:10');
    await press('ArrowLeft', '06:52:00');
    await press('PageDown', '06:51:00');
    await press('End', '07:08:00');
    await press('Home', '06:51:00');
    const marker = page.locator('[data-point="s004/bus1"]');
    const start = await marker.getAttribute('transform');
    for (let i = 0; i < 5; i++) await page.keyboard.press('PageUp');
    await until(() => page.locator('[data-facts]').textContent(), (s) => !!s?.includes('71') && s.includes('超速'));
    expect(await slider.getAttribute('aria-valuetext')).toBe('06:56:00, 71 km/h');
    expect(await marker.getAttribute('transform')).not.toBe(start);
    expect(await page.locator('[data-stop="1"]').textContent()).toMatch(/06:53:3\d/);
    expect(await page.locator('[data-stop="4"]').textContent()).toMatch(/未到/);
    await c.clock.fastForward(1000);
    await until(() => page.url(), (u) => u.includes('at=06%3A56%3A00'));
    await page.reload();
    await until(() => at.textContent(), (s) => s === '06:56:00');
    await page.getByRole('button', { name: '播放' }).click();
    await c.clock.runFor(5000); // at 60×: five minutes
    await until(() => at.textContent(), (s) => s! >= '07:00:30' && s! <= '07:01:10');
    await page.getByRole('button', { name: '暂停' }).click();
    const stands = await at.textContent();
    await c.clock.runFor(3000);
    expect(await at.textContent()).toBe(stands);
    await page.getByLabel('倍速').selectOption('300');
    await page.getByRole('button', { name: '播放' }).click();
    await c.clock.runFor(20_000);
    await until(() => at.textContent(), (s) => s === '07:08:00');
    await page.getByRole('button', { name: '播放' }).waitFor(); // it has stopped at the end
    expect(await axe(page)).toEqual([]);
    await page.getByRole('button', { name: '实时', exact: true }).click();
    await until(() => page.locator('[data-at]').count(), (n) => n === 0);
  });

  test('a trail that cannot be read says so and is asked for again; an empty day too', async () => {
    const { mock, open, watch } = await begin();
    watch.allowed.push(/status of 503/);
    mock.buses.broken = true;
    const page = await open('operator', `/buses/s004:bus1?day=${yesterday()}`);
    await page.getByRole('alert').filter({ hasText: '读取轨迹失败' }).waitFor();
    mock.buses.broken = false;
    await page.getByRole('button', { name: '重试' }).click();
    await page.getByText(/条位置/).waitFor();
    mock.buses.trail = () => [];
    await page.fill('input[name=day]', '2026-01-01');
    await page.press('input[name=day]', 'Enter');
    await page.locator('[data-notrail]').waitFor();
    expect(await page.locator('[data-play]').isDisabled()).toBe(true);
  });
});
