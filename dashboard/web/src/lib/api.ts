// REST of the dashboard. Every failure is an ApiError; its `code` picks the page's words.

export interface Conflict {
  rev: number;
  state: string;
  by: string;
  at: string;
  action: string;
}

export interface Problem {
  status: number;
  code: string;
  title?: string;
  detail?: string;
  conflict?: Conflict;
  errors?: { location: string; message: string; value?: unknown }[];
}

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly problem: Problem;
  /** Seconds to wait, where the server said so. */
  readonly retryAfter: number;

  constructor(problem: Problem, retryAfter = 0) {
    super(problem.detail || problem.title || problem.code);
    this.status = problem.status;
    this.code = problem.code;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

export type Query = Record<string, string | number | undefined | null>;

/** Appends the set keys of a query, in the order given. */
export function withQuery(path: string, query: Query): string {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(query)) if (v !== undefined && v !== null && v !== '') q.set(k, String(v));
  const s = q.toString();
  return s ? `${path}?${s}` : path;
}

let onUnauthenticated: () => void = () => {};
/** Registers what happens when the session has ended on the server. */
export function whenUnauthenticated(fn: () => void): void {
  onUnauthenticated = fn;
}

async function request<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  let res: Response;
  const file = body instanceof Blob;
  try {
    res = await fetch('/api/v1' + path, {
      method,
      credentials: 'same-origin',
      headers: { Accept: 'application/json', ...(body === undefined ? {} : { 'Content-Type': file ? body.type : 'application/json' }) },
      ...(body === undefined ? {} : { body: file ? body : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (err) {
    if (signal?.aborted) throw err;
    throw new ApiError({ status: 0, code: 'offline', detail: String(err) });
  }
  const text = await res.text();
  let data: unknown = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    // A proxy's HTML page, for instance: the status has to speak.
  }
  if (res.ok) return data as T;
  const problem: Problem = { code: 'internal', ...(data as Partial<Problem> | null), status: res.status };
  if (res.status === 401 && path !== '/login' && path !== '/me') onUnauthenticated();
  throw new ApiError(problem, Number(res.headers.get('Retry-After')) || 0);
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => request<T>('GET', path, undefined, signal);
/** A Blob is sent as it is, with its type; anything else as JSON. */
export const post = <T>(path: string, body: unknown): Promise<T> => request<T>('POST', path, body);
export const put = <T>(path: string, body: unknown): Promise<T> => request<T>('PUT', path, body);

export const del = <T>(path: string): Promise<T> => request<T>('DELETE', path);

/** True for a request that was called off on purpose. */
export function aborted(err: unknown): boolean {
  return err instanceof DOMException && err.name === 'AbortError';
}
