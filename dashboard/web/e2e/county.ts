// A made-up county of the size that the screens have to carry: 86 sites, 1,962 cameras.
// The same seed gives the same county.
import type { Alarm, Availability, CampusEvent, Device, Site } from '../src/lib/types';

export const SITES = 86;
export const CAMERAS = 1962;

export function random(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const towns: [string, string][] = [
  ['城关镇', 'Chengguan'], ['青山镇', 'Qingshan'], ['白河镇', 'Baihe'], ['石桥镇', 'Shiqiao'], ['柳林乡', 'Liulin'],
  ['双塔镇', 'Shuangta'], ['大营镇', 'Daying'], ['云溪乡', 'Yunxi'], ['马庄镇', 'Mazhuang'], ['东湖镇', 'Donghu'],
];
const ordinals = '一二三四五六七八九';

export interface World {
  sites: Site[];
  devices: Map<string, Device>;
}

const tally = () => ({ total: 0, up: 0, down: 0, degraded: 0, unknown: 0, stale: 0 });

/** The county, or its first sites only: a small one makes tests quick. */
export function makeCounty(now: number, seed = 7, size = SITES): World {
  const r = random(seed);
  const sites: Site[] = [];
  const devices = new Map<string, Device>();
  const iso = (ms: number): string => new Date(ms).toISOString();
  const add = (site: string, device: string, kind: string, zh: string, en: string, extra: Partial<Device> = {}): Device => {
    const seen = now - Math.floor(r() * 40_000);
    const d: Device = {
      id: `${site}/${device}`, site, device, kind, name: { zh, en }, place: '', assigned: true, status: 'up', since: iso(now - 86_400_000),
      last_seen: iso(seen), stale: false, stale_after: iso(now + 3_600_000), period_s: 60, reason: '', latency_ms: 12, recording: null,
      values: {}, position: null, last: null, plate: '', route: '', ...extra,
    };
    devices.set(d.id, d);
    return d;
  };
  let cameras = 0;
  for (let i = 1; i <= size; i++) {
    const id = `s${String(i).padStart(3, '0')}`;
    const [zh, en] = towns[Math.floor((i - 1) / 9) % towns.length]!;
    const n = (i - 1) % 9;
    const kinder = n >= 7;
    const name = kinder
      ? { zh: `${zh.slice(0, 2)}第${ordinals[n - 7]}幼儿园`, en: `${en} Kindergarten ${n - 6}` }
      : { zh: `${zh.slice(0, 2)}第${ordinals[n]}${n % 2 ? '初级中学' : '小学'}`, en: `${en} ${n % 2 ? 'Middle' : 'Primary'} School ${n + 1}` };
    sites.push({
      site: id, name, kind: kinder ? 'kindergarten' : 'school', township: zh, lat: 34 + r(), lon: 113 + r(), pupils: 120 + Math.floor(r() * 600), police_post: i % 3 === 0,
      devices: tally(), cameras: tally(), alarms: { open: 0, unack: 0, critical: 0, high: 0, warning: 0, info: 0, suppressed: 0 },
      today: { in: Math.floor(r() * 500), out: Math.floor(r() * 40), visitors_in: 3 + Math.floor(r() * 6), visitors_out: Math.floor(r() * 3), denied: Math.floor(r() * 3), checked: Math.floor(r() * 500), fever: r() < 0.1 ? 1 : 0 },
    });
    add(id, 'g1', 'gate', '正门闸机', 'Main gate');
    add(id, 'g2', 'gate', '后门闸机', 'Back gate');
    add(id, 't1', 'temperature', '正门测温仪', 'Main gate thermometer');
    add(id, 'k1', 'kitchen', '冷藏库', 'Cold store', { values: { cold_store: { value: 2 + r() * 5, unit: '°C', at: iso(now) }, humidity: { value: 40 + r() * 20, unit: '%', at: iso(now) } } });
    add(id, 'b1', 'button', '门卫室按钮', 'Guard room button');
    if (i % 2 === 0) add(id, 'bus1', 'bus', `${i} 号校车`, `Bus ${i}`, { plate: `豫A${10000 + i}`, position: { lat: 34, lon: 113, fix: true, speed_kmh: r() * 50, heading: 90, passengers: Math.floor(r() * 30), trip: 'r1-am', trip_state: 'running', doors_open: false, ignition: true, sos: false, at: iso(now) } });
    const count = i === SITES ? CAMERAS - cameras : 16 + Math.floor(r() * 13.7);
    for (let c = 1; c <= count; c++) {
      cameras++;
      const dice = r();
      const places = ['校门', '操场', '食堂', '走廊', '围墙'];
      const p = c % places.length;
      const d = add(id, `c${c}`, 'camera', `${places[p]} ${c} 号`, `${['Gate', 'Field', 'Canteen', 'Corridor', 'Fence'][p]} ${c}`, { recording: true, place: 'gate' });
      if (dice < 0.012) Object.assign(d, { status: 'down', reason: 'no signal' });
      else if (dice < 0.022) Object.assign(d, { status: 'degraded', reason: 'packet loss 12 %' });
      else if (dice < 0.032) Object.assign(d, { stale: true, last_seen: iso(now - 725_000), stale_after: iso(now - 500_000) });
      else if (dice < 0.036) Object.assign(d, { status: 'unknown', last_seen: null });
    }
  }
  return { sites, devices };
}

export function count(world: World, alarms: Iterable<Alarm>): void {
  const by = new Map(world.sites.map((s) => [s.site, s]));
  for (const s of world.sites) {
    s.devices = tally();
    s.cameras = tally();
    s.alarms = { open: 0, unack: 0, critical: 0, high: 0, warning: 0, info: 0, suppressed: 0 };
  }
  for (const d of world.devices.values()) {
    const s = by.get(d.site)!;
    const state = d.stale ? 'stale' : d.status;
    s.devices.total++;
    s.devices[state]++;
    if (d.kind === 'camera') {
      s.cameras.total++;
      s.cameras[state]++;
    }
  }
  for (const a of alarms) {
    const s = by.get(a.site);
    if (!s || a.state === 'normal') continue;
    s.alarms.open++;
    if (a.state === 'suppressed') s.alarms.suppressed++;
    else s.alarms[a.severity]++;
    if (a.state === 'unack') s.alarms.unack++;
  }
}

export function alarm(id: string, at: number, part: Partial<Alarm> = {}): Alarm {
  const iso = new Date(at).toISOString();
  return {
    id, rule: 'camera_down', severity: 'warning', state: 'unack', rev: 1, site: 's001', device: 'c1', kind: 'camera', momentary: false, standing: true,
    count: 1, value: 0, limit: 0, unit: '', text: { zh: '摄像头无信号', en: 'Camera has no signal' }, event_id: '', cause: '', caused_by: '', devices: [],
    late: false, started_at: iso, updated_at: iso, cleared_at: null, acked_by: '', acked_at: null, shelved_until: null, note: '', raises: 1, raised_at: iso, priority: 'low',
    rank: 0, group: '', suppression: '', suppressed_until: null, assignee: '', verdict: '', attachments: 0, ...part,
  };
}

const kinds: Partial<Alarm>[] = [
  { rule: 'fever', severity: 'high', device: 't1', kind: 'temperature', value: 38.2, limit: 37.3, unit: '°C', momentary: true, standing: false, text: { zh: '体温 38.2 °C，超过 37.3 °C', en: 'Temperature 38.2 °C, limit 37.3 °C' } },
  { rule: 'emergency_call', severity: 'critical', device: 'b1', kind: 'button', text: { zh: '门卫室按下紧急按钮', en: 'Emergency button pressed in the guard room' } },
  { rule: 'gate_forced', severity: 'critical', device: 'g1', kind: 'gate', momentary: true, text: { zh: '正门闸机被强行通过', en: 'The main gate was forced' } },
  { rule: 'visitor_unregistered', severity: 'warning', device: 'g1', kind: 'gate', text: { zh: '访客未登记进入校园', en: 'A visitor entered without registration' } },
  { rule: 'cold_store', severity: 'high', device: 'k1', kind: 'kitchen', value: 11.4, limit: 8, unit: '°C', text: { zh: '冷藏库 11.4 °C 已持续 30 分钟', en: 'Cold store at 11.4 °C for 30 minutes' } },
  { rule: 'camera_flapping', severity: 'info', device: 'c3', kind: 'camera', count: 7, text: { zh: '10 分钟内掉线 7 次', en: 'Went down 7 times in 10 minutes' } },
  { rule: 'bus_overspeed', severity: 'high', device: 'bus1', kind: 'bus', value: 71, limit: 60, unit: 'km/h', text: { zh: '载有学生时速 71 km/h，已持续 20 秒', en: '71 km/h with pupils aboard for 20 s' } },
  { rule: 'camera_down', severity: 'warning', device: 'c5', kind: 'camera', text: { zh: '08:01:22 起无信号', en: 'No signal since 08:01:22' } },
  { rule: 'sequence_gap', severity: 'info', device: 'g2', kind: 'gate', value: 12, text: { zh: '缺少 12 条记录', en: '12 records are missing' } },
];

export function makeAlarms(n: number, now: number, seed = 11): Alarm[] {
  const r = random(seed);
  const out: Alarm[] = [];
  for (let i = 0; i < n; i++) {
    const k = kinds[Math.floor(r() * kinds.length)]!;
    const site = `s${String(2 * (1 + Math.floor(r() * 43))).padStart(3, '0')}`;
    const critical = k.severity === 'critical';
    const acked = critical ? i > 12 : r() < 0.45;
    const at = now - Math.floor(r() * 5_400_000) - 20_000;
    out.push(alarm(`a${String(i).padStart(4, '0')}f3c9d1e7b2a4`, at, {
      ...k, site,
      ...(acked ? { state: 'acked' as const, rev: 2, acked_by: 'operator', acked_at: new Date(at + 45_000).toISOString() } : r() < 0.1 && !critical ? { state: 'rtn_unack' as const, rev: 2, standing: false, cleared_at: new Date(at + 60_000).toISOString() } : {}),
    }));
  }
  return out;
}

let serial = 0;
export function event(at: number, r: () => number, part: Partial<CampusEvent> = {}): CampusEvent {
  const iso = new Date(at).toISOString();
  const site = `s${String(1 + Math.floor(r() * SITES)).padStart(3, '0')}`;
  const base = { id: `e${String(serial++).padStart(8, '0')}`, site, observed_at: iso, received_at: iso };
  const dice = r();
  const person = `p-${Math.floor(r() * 1e6).toString(16)}`;
  if (dice < 0.72) {
    const kind = ['pupil', 'pupil', 'pupil', 'staff', 'visitor', 'vehicle'][Math.floor(r() * 6)]!;
    const result = r() < 0.03 ? 'denied' : 'granted';
    return {
      ...base, type: 'gate_access', kind: 'gate', device: r() < 0.8 ? 'g1' : 'g2',
      gate: {
        direction: r() < 0.8 ? 'in' : 'out', person_kind: kind, method: kind === 'vehicle' ? 'plate' : ['card', 'face', 'qr'][Math.floor(r() * 3)]!, result, person, celsius: kind === 'vehicle' ? 0 : 36 + r(),
        ...(kind === 'visitor' ? { registration: `V${Math.floor(r() * 9000)}`, escorted_by: 't-102', items_checked: 1 } : {}),
      }, ...part,
    };
  }
  if (dice < 0.86) return { ...base, type: 'temperature_check', kind: 'temperature', device: 't1', temperature: { person_kind: 'pupil', celsius: 36 + r() * 1.4, person }, ...part };
  if (dice < 0.98) {
    return {
      ...base, type: 'vehicle_position', kind: 'bus', device: 'bus1',
      position: { lat: 34, lon: 113, fix: true, speed_kmh: r() * 55, heading: 10, passengers: Math.floor(r() * 35), trip: 'r1', trip_state: 'running' }, ...part,
    };
  }
  return { ...base, type: 'kitchen_reading', kind: 'kitchen', device: 'k1', reading: { quantity: 'cold_store', value: 9 + r() * 3, unit: '°C' }, ...part };
}

export function availability(world: World, site: string, kind: string): Availability[] {
  const r = random(3);
  const out: Availability[] = [];
  for (const d of world.devices.values()) {
    if ((site && d.site !== site) || (kind && d.kind !== kind)) continue;
    const unseen = d.status === 'unknown';
    const down = unseen ? 0 : r() < 0.12 ? Math.floor(r() * 5000) : 0;
    const unobserved = unseen ? 86_400 : Math.floor(r() * 300);
    const up = 86_400 - down - unobserved;
    out.push({
      site: d.site, device: d.device, kind: d.kind, name: d.name, up_pct: unseen ? null : (100 * up) / (up + down), outages: down ? 1 : 0, longest_s: down,
      seconds: { up, down, degraded: 0, maintenance: 0, off_hours: 0, elsewhere: 0, unobserved },
    });
  }
  return out;
}
