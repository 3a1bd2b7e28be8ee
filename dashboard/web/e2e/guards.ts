// The guards' part of the stand-in: every change once, by its id.
import type { IncomingMessage } from 'node:http';
import type { CertificateEntry, DutyEntry, GuardRow, Visit } from '../src/lib/guardtypes';
import type { Me } from '../src/lib/types';
import type { Answer } from './desk';

interface Clock { now(): number }
type Kind = 'visitors' | 'duty' | 'certificates';

export class Guards {
  readonly rows: Record<Kind, GuardRow<unknown>[]> = { visitors: [], duty: [], certificates: [] };
  readonly done = new Map<string, GuardRow<unknown>>();
  readonly calls: unknown[] = [];
  readonly #mock: Clock;

  constructor(mock: Clock) {
    this.#mock = mock;
    const at = new Date(Date.now() - 3_600_000).toISOString();
    this.rows.visitors.push({ id: 'visit-old', site: 's002', rev: 1, at, by: 'guard', ended_at: null, ended_by: '', entry: { name: '王*明', id_number: '', phone: '', reason: '家长会', host: '李老师', celsius: 36.4, items: '', plate: '川A12345', hits: [] } satisfies Visit });
    this.rows.duty.push({ id: 'duty-old', site: 's002', rev: 1, at, by: 'guard', ended_at: null, ended_by: '', entry: { person: '赵强', post: 'gate', police: false, certificate: 'cert-old' } satisfies DutyEntry });
    this.rows.certificates.push({ id: 'cert-old', site: 's002', rev: 1, at, by: 'admin', ended_at: null, ended_by: '', entry: { person: '赵强', number: '51012345', expires: '2026-12-10' } satisfies CertificateEntry });
  }

  answer(req: IncomingMessage, url: URL, path: string, user: Me, body: Record<string, unknown>): Answer | null {
    const m = /^\/guard\/(inside|help|visitors|duty|certificates)(?:\/([^/]+)\/out)?$/.exec(path);
    if (!m) return null;
    const now = new Date(this.#mock.now()).toISOString();
    const site = url.searchParams.get('site') ?? '';
    if (m[1] === 'inside') return { body: { at: now, known: true, counts: { pupil: 412, staff: 38, visitor: 1 }, others: [], left: [], visitors: this.rows.visitors.filter((r) => r.site === site && !r.ended_at) } };
    if (m[1] === 'help') return { body: (this.calls.push(body), body) };
    const list = this.rows[m[1] as Kind];
    if (req.method === 'GET') {
      const items = list.filter((r) => r.site === site && JSON.stringify(r.entry).includes(url.searchParams.get('q') ?? '')).reverse();
      const post = (name: string, from: number, state: string) => ({ post: name, from: new Date(this.#mock.now() + from).toISOString(), to: new Date(this.#mock.now() + from + 2_700_000).toISOString(), state, gaps: [] });
      return { body: m[1] === 'duty' ? { posts: [post('arrival', -7_200_000, 'done'), post('departure', 7_200_000, 'coming')], items } : { items, next: '' } };
    }
    const id = String(body['id']);
    const before = this.done.get(id);
    if (before) return { body: before };
    let row: GuardRow<unknown>;
    if (m[2]) {
      row = list.find((r) => r.id === m[2])!;
      Object.assign(row, { rev: row.rev + 1, ended_at: String(body['at']), ended_by: user.username });
    } else {
      row = { id, site: String(body['site']), rev: 1, at: String(body['at']), by: user.username, ended_at: null, ended_by: '', entry: { hits: [], ...(body['entry'] as object) } };
      list.push(row);
    }
    this.done.set(id, row);
    return { body: row };
  }
}
