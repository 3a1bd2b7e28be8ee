import { describe, expect, test } from 'vitest';
import { login } from './browser';
import { alarm } from './county';
import { queueKeys, row, stage, starts, stubAudio, until } from './setup';

const begin = stage();
const now = (): number => Date.now();

describe('new alarms', () => {
  test('a critical one takes the top and is announced with severity, school, place and kind (4)', async () => {
    const { mock, open } = await begin({ alarms: 40 });
    const page = await open();
    await until(() => queueKeys(page), (k) => k.length > 3);
    mock.put(alarm('new1', now(), { severity: 'critical', rule: 'gate_forced', site: 's002', device: 'g1' }));
    await until(() => queueKeys(page), (k) => k[0] === 'new1');
    const text = await until(() => page.getByRole('alert').textContent(), (t) => !!t);
    expect(text).toBe('紧急告警：城关第二初级中学，正门闸机，强行闯入');
  });

  test('hostile text from a device stays text', async () => {
    const { mock, open } = await begin();
    const page = await open();
    const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    mock.put(alarm('evil', now(), { device: evil, rule: evil, site: evil, text: { zh: evil, en: evil } }));
    await until(() => queueKeys(page), (k) => k.includes('evil'));
    expect(await row(page, 'evil').textContent()).toContain('<img src=x');
    expect(await page.locator('main img, main script').count()).toBe(0);
  });
});

describe('acknowledge', () => {
  test('one key: sending, then name and time; the other operator sees it within 1 s (8)', async () => {
    const { mock, open } = await begin();
    mock.put(alarm('a1', now(), { severity: 'high' }));
    const one = await open('operator');
    const two = await open('operator2');
    await row(two, 'a1').waitFor();
    let release = (): void => {};
    mock.holdActions = new Promise((done) => (release = done));
    await one.keyboard.press('j');
    await one.keyboard.press('a');
    await until(() => row(one, 'a1').textContent(), (t) => !!t?.includes('发送中'));
    const released = performance.now();
    release();
    await until(() => row(two, 'a1').textContent(), (t) => /operator \d\d:\d\d:\d\d/.test(t ?? ''), 2000);
    expect(performance.now() - released).toBeLessThan(1000);
    await until(() => row(one, 'a1').textContent(), (t) => /operator \d\d:\d\d:\d\d/.test(t ?? ''));
  });

  test('the next key goes on where the acknowledged row stood, not from the top', async () => {
    const { mock, open } = await begin();
    for (let i = 0; i < 6; i++) mock.put(alarm(`q${i}`, now() - i * 60_000, { severity: 'high', rule: `r${i}`, site: `s00${i + 1}` }));
    const page = await open();
    const selected = (): Promise<string | null> => page.locator('.queue [role=row][aria-selected=true]').first().getAttribute('data-key', { timeout: 1000 }).catch(() => null);
    await until(() => queueKeys(page), (k) => k.length === 6);
    const keys = await queueKeys(page);
    for (let i = 0; i < 3; i++) await page.keyboard.press('j');
    await until(selected, (k) => k === keys[2]);
    await page.keyboard.press('a');
    await until(() => queueKeys(page), (k) => k[2] === keys[3]);
    await page.keyboard.press('j');
    await until(selected, (k) => k === keys[3]);
    await page.keyboard.press('j');
    await until(selected, (k) => k === keys[4]);
  });

  test('a conflict says who was first (8)', async () => {
    const { mock, open, watch } = await begin();
    watch.allowed.push(/status of 409/);
    const first = alarm('a1', now(), { severity: 'high' });
    mock.put(first);
    const page = await open();
    await row(page, 'a1').waitFor();
    let release = (): void => {};
    mock.holdActions = new Promise((done) => (release = done));
    await page.keyboard.press('j');
    await page.keyboard.press('a');
    await until(() => mock.requests.some((r) => r.includes('/a1/ack')));
    mock.alarms.set('a1', { ...first, state: 'acked', rev: 2, acked_by: 'operator2', acked_at: new Date().toISOString() });
    release();
    await until(() => row(page, 'a1').textContent(), (t) => !!t?.includes('已由 operator2 于'));
  });

  test('an inspector reads only', async () => {
    const { mock, open } = await begin();
    mock.put(alarm('a1', now()));
    const page = await open('inspector');
    await row(page, 'a1').waitFor();
    expect(await row(page, 'a1').locator('button').count()).toBe(0);
    await page.keyboard.press('j');
    await page.keyboard.press('a');
    await page.goto(page.url() + 'alarms/a1');
    await page.locator('.audit li').first().waitFor();
    expect(await page.locator('.detail button').count()).toBe(0);
    expect(mock.requests.filter((r) => r.startsWith('POST') && r.includes('/alarms'))).toEqual([]);
  });
});

describe('life cycle', () => {
  test('acknowledge, comment, close with a note needed; the history in order; no delete (9)', async () => {
    const { mock, open } = await begin();
    mock.put(alarm('a1', now(), { severity: 'high' }));
    const page = await open('operator', '/alarms/a1');
    const detail = page.locator('.detail');
    await detail.getByRole('button', { name: '确认', exact: true }).click();
    await until(() => detail.locator('[data-acked]').textContent(), (t) => !!t?.includes('operator'));
    await detail.getByRole('button', { name: '备注' }).click();
    await detail.locator('textarea').fill('已派人查看');
    await detail.locator('form').getByRole('button', { name: '备注' }).click();
    await until(() => detail.locator('.audit li').count(), (n) => n === 3);
    await detail.getByRole('button', { name: '关闭告警' }).click();
    await detail.locator('form').getByRole('button', { name: '关闭告警' }).click();
    expect(await detail.locator('#note-missing').textContent()).toBe('请填写说明');
    await detail.locator('textarea').fill('误报');
    await detail.locator('form').getByRole('button', { name: '关闭告警' }).click();
    await until(() => detail.locator('.audit li').count(), (n) => n === 4);
    const history = await detail.locator('.audit li b').allTextContents();
    expect(history).toEqual(['触发', '确认', '备注', '关闭']);
    expect(await detail.locator('.notetext').allTextContents()).toEqual(['已派人查看', '误报']);
    await until(() => page.locator('.list [role=row][data-key]').count(), (n) => n === 0);
    expect(await page.getByText(/删除|Delete/).count()).toBe(0);
  });

  test('shelving has an end and a reason, and can be taken back (9)', async () => {
    const { mock, open } = await begin();
    mock.put(alarm('a1', now()));
    const page = await open('operator', '/alarms/a1');
    const detail = page.locator('.detail');
    await detail.getByRole('button', { name: '搁置' }).click();
    await detail.locator('textarea').fill('检修');
    await detail.locator('select').selectOption('2');
    await detail.locator('form').getByRole('button', { name: '搁置' }).click();
    await until(() => detail.locator('dl').textContent(), (t) => !!t?.includes('搁置至'));
    const until2h = Date.parse(mock.alarms.get('a1')!.shelved_until!) - Date.now();
    expect(until2h).toBeGreaterThan(7_000_000);
    expect(until2h).toBeLessThanOrEqual(7_205_000);
    await detail.getByRole('button', { name: '取消搁置' }).click();
    await until(() => mock.alarms.get('a1')!.state, (s) => s === 'unack');
  });
});

describe('flood', () => {
  test('500 alarms of one source are one row, expandable; counters count all; no long task (10)', async () => {
    const { mock, open } = await begin();
    const page = await open();
    await page.evaluate(() => {
      const tasks: number[] = [];
      Object.assign(window, { longTasks: tasks });
      new PerformanceObserver((list) => tasks.push(...list.getEntries().map((e) => e.duration))).observe({ type: 'longtask' });
    });
    mock.putAll(Array.from({ length: 500 }, (_, i) => alarm(`f${i}`, now() + i, { device: `c${i}`, caused_by: 'outage' })));
    await until(() => page.locator('.queue [role=row][data-key]').count(), (n) => n === 1);
    const fold = page.getByRole('button', { name: '同源 500 条 展开' });
    await fold.waitFor();
    await until(() => page.locator('[data-severity=warning] [data-unack]').textContent(), (t) => t === '500');
    expect(await page.evaluate(() => Math.max(0, ...(window as unknown as { longTasks: number[] }).longTasks))).toBeLessThan(200);
    await fold.click();
    const count = await until(() => page.locator('.queue [role=grid]').getAttribute('aria-rowcount'), (c) => c === '502');
    expect(count).toBe('502');
    expect(await page.locator('.queue [role=row][data-key]').count()).toBeLessThan(60);
  });
});

describe('sound', () => {
  test('says that it is locked until a click; then sounds per severity (5)', async () => {
    const { mock, open } = await begin();
    const page = await open('operator', '/', stubAudio);
    const locked = page.locator('[data-sound=locked]');
    expect(await locked.textContent()).toContain('点击启用声音');
    mock.put(alarm('w0', now()));
    await row(page, 'w0').waitFor();
    expect(await starts(page)).toBe(0);
    await locked.click();
    await page.locator('[data-sound=on]').waitFor();
    mock.put(alarm('i1', now(), { severity: 'info' }));
    await row(page, 'i1').waitFor();
    expect(await starts(page)).toBe(0);
    mock.put(alarm('h1', now(), { severity: 'high' }));
    await until(() => starts(page), (n) => n === 1);
    mock.put(alarm('late', now(), { severity: 'high', late: true }));
    await row(page, 'late').waitFor();
    expect(await starts(page)).toBe(1);
  });

  test('critical repeats every 10 s until acknowledged, by one tab of two; mute is short and hides no row (6, 7)', async () => {
    const { mock, context, origin } = await begin();
    const c = await context(stubAudio);
    await c.clock.install({ time: new Date() });
    const one = await c.newPage();
    await login(one, origin);
    await one.locator('[data-sound=locked]').click();
    await one.locator('[data-sound=on]').waitFor();
    const two = await c.newPage();
    await two.goto(origin);
    await two.locator('[data-sound=locked]').click();
    await two.locator('[data-sound=elsewhere]').waitFor();
    const both = async (): Promise<number> => (await starts(one)) + (await starts(two));
    // Both tabs' clocks go on together, with the heartbeats that keep them connected.
    const pass = async (seconds: number): Promise<void> => {
      for (let s = 0; s < seconds; s += 5) {
        mock.heartbeat();
        await c.clock.runFor(5000);
      }
    };
    await c.clock.pauseAt(Date.now() + 2000);
    mock.put(alarm('c1', Date.now(), { severity: 'critical', rule: 'emergency_call' }));
    await until(both, (n) => n === 1);
    await pass(10);
    await until(both, (n) => n === 2);
    await pass(20);
    await until(both, (n) => n === 4);

    await one.locator('[data-sound]').click();
    await one.getByRole('button', { name: '静音 15 分钟' }).click();
    await until(() => one.locator('[data-sound=muted]').textContent(), (t) => /静音 1[45]:\d\d/.test(t ?? ''));
    await pass(30);
    expect(await both()).toBe(4);
    expect(await row(one, 'c1').isVisible()).toBe(true);
    await c.clock.fastForward((15 * 60 - 30) * 1000);
    await pass(10);
    await until(both, (n) => n >= 5);

    mock.put({ ...mock.alarms.get('c1')!, state: 'acked', rev: 2, acked_by: 'operator2', acked_at: new Date().toISOString() });
    await until(() => row(one, 'c1').textContent(), (t) => !!t?.includes('operator2'));
    await until(() => row(two, 'c1').textContent(), (t) => !!t?.includes('operator2'));
    const after = await both();
    await pass(30);
    expect(await both()).toBe(after);
  });
});
