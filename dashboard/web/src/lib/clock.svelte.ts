import { DEFAULT_ZONE } from './time';

/** The server's clock, once a second. Ages and deadlines are judged by it, not by the PC's. */
class ServerClock {
  now = $state(Date.now());
  zone = $state(DEFAULT_ZONE);
  #offset = 0;

  /** A `now` of the server has just come in. */
  sync(serverNow: number): void {
    if (!Number.isFinite(serverNow)) return;
    this.#offset = serverNow - Date.now();
    this.now = serverNow;
  }

  /** The server's time of a moment of this machine's clock. */
  at(local: number): number {
    return local + this.#offset;
  }

  start(): () => void {
    const tick = setInterval(() => (this.now = Date.now() + this.#offset), 1000);
    return () => clearInterval(tick);
  }
}

export const serverClock = new ServerClock();
