// Monthly reports: the server's JSON.
import type { Text } from './types';
import type { Cause, Outage, RateKey, Rates, Target } from './uptime';
import type { AvailabilityState } from './types';

export interface ReportHead {
  month: string;
  rev: number;
  at: string;
  by: string;
  whole: boolean;
  inputs: string;
  csv: string;
  xlsx: string;
  /** SHA-256 of the public key; empty: not signed. */
  key: string;
  took_ms: number;
}
export interface ReportLine {
  rank: number;
  day: string;
  township: string;
  site: string;
  name: Text;
  devices: number;
  base_s: number;
  rates: Rates;
  seconds: Record<AvailabilityState, number>;
  causes: Record<Cause, number>;
  outages: number;
  longest_s: number;
}
export interface ReportChapter {
  kind: string;
  goal: Target;
  total: ReportLine;
  days: ReportLine[];
  townships: ReportLine[];
  sites: ReportLine[];
  missed: { level: 'county' | 'township' | 'site'; township: string; site: string; name: Text; rate: RateKey; pct: number; target: number }[];
  outages: (Omit<Outage, 'spans'> & { spans: null })[];
  more: boolean;
}
export type CaseWord = 'inspection' | 'notice' | 'hazard';
export interface Report {
  month: string;
  from: string;
  to: string;
  whole: boolean;
  county: Text;
  at: string;
  by: string;
  missing: string[];
  kinds: ReportChapter[];
  restated: { day: string; why: string; n: number; last: string; up_s: number; down_s: number; covered_s: number }[];
  previous: { month: string; rev: number; inputs: string; said: Record<string, Record<RateKey, number | null>>; now: Record<string, Record<RateKey, number | null>> } | null;
  cases: Record<CaseWord, { begun: number; open: number; done: number; overdue: number; findings: number; weights: Record<string, number> }>;
  overdue: { id: string; kind: CaseWord; site: string; state: string; due_day: string }[];
  alarms: { raised: number; late: number; operators: number; per_operator_10m: number; peak_10m: number; flood_pct: number; top_pct: number; targets: { key: string; value: number; target: number; ok: boolean }[] };
}

/** The months of which a report can be made: the present one and two years before it. */
export function monthsUntil(today: string, n = 25): string[] {
  const [y, m] = today.split('-').map(Number) as [number, number];
  return Array.from({ length: n }, (_, i) => new Date(Date.UTC(y, m - 1 - i, 1)).toISOString().slice(0, 7));
}
