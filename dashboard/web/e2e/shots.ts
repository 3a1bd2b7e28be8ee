// Pictures of every page for a look by eye: npm run shots -- <folder> [name …]
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DIST, launch, login } from './browser';
import { alarm } from './county';
import { Mock } from './mock';

const sizes: Record<string, { width: number; height: number }> = {
  d: { width: 1366, height: 768 }, w: { width: 1920, height: 1080 }, m: { width: 390, height: 844 },
};
const paths: Record<string, string> = {
  situation: '/', alarms: '/alarms', alarm: '/alarms/a0003f3c9d1e7b2a4', site: '/sites/s002', cameras: '/cameras', gate: '/gate', uptime: '/uptime', ops: '/ops',
  shelve: '/alarms/a0003f3c9d1e7b2a4?do=shelve', shelved: '/shelved', maintenance: '/shelved?tab=maintenance&window=new', calendar: '/shelved?tab=calendar', shift: '/shift', numbers: '/numbers',
  opsdevices: '/ops/devices?tab=silent', opsregistry: '/ops/registry?key=s003', opsrules: '/ops/rules', opsnotify: '/ops/notify?tab=rota', opsaudit: '/ops/audit', opsconfig: '/ops/config',
};

export async function main([folder = 'test-results', ...only]: string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const mock = new Mock({ dist: DIST, alarms: 60, events: 500 });
  const later = (m: number): string => new Date(Date.now() + m * 60_000).toISOString();
  mock.put(alarm('s1', Date.now() - 3e6, { state: 'shelved', shelved_until: later(95), note: '等待备件，周三到货', site: 's004', device: 'c3' }));
  mock.put(alarm('s2', Date.now() - 4e6, { state: 'suppressed', suppression: 'chatter', suppressed_until: later(9), rule: 'camera_flapping', severity: 'info', site: 's006', device: 'c7' }));
  mock.put(alarm('s3', Date.now() - 2e6, { severity: 'high', rule: 'cold_store', kind: 'kitchen', device: 'k1', site: 's002', verdict: 'need_help', assignee: 'guard', raises: 3 }), 'operator', 'need_help');
  mock.desk.windows.push(...[1, 2].map((n) => ({
    id: `w${n}`, rev: 1, site: 's002', township: '', device: '', kind: n === 1 ? 'camera' : 'kitchen', rule: '', from: later(-30), to: later(90), days: n === 1 ? [] : ['sat', 'sun'], start: '22:00', end: '05:00', first: '', last: '',
    reason: n === 1 ? '更换交换机' : '冷库除霜', by: 'operator', at: later(-60), ended_by: '', ended_at: null, on: n === 1, until: later(90), next: [{ from: later(600), to: later(900) }], suppressed: n === 1 ? 3 : 0,
  })));
  const origin = await mock.start();
  const browser = await launch();
  try {
    for (const [size, viewport] of Object.entries(sizes)) {
      for (const lang of ['zh', 'en']) {
        for (const theme of ['dark', 'light']) {
          const wanted = (page: string): boolean => only.length === 0 || only.some((o) => `${page}-${size}-${lang}-${theme}`.includes(o));
          if (![...Object.keys(paths), 'login', 'lost'].some(wanted)) continue;
          const context = await browser.newContext({ viewport });
          await context.addInitScript(([l, t]) => {
            localStorage.setItem('campusgate.lang', l!);
            localStorage.setItem('campusgate.theme', t!);
          }, [lang, theme]);
          const page = await context.newPage();
          const shot = (name: string): Promise<unknown> => page.screenshot({ path: join(folder, `${name}-${size}-${lang}-${theme}.png`) });
          if (wanted('login')) {
            await page.goto(origin);
            await page.waitForSelector('form');
            await shot('login');
          }
          await login(page, origin, 'admin');
          for (const [name, path] of Object.entries(paths)) {
            if (!wanted(name)) continue;
            await page.goto(origin + path);
            await page.waitForSelector('[role=row][data-key], [data-cell], .audit li, tbody tr, pre, textarea, [data-group], [data-maintenance], [data-calendar]');
            if (name === 'cameras') await page.locator('canvas').press('ArrowRight');
            await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
            await shot(name);
          }
          if (wanted('lost')) {
            await page.goto(origin);
            await page.waitForSelector('[role=row][data-key]');
            mock.refuse = true;
            mock.cut();
            await page.waitForSelector('[data-lost].bar');
            await shot('lost');
            mock.refuse = false;
          }
          await context.close();
        }
      }
    }
  } finally {
    await browser.close();
    await mock.stop();
  }
}
