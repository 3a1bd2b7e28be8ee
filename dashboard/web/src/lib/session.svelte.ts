import { ApiError, get, post, whenUnauthenticated } from './api';
import { serverClock } from './clock.svelte';
import { router } from './router.svelte';
import type { Me } from './types';

const ME = 'campusgate.me';
/** Where the work of a role is; the others begin at the situation. */
const homes: Record<string, string> = { guard: '/gate', inspector: '/uptime' };

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
  /** Whether the server lets us do what needs this permission; menus, pages and buttons ask here. */
  may = (permission: string): boolean => this.me?.permissions?.includes(permission) ?? false;

  get canAck(): boolean {
    return this.may('alarms.work');
  }
  get canShelve(): boolean {
    return this.may('alarms.desk');
  }
  /** Some have a few of the pages below /ops: rules and notification, for instance. */
  get opensOps(): boolean {
    return ['accounts.admin', 'audit.admin', 'config.admin', 'registry.admin', 'gateways.admin', 'rules.desk', 'notify.desk'].some((p) => this.may(p));
  }

  /** Asks the server who we are; retries while it cannot be reached. */
  async resume(): Promise<void> {
    for (let wait = 500; ; wait = Math.min(wait * 2, 10_000)) {
      try {
        this.#enter(await get<Me>('/me'));
        break;
      } catch (err) {
        if (err instanceof ApiError && err.status >= 400 && err.status < 500) {
          this.me = null;
          break;
        }
        // Out of reach: this tab goes on as who it was. The server asks again with each request.
        const was = sessionStorage.getItem(ME);
        if (was && !this.known) {
          this.me = JSON.parse(was) as Me;
          this.known = true;
        }
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

  async login(said: object, path = '/login'): Promise<void> {
    this.#enter(await post<Me>(path, said));
    const home = homes[this.me!.role];
    if (home && router.path === '/') router.go(home, true);
  }

  async logout(): Promise<void> {
    try {
      await post('/logout', {});
    } finally {
      sessionStorage.removeItem(ME);
      this.me = null;
      this.ended = false;
    }
  }

  lost(): void {
    if (!this.me) return;
    sessionStorage.removeItem(ME);
    this.me = null;
    this.ended = true;
  }

  #enter(me: Me): void {
    this.me = me;
    this.ended = false;
    sessionStorage.setItem(ME, JSON.stringify(me));
    if (me.zone) serverClock.zone = me.zone;
  }
}

export const session = new Session();
