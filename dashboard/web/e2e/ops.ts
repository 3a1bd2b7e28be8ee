// The administrator's part of the mock: registry and rules.
import type { IncomingMessage } from 'node:http';
import { differences, type Change, type Row, type Sheet } from '../src/lib/registry';
import type { Job, RuleFault, RuleVersion } from '../src/lib/rules';
import type { Me } from '../src/lib/types';
import type { Answer } from './desk';
import type { Mock } from './mock';

export const problem = (status: number, code: string, more: object = {}): Answer => ({ status, body: { type: 'about:blank', title: code, status, code, detail: code, ...more } });
const kinds: Record<string, string> = { sites: 'site', devices: 'device', vehicles: 'device', routes: 'route', people: 'person' };

export class Registry {
  readonly sheets: Record<string, Map<string, Row>> = { sites: new Map(), devices: new Map(), routes: new Map(), people: new Map() };
  readonly changes: Change[] = [];
  version = 12;
  #mock: Mock;

  constructor(mock: Mock) {
    this.#mock = mock;
    const meta = { rev: 1, updated_at: new Date(mock.now() - 86_400_000).toISOString(), updated_by: 'system' };
    for (const s of mock.world.sites) {
      this.sheets['sites']!.set(s.site, { ...meta, site: s.site, name: s.name, kind: s.kind, township: s.township, lat: s.lat, lon: s.lon, pupils: s.pupils, police_post: s.police_post, hours: { open: '07:00', class_from: '08:00', class_to: '17:00', lunch_from: '12:00', lunch_to: '13:30', close: '18:30', kitchen_from: '06:00', kitchen_to: '18:00', days: null } });
    }
    for (const d of mock.world.devices.values()) {
      if (!d.assigned) continue;
      this.sheets['devices']!.set(d.id, { ...meta, site: d.site, device: d.device, kind: d.kind, name: d.name, place: d.place, period_s: d.period_s, duty: '', parent: '', addresses: [], plate: d.plate, capacity: d.kind === 'bus' ? 45 : 0, route: d.route, limits: {} });
    }
    this.sheets['routes']!.set('r1', { ...meta, route: 'r1', name: { zh: '一号线', en: 'Route 1' }, line: [{ lat: 34, lon: 113 }, { lat: 34.1, lon: 113.1 }], stops: [], corridor_m: 200, departures: ['06:50', '17:10'] });
    this.sheets['people']!.set('p-001', { ...meta, person: 'p-001', kind: 'pupil', site: 's001', class: '3-2', name: '张*三' });
    this.sheets['people']!.set('t-007', { ...meta, person: 't-007', kind: 'staff', site: 's001', class: 'kitchen', name: '李*' });
  }

  of(sheet: string): Map<string, Row> {
    return this.sheets[sheet === 'vehicles' ? 'devices' : sheet]!;
  }

  put(user: Me, sheet: string, key: string, row: Row | null): Row | null {
    const before = this.of(sheet).get(key);
    const at = new Date(this.#mock.now()).toISOString();
    const after = row && { ...row, rev: Number(before?.['rev'] ?? 0) + 1, updated_at: at, updated_by: user.username };
    if (after) this.of(sheet).set(key, after);
    else this.of(sheet).delete(key);
    this.version++;
    this.changes.unshift({ n: this.changes.length + 1, at, by: user.username, action: before ? (after ? 'update' : 'delete') : 'create', kind: kinds[sheet]!, key, rev: Number(after?.['rev'] ?? 0), before, after });
    return after;
  }

  answer(req: IncomingMessage, url: URL, path: string, user: Me, body: Record<string, unknown>): Answer | null {
    const q = (k: string): string => url.searchParams.get(k) ?? '';
    const admin = user.role === 'admin';
    if (path === '/registry') return { body: { version: this.version, counts: {}, published: { version: this.version, document: 3, bytes: 4000 } } };
    if (path === '/registry/changes') return { body: { items: this.changes.filter((c) => (!q('kind') || c.kind === q('kind')) && (!q('key') || c.key === q('key')) && (!q('before') || c.n < Number(q('before')))), next: '' } };
    if (path === '/registry/import') return admin ? this.#import(user, body) : problem(403, 'forbidden');
    if (path === '/registry/export') return { type: 'text/csv; charset=utf-8', body: 'site,name\r\n' };
    const m = /^\/registry\/(sites|devices|vehicles|routes|people)(?:\/(.+))?$/.exec(path);
    if (!m) return null;
    const sheet = m[1] as Sheet;
    if (!m[2]) {
      const items = [...this.of(sheet).values()].filter((r) => (sheet !== 'vehicles' || r['kind'] === 'bus') && (!q('site') || r['site'] === q('site')) && JSON.stringify(r).toLowerCase().includes(q('q').toLowerCase()));
      return { body: { items, next: '' } };
    }
    if (!admin) return problem(403, 'forbidden');
    const name = m[2].endsWith('/unmask') && sheet === 'people';
    const key = m[2].replace(name ? /\/unmask$/ : /$^/, '').split('/').map(decodeURIComponent).join('/');
    const old = this.of(sheet).get(key);
    if (name && !body['reason']) return problem(422, 'invalid', { errors: [{ location: 'body.reason', message: 'want a reason' }] });
    if (name) return { body: { person: key, name: '张三三' } };
    if (req.method === 'DELETE') return old ? (this.put(user, sheet, key, null), { status: 204 }) : problem(404, 'not_found');
    if (req.method !== 'PUT') return old ? { body: old } : problem(404, 'not_found');
    if (Number(body['rev'] ?? 0) !== Number(old?.['rev'] ?? 0)) return problem(409, 'conflict', { conflict: { rev: old?.['rev'], by: old?.['updated_by'], at: old?.['updated_at'], action: 'edit' } });
    if (Number(body['pupils'] ?? 0) > 100_000) return problem(422, 'invalid', { errors: [{ location: 'body.pupils', message: 'want 0 to 100000', value: { field: 'pupils', want: { zh: '0 至 100000', en: '0 to 100000' } } }] });
    return { body: this.put(user, sheet, key, body) };
  }

  /** Lines are "site,name_zh,pupils"; pupils that are no number are refused. */
  #import(user: Me, body: Record<string, unknown>): Answer {
    const text = Buffer.from(String(body['data']), 'base64').toString().replace(/^\ufeff/, '');
    const lines = text.split(/\r?\n/).slice(1).filter(Boolean);
    const problems: object[] = [];
    const report = { sheet: body['sheet'], lines: lines.length, created: 0, updated: 0, unchanged: 0, refused: 0, problems, ignored: ['remarks'], applied: false, version: this.version };
    const good: [string, Row][] = [];
    lines.forEach((l, i) => {
      const [site = '', zh = '', pupils = ''] = l.split(',');
      if (!/^\d+$/.test(pupils)) {
        report.refused++;
        problems.push({ line: i + 2, column: 'pupils', value: pupils, want: { zh: '整数', en: 'a whole number' } });
        return;
      }
      const old = this.of('sites').get(site);
      const row: Row = { kind: 'school', hours: {}, ...old, site, name: { zh, en: '' }, pupils: Number(pupils) };
      if (!old) report.created++;
      else if (differences(old, row).length > 0) report.updated++;
      else report.unchanged++;
      good.push([site, row]);
    });
    if (body['mode'] === 'good' || (body['mode'] === 'all' && report.refused === 0)) {
      for (const [key, row] of good) this.put(user, 'sites', key, row);
      Object.assign(report, { applied: true, version: this.version });
    }
    return { body: report };
  }
}

export const RULES = 'rules:\n  - name: night_entry\n    when: gate_access\n    severity: high\n';

export class Rules {
  readonly versions: RuleVersion[] = [];
  job: Job | null = null;
  #mock: Mock;

  constructor(mock: Mock) {
    this.#mock = mock;
    this.publish('system', 'first', RULES.replace('high', 'warning'));
    this.publish('admin', 'night entries are severe', RULES);
  }

  publish(by: string, note: string, text: string, restored?: number): RuleVersion {
    const v: RuleVersion = { version: this.versions.length + 1, at: new Date(this.#mock.now()).toISOString(), by, note, rules: text.split('- name').length - 1, text, ...(restored ? { restored } : {}) };
    this.versions.push(v);
    return v;
  }

  /** A line with "broken" is a fault. */
  faults(text: string): RuleFault[] {
    return text.split('\n').flatMap((l, i) => (l.includes('broken') ? [{ line: i + 1, column: l.indexOf('broken') + 1, key: 'rules[0].when', message: 'unknown name "broken"' }] : []));
  }

  answer(req: IncomingMessage, _url: URL, path: string, user: Me, body: Record<string, unknown>): Answer | null {
    if (!path.startsWith('/rules')) return null;
    const admin = user.role === 'admin';
    if (!admin && user.role !== 'operator') return problem(403, 'forbidden');
    const now = this.versions.at(-1)!;
    const text = String(body['text'] ?? '');
    const faults = this.faults(text);
    const refused = (): Answer => problem(422, 'invalid', { errors: faults.map((f) => ({ location: `body.text:${f.line}:${f.column}`, message: f.message, value: f })) });
    if (path === '/rules' && req.method === 'GET') return { body: { ...now, published: { version: now.version, document: 4, at: now.at } } };
    if (path === '/rules/check') return { body: { rules: faults.length ? 0 : text.split('- name').length - 1, faults } };
    if (path === '/rules/versions') return { body: { items: this.versions.map(({ text: _, ...v }) => v).reverse(), next: '' } };
    if (path.startsWith('/rules/versions/')) return { body: this.versions[Number(path.split('/')[3]) - 1] };
    if (path === '/rules/backtest') return this.#backtest(req.method ?? '', user, body, faults.length ? refused : null);
    if (!admin) return problem(403, 'forbidden');
    if (body['base'] !== now.version) return problem(409, 'conflict');
    if (path === '/rules/rollback') {
      const of = Number(body['version']);
      return { body: this.publish(user.username, String(body['note']), this.versions[of - 1]!.text!, of) };
    }
    if (faults.length) return refused();
    return { body: this.publish(user.username, String(body['note']), text) };
  }

  #backtest(method: string, user: Me, body: Record<string, unknown>, refused: (() => Answer) | null): Answer {
    if (method === 'POST') {
      if (refused) return refused();
      const [from, to] = [String(body['from']), String(body['to'])];
      this.job = { id: 1, state: 'runs', by: user.username, trial: { from, to, operators: Number(body['operators']) }, started: new Date(this.#mock.now()).toISOString(), done: 0, progress: { events: 0, raised: 0 } };
      return { body: this.job };
    }
    if (!this.job) return { body: { id: 0, state: 'none', by: '', trial: {}, started: '0001-01-01T00:00:00Z', done: 0, progress: { events: 0, raised: 0 } } };
    if (method === 'DELETE') this.job = { ...this.job, state: 'cancelled' };
    else if (this.job.state === 'runs') {
      // Half of it at the first question, all at the second.
      const done = this.job.done + 0.5;
      this.job = { ...this.job, done, progress: { events: done * 84_000, raised: done * 960 } };
      if (done >= 1) Object.assign(this.job, { state: 'done', report: this.#report(ms(this.job.trial.from), ms(this.job.trial.to), this.job.trial.operators) });
    }
    return { body: this.job };
  }

  #report(from: number, to: number, operators: number) {
    const days = Math.max(1, Math.round((to - from) / 86_400_000));
    const by_day = Array.from({ length: days }, (_, i) => ({ name: new Date(from + 8 * 3_600_000 + i * 86_400_000).toISOString().slice(0, 10), count: [96, 120, 171, 88, 140, 12, 9][i % 7]! }));
    const raised = by_day.reduce((n, d) => n + d.count, 0);
    return {
      rules: 1, events: 84_000, raised, standing: 3, by_day, by_rule: [{ name: 'night_entry', count: raised }], by_site: [{ name: 's001', count: raised - 40 }, { name: 's002', count: 40 }],
      load: { operators, per_hour: raised / days / 24 / operators, peak_hour: 31, peak_10min: 14, peak_at: new Date(from + 86_400_000 * 2).toISOString(), flood_share: 0.013 },
      examples: [{ rule: 'night_entry', site: 's001', device: 'g1', raised_at: new Date(from).toISOString(), text: { zh: '夜间进入 <b>', en: 'Entry at night <b>' } }], failures: [],
    };
  }
}
const ms = (at: string): number => Date.parse(at);
