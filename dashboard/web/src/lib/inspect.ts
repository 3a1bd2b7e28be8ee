// Inspections, rectification notices and hidden dangers: the server's JSON, and what may be
// done to a case by whom.
import { ApiError } from './api';
import { session } from './session.svelte';
import type { Text } from './types';

export const topics = ['camera', 'kitchen', 'guard'] as const;
export type Topic = (typeof topics)[number];
export const weights = ['general', 'serious', 'major'] as const;
export type Weight = (typeof weights)[number];
export const results = ['pass', 'fail', 'na'] as const;
export type Result = (typeof results)[number];
export type CaseKind = 'inspection' | 'notice' | 'hazard';
export type CaseState = 'planned' | 'done' | 'void' | 'issued' | 'received' | 'replied' | 'reported' | 'assigned' | 'checked' | 'closed';

export const statesOf: Record<CaseKind, CaseState[]> = {
  inspection: ['planned', 'done', 'void'],
  notice: ['issued', 'received', 'replied', 'closed'],
  hazard: ['reported', 'assigned', 'done', 'checked', 'closed'],
};
export const pathOf: Record<CaseKind, string> = { inspection: '/inspections', notice: '/notices', hazard: '/hazards' };

export interface Answer {
  item: string;
  result: Result;
  weight?: Weight;
  note?: string;
}
export interface Case {
  id: string;
  kind: CaseKind;
  year: number;
  number: number;
  site: string;
  township: string;
  device: string;
  state: CaseState;
  rev: number;
  by: string;
  at: string;
  updated_by: string;
  updated_at: string;
  due: string | null;
  due_day: string;
  pictures: number;
  overdue: boolean;
  check?: { topic: Topic; draw: string; sheet: number; answers: Answer[]; failed: number; note: string; notice: string };
  notice?: { inspection: string; topic: Topic; to: Text; issuer: Text; findings: { item: string; text: Text; weight: Weight; note: string }[]; demand: string; days: number; round: number; reply: string };
  hazard?: { text: string; place: string; weight: Weight; assignee: string; work: string };
}
export interface Step {
  n: number;
  at: string;
  by: string;
  action: string;
  from: string;
  to: string;
  note: string;
  data: string;
}
export interface CasePicture {
  n: number;
  at: string;
  by: string;
  item: string;
  note: string;
  sha256: string;
  bytes: number;
  type: string;
}
export interface CaseDetail {
  case: Case;
  steps: Step[];
  pictures: CasePicture[];
}
export interface Form {
  topic: Topic;
  version: number;
  title: Text;
  items: { key: string; text: Text; weight: Weight }[];
}
export interface Draw {
  id: string;
  at: string;
  by: string;
  topic: Topic;
  algorithm: number;
  seed: string;
  given: boolean;
  size: number;
  note: string;
  digest: string;
  strata: { township: string; population: number; drawn: number }[];
}
export interface Verdict {
  ok: boolean;
  digest: boolean;
  result: boolean;
  present: boolean;
}

export type CaseAction = 'receive' | 'reply' | 'pass' | 'fail' | 'assign' | 'reject' | 'finish' | 'close' | 'void' | 'comment';

/** Which actions need a note. */
export const noteNeeded: ReadonlySet<CaseAction> = new Set(['reply', 'fail', 'reject', 'finish', 'void', 'comment']);
/** Which actions set a new deadline. */
export const setsDeadline: ReadonlySet<CaseAction> = new Set(['fail', 'assign']);

export const inspects = (): boolean => session.may('inspections.inspect');
export const takesPart = (): boolean => session.may('inspections.school');

/** The actions that a case's state and our permissions allow, as the server's table has them. */
export function caseActions(c: Case): CaseAction[] {
  if (!takesPart()) return [];
  const ours = inspects();
  const out: CaseAction[] = [];
  const add = (may: boolean, ...actions: CaseAction[]): void => {
    if (may) out.push(...actions);
  };
  if (c.kind === 'inspection') add(ours && c.state === 'planned', 'void');
  if (c.kind === 'notice') {
    add(c.state === 'issued', 'receive');
    add(c.state !== 'closed', 'reply');
    add(ours && c.state !== 'closed', 'pass', 'fail');
  }
  if (c.kind === 'hazard') {
    add(ours && (c.state === 'reported' || c.state === 'assigned'), 'assign');
    add(ours && c.state === 'reported', 'reject');
    add(c.state === 'assigned', 'finish');
    add(ours && c.state === 'done', 'pass', 'fail');
    add(ours && c.state === 'checked', 'close');
  }
  add(c.kind !== 'inspection' || ours, 'comment');
  return out;
}

/** Whether a picture can be added by us now. */
export function takesPictures(c: Case): boolean {
  if (c.kind === 'inspection') return inspects() && c.state === 'planned';
  return takesPart() && c.state !== 'closed';
}

/** What went wrong, for the words of the page: a code, and the field where there is one. */
export function failureOf(err: unknown): { code: string; field: string; by: string } {
  if (!(err instanceof ApiError)) return { code: 'internal', field: '', by: '' };
  return { code: err.code, field: err.problem.errors?.[0]?.location.replace(/^body\./, '') ?? '', by: err.problem.conflict?.by ?? '' };
}
