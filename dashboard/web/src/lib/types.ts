// The words of the server's JSON. Every string that began at a device is hostile: it is
// only ever put into text nodes, never into HTML.

export const severities = ['critical', 'high', 'warning', 'info'] as const;
export type Severity = (typeof severities)[number];

export const kinds = ['gate', 'temperature', 'bus', 'kitchen', 'camera', 'button', 'gateway'] as const;
export type Kind = (typeof kinds)[number];

export const alarmStates = ['unack', 'acked', 'rtn_unack', 'normal', 'shelved', 'suppressed', 'oos'] as const;
export type AlarmState = (typeof alarmStates)[number];

export const deviceStates = ['up', 'degraded', 'down', 'unknown'] as const;
export type DeviceState = (typeof deviceStates)[number];

export const suppressions = ['cause', 'maintenance', 'chatter'] as const;
export type Suppression = (typeof suppressions)[number];

export const verdicts = ['false_alarm', 'need_help', 'confirmed'] as const;
export type Verdict = (typeof verdicts)[number];

export const roles = ['admin', 'operator', 'guard', 'inspector'] as const;
export type Role = (typeof roles)[number];

export interface Text {
  zh: string;
  en: string;
}

export interface Me {
  username: string;
  name?: Text;
  role: Role;
  /** Of a role that the county made. */
  role_name?: Text;
  /** What the role may, as "area.level". */
  permissions: string[];
  /** Sites the account may see; "*" alone means the whole county. */
  scope: string[];
  zone?: string;
  build?: string;
}

export interface Alarm {
  id: string;
  rule: string;
  severity: Severity;
  state: AlarmState;
  /** Counts the changes; an action sends the one it was decided on. */
  rev: number;
  site: string;
  device: string;
  kind: string;
  momentary: boolean;
  /** The condition still holds. */
  standing: boolean;
  count: number;
  value: number;
  limit: number;
  unit: string;
  text: Text;
  event_id: string;
  cause: string;
  /** Id of the alarm under which this one is suppressed. */
  caused_by: string;
  devices: string[] | null;
  /** A verdict on late events: history, never sounded. */
  late: boolean;
  started_at: string;
  updated_at: string;
  cleared_at: string | null;
  acked_by: string;
  acked_at: string | null;
  shelved_until: string | null;
  note: string;
  /** How often it was raised again while this row stood for it. */
  raises: number;
  raised_at: string;
  priority: 'high' | 'medium' | 'low';
  /** The order of work: the least first. */
  rank: number;
  /** What to fold under in a flood: "cause/<alarm>" or "site/<site>". */
  group: string;
  suppression: '' | Suppression;
  suppressed_until: string | null;
  assignee: string;
  verdict: '' | Verdict;
  attachments: number;
}

/** A picture or a position that somebody attached to an alarm. */
export interface Attachment {
  n: number;
  at: string;
  by: string;
  kind: 'picture' | 'position';
  name: string;
  note: string;
  sha256: string;
  bytes: number;
  type: string;
  lat: number | null;
  lon: number | null;
}

export interface AuditRow {
  n: number;
  at: string;
  by: string;
  action: string;
  from: string;
  to: string;
  rev: number;
  note: string;
  /** What the action set: an assignee, an end, a reason, a digest. */
  data: string;
}

export interface CampusEvent {
  id: string;
  type: string;
  kind: string;
  site: string;
  device: string;
  observed_at: string;
  received_at: string;
  late?: boolean;
  backfill?: boolean;
  seq?: number;
  gate?: {
    direction: string;
    person_kind: string;
    method: string;
    result: string;
    person?: string;
    credential?: string;
    registration?: string;
    escorted_by?: string;
    guardian?: string;
    class_teacher?: string;
    items_checked?: number;
    celsius?: number;
  };
  temperature?: { person_kind: string; celsius: number; person?: string; device_flag?: string };
  position?: {
    lat: number;
    lon: number;
    fix: boolean;
    speed_kmh: number;
    heading: number;
    passengers: number;
    trip?: string;
    trip_state?: string;
    doors_open?: number;
    ignition?: number;
    sos?: boolean;
  };
  reading?: { quantity: string; value: number; unit: string };
  status?: { status: string; heartbeat?: boolean; reason?: string; latency_ms?: number; recording?: number };
  call?: { state: string; place?: string };
}

/** The latest state of one device: a row of the `devices` channel and of GET /devices. */
export interface Device {
  /** "site/device" */
  id: string;
  site: string;
  device: string;
  kind: string;
  name: Text;
  place: string;
  assigned: boolean;
  /** The last word of the device; staleness wins over it. */
  status: DeviceState;
  since: string | null;
  last_seen: string | null;
  stale: boolean;
  /** When silence becomes staleness; null while the device is not on duty. */
  stale_after: string | null;
  period_s: number;
  reason: string;
  latency_ms: number | null;
  recording: boolean | null;
  values: Record<string, { value: number; unit: string; at: string }>;
  position: {
    lat: number; lon: number; fix: boolean; speed_kmh: number; heading: number; passengers: number;
    trip: string; trip_state: string; doors_open: boolean | null; ignition: boolean | null; sos: boolean; at: string;
  } | null;
  last: { type: string; at: string; text: string } | null;
  plate?: string;
  route?: string;
}

export interface Tally {
  total: number;
  up: number;
  down: number;
  degraded: number;
  unknown: number;
  stale: number;
}

export interface Site {
  site: string;
  name: Text;
  kind: string;
  township: string;
  lat: number;
  lon: number;
  pupils: number;
  police_post: boolean;
  devices: Tally;
  cameras: Tally;
  alarms: {
    open: number; unack: number; critical: number; high: number; warning: number; info: number; suppressed: number;
  };
  today: {
    in: number; out: number; visitors_in: number; visitors_out: number; denied: number; checked: number; fever: number;
  };
}

export interface Stats {
  events_per_s: number;
  events: number;
  late: number;
  clients: number;
  alarms_open: number;
  bus_lag_ms: number;
  at: string;
  flood?: Flood;
}

/** Whether more alarms come than the people on duty can work on. */
export interface Flood {
  on: boolean;
  since: string | null;
  new_10m: number;
  operators: number;
  limit: number;
}

export interface Gateway {
  gateway: string;
  state: 'ok' | 'degraded' | 'failed' | 'silent';
  reason: string;
  seen_at: string | null;
  /** As the gateway says it; read with care. */
  status: Record<string, unknown> | null;
}

export interface County {
  name: Text;
  zone: string;
  townships: string[];
  /** Ways of the school buses, as the account may see them. */
  routes: Route[];
}

/** The approved way of a school bus. */
export interface Route {
  id: string;
  name: Text;
  line: { lat: number; lon: number }[] | null;
  stops: { name: Text; point: { lat: number; lon: number }; after_min?: number }[] | null;
  /** How far beside the line a bus may be, in metres. */
  corridor_m: number;
  /** "HH:MM" of the county. */
  departures: string[] | null;
}

export interface Availability {
  site: string;
  device: string;
  kind: string;
  name: Text;
  /** null: nothing was observed. */
  up_pct: number | null;
  seconds: Record<AvailabilityState, number>;
  outages: number;
  longest_s: number;
  spans?: { from: string; to: string; state: AvailabilityState; reason: string }[] | null;
}

export const availabilityStates = [
  'up', 'degraded', 'down', 'elsewhere', 'maintenance', 'off_hours', 'unobserved',
] as const;
export type AvailabilityState = (typeof availabilityStates)[number];

export interface DeadLetter {
  gateway: string;
  id: number;
  time: string;
  broker: string;
  topic: string;
  adapter: string;
  reason: string;
  source: string;
  qos: number;
  retained: boolean;
  /** base64 */
  payload: string;
  /** Of the whole payload. */
  payload_bytes?: number;
  /** The payload is only its beginning. */
  truncated?: boolean;
}

export interface Page<T> {
  items: T[];
  next: string;
}
