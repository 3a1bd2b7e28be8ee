import { ApiError, get, post, whenUnauthenticated } from './api';
import { serverClock } from './clock.svelte';
import type { Me } from './types';

class Session {
  me = $state<Me | null>(null);
  /** Whether the first question "who am I" has been answered. */
  known = $state(false);
  /** The session was there and has gone: the login page says so. */
  ended = $state(false);

  constructor() {
    whenUnauthenticated(() => this.lost());
  }

  get county(): boolean {
    return this.me?.scope.includes('*') ?? false;
  }
  get canAck(): boolean {
    return this.me !== null && this.me.role !== 'inspector';
  }
  get canShelve(): boolean {
    return this.me?.role === 'admin' || this.me?.role === 'operator';
  }
  get canOps(): boolean {
    return this.me?.role === 'admin';
  }

  /** Asks the server who we are; retries while it cannot be reached. */
  async resume(): Promise<void> {
    for (let wait = 500; ; wait = Math.min(wait * 2, 10_000)) {
      try {
        this.#enter(await get<Me>('/me'));
        break;
      } catch (err) {
        if (err instanceof ApiError && err.status >= 400 && err.status < 500) break;
        await new Promise((done) => setTimeout(done, wait));
      }
    }
    this.known = true;
  }

  /** Asks whether the session still stands: a refused socket does not say why. */
  async check(): Promise<void> {
    if (!this.me) return;
    try {
      await get<Me>('/me');
    } catch (err) {
      if (err instanceof ApiError && err.status === 401) this.lost();
    }
  }

  async login(username: string, password: string): Promise<void> {
    this.#enter(await post<Me>('/login', { username, password }));
  }

  async logout(): Promise<void> {
    try {
      await post('/logout', {});
    } finally {
      this.me = null;
      this.ended = false;
    }
  }

  lost(): void {
    if (!this.me) return;
    this.me = null;
    this.ended = true;
  }

  #enter(me: Me): void {
    this.me = me;
    this.ended = false;
    if (me.zone) serverClock.zone = me.zone;
  }
}

export const session = new Session();
