// Rules of the county, as REST has them.

export interface RuleVersion {
  version: number;
  at: string;
  by: string;
  note: string;
  rules: number;
  restored?: number;
  text?: string;
}

export interface RulesNow extends RuleVersion {
  published: { version: number; at?: string; error?: string };
}

export interface RuleFault {
  line: number;
  column: number;
  key: string;
  message: string;
}

export interface Tally {
  name: string;
  count: number;
}

export interface TrialReport {
  rules: number;
  events: number;
  raised: number;
  standing: number;
  by_rule: Tally[] | null;
  by_day: Tally[] | null;
  by_site: Tally[] | null;
  load: { operators: number; per_hour: number; peak_hour: number; peak_10min: number; peak_at: string; flood_share: number };
  examples: { rule: string; site: string; device: string; raised_at?: string; started_at?: string; text?: { zh: string; en: string } }[] | null;
  failures: Record<string, unknown>[] | null;
}

export interface Job {
  id: number;
  state: 'none' | 'runs' | 'done' | 'failed' | 'cancelled';
  by: string;
  trial: { from: string; to: string; operators: number };
  started: string;
  done: number;
  progress: { events: number; raised: number };
  error?: string;
  report?: TrialReport | null;
}

/** What one operator may be given in an hour over a long time (ISA-18.2, clause 16: about 6). */
export const PER_HOUR = 6;
