import type { Op, Row } from './live';
import type { CampusEvent } from './types';

export const FEED_CAP = 500;
const FLUSH_MS = 200;

/** The latest events, newest first, never more than FEED_CAP. Shown in strokes of 200 ms. */
class Feed {
  events = $state.raw<CampusEvent[]>([]);
  /** How many have come in since the start; the difference tells what a pause missed. */
  total = $state(0);
  skipped = $state(0);
  #buffer: CampusEvent[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;
  #listeners = new Set<(events: CampusEvent[]) => void>();

  snapshot(rows: Row[]): void {
    this.#buffer.push(...(rows as unknown as CampusEvent[]));
    this.#flush();
  }

  delta(ops: Op[]): void {
    for (const op of ops) if (op[0] !== '-') this.#buffer.push(op[2] as unknown as CampusEvent);
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  /** Calls fn with each stroke of new events, oldest first. */
  listen(fn: (events: CampusEvent[]) => void): () => void {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }

  clear(): void {
    this.events = [];
    this.#buffer = [];
    this.total = this.skipped = 0;
  }

  #flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    // The bus delivers at least once, and a snapshot repeats what is here: each event is shown once.
    const known = new Set(this.events.map((e) => e.id));
    const fresh = this.#buffer.filter((e) => !known.has(e.id) && known.add(e.id));
    this.#buffer = [];
    if (fresh.length === 0) return;
    this.total += fresh.length;
    this.events = [...fresh.slice(-FEED_CAP).reverse(), ...this.events].slice(0, FEED_CAP);
    for (const fn of this.#listeners) fn(fresh);
  }
}

export const feed = new Feed();
