// What operators work on, in the order in which they should: pure functions, so that the
// queue, the counters and the tests agree.
import { severities, type Alarm, type AlarmState, type Severity } from './types';

/** 0 for critical … 3 for info; a word we do not know comes last, and is still shown. */
export function rank(s: Severity | string): number {
  const i = (severities as readonly string[]).indexOf(s);
  return i < 0 ? severities.length : i;
}

export function needsAck(a: Pick<Alarm, 'state'>): boolean {
  return a.state === 'unack' || a.state === 'rtn_unack';
}

/** Open as the server counts it: everything that has not come to its end. */
export function isOpen(a: Pick<Alarm, 'state'>): boolean {
  return a.state !== 'normal';
}

/** Somebody works on it or has to: what the queue and the counters are about. */
export function isWorking(a: Pick<Alarm, 'state'>): boolean {
  return needsAck(a) || a.state === 'acked';
}

/** Sounds until acknowledged. Late verdicts are history: they never sound. */
export function sounds(a: Alarm): boolean {
  return a.state === 'unack' && !a.late;
}

const calls = (a: Alarm): number => Number(a.verdict === 'need_help' && isWorking(a));

/** A call for help first, then unacknowledged ones, then by severity, then the newest first. */
export function compare(a: Alarm, b: Alarm): number {
  return (
    calls(b) - calls(a) ||
    Number(needsAck(b)) - Number(needsAck(a)) ||
    Number(isWorking(b)) - Number(isWorking(a)) ||
    rank(a.severity) - rank(b.severity) ||
    (a.started_at < b.started_at ? 1 : a.started_at > b.started_at ? -1 : 0) ||
    (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
}

/** The server's order of work, for a flood: what to do first, then the newest. */
export function compareRank(a: Alarm, b: Alarm): number {
  return a.rank - b.rank || compare(a, b);
}

export interface AlarmFilter {
  state: 'open' | 'all' | AlarmState;
  severity: string;
  site: string;
  rule: string;
  suppression?: string;
  /** An account, or "-" for nobody. */
  assignee?: string;
}

export function matchAlarm(a: Alarm, f: AlarmFilter): boolean {
  if (f.state === 'open' ? !isOpen(a) : f.state !== 'all' && a.state !== f.state) return false;
  if (f.suppression && a.suppression !== f.suppression) return false;
  if (f.assignee && a.assignee !== (f.assignee === '-' ? '' : f.assignee)) return false;
  return (!f.severity || a.severity === f.severity) && (!f.site || a.site === f.site) && (!f.rule || a.rule === f.rule);
}

export interface Counters {
  /** Alarms being worked on by severity, folded ones included. */
  open: Record<Severity, number>;
  unack: Record<Severity, number>;
}

export function countOpen(alarms: Iterable<Alarm>): Counters {
  const zero = (): Record<Severity, number> => ({ critical: 0, high: 0, warning: 0, info: 0 });
  const out: Counters = { open: zero(), unack: zero() };
  for (const a of alarms) {
    if (!isWorking(a) || !(a.severity in out.open)) continue;
    out.open[a.severity]++;
    if (needsAck(a)) out.unack[a.severity]++;
  }
  return out;
}

/** A line of the queue: one alarm, or the head of a fold with its members. */
export interface QueueRow {
  key: string;
  alarm: Alarm;
  /** The worst of the head and its members that are not suppressed. */
  severity: Severity;
  /** Every alarm of the fold that is still to be acknowledged; the alarm itself when plain. */
  unacked: Alarm[];
  /** Members under this head; 0 for a plain alarm. */
  folded: number;
  /** True for a member shown under its opened head. */
  child: boolean;
  open: boolean;
}

/** How many alarms of one rule at one site stand alone before they are folded. */
export const FOLD_SAME_SOURCE = 8;
/** The same in a flood, when whatever the server groups is one thing to work on. */
export const FOLD_IN_FLOOD = 3;

/**
 * Folds a flood. Alarms with one cause become one row, headed by the alarm that is the
 * cause where it is there; so do many of one rule at one site, unless they are critical:
 * each of those is somebody in danger. `sorted` is in queue order and may hold suppressed
 * alarms: they only show as members. `opened` lists the keys of opened folds. In a flood
 * everything of one site is one row, so that fewer rows are left than people can look at.
 */
export function fold(sorted: readonly Alarm[], opened: ReadonlySet<string>, flood = false): QueueRow[] {
  const byId = new Map(sorted.map((a) => [a.id, a]));
  const causes = new Set<string>();
  for (const a of sorted) if (a.caused_by) causes.add(a.caused_by);

  const keyOf = (a: Alarm): string => {
    if (a.caused_by) return `cause:${a.caused_by}`;
    if (causes.has(a.id)) return `cause:${a.id}`;
    if (a.severity === 'critical' || a.verdict === 'need_help') return '';
    return `same:${flood ? a.group || a.site : `${a.site}:${a.rule}`}:${needsAck(a) ? 'u' : 'a'}`;
  };
  const groups = new Map<string, Alarm[]>();
  for (const a of sorted) {
    const key = keyOf(a);
    if (!key || (!isWorking(a) && !a.caused_by)) continue;
    const members = groups.get(key);
    if (members) members.push(a);
    else groups.set(key, [a]);
  }

  const plain = (a: Alarm, child = false): QueueRow => ({
    key: a.id, alarm: a, severity: a.severity, unacked: needsAck(a) ? [a] : [], folded: 0, child, open: false,
  });
  const rows: QueueRow[] = [];
  const done = new Set<string>();
  for (const a of sorted) {
    if (!isWorking(a)) continue;
    const key = keyOf(a);
    const group = groups.get(key) ?? [];
    if (group.length < (key.startsWith('cause:') ? 2 : flood ? FOLD_IN_FLOOD : FOLD_SAME_SOURCE)) {
      rows.push(plain(a));
      continue;
    }
    if (done.has(key)) continue;
    done.add(key);
    const parent = key.startsWith('cause:') ? byId.get(key.slice(6)) : undefined;
    const members = group.filter((m) => m !== parent);
    const worst = group.filter(isWorking).reduce((w, m) => (rank(m.severity) < rank(w) ? m.severity : w), a.severity);
    const open = opened.has(key);
    rows.push({
      key, alarm: parent ?? a, severity: worst, unacked: group.filter(needsAck), folded: members.length, child: false, open,
    });
    if (open) for (const m of members) rows.push(plain(m, true));
  }
  return rows;
}
