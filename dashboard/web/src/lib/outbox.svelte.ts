// What was typed at the gate and has not reached the server: kept in the browser's own
// database, sent in its order, each entry once. The server knows an entry by its id, so one
// whose answer was lost may be sent again.
import { ApiError, post, type Problem } from './api';
import { serverClock } from './clock.svelte';

export interface Entry {
  /** Its place in the order, given by the database. */
  seq?: number;
  id: string;
  user: string;
  path: string;
  body: Record<string, unknown>;
  /** What it is, for the list: a kind of entry, and a word that the guard knows it by. */
  kind: string;
  label: string;
  at: string;
}

/** 32 hex digits. crypto.randomUUID is not there on a page without TLS. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('database'));
  });
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open('campusgate-gate', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('outbox', { keyPath: 'seq', autoIncrement: true });
  return done(request);
}

/** True for a failure that says nothing about the entry: it stays and is sent later. */
function passing(err: ApiError): boolean {
  return err.status === 0 || err.status === 401 || err.status === 429 || err.status >= 500;
}

/** What became of an entry: the server has it, the browser keeps it, or the server said no. */
export type Fate = 'saved' | 'kept' | 'refused';

class Outbox {
  /** Waiting, the oldest first. */
  waiting = $state.raw<Entry[]>([]);
  /** What the server refused, by the entry's id. */
  refused = $state<Record<string, Problem>>({});
  /** Counts what was taken by the server, so that lists know when to ask again. */
  sent = $state(0);
  /** The browser keeps nothing: an entry must be sent while the page is open. */
  failed = $state(false);
  #db: IDBDatabase | null = null;
  #user = '';
  #busy: Promise<void> | null = null;

  /** Reads what an earlier page of this person left, and sends it now and until stopped. */
  start(user: string): () => void {
    this.#user = user;
    const flush = (): void => void this.flush();
    void this.#load().then(flush);
    addEventListener('online', flush);
    const timer = setInterval(flush, 3000);
    return () => {
      removeEventListener('online', flush);
      clearInterval(timer);
    };
  }

  async #load(): Promise<void> {
    try {
      this.#db ??= await open();
      const all = await done(this.#db.transaction('outbox').objectStore('outbox').getAll() as IDBRequest<Entry[]>);
      this.waiting = all.filter((e) => e.user === this.#user);
    } catch {
      this.failed = true;
    }
  }

  /** Keeps an entry, then tries to send it; says whether the server took it. */
  async add(path: string, kind: string, label: string, body: Record<string, unknown>): Promise<Fate> {
    const id = newId();
    const at = new Date(serverClock.now).toISOString();
    const entry: Entry = { id, user: this.#user, path, kind, label, at, body: { ...body, id, at } };
    try {
      this.#db ??= await open();
      const tx = this.#db.transaction('outbox', 'readwrite');
      entry.seq = (await done(tx.objectStore('outbox').add(entry))) as number;
    } catch {
      this.failed = true;
    }
    this.waiting = [...this.waiting, entry];
    await this.#busy;
    await this.flush();
    return this.refused[id] ? 'refused' : this.waiting.some((e) => e.id === id) ? 'kept' : 'saved';
  }

  /** Takes an entry away, sent or not. */
  async drop(entry: Entry): Promise<void> {
    if (entry.seq !== undefined && this.#db) {
      await done(this.#db.transaction('outbox', 'readwrite').objectStore('outbox').delete(entry.seq));
    }
    delete this.refused[entry.id];
    this.waiting = this.waiting.filter((e) => e.id !== entry.id);
  }

  /** Whether something is on its way to this path. */
  sending(path: string): boolean {
    return this.waiting.some((e) => e.path === path && !this.refused[e.id]);
  }

  flush(): Promise<void> {
    this.#busy ??= this.#flush().finally(() => (this.#busy = null));
    return this.#busy;
  }

  async #flush(): Promise<void> {
    for (const entry of this.waiting) {
      if (this.refused[entry.id]) continue;
      try {
        await post(entry.path, entry.body);
      } catch (err) {
        if (!(err instanceof ApiError) || passing(err)) return;
        this.refused[entry.id] = err.problem;
        continue;
      }
      await this.drop(entry);
      this.sent++;
    }
  }
}

export const outbox = new Outbox();
