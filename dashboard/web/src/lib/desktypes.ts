// The words of the server's JSON about maintenance, the calendar, numbers and the shift.
import type { Alarm, Flood, Severity, Text } from './types';

export interface Period {
  from: string;
  to: string;
}

/** A maintenance window: once (from, to) or weekly (days, start, end). */
export interface Window {
  id: string;
  rev: number;
  site: string;
  township: string;
  device: string;
  kind: string;
  rule: string;
  from: string | null;
  to: string | null;
  days: string[] | null;
  start: string;
  end: string;
  first: string;
  last: string;
  reason: string;
  by: string;
  at: string;
  ended_by: string;
  ended_at: string | null;
}

/** A window and what it does at present. */
export interface Maintenance extends Window {
  on: boolean;
  until: string | null;
  next: Period[];
  /** Alarms that it keeps off the desk now. */
  suppressed: number;
}

export interface DaysRow {
  name: Text;
  /** YYYY-MM-DD, included; an empty `to` is the day `from` alone. */
  from: string;
  to: string;
  /** Empty: every site. */
  sites: string[];
  /** Of examinations: no class hours on these days. */
  quiet: boolean;
}

export const dayLists = ['terms', 'holidays', 'make_up', 'exams'] as const;
export type DayList = (typeof dayLists)[number];
export interface CalendarRow extends Record<DayList, DaysRow[]> {
  rev: number;
  updated_at: string;
  updated_by: string;
}

export interface SourceCount {
  site: string;
  device: string;
  rule: string;
  n: number;
  pct: number;
}

export interface Percentiles {
  n: number;
  p50_s: number;
  p90_s: number;
  p99_s: number;
  max_s: number;
}

export interface Target {
  key: string;
  value: number;
  target: number;
  ok: boolean;
  source: string;
}

export interface Numbers extends Period {
  operators: number;
  raised: number;
  late: number;
  per_operator_10m: number;
  peak_10m: number;
  peak_10m_at: string | null;
  flood_pct: number;
  floods: (Period & { peak: number })[];
  standing: number;
  stale: number;
  chattering: SourceCount[];
  top: SourceCount[];
  top_pct: number;
  priorities: Partial<Record<Alarm['priority'], { n: number; pct: number; target_pct: number }>>;
  acknowledge: Partial<Record<Severity, Percentiles>>;
  resolve: Partial<Record<Severity, Percentiles>>;
  suppressed: Record<string, number>;
  shelved: number;
  out_of_service: number;
  targets: Target[];
}

export interface ShiftNote {
  alarm: string;
  site: string;
  device: string;
  rule: string;
  text: Text;
  at: string;
  by: string;
  action: string;
  from: string;
  to: string;
  note: string;
  data: string;
}

export interface Shift extends Period {
  at: string;
  counts: Record<string, number>;
  unack: Alarm[];
  acked: Alarm[];
  shelved: Alarm[];
  out_of_service: Alarm[];
  suppressed: Record<string, number>;
  actions: Record<string, number>;
  raised: number;
  closed: number;
  needs_help: number;
  notes: ShiftNote[];
  maintenance: { window: Window; spans: Period[] }[];
  flood: Flood;
  audit: { seq: number; hash: string };
}
