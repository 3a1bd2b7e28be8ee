// The server's JSON about accounts.
import type { Text } from './types';

export interface OwnAccount {
  username: string; name: Text; role: string; role_name: Text; scope: string[]; permissions: string[]; kept: boolean; totp: boolean;
  recovery_codes: number; min_password: number;
}
export interface OwnSession { id: string; how: string; address: string; agent: string; began: string; seen: string; expires: string; current: boolean }
export interface Token {
  id: string; username: string; name: string; permissions: string[]; scope: string[]; created: string; expires: string;
  used: string | null; used_from: string; revoked: string | null; revoked_by: string;
}
export interface Passkey { id: string; name: string; created: string; used: string | null; synced: boolean; copied: boolean }
export interface Enrolment { secret: string; url: string; qr: string; size: number }
export interface AccountRow {
  username: string; name: Text; role: string; scope: string[]; disabled: boolean; version: number; must_change: boolean;
  password_at: string | null; external: boolean; kept: boolean; totp: boolean; sessions: number;
}
export interface OwnRole { name: string; title: Text; permissions: string[]; rev: number; updated_by: string; updated_at: string }
export interface RoleBook { catalogue: string[]; built_in: Record<string, string[]>; own: OwnRole[] }

/** Which browser, on which system, in a few words; the whole is hostile text and long. */
export function browserName(agent: string): string {
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)\/(\d+)/.exec(agent.replace(/HeadlessChrome/, 'Chrome'));
  const system = /Windows|Android|iPhone|iPad|Mac OS X|Linux/.exec(agent);
  const names: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS X': 'macOS' };
  const name = browser ? `${names[browser[1]!] ?? browser[1]} ${browser[2]}` : agent.slice(0, 40);
  return [name, system ? (names[system[0]] ?? system[0]) : ''].filter(Boolean).join(' · ') || '–';
}

/** The message of the server about one field of a form. */
export function faultOf(problem: { errors?: { location: string; message: string }[] } | null, field: string): string {
  return problem?.errors?.find((e) => e.location === `body.${field}` || e.location.startsWith(`body.${field}[`) || e.location.startsWith(`body.${field}.`))?.message ?? '';
}

const order = ['view', 'work', 'desk', 'school', 'inspect', 'report', 'admin'];

/** Permissions by area, in the order of the list; within one the least first. */
export function byArea(list: readonly string[]): [string, string[]][] {
  const out = new Map<string, string[]>();
  for (const p of list) {
    const area = p.split('.')[0]!;
    out.set(area, [...(out.get(area) ?? []), p]);
  }
  const rank = (p: string): number => order.indexOf(p.split('.')[1] ?? '');
  return [...out].map(([area, ps]) => [area, ps.sort((a, b) => rank(a) - rank(b))]);
}
