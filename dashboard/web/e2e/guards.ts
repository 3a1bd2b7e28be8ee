// The guards' part of the stand-in: every change once, by its id.
import type { IncomingMessage } from 'node:http';
import type { CareEntry, CertificateEntry, Confirmation, DutyEntry, GuardRow, Pass, SitePosts, Visit, Warning, WatchEntry } from '../src/lib/guardtypes';
import type { Alarm, Me } from '../src/lib/types';
import type { Answer } from './desk';

interface Clock {
  now(): number;
  readonly alarms: Map<string, Alarm>;
  put(alarm: Alarm, by?: string, action?: string): void;
}
type Kind = 'visitors' | 'duty' | 'certificates' | 'passes' | 'watch' | 'care';

const mask = (s: string): string => (s.length < 3 ? `${s.slice(0, 1)}*` : s[0] + '*'.repeat(s.length - 2) + s.at(-1));
const masked = (c: Confirmation | null): Confirmation | null => c && { ...c, name: mask(c.name) };

export class Guards {
  readonly rows: Record<Kind, GuardRow<unknown>[]> = { visitors: [], duty: [], certificates: [], passes: [], watch: [], care: [] };
  readonly done = new Map<string, GuardRow<unknown>>();
  readonly calls: unknown[] = [];
  readonly warnings: Warning[] = [];
  readonly posts: SitePosts[] = [];
  /** What was looked at or looked for, and why. */
  readonly looks: string[] = [];
  readonly #mock: Clock;

  constructor(mock: Clock) {
    this.#mock = mock;
    const old = (id: string, entry: unknown, by = 'guard', site = 's002'): GuardRow<unknown> => ({ id, site, rev: 1, at: new Date(Date.now() - 600_000).toISOString(), by, ended_at: null, ended_by: '', entry });
    this.rows.visitors.push(old('visit-old', { name: '王小明', id_number: '510101199001011234', phone: '13800138000', reason: '家长会', host: '李老师', celsius: 36.4, items: '', plate: '川A12345', hits: [] } satisfies Visit));
    this.rows.duty.push(old('duty-old', { person: '赵强', post: 'gate', police: false, certificate: 'cert-old' } satisfies DutyEntry));
    this.rows.certificates.push(old('cert-old', { person: '赵强', number: '51012345', expires: '2026-12-10' } satisfies CertificateEntry, 'admin'));
    this.rows.care.push(old('care-old', { pupil: 'p2031', name: '陈小雨', symbol: 'handover', instruction: '只交给母亲或外婆' } satisfies CareEntry, 'admin'));
    this.rows.watch.push(old('watch-old', { name: '孙大力', id_number: '', plate: '川B99999', instruction: '不开门，立即报警' } satisfies WatchEntry, 'admin', 'county'));
  }

  /** A leave as somebody else wrote it down. */
  pass(id: string, more: Partial<Pass> = {}): GuardRow<Pass> {
    const at = new Date(this.#mock.now() - 300_000).toISOString();
    const word = (name: string): Confirmation => ({ name, how: 'phone', by: 'guard', at });
    const entry: Pass = { pupil: '', name: '林小溪', class: '三年级 2 班', reason: '就诊', until: new Date(this.#mock.now() + 3_600_000).toISOString(), guardian: word('林建国'), teacher: word('李秀英'), denied: '', ...more };
    const row = { id, site: 's002', rev: 3, at, by: 'guard', ended_at: null, ended_by: '', entry };
    this.rows.passes.push(row);
    return row;
  }

  /** A row as the server sends it. */
  #sent(kind: Kind, r: GuardRow<unknown>): GuardRow<unknown> {
    if (kind === 'visitors') {
      const e = r.entry as Visit;
      return { ...r, entry: { ...e, name: mask(e.name), host: mask(e.host), plate: e.plate && `${e.plate.slice(0, 2)}***${e.plate.slice(-2)}`, reason: e.reason.replace(/\d{7}(\d{4})\b/g, '*******$1'), id_number: e.id_number && `**${e.id_number.slice(-4)}`, phone: e.phone && `**${e.phone.slice(-4)}` } };
    }
    if (kind === 'passes') {
      const e = r.entry as Pass;
      return { ...r, entry: { ...e, name: mask(e.name), guardian: masked(e.guardian), teacher: masked(e.teacher) } };
    }
    if (kind === 'watch') return { ...r, entry: { ...(r.entry as WatchEntry), name: mask((r.entry as WatchEntry).name) } };
    if (kind === 'care') return { ...r, entry: { ...(r.entry as CareEntry), name: mask((r.entry as CareEntry).name), instruction: '' } };
    return r;
  }

  answer(req: IncomingMessage, url: URL, path: string, user: Me, body: Record<string, unknown>): Answer | null {
    const m = /^\/guard\/(inside|help|find|warnings|posts|visitors|duty|certificates|passes|watch|care)(?:\/([^/]+)\/([a-z]+))?$/.exec(path);
    if (!m) return null;
    const now = new Date(this.#mock.now()).toISOString();
    const site = url.searchParams.get('site') ?? '';
    const [, what, id = '', act = ''] = m;
    if (what === 'inside') return { body: { at: now, known: true, fever_celsius: 37.3, counts: { pupil: 412, staff: 38, visitor: 1 }, others: [], left: [], visitors: this.rows.visitors.filter((r) => r.site === site && !r.ended_at).map((r) => this.#sent('visitors', r)) } };
    if (what === 'help') return { body: (this.calls.push(body), body) };
    if (what === 'warnings') return { body: { items: this.warnings.filter((x) => x.site === site), next: '' } };
    if (what === 'find') {
      this.looks.push(`find ${String(body['name'])}`);
      return { body: { items: body['name'] === '林小溪' ? [{ key: 'p1002', kind: 'pupil', name: '林*溪', class: '三年级 2 班' }] : [], next: '' } };
    }
    if (what === 'posts') return { body: { items: this.posts, next: '' } };
    const kind = what as Kind;
    if ((kind === 'watch' && user.role !== 'admin' && (req.method !== 'GET' || user.role !== 'operator')) || (['care', 'certificates'].includes(kind) && req.method === 'POST' && act !== 'look' && user.role !== 'admin')) {
      return { status: 403, body: { status: 403, code: 'forbidden', title: 'Forbidden' } };
    }
    const list = this.rows[kind];
    if (req.method === 'GET') return { body: this.#list(kind, site, url) };
    if (act === 'reveal' || act === 'look') {
      const row = list.find((r) => r.id === id)!;
      this.looks.push(`${act} ${id} ${String(body['reason'] ?? '')}`.trim());
      return { body: row };
    }
    return this.#change(kind, id, act, user, body);
  }

  #list(kind: Kind, site: string, url: URL): unknown {
    const q = url.searchParams.get('q') ?? '';
    const open = kind === 'watch' || kind === 'care' || kind === 'certificates';
    const items = this.rows[kind].filter((r) => (r.site === site || (!site && kind !== 'visitors')) && JSON.stringify(r.entry).includes(q) && !(open && r.ended_at)).map((r) => this.#sent(kind, r)).reverse();
    if (kind !== 'duty') return { items, next: '' };
    const post = (name: string, from: number, state: string) => ({ post: name, from: new Date(this.#mock.now() + from).toISOString(), to: new Date(this.#mock.now() + from + 2_700_000).toISOString(), state, gaps: [] });
    return { posts: [post('arrival', -7_200_000, 'done'), post('departure', 7_200_000, 'coming')], items };
  }

  #change(kind: Kind, record: string, act: string, user: Me, body: Record<string, unknown>): Answer {
    const id = String(body['id']);
    const before = this.done.get(id);
    if (before) return { body: this.#sent(kind, before) };
    const at = String(body['at'] ?? new Date(this.#mock.now()).toISOString());
    const entry = (body['entry'] ?? {}) as Record<string, string>;
    let row: GuardRow<unknown>;
    if (record) {
      row = this.rows[kind].find((r) => r.id === record)!;
      const pass = row.entry as Pass;
      if (act === 'guardian' || act === 'teacher') {
        const other = act === 'guardian' ? pass.teacher : pass.guardian;
        if (other?.name === entry['name']) return { status: 422, body: { status: 422, code: 'invalid', detail: 'name: want another person', errors: [{ location: 'body.entry.name', message: 'another person' }] } };
        pass[act] = { name: entry['name']!, how: entry['how']!, by: user.username, at };
      } else if (act === 'settle') {
        const a = this.#mock.alarms.get(entry['alarm']!)!;
        this.#mock.put({ ...a, rev: a.rev + 1, state: 'normal', acked_by: user.username, acked_at: at }, user.username, 'ack');
      } else {
        if (act === 'leave' && !(pass.guardian && pass.teacher)) return { status: 409, body: { status: 409, code: 'not_allowed' } };
        if (act === 'deny') pass.denied = entry['reason']!;
        Object.assign(row, { ended_at: at, ended_by: user.username });
      }
      row.rev++;
    } else {
      const whole = kind === 'passes' ? { guardian: null, teacher: null, denied: '', ...entry } : kind === 'visitors' ? { hits: [], fever: Number(entry['celsius']) >= 37.3, ...entry } : entry;
      row = { id, site: String(body['site'] || 'county'), rev: 1, at, by: user.username, ended_at: null, ended_by: '', entry: whole };
      this.rows[kind].push(row);
    }
    this.done.set(id, row);
    return { body: this.#sent(kind, row) };
  }
}
