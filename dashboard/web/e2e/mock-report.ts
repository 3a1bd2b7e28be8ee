// Monthly reports of the mock, made of the same days as its uptime page.
import { createHash } from 'node:crypto';
import type { Report, ReportHead, ReportLine } from '../src/lib/report';
import { day } from '../src/lib/time';
import type { Me } from '../src/lib/types';
import { addDays, daysBetween, rateKeys, type UptimeGroup } from '../src/lib/uptime';
import type { Answer } from './desk';
import type { Mock } from './mock';

const problem = (status: number, code: string): Answer => ({ status, body: { type: 'about:blank', title: code, status, code, detail: code } });
const sum = (text: string): string => createHash('sha256').update(text).digest('hex');

export class Reports {
  readonly kept: { head: ReportHead; report: Report }[] = [];
  #mock: Mock;

  constructor(mock: Mock) {
    this.#mock = mock;
  }

  make(month: string, user: Me): ReportHead {
    const today = day(this.#mock.now());
    const end = addDays(`${addDays(`${month}-28`, 7).slice(0, 7)}-01`, -1);
    const whole = end < today;
    const [from, to] = [`${month}-01`, whole ? end : today];
    const rows = (kind: string, group: string): UptimeGroup[] => {
      const url = new URL(`http://mock/api/v1/availability?kind=${kind}&group=${group}&from_day=${from}&to_day=${to}`);
      return (this.#mock.uptime.answer('GET', url, '/availability', user, {})!.body as { items: UptimeGroup[] }).items;
    };
    const names = new Map(this.#mock.world.sites.map((s) => [s.site, s.name]));
    const line = (r: UptimeGroup): ReportLine => ({
      rank: 0, day: r.day, township: r.township, site: r.site, name: names.get(r.site) ?? { zh: '', en: '' }, devices: r.devices, base_s: r.base_s, seconds: r.seconds, causes: r.causes, outages: r.outages, longest_s: r.longest_s,
      rates: r.rates ?? { online_pct: r.base_s > 0 ? (100 * (r.seconds.up + r.seconds.degraded)) / r.base_s : null, recorded_pct: null, usable_pct: null, expected_s: 0, covered_s: 0, usable_s: 0, unusable_s: 0 },
    });
    const chapter = (kind: string): Report['kinds'][number] | null => {
      const total = rows(kind, 'county')[0];
      if (!total) return null;
      const goal = this.#mock.uptime.targets.find((t) => t.kind === kind)!;
      const sites = rows(kind, 'site').map(line).sort((a, b) => (b.rates.online_pct ?? -1) - (a.rates.online_pct ?? -1));
      sites.forEach((s, i) => (s.rank = s.rates.online_pct === null ? 0 : i + 1));
      const devices = [...this.#mock.world.devices.values()].filter((d) => d.kind === kind);
      const missed = sites.flatMap((s) => rateKeys.flatMap((rate) => (s.rates[rate] !== null && goal[rate] !== null && s.rates[rate]! < goal[rate]! ? [{ level: 'site' as const, township: s.township, site: s.site, name: s.name, rate, pct: s.rates[rate]!, target: goal[rate]! }] : [])));
      return { kind, goal: { ...goal }, total: line(total), days: rows(kind, 'day').map(line), townships: rows(kind, 'township').map(line), sites, missed, outages: this.#mock.uptime.outages(devices, daysBetween(from, to).slice(0, 5)).slice(0, 100).map((o) => ({ ...o, spans: null })), more: true };
    };
    const cases = (kind: string): Report['cases']['notice'] => {
      const all = this.#mock.inspect.cases.map((c) => c.case).filter((c) => c.kind === kind);
      const open = all.filter((c) => !['closed', 'void'].includes(c.state) && !(kind === 'inspection' && c.state === 'done'));
      return { begun: all.length, open: open.length, done: all.length - open.length, overdue: all.filter((c) => c.overdue).length, findings: all.reduce((n, c) => n + (c.check?.failed ?? c.notice?.findings.length ?? 0), 0), weights: Object.fromEntries(all.flatMap((c) => (c.hazard ? [[c.hazard.weight, 1]] : []))) };
    };
    const last = this.kept.filter((k) => k.head.month === addDays(from, -1).slice(0, 7)).at(-1);
    const pick = (l: ReportLine): Record<(typeof rateKeys)[number], number | null> => ({ online_pct: l.rates.online_pct, recorded_pct: l.rates.recorded_pct, usable_pct: l.rates.usable_pct });
    const at = new Date(this.#mock.now()).toISOString();
    const report: Report = {
      month, from, to, whole, county: { zh: '青川县', en: 'Qingchuan County' }, at, by: user.username, missing: daysBetween(from, to).filter((d) => this.#mock.uptime.missing.has(d)),
      kinds: ['camera', 'gate', 'temperature'].flatMap((k) => chapter(k) ?? []),
      restated: [{ day: from, why: 'late_data', n: 12, last: at, up_s: 5400, down_s: -5400, covered_s: 0 }, { day: addDays(from, 3), why: 'checks', n: 3, last: at, up_s: 0, down_s: 0, covered_s: 7200 }],
      previous: last ? { month: last.head.month, rev: last.head.rev, inputs: last.head.inputs, said: Object.fromEntries(last.report.kinds.map((k) => [k.kind, pick(k.total)])), now: Object.fromEntries(last.report.kinds.map((k) => [k.kind, pick(k.total)])) } : null,
      cases: { inspection: cases('inspection'), notice: cases('notice'), hazard: cases('hazard') },
      overdue: this.#mock.inspect.cases.map((c) => c.case).filter((c) => c.overdue).map((c) => ({ id: c.id, kind: c.kind, site: c.site, state: c.state, due_day: c.due_day })),
      alarms: { raised: 412, late: 9, operators: 2, per_operator_10m: 0.05, peak_10m: 12, flood_pct: 0.12, top_pct: 18.4, targets: [{ key: 'flood_pct', value: 0.12, target: 1, ok: true }, { key: 'peak_10m', value: 12, target: 10, ok: false }] },
    };
    const text = JSON.stringify(report);
    const head: ReportHead = { month, rev: this.kept.filter((k) => k.head.month === month).length + 1, at, by: user.username, whole, inputs: sum(text), csv: sum(`${text}csv`), xlsx: sum(`${text}xlsx`), key: sum('key'), took_ms: 480 };
    this.kept.push({ head, report });
    return head;
  }

  answer(method: string, url: URL, path: string, user: Me, body: Record<string, unknown>): Answer | null {
    if (!path.startsWith('/reports')) return null;
    if (user.role === 'guard') return problem(403, 'forbidden');
    if (path === '/reports' && method === 'POST') {
      if (user.role === 'operator') return problem(403, 'forbidden');
      const month = String(body['month']);
      return month > day(this.#mock.now()).slice(0, 7) ? problem(422, 'invalid') : { body: this.make(month, user) };
    }
    if (path === '/reports') return { body: { items: this.kept.map((k) => k.head).sort((a, b) => b.month.localeCompare(a.month) || b.rev - a.rev), next: '' } };
    const [, month, file] = path.slice(1).split('/');
    const rev = Number(url.searchParams.get('rev')) || 0;
    const one = this.kept.filter((k) => k.head.month === month && (!rev || k.head.rev === rev)).at(-1);
    if (!one) return problem(404, 'not_found');
    return file ? { type: 'text/csv', body: 'report\r\n' } : { body: one };
  }
}
