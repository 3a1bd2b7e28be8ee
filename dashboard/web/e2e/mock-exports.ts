// The stand-in's exports and series: jobs that go on as often as they are asked for.
import type { IncomingMessage } from 'node:http';
import type { Me } from '../src/lib/types';
import type { Answer } from './desk';

interface Job {
  id: string; list: string; query: string; format: string; state: string; rows: number; total: number | null; bytes: number; sha256: string; name: string; reason: string;
  by: string; created_at: string; finished_at: string | null; expires_at: string | null;
}

export class Exports {
  readonly jobs: Job[] = [];
  /** Jobs stay where they are until this is false. */
  hold = false;
  /** What GET /series answers; by default a day with a silence of two hours. */
  series: ((q: URLSearchParams) => unknown) | null = null;
  #clock: { now(): number };

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  answer(req: IncomingMessage, url: URL, path: string, user: Me): Answer | null {
    if (path === '/gate-log/count') return { body: { n: 4321 } };
    if (path === '/series') return { body: this.series ? this.series(url.searchParams) : this.#day(url.searchParams) };
    const begin = /^\/exports\/(gate-log|alarms|history|availability|audit)$/.exec(path);
    if (begin && req.method === 'POST') {
      const q = new URLSearchParams(url.searchParams);
      const format = q.get('format') ?? 'csv';
      for (const k of ['format', 'lang', 'limit', 'cursor']) q.delete(k);
      const job: Job = {
        id: `job${this.jobs.length + 1}`, list: begin[1]!, query: q.toString(), format, state: 'queued', rows: 0, total: null, bytes: 0, sha256: '', name: `${begin[1]}-20261124.${format}`, reason: '',
        by: user.username, created_at: new Date(this.#clock.now()).toISOString(), finished_at: null, expires_at: null,
      };
      this.jobs.unshift(job);
      return { status: 202, body: job };
    }
    if (path === '/exports') {
      for (const j of this.jobs) this.#advance(j);
      return { body: { items: this.jobs.filter((j) => j.by === user.username), next: '' } };
    }
    const one = /^\/exports\/(job\d+)(\/cancel|\/file)?$/.exec(path);
    const at = one ? this.jobs.findIndex((j) => j.id === one[1] && j.by === user.username) : -1;
    const job = this.jobs[at];
    if (!one || !job) return null;
    if (one[2] === '/cancel') {
      if (job.state === 'queued' || job.state === 'running') job.state = 'cancelled';
      else this.jobs.splice(at, 1);
      return { body: { ...job, state: 'cancelled' } };
    }
    if (one[2] === '/file') return { type: 'text/csv; charset=utf-8', body: Buffer.from(`\ufeff时间,单位\r\n2026-11-24 08:00:00,"'=1+1"\r\n`) };
    return { body: job };
  }

  #advance(j: Job): void {
    if (this.hold || (j.state !== 'queued' && j.state !== 'running')) return;
    if (j.state === 'queued') {
      j.state = 'running';
      j.total = 4321;
      return;
    }
    j.rows = Math.min(4321, j.rows + 2200);
    if (j.rows < 4321) return;
    const now = this.#clock.now();
    Object.assign(j, { state: 'done', bytes: 345_678, sha256: 'ab', finished_at: new Date(now).toISOString(), expires_at: new Date(now + 3_600_000).toISOString() });
  }

  /** A cold store over the time asked for; from 40 to 48 % of it nothing came. */
  #day(q: URLSearchParams): unknown {
    const from = Date.parse(q.get('from') ?? '');
    const to = Date.parse(q.get('to') ?? '');
    const step = Math.ceil((to - from) / 300 / 60_000) * 60_000;
    const first = Math.ceil(from / step) * step;
    const points = [];
    for (let at = first; at < to; at += step) {
      const x = (at - from) / (to - from);
      if (x > 0.4 && x < 0.48) continue;
      const mean = 3.5 + Math.sin(x * 40) + (x > 0.8 ? 4 * (x - 0.8) : 0);
      points.push({ at_ms: at, n: 5, min: mean - 0.4, mean, max: mean + 0.5 });
    }
    return { from: q.get('from'), to: q.get('to'), step_s: step / 1000, gap_s: q.get('type') === 'temperature_check' ? 0 : (3 * step) / 1000, points };
  }
}
