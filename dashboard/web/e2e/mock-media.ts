// Live pictures and patrols of the stand-in. The media server behind it is whatever a test puts
// into `answerer`: a peer in another page, or nothing.
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Finding, LookRow, Patrol } from '../src/lib/look.svelte';
import type { Me } from '../src/lib/types';
import type { Answer } from './desk';

interface Host {
  now(): number;
  sees(user: Me, site: string): boolean;
  world: { devices: Map<string, { kind: string; site: string; device: string }> };
  alarms: Map<string, { id: string; attachments: number }>;
}

/** The smallest picture there is. */
const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

export class Media {
  /** What the configured media server can do. */
  ways = ['whep', 'hls', 'snapshot'];
  readonly looks: LookRow[] = [];
  readonly patrols = new Map<string, Patrol>();
  /** Raised alarms, as run and camera. */
  readonly raised: string[] = [];
  readonly attached: string[] = [];
  answerer: ((offer: string) => Promise<string>) | null = null;
  /** Refuses the next questions with this status and code. */
  refuse: { status: number; code: string } | null = null;
  leaseS = 30;
  lastsS = 600;
  /** Files of the HLS stream. */
  hls: Record<string, Buffer> = {};
  picture: Buffer = PICTURE;
  readonly #host: Host;
  #next = 1;

  constructor(host: Host) {
    this.#host = host;
  }

  usePicture(file: string): void {
    this.picture = readFileSync(file);
  }

  add(l: Partial<LookRow>): void {
    this.looks.push({ id: `look${this.#next++}`, at: new Date(this.#host.now()).toISOString(), site: 's002', device: 'c1', kind: 'live', reason: '日常巡检', unit: '县教育局', person: '王值班', by: 'operator', role: 'operator', alarm: '', ended_at: null, ended: '', ...l });
  }

  async answer(req: IncomingMessage, url: URL, path: string, user: Me, body: Record<string, unknown>): Promise<Answer | null> {
    const now = new Date(this.#host.now()).toISOString();
    const problem = (status: number, code: string, errors?: object[]): Answer => ({ status, body: { status, code, title: code, detail: code, ...(errors ? { errors } : {}) } });
    const cam = /^\/cameras\/([^/]+)\/([^/]+?)(\/look)?$/.exec(path);
    if (cam) {
      const d = this.#host.world.devices.get(`${cam[1]}/${cam[2]}`);
      if (d?.kind !== 'camera' || !this.#host.sees(user, d.site)) return problem(404, 'not_found');
      if (!cam[3]) return { body: { ways: this.ways, looks: this.looks.filter((l) => l.site === d.site && l.device === d.device).reverse().slice(0, 10).map((l) => ({ ...l, id: '' })) } };
      if (this.refuse) return problem(this.refuse.status, this.refuse.code);
      if (this.ways.length === 0) return problem(409, 'not_allowed');
      if (String(body['reason']).length < 2) return problem(422, 'invalid', [{ location: 'body.reason', message: 'want a reason' }]);
      this.add({ at: now, site: d.site, device: d.device, kind: body['kind'] as 'live', reason: String(body['reason']), unit: String(body['unit']), person: String(body['person'] ?? user.name?.zh ?? user.username), by: user.username, role: user.role, alarm: String(body['alarm'] ?? '') });
      const look = this.looks.at(-1)!;
      return { body: { look, ways: body['kind'] === 'snapshot' ? this.ways.filter((x) => x === 'snapshot') : this.ways, until: now, last: new Date(this.#host.now() + this.lastsS * 1000).toISOString(), lease_s: this.leaseS } };
    }
    const m = /^\/looks\/([^/]+)\/(whep|keep|end|snapshot|attach|hls\/(.+))$/.exec(path);
    if (m) {
      const look = this.looks.find((l) => l.id === m[1] && l.by === user.username && !l.ended_at);
      if (!look) return problem(404, 'not_found');
      switch (m[2]) {
        case 'whep': {
          if (!this.answerer) return problem(502, 'upstream');
          return { body: { sdp: await this.answerer(String(body['sdp'])) } };
        }
        case 'keep': return { body: { until: now, last: now } };
        case 'end':
          Object.assign(look, { ended_at: now, ended: body['why'] });
          return { status: 204, body: null };
        case 'snapshot': return { type: 'image/png', body: this.picture };
        case 'attach': {
          this.attached.push(look.alarm);
          return { body: {} };
        }
      }
      const file = this.hls[m[3]!];
      return file ? { type: m[3]!.endsWith('.m3u8') ? 'application/vnd.apple.mpegurl' : 'video/mp4', body: file } : problem(502, 'upstream');
    }
    if (path === '/looks') {
      if (user.role !== 'admin' && user.role !== 'inspector') return problem(403, 'forbidden');
      const q = (k: string): string => url.searchParams.get(k) ?? '';
      const items = [...this.looks].reverse().filter((l) => (!q('site') || l.site === q('site')) && (!q('kind') || l.kind === q('kind')) && (!q('by') || l.by === q('by')) && (!q('open') || !l.ended_at) && `${l.reason}${l.unit}${l.person}`.includes(q('q')));
      return { body: { items, next: '' } };
    }
    return this.#patrol(req, path, user, body, now, problem);
  }

  #patrol(req: IncomingMessage, path: string, user: Me, body: Record<string, unknown>, now: string, problem: (s: number, c: string) => Answer): Answer | null {
    const m = /^\/patrol\/(lists|runs)(?:\/([^/]+)(?:\/(finding|end|raise|remove))?)?$/.exec(path);
    if (!m) return null;
    const kind = m[1] === 'lists' ? 'list' : 'run';
    if (!m[2] && req.method === 'GET') return { body: { items: [...this.patrols.values()].filter((p) => p.kind === kind).reverse(), next: '' } };
    if (!m[2]) {
      const id = String(body['id'] ?? '') || `p${this.#next++}`;
      const p: Patrol = { id, kind, rev: 1, at: now, by: user.username, ended_at: null, name: String(body['name']), cameras: body['cameras'] as string[], dwell_s: Number(body['dwell_s']), findings: [] };
      this.patrols.set(id, p);
      return { body: p };
    }
    const p = this.patrols.get(m[2]);
    if (!p) return problem(404, 'not_found');
    const next = { ...p, rev: p.rev + 1, findings: [...(p.findings ?? [])] };
    switch (m[3]) {
      case 'finding': {
        const f: Finding = { camera: String(body['camera']), result: body['result'] as 'ok', note: String(body['note'] ?? ''), at: now, look: String(body['look'] ?? ''), alarm: false, inspection: '' };
        next.findings = [...next.findings.filter((x) => x.camera !== f.camera), f];
        break;
      }
      case 'end': next.ended_at = now; break;
      case 'raise':
        this.raised.push(`${p.id} ${String(body['camera'])}`);
        next.findings = next.findings.map((f) => (f.camera === body['camera'] ? { ...f, alarm: true } : f));
        break;
      case 'remove':
        this.patrols.delete(p.id);
        return { status: 204, body: null };
      default: return { body: p };
    }
    this.patrols.set(p.id, next);
    return { body: next };
  }
}
