// Files of whole lists: jobs on the server, asked for until they end.
import { ApiError, get, post, withQuery, type Query } from './api';
import type { Page } from './types';

export type ExportList = 'gate-log' | 'alarms' | 'history' | 'availability' | 'audit';
export interface ExportJob {
  id: string;
  list: ExportList;
  query: string;
  format: 'csv' | 'xlsx';
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  rows: number;
  total: number | null;
  bytes: number;
  name: string;
  reason: string;
  created_at: string;
  expires_at: string | null;
}

const POLL = 700;
export const ended = (j: ExportJob): boolean => j.state !== 'queued' && j.state !== 'running';

/** The exports of one list, as one page shows them. */
export class Exports {
  jobs = $state.raw<ExportJob[]>([]);
  busy = $state(false);
  /** Why the last thing did not go through: a code of the server, "offline" or nothing. */
  failure = $state('');
  /** Ids of jobs that are being called off. */
  leaving = $state.raw<ReadonlySet<string>>(new Set());
  #list: ExportList;

  constructor(list: ExportList) {
    this.#list = list;
  }

  /** Asks for the jobs now, and again and again while one runs; returns what ends it. */
  follow(): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const ask = async (): Promise<void> => {
      await this.#refresh();
      if (!over) timer = setTimeout(() => void ask(), this.jobs.some((j) => !ended(j)) ? POLL : 5000);
    };
    void ask();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }

  async #refresh(): Promise<void> {
    try {
      this.jobs = (await get<Page<ExportJob>>('/exports')).items.filter((j) => j.list === this.#list);
      if (this.failure === 'offline') this.failure = '';
    } catch (err) {
      this.failure = err instanceof ApiError ? err.code : 'internal';
    }
  }

  async begin(query: Query, format: ExportJob['format'], lang: string): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.failure = '';
    try {
      const job = await post<ExportJob>(withQuery(`/exports/${this.#list}`, { ...query, format, lang }), {});
      this.jobs = [job, ...this.jobs.filter((j) => j.id !== job.id)];
    } catch (err) {
      this.failure = err instanceof ApiError ? err.code : 'internal';
    }
    this.busy = false;
  }

  /** Calls a job off; of one that has ended, removes the file. */
  async cancel(job: ExportJob): Promise<void> {
    this.leaving = new Set([...this.leaving, job.id]);
    try {
      await post(`/exports/${encodeURIComponent(job.id)}/cancel`, {});
      if (ended(job)) this.jobs = this.jobs.filter((j) => j.id !== job.id);
    } catch (err) {
      const code = err instanceof ApiError ? err.code : 'internal';
      if (code === 'not_found') this.jobs = this.jobs.filter((j) => j.id !== job.id);
      else this.failure = code;
    }
    this.leaving = new Set([...this.leaving].filter((id) => id !== job.id));
  }
}

export const fileOf = (j: ExportJob): string => `/api/v1/exports/${encodeURIComponent(j.id)}/file`;
