// Times on the screen: 24 hours, in the county's zone whatever the browser's own is.

export type Lang = 'zh' | 'en';
export const DEFAULT_ZONE = 'Asia/Shanghai';

const formatters = new Map<string, Intl.DateTimeFormat>();

function parts(at: number, zone: string): Record<string, string> {
  let f = formatters.get(zone);
  if (!f) {
    f = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone, hourCycle: 'h23',
      year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
    });
    formatters.set(zone, f);
  }
  const out: Record<string, string> = {};
  for (const p of f.formatToParts(at)) out[p.type] = p.value;
  return out;
}

/** Milliseconds of an RFC 3339 time, NaN where there is none. Go's zero time is none. */
export function ms(at: string | null | undefined): number {
  if (!at || at.startsWith('0001-')) return NaN;
  return Date.parse(at);
}

/** 08:01:22 */
export function clock(at: number, zone = DEFAULT_ZONE): string {
  if (!Number.isFinite(at)) return '–';
  const p = parts(at, zone);
  return `${p['hour']}:${p['minute']}:${p['second']}`;
}

/** 2025-11-24 */
export function day(at: number, zone = DEFAULT_ZONE): string {
  if (!Number.isFinite(at)) return '–';
  const p = parts(at, zone);
  return `${p['year']}-${p['month']}-${p['day']}`;
}

/** 2025-11-24 08:01:22 */
export function stamp(at: number, zone = DEFAULT_ZONE): string {
  if (!Number.isFinite(at)) return '–';
  return `${day(at, zone)} ${clock(at, zone)}`;
}

/** The clock alone for today, with month and day before it for any other day. */
export function short(at: number, now: number, zone = DEFAULT_ZONE): string {
  if (!Number.isFinite(at)) return '–';
  const d = day(at, zone);
  return d === day(now, zone) ? clock(at, zone) : `${d.slice(5)} ${clock(at, zone).slice(0, 5)}`;
}

/** The weekday and date for the top bar. */
export function longDay(at: number, lang: Lang, zone = DEFAULT_ZONE): string {
  return new Intl.DateTimeFormat(lang === 'zh' ? 'zh-CN' : 'en-GB', {
    timeZone: zone, month: 'short', day: 'numeric', weekday: 'short',
  }).format(at);
}

const units: { ms: number; zh: string; en: [string, string] }[] = [
  { ms: 86_400_000, zh: '天', en: ['day', 'days'] },
  { ms: 3_600_000, zh: '小时', en: ['hour', 'hours'] },
  { ms: 60_000, zh: '分钟', en: ['minute', 'minutes'] },
  { ms: 1_000, zh: '秒', en: ['second', 'seconds'] },
];

/** One rounded-down unit: 12 分钟, 12 minutes. Negative spans count as nothing. */
export function span(duration: number, lang: Lang): string {
  const d = Math.max(0, Number.isFinite(duration) ? duration : 0);
  const unit = units.find((u) => d >= u.ms) ?? units[units.length - 1]!;
  const n = Math.floor(d / unit.ms);
  return lang === 'zh' ? `${n} ${unit.zh}` : `${n} ${n === 1 ? unit.en[0] : unit.en[1]}`;
}

const abbreviations: Record<Lang, [string, string, string]> = { zh: ['天', '小时', '分'], en: ['d', 'h', 'min'] };

/** The two largest units in little room: 5 小时 12 分, 5 h 12 min. Below a minute: seconds. */
export function longSpan(duration: number, lang: Lang): string {
  const minutes = Math.floor(Math.max(0, duration) / 60_000);
  if (!Number.isFinite(minutes) || minutes === 0) return span(duration, lang);
  const counts = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  const first = counts.findIndex((n) => n > 0);
  return counts
    .map((n, i) => (n > 0 && i <= first + 1 ? `${n} ${abbreviations[lang][i]}` : ''))
    .filter(Boolean)
    .join(' ');
}

/** m:ss of a countdown. */
export function countdown(duration: number): string {
  const s = Math.max(0, Math.ceil(duration / 1000));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
}

/** How far the zone is ahead of UTC at that moment, in milliseconds. */
function offset(at: number, zone: string): number {
  const p = parts(at, zone);
  const wall = Date.UTC(+p['year']!, +p['month']! - 1, +p['day']!, +p['hour']!, +p['minute']!, +p['second']!);
  return wall - Math.floor(at / 1000) * 1000;
}

/** The moment of a datetime-local value ("2025-11-24T08:00") read in the zone; NaN if none. */
export function fromInput(value: string, zone = DEFAULT_ZONE): number {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(value)) return NaN;
  const wall = Date.parse(value + 'Z');
  if (!Number.isFinite(wall)) return NaN;
  // Twice: the first guess may sit on the other side of a change of clocks.
  const guess = wall - offset(wall, zone);
  return wall - offset(guess, zone);
}

/** The datetime-local value of a moment in the zone. */
export function toInput(at: number, zone = DEFAULT_ZONE): string {
  return Number.isFinite(at) ? stamp(at, zone).slice(0, 16).replace(' ', 'T') : '';
}
