import { describe, expect, test } from 'vitest';
import { login } from './browser';
import { alarm } from './county';
import { queueKeys, row, stage, until } from './setup';

const begin = stage();

describe('calm disconnect (11)', () => {
  test('a break of half a second is not mentioned; one of two seconds is, calmly, and undone', async () => {
    const { mock, context, origin, watch } = await begin({ alarms: 10 });
    const c = await context();
    await c.clock.install({ time: new Date() });
    const page = await c.newPage();
    await login(page, origin);
    await until(() => queueKeys(page), (k) => k.length > 2);
    await until(() => page.title(), (t) => !t.includes('中断'));
    const icon = await page.locator('#favicon').getAttribute('href');
    const bar = page.locator('.bar[data-lost]');

    await c.clock.pauseAt(Date.now() + 3000);
    watch.allowed.push(/WebSocket connection to .* failed/);
    mock.refuse = true;
    mock.cut();
    await until(() => mock.clients.size, (n) => n === 0);
    await until(() => page.locator('.conn').getAttribute('data-state'), (s) => s !== 'live');
    await c.clock.runFor(500);
    expect(await bar.count()).toBe(0);

    await c.clock.runFor(1500);
    await until(() => bar.textContent(), (t) => /连接中断, 数据截至 \d\d:\d\d:\d\d/.test(t ?? ''));
    await until(() => page.title(), (t) => /^⚠ 连接中断/.test(t));
    await until(() => page.locator('#favicon').getAttribute('href'), (href) => href !== icon);
    await until(() => page.locator('.queue .live-values').evaluate((el) => getComputedStyle(el).filter), (f) => f.includes('grayscale'));

    mock.refuse = false;
    await bar.getByRole('button', { name: '立即重连' }).click();
    await until(() => bar.count(), (n) => n === 0);
    await until(() => page.title(), (t) => !t.includes('中断'));
  }, 30_000);
});

describe('resume (12)', () => {
  test('closed with 4008 while 50 alarms arrive: each once, by deltas only', async () => {
    const { mock, open } = await begin();
    const page = await open();
    await until(() => page.locator('.empty').first().textContent(), (t) => !!t);
    for (let i = 0; i < 20; i++) mock.put(alarm(`r${i}`, Date.now() + i, { severity: 'high', rule: `rule_${i}` }));
    mock.closeAll(4008);
    for (let i = 20; i < 50; i++) mock.put(alarm(`r${i}`, Date.now() + i, { severity: 'high', rule: `rule_${i}` }));
    await until(() => mock.clients.size, (n) => n === 1);
    await until(() => page.locator('.queue [role=grid]').getAttribute('aria-rowcount'), (n) => n === '51');
    const again = [...mock.clients][0]!.sent.map((f) => JSON.parse(f) as { t: string; ch?: string; ops?: [string, string][] }).filter((f) => f.ch === 'alarms');
    expect(again.map((f) => f.t)).not.toContain('snap');
    const ids = again.flatMap((f) => f.ops ?? []).map((op) => op[1]);
    expect(new Set(ids).size).toBe(ids.length);
    // What the list shows from end to end is what REST says, each alarm once.
    const rest = await page.evaluate(async () => {
      const answer = (await (await fetch('/api/v1/alarms?state=open&limit=500')).json()) as { items: { id: string }[] };
      return answer.items.map((a) => a.id);
    });
    const grid = page.locator('.queue [role=grid]');
    await grid.press('Home');
    const shown = new Set(await queueKeys(page));
    for (let i = 0; i < 12; i++) {
      await grid.press('PageDown');
      for (const key of await queueKeys(page)) shown.add(key);
    }
    expect([...shown].sort()).toEqual(rest.sort());
  });

  test('a server that has started anew: deleted alarms vanish, filters and selection stay (13)', async () => {
    const { mock, open } = await begin();
    for (const id of ['k1', 'k2', 'gone']) mock.put(alarm(id, Date.now(), { severity: 'high', rule: id }));
    const page = await open('operator', '/?kind=gate&q=abc');
    await row(page, 'gone').waitFor();
    await row(page, 'k1').click();
    mock.alarms.delete('gone');
    mock.restart('e2');
    await until(() => row(page, 'gone').count(), (n) => n === 0);
    expect((await queueKeys(page)).sort()).toEqual(['k1', 'k2']);
    expect(await row(page, 'k1').getAttribute('aria-selected')).toBe('true');
    expect(new URL(page.url()).search).toBe('?kind=gate&q=abc');
    await until(() => page.locator('input[data-search]').inputValue(), (v) => v === 'abc');
  });

  test('news of a snapshot after a restart are announced; what was there before is not', async () => {
    const { mock, open } = await begin();
    mock.put(alarm('old', Date.now(), { severity: 'critical' }));
    const page = await open();
    await row(page, 'old').waitFor();
    expect(await page.getByRole('alert').textContent()).toBe('');
    mock.alarms.set('fresh', alarm('fresh', Date.now(), { severity: 'critical', rule: 'smoke', device: 'k1' }));
    mock.restart('e2');
    await until(() => page.getByRole('alert').textContent(), (t) => !!t?.includes('烟雾报警'));
  });
});

describe('session', () => {
  test('an ended session leads to the login page, which says so, and nothing stays behind', async () => {
    const { mock, open } = await begin({ alarms: 5 });
    const page = await open();
    await until(() => queueKeys(page), (k) => k.length > 0);
    mock.endSessions();
    await page.locator('input[name=username]').waitFor();
    await until(() => page.locator('[role=status]').textContent(), (t) => !!t?.includes('会话已结束'));
    await until(() => page.locator('[role=row]').count(), (n) => n === 0);
  });

  test('a session that the server has lost leads to the login page too', async () => {
    const { mock, open, watch } = await begin();
    watch.allowed.push(/WebSocket connection to .* failed/, /status of 401 /); // what was asked just then
    const page = await open();
    mock.forgetSessions();
    mock.cut();
    await page.locator('input[name=username]').waitFor();
    await until(() => page.locator('[role=status]').textContent(), (t) => !!t?.includes('会话已结束'));
  });

  test('kept over a reload; signing out ends it; a wrong password says so', async () => {
    const { open } = await begin();
    const page = await open('guard');
    await page.reload();
    await page.locator('nav a').first().waitFor();
    // The school's name comes with the county, after the navigation.
    await until(() => page.locator('.who').textContent(), (t) => /正门门卫.*门卫 · 城关第二初级中学/.test(t ?? ''));
    await page.getByRole('button', { name: '退出' }).click();
    await page.fill('input[name=username]', 'guard');
    await page.fill('input[name=password]', 'wrong');
    await page.keyboard.press('Enter');
    await until(() => page.getByRole('alert').textContent(), (t) => t === '用户名或密码不正确。');
  });

  test('a guard\'s frames hold the own site only, and there is no way to operations (25)', async () => {
    const { mock, open } = await begin({ alarms: 60, events: 200 });
    const page = await open('guard');
    await until(() => page.locator('.sites [role=row][data-key]').count(), (n) => n === 1);
    const sites = new Set<string>();
    for (const f of [...mock.clients][0]!.sent) for (const m of f.matchAll(/"site":"([^"]+)"/g)) sites.add(m[1]!);
    expect([...sites]).toEqual(['s002']);
    expect(await page.locator('nav a[href="/ops"]').count()).toBe(0);
    await page.goto(new URL('/ops', page.url()).href);
    await page.getByText('仅管理员可查看此页。').waitFor();
    expect(mock.requests.some((r) => r.includes('dead-letters'))).toBe(false);
  });
});
