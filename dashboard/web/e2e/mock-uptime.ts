// Days of the mock's devices: the same figures each time, added up as the server does.
import type { Device, Me } from '../src/lib/types';
import { addDays, causes, daysBetween, online, type Outage, type Rates, type Restatement, type Span, type Target, type UptimeGroup } from '../src/lib/uptime';
import { day } from '../src/lib/time';
import type { Answer } from './desk';
import type { Mock } from './mock';

const problem = (status: number, code: string): Answer => ({ status, body: { type: 'about:blank', title: code, status, code, detail: code } });
const kinds = ['camera', 'gate', 'temperature', 'bus', 'kitchen', 'button'];

/** A number from 0 to 1 that belongs to a text. */
function chance(text: string): number {
  let h = 2166136261;
  for (const c of text) h = Math.imul(h ^ c.charCodeAt(0), 16777619);
  return ((h ^ (h >>> 13)) >>> 0) / 4294967296;
}
const startOf = (d: string): number => Date.parse(`${d}T00:00:00+08:00`);
const iso = (at: number): string => new Date(at).toISOString();

export class Uptime {
  readonly targets: Target[] = kinds.map((kind) => ({ kind, online_pct: 95, recorded_pct: kind === 'camera' ? 95 : null, usable_pct: kind === 'camera' ? 95 : null, rev: 0, by: '', at: null }));
  /** Days of which nothing is computed. */
  readonly missing = new Set<string>();
  #mock: Mock;

  constructor(mock: Mock) {
    this.#mock = mock;
  }

  #township(site: string): string {
    return this.#mock.world.sites.find((s) => s.site === site)?.township ?? '';
  }

  /** One device on one day; nothing while it has never been seen. */
  day(d: Device, on: string): UptimeGroup {
    const key = `${d.id} ${on}`;
    const seconds = { up: 0, down: 0, degraded: 0, maintenance: 0, off_hours: 0, elsewhere: 0, unobserved: 0 };
    const by = { device: 0, power: 0, gateway: 0, network: 0, centre: 0, unobserved: 0 };
    const spans: Span[] = [];
    let at = startOf(on);
    const end = Math.min(startOf(addDays(on, 1)), this.#mock.now());
    const add = (s: number, state: Span['state'], reason: string): void => {
      const to = Math.min(end, at + s * 1000);
      if (to <= at) return;
      seconds[state] += (to - at) / 1000;
      spans.push({ from: iso(at), to: iso(to), state, reason });
      at = to;
    };
    if (d.status === 'unknown') add(86_400, 'unobserved', '');
    else {
      add(20_000 + chance(`${key}a`) * 20_000, 'up', '');
      if (chance(`${key}b`) < 0.2) add(600 + chance(`${key}c`) * 9000, 'down', 'no_heartbeat');
      const reason = (['power', 'gateway', 'network', 'centre'] as const)[Math.floor(chance(`${key}d`) * 4)]!;
      if (chance(`${key}e`) < 0.15) add(300 + chance(`${key}f`) * 5000, 'elsewhere', reason);
      if (chance(`${d.site}${on}m`) < 0.1) add(3600, 'maintenance', '');
      add(chance(`${key}g`) * 900, 'unobserved', '');
      add(86_400, 'up', '');
    }
    by.device = seconds.down;
    by.unobserved = seconds.unobserved;
    for (const s of spans) if (s.state === 'elsewhere') by[s.reason as 'power'] += (Date.parse(s.to) - Date.parse(s.from)) / 1000;
    const cameras = d.kind === 'camera' && d.status !== 'unknown';
    const covered = 80_000 + chance(`${key}h`) * 6400;
    const rates: Rates = { online_pct: null, recorded_pct: null, usable_pct: null, expected_s: cameras ? 86_400 : 0, covered_s: cameras ? covered : 0, usable_s: cameras ? seconds.up * 0.98 : 0, unusable_s: cameras ? seconds.up * 0.02 : 0 };
    return this.#judge({
      site: d.site, device: d.device, kind: d.kind, name: d.name, township: this.#township(d.site), day: on, devices: 1, days: 1, up_pct: null, seconds, causes: by,
      outages: seconds.down > 0 ? 1 : 0, longest_s: seconds.down, registered_s: (end - startOf(on)) / 1000, base_s: 0, spans, rates,
    });
  }

  #judge(r: UptimeGroup): UptimeGroup {
    const share = (a: number, b: number): number | null => (a + b > 0 ? (100 * a) / (a + b) : null);
    const x = r.rates!;
    r.base_s = r.seconds.up + r.seconds.degraded + r.seconds.down;
    r.up_pct = share(r.seconds.up, r.seconds.degraded + r.seconds.down);
    r.rates = { ...x, online_pct: online(r.seconds), recorded_pct: share(x.covered_s, x.expected_s - x.covered_s), usable_pct: share(x.usable_s, x.unusable_s) };
    return r;
  }

  #devices(user: Me, q: (k: string) => string): Device[] {
    return [...this.#mock.world.devices.values()].filter((d) => this.#mock.sees(user, d.site) && d.kind === (q('kind') || 'camera') && (!q('site') || d.site === q('site'))
      && (!q('device') || d.device === q('device')) && (!q('township') || this.#township(d.site) === q('township')));
  }

  #groups(devices: Device[], days: string[], by: string): UptimeGroup[] {
    const out = new Map<string, UptimeGroup>();
    const seen = new Map<string, Set<string>>();
    for (const on of days) {
      if (this.missing.has(on)) continue;
      for (const d of devices) {
        const r = this.day(d, on);
        const key = { county: '', township: r.township, site: d.site, device: d.id, day: on }[by]!;
        const sum = out.get(key);
        (seen.get(key) ?? seen.set(key, new Set()).get(key)!).add(d.id);
        if (!sum) {
          out.set(key, { ...r, site: by === 'site' || by === 'device' ? r.site : '', device: by === 'device' ? r.device : '', township: by === 'county' || by === 'day' ? '' : r.township, day: by === 'day' ? on : '' });
          continue;
        }
        for (const s of Object.keys(sum.seconds) as (keyof typeof sum.seconds)[]) sum.seconds[s] += r.seconds[s];
        for (const c of causes) sum.causes[c] += r.causes[c];
        for (const k of ['expected_s', 'covered_s', 'usable_s', 'unusable_s'] as const) sum.rates![k] += r.rates![k];
        sum.outages += r.outages;
        sum.longest_s = Math.max(sum.longest_s, r.longest_s);
        sum.registered_s += r.registered_s;
      }
    }
    for (const [key, r] of out) {
      r.devices = seen.get(key)!.size;
      r.days = by === 'day' ? 1 : days.length;
      this.#judge(r);
      if (r.kind !== 'camera') delete r.rates;
    }
    return [...out.values()];
  }

  outages(devices: Device[], days: string[]): Outage[] {
    const out: Outage[] = [];
    for (const on of days) for (const d of devices) {
      for (const s of this.day(d, on).spans!) {
        const cause = s.state === 'down' ? 'device' : s.state === 'elsewhere' ? (s.reason as Outage['cause']) : null;
        const length = (Date.parse(s.to) - Date.parse(s.from)) / 1000;
        if (cause) out.push({ site: d.site, device: d.device, kind: d.kind, township: this.#township(d.site), name: d.name, cause, from: s.from, to: s.to, open: false, s: length, spans: [s], alarms: cause === 'device' && this.#mock.alarms.size > 0 ? [[...this.#mock.alarms.keys()][0]!] : [] });
      }
    }
    return out.sort((a, b) => b.s - a.s);
  }

  answer(method: string, url: URL, path: string, user: Me, body: Record<string, unknown>): Answer | null {
    if (!path.startsWith('/availability')) return null;
    const q = (k: string): string => url.searchParams.get(k) ?? '';
    if (path === '/availability/targets') {
      if (method === 'GET') return { body: { items: this.targets, next: '' } };
      if (user.role !== 'admin') return problem(403, 'forbidden');
      const t = this.targets.find((x) => x.kind === body['kind'])!;
      if (t.rev !== body['rev']) return problem(409, 'conflict');
      Object.assign(t, { recorded_pct: null, usable_pct: null, ...body, rev: t.rev + 1, by: user.username, at: iso(this.#mock.now()) });
      return { body: t };
    }
    const today = day(this.#mock.now());
    const to = q('to_day') || today;
    const from = q('from_day') || addDays(to, -6);
    const days = daysBetween(from, to);
    if (path === '/availability/days') {
      return { body: { items: days.filter((d) => d < today && !this.missing.has(d)).map((d) => ({ day: d, from: iso(startOf(d)), to: iso(startOf(addDays(d, 1))), at: iso(startOf(addDays(d, 1))), first_at: iso(startOf(addDays(d, 1))), devices: 1, took_ms: 5 })), next: '' } };
    }
    const devices = this.#devices(user, q);
    if (path === '/availability/outages') {
      const all = this.outages(devices, days).filter((o) => !q('cause') || o.cause === q('cause'));
      const limit = Number(q('limit')) || 200;
      return { body: { items: all.slice(0, limit), more: all.length > limit } };
    }
    if (path === '/availability/restatements') {
      const d = devices[0];
      if (!d) return { body: { items: [], next: '' } };
      const after = this.day(d, from);
      const before = { seconds: { ...after.seconds, down: after.seconds.down + 3600, up: after.seconds.up - 3600 }, causes: after.causes, outages: 2 };
      const rows: Restatement[] = [{ n: 2, at: iso(this.#mock.now()), day: from, site: d.site, device: d.device, kind: d.kind, why: 'late_data', before, after }, { n: 1, at: iso(this.#mock.now()), day: from, site: d.site, device: d.device, kind: d.kind, why: 'alarms', before: null, after }];
      return { body: { items: rows, next: '' } };
    }
    if (path === '/availability/export') return { type: 'text/csv', body: 'day,township\r\n' };
    if (!q('group')) return null;
    const items = this.#groups(devices, days, q('group'));
    if (q('compare')) {
      const earlier = days.map((d) => addDays(d, -days.length));
      for (const r of this.#groups(devices, earlier, q('group'))) {
        const same = items.find((x) => x.site === r.site && x.device === r.device && x.township === r.township);
        if (same) same.before = r.rates ?? { online_pct: online(r.seconds), recorded_pct: null, usable_pct: null, expected_s: 0, covered_s: 0, usable_s: 0, unusable_s: 0 };
      }
    }
    if (!(q('group') === 'device' && q('site') && from === to)) for (const r of items) r.spans = [];
    return { body: { items, next: '' } };
  }
}
