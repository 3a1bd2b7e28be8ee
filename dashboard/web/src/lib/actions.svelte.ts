// What people do to alarms. Actions go by REST and work while the live socket is down.
import { needsAck } from './alarms';
import { ApiError, post } from './api';
import { data } from './data.svelte';
import type { Alarm } from './types';

export type ActionNote =
  | { kind: 'sending' }
  | { kind: 'conflict'; by: string; at: string; action: string }
  | { kind: 'error'; code: string; detail: string };

class Actions {
  /** What is to be said beside an alarm, by its id; gone when it went well. */
  notes = $state<Record<string, ActionNote>>({});

  async ack(alarm: Alarm): Promise<void> {
    if (!needsAck(alarm)) return;
    await this.run(alarm, 'ack', { note: '' });
  }

  /** Acknowledges several, a few at a time, so that a flood does not become another one. */
  async ackAll(alarms: Alarm[]): Promise<void> {
    const queue = [...alarms];
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) await this.ack(next);
    };
    await Promise.all(Array.from({ length: Math.min(4, queue.length) }, worker));
  }

  /** Runs an action; true when the server took it. */
  async run(alarm: Alarm, action: string, body: Record<string, unknown>): Promise<boolean> {
    if (this.notes[alarm.id]?.kind === 'sending') return false;
    this.notes[alarm.id] = { kind: 'sending' };
    try {
      const after = await post<Alarm>(`/alarms/${encodeURIComponent(alarm.id)}/${action}`, { rev: alarm.rev, ...body });
      data.takeAlarm(after);
      delete this.notes[alarm.id];
      return true;
    } catch (err) {
      if (!(err instanceof ApiError)) throw err;
      const conflict = err.problem.conflict;
      this.notes[alarm.id] =
        err.code === 'conflict' && conflict
          ? { kind: 'conflict', by: conflict.by, at: conflict.at, action: conflict.action }
          : { kind: 'error', code: err.code, detail: err.message };
      return false;
    }
  }

  dismiss(id: string): void {
    delete this.notes[id];
  }
}

export const actions = new Actions();
