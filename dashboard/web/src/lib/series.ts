// Readings in buckets of time, as the server thinned them.

export interface SeriesPoint {
  at_ms: number;
  n: number;
  min: number;
  mean: number;
  max: number;
}

export interface SeriesAnswer {
  from: string;
  to: string;
  step_s: number;
  /** Two points further apart have silence between them; 0: there are no lines at all. */
  gap_s: number;
  points: SeriesPoint[];
}

export interface Series extends SeriesAnswer {
  from_s: number;
  to_s: number;
}

export const series = (a: SeriesAnswer): Series => ({ ...a, from_s: Date.parse(a.from) / 1000, to_s: Date.parse(a.to) / 1000 });

type Column = (number | null)[];

/** Columns for drawing, in seconds: an empty value stands in every silence. */
export function withGaps(s: Series): { x: number[]; min: Column; mean: Column; max: Column } {
  const out = { x: [] as number[], min: [] as Column, mean: [] as Column, max: [] as Column };
  const push = (x: number, p: SeriesPoint | null): void => {
    out.x.push(x);
    out.min.push(p ? p.min : null);
    out.mean.push(p ? p.mean : null);
    out.max.push(p ? p.max : null);
  };
  let last: SeriesPoint | null = null;
  for (const p of s.points) {
    if (last && s.gap_s > 0 && p.at_ms - last.at_ms > s.gap_s * 1000) push(last.at_ms / 1000 + s.step_s, null);
    push(p.at_ms / 1000, p);
    last = p;
  }
  return out;
}

/** The silences within, and those at both ends, in milliseconds. */
export function silences(s: Series): { from: number; to: number }[] {
  if (s.gap_s === 0) return [];
  const out: { from: number; to: number }[] = [];
  let last = s.from_s * 1000;
  for (const p of s.points) {
    if (p.at_ms - last > s.gap_s * 1000) out.push({ from: last, to: p.at_ms });
    last = p.at_ms + s.step_s * 1000;
  }
  if (s.to_s * 1000 - last > s.gap_s * 1000) out.push({ from: last, to: s.to_s * 1000 });
  return out;
}
