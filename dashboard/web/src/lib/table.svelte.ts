import type { Op, Row } from './live';

/**
 * The rows of one live channel by key. Changes are applied at once; readers are told at
 * most every `delay` ms, so that hundreds of changes a second cost a few renderings.
 */
export class LiveTable<T extends object> {
  #rows = new Map<string, T>();
  #version = $state(0);
  #timer: ReturnType<typeof setTimeout> | null = null;
  #delay: number;
  #key: (row: T) => string;
  /** False until the first snapshot: nothing known is not the same as nothing there. */
  loaded = $state(false);
  list: T[] = $derived.by(() => {
    void this.#version;
    return [...this.#rows.values()];
  });

  constructor(key: (row: T) => string, delay: number) {
    this.#key = key;
    this.#delay = delay;
  }

  /** The row as of the last notice; reading it in a component follows its changes. */
  get(key: string): T | undefined {
    void this.#version;
    return this.#rows.get(key);
  }

  snapshot(rows: Row[], changed?: (before: T | undefined, after: T) => void): void {
    const old = this.#rows;
    const next = new Map<string, T>();
    for (const row of rows as T[]) next.set(this.#key(row), row);
    this.#rows = next;
    if (changed) for (const [key, row] of next) changed(old.get(key), row);
    this.loaded = true;
    this.#notice(true);
  }

  delta(ops: Op[], changed?: (before: T | undefined, after: T) => void): void {
    for (const op of ops) {
      if (op[0] === '-') {
        this.#rows.delete(op[1]);
        continue;
      }
      const row = op[2] as T;
      const before = this.#rows.get(op[1]);
      this.#rows.set(op[1], row);
      changed?.(before, row);
    }
    this.#notice(false);
  }

  put(row: T): void {
    this.#rows.set(this.#key(row), row);
    this.#notice(true);
  }

  delete(key: string): void {
    if (this.#rows.delete(key)) this.#notice(true);
  }

  clear(): void {
    this.#rows = new Map();
    this.loaded = false;
    this.#notice(true);
  }

  #notice(now: boolean): void {
    if (now || this.#delay === 0) {
      if (this.#timer) clearTimeout(this.#timer);
      this.#timer = null;
      this.#version++;
    } else if (!this.#timer) {
      this.#timer = setTimeout(() => {
        this.#timer = null;
        this.#version++;
      }, this.#delay);
    }
  }
}
