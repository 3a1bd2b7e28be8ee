// Notification as REST has it.

export interface Notification {
  id: string;
  alarm_id: string;
  receiver: string;
  person: string;
  reason: string;
  severity: string;
  site: string;
  rule: string;
  state: string;
  tries: number;
  error: string;
  digest: string;
  created_at: string;
  done_at: string | null;
}

export interface Overview {
  receivers: { name: string; type: string; max_per_minute: number; last: Notification | null }[];
  people: string[] | null;
  rotas: string[] | null;
  policies: { name: string; steps: { after_s: number; to: string[] }[] }[] | null;
  routes: { sites: string[] | null; townships: string[] | null; rules: string[] | null; kinds: string[] | null; min_severity: string; hours: string; to: string[] | null; policy: string; clear: boolean; go_on: boolean }[] | null;
}

export interface Weekly { person: string; days: string[]; from: string; to: string }
export interface Dated { person: string; from: string; to: string }
export interface Rota { weekly: Weekly[] | null; dated: Dated[] | null; overrides: Dated[] | null }
export interface RotaView {
  name: string;
  rev: number;
  by: string;
  at: string;
  rota: Rota;
  on_call: string;
  duties: Dated[] | null;
  gaps: number;
}

export interface QuietView { person: string; rev: number; quiet: { from: string; to: string; days: string[] | null } }

const DAY = 86_400_000;

/** Duties cut at midnights, by the day on which each part lies: left and width in percent. */
export function stripes(duties: Dated[], first: number, days: number): { person: string; left: number; width: number; from: number; to: number }[][] {
  return Array.from({ length: days }, (_, i) => {
    const [a, b] = [first + i * DAY, first + (i + 1) * DAY];
    return duties.flatMap((d) => {
      const [from, to] = [Math.max(a, Date.parse(d.from)), Math.min(b, Date.parse(d.to))];
      return to > from ? [{ person: d.person, left: ((from - a) / DAY) * 100, width: ((to - from) / DAY) * 100, from, to }] : [];
    });
  });
}
