// What people type as a day and a time, whatever their browser's own habits are: 24 hours,
// year-month-day. Values are those of the native inputs: 2026-11-24T08:30, 2026-11-24, 08:30.
export type TimeMode = 'datetime' | 'date' | 'time';

export const shape: Record<TimeMode, string> = { datetime: 'yyyy-mm-dd hh:mm', date: 'yyyy-mm-dd', time: 'hh:mm' };

const two = (n: number): string => String(n).padStart(2, '0');

/** 0805, 8:05 and 8：05 are 08:05; null: no time. */
function clockOf(text: string): string | null {
  const m = /^(\d{1,2})[:：.](\d{2})$/.exec(text) ?? /^(\d{1,2})(\d{2})$/.exec(text);
  if (!m) return null;
  const [h, min] = [Number(m[1]), Number(m[2])];
  return h <= 23 && min <= 59 ? `${two(h)}:${two(min)}` : null;
}

/** 2026-11-24, 2026/11/24, 20261124, and 11-24 of the year of today; null: no such day. */
function dayOf(text: string, today: string): string | null {
  const m = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text) ?? /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  const short = m ? null : /^(\d{1,2})[-/.月](\d{1,2})日?$/.exec(text);
  if (!m && !short) return null;
  const [y, mo, d] = m ? [Number(m[1]), Number(m[2]), Number(m[3])] : [Number(today.slice(0, 4)), Number(short![1]), Number(short![2])];
  const at = new Date(Date.UTC(y, mo - 1, d));
  return at.getUTCFullYear() === y && at.getUTCMonth() === mo - 1 && at.getUTCDate() === d ? `${y}-${two(mo)}-${two(d)}` : null;
}

/** The value of what was typed; '' for nothing, null for what is none. A clock alone is today's. */
export function parseTime(typed: string, mode: TimeMode, today: string): string | null {
  const text = typed.trim().replace(/T/, ' ').replace(/\s+/g, ' ');
  if (text === '') return '';
  if (mode === 'time') return clockOf(text);
  if (mode === 'date') return dayOf(text, today);
  const [first = '', second] = text.split(' ');
  if (second === undefined) {
    const alone = clockOf(first);
    return alone && `${today}T${alone}`;
  }
  const [d, c] = [dayOf(first, today), clockOf(second)];
  return d && c ? `${d}T${c}` : null;
}

/** How a value is shown. */
export const shown = (value: string): string => value.slice(0, 16).replace('T', ' ');

/** The value one step of the part at the cursor later or earlier, with where that part stands. */
export function stepTime(value: string, mode: TimeMode, cursor: number, by: 1 | -1): { value: string; from: number; to: number } {
  const base = mode === 'time' ? `2000-01-01T${value}` : mode === 'date' ? `${value}T00:00` : value;
  const parts: [number, number][] = mode === 'time' ? [[0, 2], [3, 5]] : mode === 'date' ? [[0, 4], [5, 7], [8, 10]] : [[0, 4], [5, 7], [8, 10], [11, 13], [14, 16]];
  let i = parts.findIndex(([, to]) => cursor <= to);
  if (i < 0) i = parts.length - 1;
  const unit = mode === 'time' ? i + 3 : i;
  const at = new Date(`${base}:00Z`);
  const date = at.getUTCDate();
  if (unit === 0) at.setUTCFullYear(at.getUTCFullYear() + by);
  else if (unit === 1) at.setUTCMonth(at.getUTCMonth() + by);
  else if (unit === 2) at.setUTCDate(date + by);
  else if (unit === 3) at.setUTCHours(at.getUTCHours() + by);
  else at.setUTCMinutes(at.getUTCMinutes() + by);
  if (unit < 2 && at.getUTCDate() !== date) at.setUTCDate(0); // the last day of the month meant
  const iso = at.toISOString();
  const [from, to] = parts[i]!;
  return { value: mode === 'time' ? iso.slice(11, 16) : mode === 'date' ? iso.slice(0, 10) : iso.slice(0, 16), from, to };
}
