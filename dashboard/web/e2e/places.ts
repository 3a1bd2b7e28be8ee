// Where every page of the application is: for pictures, and for the tests that hold on every
// page. The types name each page of the router and each page of operations: who adds one is
// told by the compiler to say here where it is seen.
import type { Part } from '../src/lib/opsparts.svelte';
import type { Route } from '../src/lib/router.svelte';
import { alarm } from './county';
import type { Mock } from './mock';

type Paths = Record<string, string>;

const pages: Record<Exclude<Route['page'], 'ops' | 'unknown'>, Paths> = {
  situation: { situation: '/' },
  site: { site: '/sites/s002' },
  alarms: {
    alarms: '/alarms', alarm: '/alarms/a0003f3c9d1e7b2a4', 'alarm-shelve': '/alarms/a0003f3c9d1e7b2a4?do=shelve', 'alarm-attach': '/alarms/a0003f3c9d1e7b2a4?do=attach',
    'alarms-none': '/alarms?rule=smoke', 'alarm-gone': '/alarms/nosuchalarm',
  },
  shelved: { shelved: '/shelved', maintenance: '/shelved?tab=maintenance&window=new', calendar: '/shelved?tab=calendar' },
  shift: { shift: '/shift' },
  numbers: { numbers: '/numbers' },
  gate: { gate: '/gate' },
  history: { history: '/gate/history' },
  device: { device: '/devices/s002/k1' },
  desk: { desk: '/gate/desk?site=s002', posts: '/gate/desk?tab=duty', passes: '/gate/desk?site=s002&tab=passes', duty: '/gate/desk?site=s002&tab=duty', care: '/gate/desk?site=s002&tab=care', watch: '/gate/desk?site=s002&tab=watch' },
  cameras: { cameras: '/cameras' },
  buses: { buses: '/buses', bus: '/buses/s002:bus1', 'bus-replay': '/buses/s002:bus1?day=2026-11-23' },
  wall: { wall: '/wall', 'wall-map': '/wall?only=map', 'wall-cameras': '/wall?only=cameras', 'wall-buses': '/wall?only=buses', 'wall-gates': '/wall?only=gates' },
  camera: { camera: '/cameras/s002/c1', 'camera-gone': '/cameras/s002/nosuch' },
  patrol: { patrol: '/patrol' },
  looks: { looks: '/looks' },
  uptime: { uptime: '/uptime', 'uptime-site': '/uptime?site=s002&range=d30', outages: '/uptime?tab=outages', restated: '/uptime?tab=restated', targets: '/uptime?tab=targets' },
  reports: { reports: '/reports', report: '/reports?month=2026-10' },
  inspections: { inspections: '/inspections', inspection: '/inspections/i2026-0001', 'inspection-done': '/inspections/i2026-0013', draws: '/inspections?tab=draws', 'notice-list': '/inspections?tab=notices' },
  notices: { notice: '/notices/n2026-0001' },
  hazards: { hazards: '/hazards', hazard: '/hazards?id=h2026-0001' },
  account: { account: '/account' },
};

const ops: Record<Part, Paths> = {
  overview: { ops: '/ops' },
  devices: { 'ops-devices': '/ops/devices', 'ops-silent': '/ops/devices?tab=silent' },
  registry: { 'ops-registry': '/ops/registry', 'ops-registry-row': '/ops/registry?key=s003' },
  rules: { 'ops-rules': '/ops/rules' },
  notify: { 'ops-notify': '/ops/notify', 'ops-rota': '/ops/notify?tab=rota' },
  accounts: { 'ops-accounts': '/ops/accounts', 'ops-account': '/ops/accounts?key=wangwu' },
  audit: { 'ops-audit': '/ops/audit' },
  config: { 'ops-config': '/ops/config' },
};

/** Every page, and the parts of one that look different, by name. */
export const places: Paths = Object.assign({}, ...Object.values(pages), ...Object.values(ops), { 'not-found': '/no/such/page' });

/** What makes a page look as on a working day; the mock has 60 alarms and some events. */
export function fill(mock: Mock): void {
  const later = (m: number): string => new Date(Date.now() + m * 60_000).toISOString();
  mock.put(alarm('s1', Date.now() - 3e6, { state: 'shelved', shelved_until: later(95), note: '等待备件，周三到货', site: 's004', device: 'c3' }));
  mock.put(alarm('s2', Date.now() - 4e6, { state: 'suppressed', suppression: 'chatter', suppressed_until: later(9), rule: 'camera_flapping', severity: 'info', site: 's006', device: 'c7' }));
  mock.put(alarm('s3', Date.now() - 2e6, { severity: 'high', rule: 'cold_store', kind: 'kitchen', device: 'k1', site: 's002', verdict: 'need_help', assignee: 'guard', raises: 3 }), 'operator', 'need_help');
  mock.desk.windows.push(...[1, 2].map((n) => ({
    id: `w${n}`, rev: 1, site: 's002', township: '', device: '', kind: n === 1 ? 'camera' : 'kitchen', rule: '', from: later(-30), to: later(90), days: n === 1 ? [] : ['sat', 'sun'], start: '22:00', end: '05:00', first: '', last: '',
    reason: n === 1 ? '更换交换机' : '冷库除霜', by: 'operator', at: later(-60), ended_by: '', ended_at: null, on: n === 1, until: later(90), next: [{ from: later(600), to: later(900) }], suppressed: n === 1 ? 3 : 0,
  })));
  mock.guards.pass('pass-1');
  mock.guards.pass('pass-2', { name: '赵明轩', class: '五年级 1 班', reason: '家中有事', teacher: null });
  mock.inspect.fill();
  mock.reports.make('2026-10', { username: 'inspector', name: { zh: '', en: '' }, role: 'inspector', scope: ['*'], permissions: [] });
}
