// The alarm desk of the mock: evidence, verdicts, maintenance, calendar, numbers, shift.
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Alarm, Attachment, Me } from '../src/lib/types';
import type { CalendarRow, Maintenance, Numbers, Shift, ShiftNote } from '../src/lib/desktypes';
import type { Mock } from './mock';

const classes: Record<string, number> = { unack: 1, rtn_unack: 2, acked: 3, shelved: 5, suppressed: 6, oos: 7, normal: 9 };
const severities = ['critical', 'high', 'warning', 'info'];

/** Priority, rank and group as the server sets them. */
export function judge(a: Alarm): Alarm {
  const priority = a.severity === 'critical' ? 'high' : a.severity === 'high' ? 'medium' : 'low';
  let of = classes[a.state] ?? 9;
  if (of < 4) of = a.verdict === 'need_help' ? 0 : a.late ? 4 : of;
  const rank = of * 1000 + ['high', 'medium', 'low'].indexOf(priority) * 100 + severities.indexOf(a.severity) * 10 + (a.verdict === 'false_alarm' ? 5 : 0);
  const group = a.caused_by ? `cause/${a.caused_by}` : a.rule === 'site_outage' ? `cause/${a.id}` : `site/${a.site}`;
  return { ...a, priority, rank, group };
}

export interface Answer {
  status?: number;
  /** Content type of a body that is not JSON. */
  type?: string;
  body?: unknown;
}

const problem = (status: number, code: string, more: object = {}): Answer => ({ status, body: { type: 'about:blank', title: code, status, code, detail: code, ...more } });
const faulty = (location: string, message: string): Answer => problem(422, 'invalid', { errors: [{ location, message }] });

export class Desk {
  readonly pictures = new Map<string, { row: Attachment; data: Buffer }[]>();
  readonly windows: Maintenance[] = [];
  calendar: CalendarRow = {
    terms: [{ name: { zh: '第一学期', en: 'First term' }, from: '2026-09-01', to: '2027-01-22', sites: [], quiet: false }],
    holidays: [{ name: { zh: '国庆节', en: 'National Day' }, from: '2026-10-01', to: '2026-10-07', sites: [], quiet: false }],
    make_up: [{ name: { zh: '国庆调休', en: 'Make-up day' }, from: '2026-10-10', to: '', sites: [], quiet: false }],
    exams: [{ name: { zh: '期末考试', en: 'Final exams' }, from: '2027-01-18', to: '2027-01-20', sites: ['s002'], quiet: true }],
    rev: 3, updated_at: '2026-08-20T02:00:00Z', updated_by: 'admin',
  };
  #mock: Mock;
  #next = 1;

  constructor(mock: Mock) {
    this.#mock = mock;
  }

  /** The actions that the mock's own table has not; false when the alarm does not allow it. */
  decide(next: Alarm, action: string, body: Record<string, unknown>, note: string): boolean {
    switch (action) {
      case 'comment': return note !== '';
      case 'assign': next.assignee = String(body['assignee'] ?? ''); return true;
      case 'false-alarm': next.verdict = 'false_alarm'; return note !== '';
      case 'need-help': next.verdict = 'need_help'; return true;
      case 'confirm': next.verdict = 'confirmed'; return true;
      case 'out-of-service': next.state = 'oos'; return note !== '';
      case 'in-service': next.state = next.standing ? 'unack' : 'normal'; return true;
    }
    return false;
  }

  answer(req: IncomingMessage, url: URL, path: string, user: Me, body: Record<string, unknown>, raw: Buffer): Answer | null {
    const q = (k: string): string => url.searchParams.get(k) ?? '';
    const desk = user.role === 'admin' || user.role === 'operator';
    const post = req.method === 'POST';
    if (path === '/assignees') {
      if (!desk && user.role !== 'inspector') return problem(403, 'forbidden');
      return { body: { items: [
        { username: 'guard', name: { zh: '正门门卫', en: 'Gate guard' }, role: 'guard' }, { username: 'operator', name: { zh: '王值班', en: 'Operator Wang' }, role: 'operator' },
        { username: 'operator2', name: { zh: '李值班', en: 'Operator Li' }, role: 'operator' },
      ], next: '' } };
    }
    if (path === '/registry/calendar') return req.method === 'PUT' ? this.#putCalendar(user, body) : { body: this.calendar };
    if (path === '/maintenance') {
      if (!post) return { body: { items: this.windows.filter((w) => q('all') === 'true' || !w.ended_at), next: '' } };
      return desk ? this.#plan(user, body) : problem(403, 'forbidden');
    }
    const m = /^\/maintenance\/([^/]+)(\/end)?$/.exec(path);
    if (m && post) {
      const w = this.windows.find((x) => x.id === m[1]);
      if (!desk) return problem(403, 'forbidden');
      if (!w) return problem(404, 'not_found');
      if (body['rev'] !== w.rev) return problem(409, 'conflict', { conflict: { rev: w.rev, state: '', by: w.by, at: w.at, action: '' } });
      if (!m[2]) return this.#plan(user, body, w);
      Object.assign(w, { rev: w.rev + 1, ended_by: user.username, ended_at: new Date(this.#mock.now()).toISOString(), on: false });
      return { body: w };
    }
    if (path === '/alarm-numbers') return { body: numbers(this.#mock) };
    if (path === '/shift') return { body: this.#shift(user, q('from'), q('to')) };
    const e = /^\/alarms\/([^/]+)\/(attachments|position)(?:\/(\d+))?$/.exec(path);
    const alarm = e && this.#mock.alarms.get(decodeURIComponent(e[1]!));
    if (!e || !alarm || !this.#mock.sees(user, alarm.site)) return null;
    const list = this.pictures.get(alarm.id) ?? [];
    if (!post) {
      if (!e[3]) return { body: { items: list.map((x) => x.row), next: '' } };
      const one = list.find((x) => x.row.n === Number(e[3]));
      return one ? { type: one.row.type, body: one.data } : problem(404, 'not_found');
    }
    if (user.role === 'inspector') return problem(403, 'forbidden');
    if (raw.length > 5 << 20) return problem(413, 'invalid');
    const at = new Date(this.#mock.now()).toISOString();
    const picture = e[2] === 'attachments';
    const note = picture ? q('note') : String(body['note'] ?? '');
    const row: Attachment = {
      n: alarm.rev + 1, at, by: user.username, kind: picture ? 'picture' : 'position', name: q('name'), note, bytes: picture ? raw.length : 0,
      sha256: picture ? createHash('sha256').update(raw).digest('hex') : '', type: picture ? String(req.headers['content-type']) : '',
      lat: picture ? null : Number(body['lat']), lon: picture ? null : Number(body['lon']),
    };
    this.pictures.set(alarm.id, [...list, { row, data: raw }]);
    const next: Alarm = { ...alarm, rev: alarm.rev + 1, attachments: alarm.attachments + 1, updated_at: at, note };
    this.#mock.put(next, user.username, 'attach', row.sha256);
    return { body: { alarm: this.#mock.alarms.get(alarm.id), attachment: row } };
  }

  #plan(user: Me, body: Record<string, unknown>, old?: Maintenance): Answer {
    const b = body as Partial<Maintenance>;
    const errors: { location: string; message: string }[] = [];
    if (!b.reason) errors.push({ location: 'body.reason', message: 'want a reason' });
    if (!b.site && !b.township && !b.device && !b.kind && !b.rule) errors.push({ location: 'body.site', message: 'want something to maintain' });
    if (!b.days?.length && b.from && b.to && b.to <= b.from) errors.push({ location: 'body.to', message: 'want a time after from' });
    if (errors.length > 0) return problem(422, 'invalid', { errors });
    const now = this.#mock.now();
    const on = !!b.from && !!b.to && Date.parse(b.from) <= now && now < Date.parse(b.to);
    const row: Maintenance = {
      site: '', township: '', device: '', kind: '', rule: '', from: null, to: null, days: [], start: '', end: '', first: '', last: '', reason: '',
      ...b, id: old?.id ?? `w${this.#next++}`, rev: (old?.rev ?? 0) + 1, by: user.username, at: new Date(now).toISOString(), ended_by: '', ended_at: null,
      on, until: on ? b.to! : null, next: b.from && b.to ? [{ from: b.from, to: b.to }] : [{ from: new Date(now + 3_600_000).toISOString(), to: new Date(now + 7_200_000).toISOString() }], suppressed: 0,
    };
    if (old) this.windows.splice(this.windows.indexOf(old), 1, row);
    else this.windows.push(row);
    return { body: row };
  }

  #putCalendar(user: Me, body: Record<string, unknown>): Answer {
    if (user.role !== 'admin') return problem(403, 'forbidden');
    const b = body as unknown as CalendarRow;
    if (b.rev !== this.calendar.rev) return problem(409, 'conflict', { conflict: { rev: this.calendar.rev, state: '', by: this.calendar.updated_by, at: this.calendar.updated_at, action: 'edit' } });
    for (const list of ['terms', 'holidays', 'make_up', 'exams'] as const) {
      for (const [i, d] of b[list].entries()) if (d.to && d.to < d.from) return faulty(`body.${list}[${i}].to`, 'want a day not before from');
    }
    this.calendar = { ...b, rev: b.rev + 1, updated_by: user.username, updated_at: new Date(this.#mock.now()).toISOString() };
    return { body: this.calendar };
  }

  #shift(user: Me, from: string, to: string): Shift {
    const all = [...this.#mock.alarms.values()].filter((a) => this.#mock.sees(user, a.site)).sort((a, b) => a.rank - b.rank);
    const of = (...states: string[]): Alarm[] => all.filter((a) => states.includes(a.state));
    const now = new Date(this.#mock.now()).toISOString();
    const notes: ShiftNote[] = all.flatMap((a) => (this.#mock.audit.get(a.id) ?? []).filter((r) => r.by !== 'system')
      .map((r) => ({ alarm: a.id, site: a.site, device: a.device, rule: a.rule, text: a.text, at: r.at, by: r.by, action: r.action, from: r.from, to: r.to, note: r.note, data: r.data }) as ShiftNote)).sort((x, y) => (x.at < y.at ? 1 : -1));
    const counts: Record<string, number> = {};
    for (const a of all) counts[a.state] = (counts[a.state] ?? 0) + 1;
    return {
      from: from || new Date(this.#mock.now() - 8 * 3_600_000).toISOString(), to: to || now, at: now, counts, unack: of('unack', 'rtn_unack'), acked: of('acked'), shelved: of('shelved'), out_of_service: of('oos'),
      suppressed: { chatter: of('suppressed').length }, actions: { ack: 12, close: 4 }, raised: all.length, closed: 4, needs_help: 0, notes, flood: this.#mock.flood,
      maintenance: this.windows.map((window) => ({ window, spans: window.next })), audit: { seq: 812, hash: 'ab12'.repeat(16) },
    };
  }
}

function numbers(mock: Mock): Numbers {
  const to = mock.now();
  const at = (hours: number): string => new Date(to - hours * 3_600_000).toISOString();
  const source = (site: string, device: string, rule: string, n: number) => ({ site, device, rule, n, pct: n / 1.44 });
  return {
    from: at(24), to: at(0), operators: 2, raised: 144, late: 6, per_operator_10m: 0.5, peak_10m: 14, peak_10m_at: at(5), flood_pct: 1.8, floods: [{ from: at(5.2), to: at(4.8), peak: 28 }],
    standing: 9, stale: 2, chattering: [source('s004', 'c3', 'camera_flapping', 21)], top: [source('s004', 'c3', 'camera_flapping', 21), source('s002', 'g1', 'gate_denied_repeatedly', 9), source('s006', 'k1', 'cold_store', 4)], top_pct: 23.6,
    priorities: { high: { n: 6, pct: 4.2, target_pct: 5 }, medium: { n: 33, pct: 22.9, target_pct: 15 }, low: { n: 105, pct: 72.9, target_pct: 80 } },
    acknowledge: { critical: { n: 6, p50_s: 14, p90_s: 41, p99_s: 55, max_s: 58 }, high: { n: 30, p50_s: 66, p90_s: 240, p99_s: 800, max_s: 910 } },
    resolve: { critical: { n: 6, p50_s: 600, p90_s: 1900, p99_s: 3000, max_s: 3100 }, high: { n: 29, p50_s: 1200, p90_s: 4000, p99_s: 9000, max_s: 9900 } },
    suppressed: { cause: 61, maintenance: 3, chatter: 1 }, shelved: 2, out_of_service: 1,
    targets: [
      { key: 'per_operator_10m', value: 0.5, target: 1, ok: true, source: 'EEMUA 191: about one in ten minutes' }, { key: 'peak_10m', value: 14, target: 10, ok: false, source: 'ISA-18.2: at most ten in ten minutes' },
      { key: 'flood_pct', value: 1.8, target: 1, ok: false, source: 'ISA-18.2: less than 1 % of the time' }, { key: 'stale', value: 2, target: 5, ok: true, source: 'ISA-18.2: fewer than 5 on a day' },
      { key: 'chattering', value: 1, target: 0, ok: false, source: 'ISA-18.2: none' }, { key: 'top_pct', value: 23.6, target: 5, ok: false, source: 'ISA-18.2: ten sources make at most 5 %' },
      { key: 'high_pct', value: 4.2, target: 5, ok: true, source: 'EEMUA 191: about 5 %' }, { key: 'medium_pct', value: 22.9, target: 15, ok: false, source: 'EEMUA 191: about 15 %' }, { key: 'low_pct', value: 72.9, target: 80, ok: false, source: 'EEMUA 191: about 80 %' },
    ],
  };
}
