import { ApiError, type Problem } from './api';

/** One thing that is sent to the server: how it fares, and what was wrong with it. */
export class Sender {
  state = $state<'' | 'sending' | 'done' | 'failed'>('');
  problem = $state.raw<Problem | null>(null);
  /** What is to be said when it went well. */
  said = $state('');

  /** Sends; undefined when it was refused or is under way already. */
  async run<T>(send: () => Promise<T>, said = ''): Promise<T | undefined> {
    if (this.state === 'sending') return undefined;
    this.state = 'sending';
    this.problem = null;
    try {
      const out = await send();
      this.said = said;
      this.state = 'done';
      return out;
    } catch (err) {
      this.problem = err instanceof ApiError ? err.problem : { status: 0, code: 'internal', detail: String(err) };
      this.state = 'failed';
      return undefined;
    }
  }

  get busy(): boolean {
    return this.state === 'sending';
  }

  reset(): void {
    this.state = '';
    this.problem = null;
  }
}
