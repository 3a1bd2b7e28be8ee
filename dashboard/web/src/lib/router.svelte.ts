// The URL is the state: pages read their filters from it and write them to it.

export interface Route {
  page: 'situation' | 'alarms' | 'site' | 'cameras' | 'buses' | 'wall' | 'gate' | 'desk' | 'uptime' | 'reports' | 'ops' | 'shelved' | 'shift' | 'numbers' | 'inspections' | 'notices' | 'hazards' | 'account' | 'history' | 'device' | 'camera' | 'patrol' | 'looks' | 'unknown';
  id: string;
}

/** What a path means. */
export function parsePath(path: string): Route {
  const [head = '', id = '', ...rest] = path.split('/').filter(Boolean);
  let decoded = '';
  try {
    decoded = decodeURIComponent(id);
  } catch {
    return { page: 'unknown', id: '' };
  }
  if (head === 'devices' && rest.length === 1) return { page: 'device', id: `${decoded}/${rest[0]}` };
  if (head === 'cameras' && rest.length === 1) return { page: 'camera', id: `${decoded}/${rest[0]}` };
  if (rest.length > 0) return { page: 'unknown', id: '' };
  if (head === '') return { page: 'situation', id: '' };
  if (head === 'alarms') return { page: 'alarms', id: decoded };
  if (decoded && (head === 'inspections' || head === 'notices' || head === 'buses')) return { page: head, id: decoded };
  if (head === 'ops') return { page: 'ops', id: decoded };
  if (head === 'gate' && decoded === 'history') return { page: 'history', id: '' };
  if (head === 'gate' && decoded === 'desk') return { page: 'desk', id: '' };
  if (head === 'sites' && decoded) return { page: 'site', id: decoded };
  if (['cameras', 'buses', 'wall', 'gate', 'uptime', 'reports', 'shelved', 'shift', 'numbers', 'inspections', 'hazards', 'account', 'patrol', 'looks'].includes(head) && !decoded) {
    return { page: head as Route['page'], id: '' };
  }
  return { page: 'unknown', id: '' };
}

class Router {
  path = $state(location.pathname);
  search = $state(location.search);
  route: Route = $derived(parsePath(this.path));
  query: URLSearchParams = $derived(new URLSearchParams(this.search));

  get(key: string): string {
    return this.query.get(key) ?? '';
  }

  /** Goes to a path of the app; replace leaves no step in the history. */
  go(to: string, replace = false): void {
    if (to === this.path + this.search) return;
    history[replace ? 'replaceState' : 'pushState'](null, '', to);
    this.#read();
  }

  /** Changes keys of the query; an empty value takes the key away. */
  set(patch: Record<string, string>, replace = true): void {
    const q = new URLSearchParams(this.search);
    for (const [k, v] of Object.entries(patch)) {
      if (v) q.set(k, v);
      else q.delete(k);
    }
    const s = q.toString();
    this.go(this.path + (s ? `?${s}` : ''), replace);
  }

  start(): () => void {
    const pop = (): void => this.#read();
    const click = (e: MouseEvent): void => {
      if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
      const a = e.target instanceof Element ? e.target.closest('a[href]') : null;
      if (!(a instanceof HTMLAnchorElement) || a.target || a.hasAttribute('download') || a.origin !== location.origin) return;
      if (a.pathname.startsWith('/api/') || a.hash) return;
      e.preventDefault();
      this.go(a.pathname + a.search);
    };
    addEventListener('popstate', pop);
    document.addEventListener('click', click);
    return () => {
      removeEventListener('popstate', pop);
      document.removeEventListener('click', click);
    };
  }

  #read(): void {
    this.path = location.pathname;
    this.search = location.search;
  }
}

export const router = new Router();
