// Inspections of the mock: draws, forms, notices, hidden dangers.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Case, CaseDetail, CaseKind, CasePicture, CaseState, Draw, Form, Step, Topic } from '../src/lib/inspect';
import type { Me } from '../src/lib/types';
import type { Answer } from './desk';
import type { Mock } from './mock';

const problem = (status: number, code: string, more: object = {}): Answer => ({ status, body: { type: 'about:blank', title: code, status, code, detail: code, ...more } });
const faulty = (location: string, message: string): Answer => ({ status: 422, body: { type: 'about:blank', title: 'invalid', status: 422, code: 'invalid', detail: message, errors: [{ location, message }] } });
const kinds: Record<string, CaseKind> = { inspections: 'inspection', notices: 'notice', hazards: 'hazard' };
/** The server's own table, as far as the page goes. */
const next: Record<string, CaseState> = {
  'inspection planned finish': 'done', 'inspection planned void': 'void',
  'notice issued receive': 'received', 'notice issued reply': 'replied', 'notice received reply': 'replied', 'notice replied reply': 'replied',
  ...Object.fromEntries(['issued', 'received', 'replied'].flatMap((s) => [[`notice ${s} pass`, 'closed'], [`notice ${s} fail`, 'issued']])),
  'hazard reported assign': 'assigned', 'hazard assigned assign': 'assigned', 'hazard reported reject': 'closed', 'hazard assigned finish': 'done',
  'hazard done pass': 'checked', 'hazard done fail': 'assigned', 'hazard checked close': 'closed',
};

export class Inspect {
  /** The program's own forms. */
  readonly forms = JSON.parse(readFileSync(fileURLToPath(new URL('../../inspection/sheets.json', import.meta.url)), 'utf8')) as Form[];
  readonly draws: Draw[] = [];
  readonly cases: CaseDetail[] = [];
  readonly pictures = new Map<string, Buffer>();
  #mock: Mock;

  constructor(mock: Mock) {
    this.#mock = mock;
  }

  /** A case as the server would begin it. */
  begin(kind: CaseKind, site: string, by: string, action: string, state: CaseState, more: Partial<Case>): CaseDetail {
    const number = this.cases.filter((c) => c.case.kind === kind).length + 1;
    const at = new Date(this.#mock.now()).toISOString();
    const c: Case = {
      id: `${kind[0]}2026-${String(number).padStart(4, '0')}`, kind, year: 2026, number, site, device: '', state: '' as CaseState, rev: 0, by, at, updated_by: by, updated_at: at,
      township: this.#mock.world.sites.find((s) => s.site === site)?.township ?? '', due: null, due_day: '', pictures: 0, overdue: false, ...more,
    };
    const d: CaseDetail = { case: c, steps: [], pictures: [] };
    this.#step(d, by, action, state, '', '');
    this.cases.push(d);
    return d;
  }

  #step(d: CaseDetail, by: string, action: string, to: CaseState, note: string, data: string): void {
    const at = new Date(this.#mock.now()).toISOString();
    const step: Step = { n: d.case.rev + 1, at, by, action, from: d.case.state, to, note, data };
    d.steps.push(step);
    Object.assign(d.case, { rev: step.n, state: to, updated_by: by, updated_at: at });
  }

  #due(c: Case, days: number): void {
    const end = new Date(this.#mock.now() + days * 86_400_000);
    Object.assign(c, { due: end.toISOString(), due_day: end.toISOString().slice(0, 10), overdue: false });
  }

  answer(method: string, url: URL, path: string, user: Me, body: Record<string, unknown>, raw: Buffer): Answer | null {
    if (path === '/inspections' && method === 'POST') {
      if (user.role !== 'admin' && user.role !== 'inspector') return problem(403, 'forbidden');
      return this.#mock.sees(user, String(body['site'])) ? { body: this.plan(String(body['site']), body['topic'] as Topic, '', user.username, String(body['device'] ?? '')).case } : faulty('body.site', 'want a site');
    }
    const q = (k: string): string => url.searchParams.get(k) ?? '';
    const ours = user.role === 'admin' || user.role === 'inspector';
    if (path === '/inspection-forms') return { body: { items: this.forms, next: '' } };
    if (path === '/draws' && method === 'GET') return user.role === 'guard' ? problem(403, 'forbidden') : { body: { items: [...this.draws].reverse(), next: '' } };
    if (path === '/draws') return ours ? this.#draw(user, body) : problem(403, 'forbidden');
    if (/^\/draws\/[^/]+\/verify$/.test(path)) return { body: { ok: true, algorithm: true, digest: true, result: true, recomputed: this.draws[0]?.digest, present: true } };
    const m = /^\/(inspections|notices|hazards)(?:\/([^/]+))?(?:\/([a-z]+))?(?:\/(\d+))?$/.exec(path);
    if (!m) return null;
    const kind = kinds[m[1]!]!;
    const sees = (d: CaseDetail): boolean => d.case.kind === kind && this.#mock.sees(user, d.case.site) && (user.role !== 'guard' || kind !== 'inspection' || d.case.state === 'done');
    if (!m[2] && method === 'GET') {
      const items = this.cases.filter(sees).map((d) => d.case).filter((c) =>
        (!q('site') || c.site === q('site')) && (!q('state') || c.state === q('state') || (q('state') === 'open' && c.state !== 'closed'))
        && (!q('topic') || (c.check ?? c.notice)?.topic === q('topic')) && (!q('draw') || c.check?.draw === q('draw')) && (q('overdue') !== 'true' || c.overdue)).reverse();
      const start = Number(q('cursor')) || 0;
      return { body: { items: items.slice(start, start + 100), next: start + 100 < items.length ? String(start + 100) : '' } };
    }
    if (!m[2] && kind === 'hazard') {
      if (!this.#mock.sees(user, String(body['site']))) return problem(404, 'not_found');
      const d = this.begin('hazard', String(body['site']), user.username, 'report', 'reported', { hazard: { text: String(body['text']), place: String(body['place'] ?? ''), weight: body['weight'] as 'general', assignee: '', work: '' } });
      return { body: d.case };
    }
    const d = this.cases.find((x) => x.case.id === m[2] && sees(x));
    if (!d) return problem(404, 'not_found');
    if (!m[3]) return { body: d };
    if (m[3] === 'attachments' && method === 'GET') {
      const p = d.pictures.find((x) => x.n === Number(m[4]));
      return p ? { type: p.type, body: this.pictures.get(p.sha256) } : problem(404, 'not_found');
    }
    if (user.role === 'operator') return problem(403, 'forbidden');
    if (m[3] === 'attachments') {
      const p: CasePicture = { n: d.case.rev + 1, at: new Date(this.#mock.now()).toISOString(), by: user.username, item: q('item'), note: q('note'), sha256: createHash('sha256').update(raw).digest('hex'), bytes: raw.length, type: 'image/png' };
      this.pictures.set(p.sha256, raw);
      d.case.pictures++;
      d.pictures.push(p);
      this.#step(d, user.username, 'attach', d.case.state, '', p.sha256);
      return { body: { case: d.case, picture: p } };
    }
    if (body['rev'] !== d.case.rev) return problem(409, 'conflict', { conflict: { rev: d.case.rev, state: d.case.state, by: d.case.updated_by, at: d.case.updated_at, action: '' } });
    return this.#act(d, m[3], user, ours, body);
  }

  #draw(user: Me, body: Record<string, unknown>): Answer {
    const sites = this.#mock.world.sites.filter((s) => s.kind !== 'depot');
    const townships = [...new Set(sites.map((s) => s.township))].sort();
    const size = Number(body['size']);
    if (size < townships.length) return faulty('body.size', `size: want ${townships.length} (one for each township) to ${sites.length}`);
    const id = `d2026-${String(this.draws.length + 1).padStart(4, '0')}`;
    const topic = body['topic'] as Topic;
    const drawn = townships.flatMap((t) => sites.filter((s) => s.township === t).slice(0, 1)).concat(sites).filter((s, i, all) => all.indexOf(s) === i).slice(0, size);
    const draw: Draw = {
      id, at: new Date(this.#mock.now()).toISOString(), by: user.username, topic, algorithm: 1, seed: String(body['seed'] || 'RANDOMSEEDOFTHESYSTEM'), given: Boolean(body['seed']),
      size: drawn.length, note: String(body['note'] ?? ''), digest: createHash('sha256').update(id).digest('hex'),
      strata: townships.map((t) => ({ township: t, population: sites.filter((s) => s.township === t).length, drawn: drawn.filter((s) => s.township === t).length })),
    };
    this.draws.push(draw);
    for (const s of drawn) this.plan(s.site, topic, id, user.username);
    return { body: draw };
  }

  plan(site: string, topic: Topic, draw: string, by: string, device = topic === 'camera' ? 'c1' : ''): CaseDetail {
    return this.begin('inspection', site, by, 'plan', 'planned', { device, check: { topic, draw, sheet: 1, answers: [], failed: 0, note: '', notice: '' } });
  }

  #act(d: CaseDetail, action: string, user: Me, ours: boolean, body: Record<string, unknown>): Answer {
    const c = d.case;
    const note = String(body['note'] ?? '');
    if (c.check && (action === 'answers' || action === 'finish')) {
      const answers = body['answers'] as NonNullable<Case['check']>['answers'];
      Object.assign(c.check, { answers, failed: answers.filter((a) => a.result === 'fail').length, note });
      this.#step(d, user.username, action === 'finish' ? 'finish' : 'fill', action === 'finish' ? 'done' : 'planned', note, '');
      return { body: c };
    }
    if (c.check && action === 'notice') {
      const form = this.forms.find((f) => f.topic === c.check!.topic)!;
      const made = this.notice(c, user.username, Number(body['days']), String(body['demand'] ?? ''), form);
      c.check.notice = made.case.id;
      this.#step(d, user.username, 'notice', 'done', '', made.case.id);
      return { body: made.case };
    }
    const to = action === 'comment' ? c.state : next[`${c.kind} ${c.state} ${action}`];
    if (!ours && ['pass', 'fail', 'assign', 'reject', 'close'].includes(action)) return problem(403, 'forbidden');
    if (!to) return problem(409, 'not_allowed');
    if (action === 'fail' || action === 'assign') this.#due(c, Number(body['days']));
    if (action === 'fail' && c.notice) Object.assign(c.notice, { round: c.notice.round + 1, days: Number(body['days']) });
    if (action === 'assign') c.hazard!.assignee = String(body['assignee']);
    if (action === 'finish') c.hazard!.work = note;
    if (action === 'reply') c.notice!.reply = note;
    this.#step(d, user.username, action, to, note, action === 'assign' ? `${c.hazard!.assignee} until ${c.due_day}` : action === 'fail' ? c.due_day : '');
    return { body: c };
  }

  notice(c: Case, by: string, days: number, demand: string, form: Form): CaseDetail {
    const made = this.begin('notice', c.site, by, 'issue', 'issued', {
      device: c.device,
      notice: {
        inspection: c.id, topic: c.check!.topic, to: this.#mock.world.sites.find((s) => s.site === c.site)!.name, issuer: { zh: '青川县', en: 'Qingchuan County' }, demand, days, round: 1, reply: '',
        findings: c.check!.answers.filter((a) => a.result === 'fail').map((a) => ({ item: a.item, text: form.items.find((i) => i.key === a.item)!.text, weight: a.weight ?? 'general', note: a.note ?? '' })),
      },
    });
    this.#due(made.case, days);
    return made;
  }

  /** Something on every page, for looks. */
  fill(): void {
    this.#draw({ username: 'inspector' } as Me, { topic: 'kitchen', size: 12 });
    const d = this.plan('s002', 'kitchen', 'd2026-0001', 'inspector');
    const form = this.forms.find((f) => f.topic === 'kitchen')!;
    Object.assign(d.case.check!, { failed: 2, answers: form.items.map((i, n) => ({ item: i.key, result: n === 1 || n === 3 ? 'fail' : 'pass', ...(n === 1 || n === 3 ? { weight: i.weight, note: '燃气报警器探头失效 <b>x</b>' } : {}) })) });
    this.#step(d, 'inspector', 'finish', 'done', '', '');
    const notice = this.notice(d.case, 'inspector', 5, '立即更换探头并报修', form);
    d.case.check!.notice = notice.case.id;
    notice.case.overdue = true;
    const h = this.begin('hazard', 's002', 'guard', 'report', 'reported', { hazard: { text: '教学楼三楼栏杆松动', place: '教学楼三楼', weight: 'major', assignee: '', work: '' } });
    h.case.overdue = false;
  }
}
