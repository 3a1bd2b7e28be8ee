import type { Route } from './router.svelte';
import type { Dict } from './zh';

/** The pages in the order of the navigation and of the keys 1 to 7. */
export const pages: { path: string; page: Route['page']; word: Exclude<keyof Dict['nav'], 'label'>; ops?: boolean; also?: Route['page'][] }[] = [
  { path: '/', page: 'situation', word: 'situation', also: ['site', 'device'] },
  { path: '/alarms', page: 'alarms', word: 'alarms', also: ['shelved', 'shift', 'numbers'] },
  { path: '/gate', page: 'gate', word: 'gate', also: ['desk', 'history'] },
  { path: '/cameras', page: 'cameras', word: 'cameras', also: ['camera', 'patrol', 'looks'] },
  { path: '/buses', page: 'buses', word: 'buses', also: ['wall'] },
  { path: '/uptime', page: 'uptime', word: 'uptime', also: ['reports'] },
  { path: '/ops', page: 'ops', word: 'ops', ops: true },
  { path: '/inspections', page: 'inspections', word: 'inspections', also: ['notices', 'hazards'] },
];
