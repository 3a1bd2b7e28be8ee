// The registry's rows as a form sees them: every field a text, and back.
import type { Text } from './types';

export const sheets = ['sites', 'devices', 'vehicles', 'routes', 'people'] as const;
export type Sheet = (typeof sheets)[number];
export type Row = Record<string, unknown>;

export interface Field {
  /** Where in the row: "hours.open". */
  key: string;
  type: 'text' | 'number' | 'choice' | 'yes' | 'lines' | 'pairs' | 'time' | 'days';
  choices?: readonly string[];
  /** Shown, but not changed here. */
  fixed?: boolean;
  /** Shown only where another field has this value. */
  where?: [key: string, value: string];
}

const text = (key: string): Field => ({ key, type: 'text' });
const names = [text('name.zh'), text('name.en')];
const duties = ['', 'always', 'service', 'trip', 'hours'] as const;
const when: [string, string] = ['duty', 'hours'];
const device: Field[] = [
  ...names, { key: 'kind', type: 'choice', choices: ['gate', 'temperature', 'bus', 'kitchen', 'camera', 'button', 'gateway'] }, text('place'),
  { key: 'period_s', type: 'number' }, text('parent'), { key: 'addresses', type: 'lines' }, { key: 'limits', type: 'pairs' },
  { key: 'duty', type: 'choice', choices: duties },
  { key: 'duty_hours.from', type: 'time', where: when }, { key: 'duty_hours.to', type: 'time', where: when },
  { key: 'duty_hours.days', type: 'days', where: when }, { key: 'duty_hours.school_days', type: 'yes', where: when },
];

export const fields: Record<Sheet, Field[]> = {
  sites: [
    ...names, { key: 'kind', type: 'choice', choices: ['school', 'kindergarten', 'depot', 'centre'] }, text('township'), { key: 'lat', type: 'number' },
    { key: 'lon', type: 'number' }, { key: 'pupils', type: 'number' }, { key: 'police_post', type: 'yes' },
    ...['open', 'class_from', 'lunch_from', 'lunch_to', 'class_to', 'close', 'kitchen_from', 'kitchen_to'].map((k): Field => ({ key: `hours.${k}`, type: 'time' })),
    { key: 'hours.days', type: 'days' },
  ],
  devices: device,
  vehicles: [text('plate'), { key: 'capacity', type: 'number' }, text('route'), ...device.map((f) => (f.key === 'kind' ? { ...f, fixed: true } : f))],
  routes: [...names, { key: 'corridor_m', type: 'number' }, { key: 'departures', type: 'lines' }],
  people: [{ key: 'kind', type: 'choice', choices: ['pupil', 'staff', 'visitor', 'driver'] }, text('site'), text('class'), text('name')],
};

const isRow = (v: unknown): v is Row => typeof v === 'object' && v !== null && !Array.isArray(v);
export function at(row: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((v, k) => (isRow(v) ? v[k] : undefined), row);
}
function set(row: Row, path: string, value: unknown): void {
  const keys = path.split('.');
  let of = row;
  for (const k of keys.slice(0, -1)) {
    if (!isRow(of[k])) of[k] = {};
    of = of[k] as Row;
  }
  of[keys.at(-1)!] = value;
}

/** What names a row in the address of the page and of REST. */
export function keyOf(sheet: Sheet, row: Row): string {
  switch (sheet) {
    case 'sites': return String(row['site']);
    case 'routes': return String(row['route']);
    case 'people': return String(row['person']);
    default: return `${String(row['site'])}/${String(row['device'])}`;
  }
}

/** Where REST has a row: buses are devices. */
export function pathOf(sheet: Sheet, key: string): string {
  return `/registry/${sheet === 'vehicles' ? 'devices' : sheet}/${key.split('/').map(encodeURIComponent).join('/')}`;
}

/** The registry's own name for what a sheet holds, as its history has it. */
export const kindOf: Record<Sheet, string> = { sites: 'site', devices: 'device', vehicles: 'device', routes: 'route', people: 'person' };

export type Draft = Record<string, string>;

export function draftOf(sheet: Sheet, row: Row): Draft {
  return Object.fromEntries(fields[sheet].map((f) => {
    const v = at(row, f.key);
    switch (f.type) {
      case 'lines': return [f.key, Array.isArray(v) ? v.join('\n') : ''];
      case 'days': return [f.key, Array.isArray(v) ? v.join(' ') : ''];
      case 'pairs': return [f.key, isRow(v) ? Object.entries(v).map(([k, n]) => `${k}=${String(n)}`).join('\n') : ''];
      case 'yes': return [f.key, v === true ? 'yes' : ''];
      case 'number': return [f.key, typeof v === 'number' && v !== 0 ? String(v) : ''];
      default: return [f.key, v === undefined || v === null ? '' : String(v)];
    }
  }));
}

/** The row that a draft makes of the one that was read, or which fields are no such thing. */
export function rowOf(sheet: Sheet, old: Row, draft: Draft): { row: Row; bad: Record<string, 'number' | 'pairs'> } {
  const row = structuredClone(old);
  const bad: Record<string, 'number' | 'pairs'> = {};
  for (const f of fields[sheet]) {
    const v = (draft[f.key] ?? '').trim();
    if (f.where && draft[f.where[0]] !== f.where[1]) {
      delete row[f.key.split('.')[0]!];
      continue;
    }
    switch (f.type) {
      case 'number':
        if (v && !Number.isFinite(Number(v))) bad[f.key] = 'number';
        else set(row, f.key, v ? Number(v) : 0);
        break;
      case 'yes': set(row, f.key, v === 'yes'); break;
      case 'lines': set(row, f.key, v.split(/[\n;；]/).map((x) => x.trim()).filter(Boolean)); break;
      case 'days': {
        const days = v.split(' ').filter(Boolean);
        set(row, f.key, days.length || f.where ? days : null);
        break;
      }
      case 'pairs': {
        const out: Record<string, number> = {};
        for (const line of v.split(/[\n;；]/).filter((x) => x.trim())) {
          const m = /^([^=]+)=(.+)$/.exec(line);
          const n = Number(m?.[2]);
          if (!m || !m[2]!.trim() || !Number.isFinite(n)) bad[f.key] = 'pairs';
          else out[m[1]!.trim()] = n;
        }
        set(row, f.key, out);
        break;
      }
      default: set(row, f.key, v);
    }
  }
  return { row, bad };
}

/** What an import did, or would do. */
export interface Report {
  sheet: string;
  lines: number;
  created: number;
  updated: number;
  unchanged: number;
  refused: number;
  problems: { line: number; column: string; value: string; want: Text }[];
  ignored: string[];
  applied: boolean;
  version: number;
}

export interface Change {
  n: number;
  at: string;
  by: string;
  action: string;
  kind: string;
  key: string;
  rev: number;
  before?: unknown;
  after?: unknown;
}

/** The fields in which two documents differ, as texts; at most `limit` of them. */
export function differences(before: unknown, after: unknown, limit = 40): { path: string; from: string; to: string }[] {
  const out: { path: string; from: string; to: string }[] = [];
  const say = (v: unknown): string => (v === undefined || v === null ? '' : typeof v === 'string' ? v : JSON.stringify(v)).slice(0, 200);
  const walk = (a: unknown, b: unknown, path: string, depth: number): void => {
    if (out.length >= limit || JSON.stringify(a) === JSON.stringify(b)) return;
    if (depth > 0 && (isRow(a) || isRow(b))) {
      for (const k of new Set([...Object.keys(isRow(a) ? a : {}), ...Object.keys(isRow(b) ? b : {})])) {
        walk(isRow(a) ? a[k] : undefined, isRow(b) ? b[k] : undefined, path ? `${path}.${k}` : k, depth - 1);
      }
      return;
    }
    out.push({ path, from: say(a), to: say(b) });
  };
  walk(before, after, '', 3);
  return out;
}

/** A file of refused lines that a spreadsheet opens and runs nothing of. */
export function csv(rows: string[][]): string {
  const cell = (s: string): string => `"${(/^[=+\-@\t\r]/.test(s) ? `'${s}` : s).replaceAll('"', '""')}"`;
  return `\ufeff${rows.map((r) => r.map(cell).join(',')).join('\r\n')}\r\n`;
}
