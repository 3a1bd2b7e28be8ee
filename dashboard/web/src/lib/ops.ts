// Reads what a gateway says of itself. Its form is the gateway's own and grows with it:
// every field is looked for with care, and the raw text stays readable.

export interface GatewayFigures {
  depth: number | null;
  bytes: number | null;
  /** Seconds until the journal begins to drop; Infinity: it does not at this rate. */
  loss: number | null;
  /** Records that the slowest consumer is behind. */
  lag: number | null;
  deadLetters: number | null;
  /** Messages known to be lost on the way to the gateway, by gaps in devices' counters. */
  lost: number | null;
  /** The journal is giving records up at this moment. */
  dropping: boolean;
  /** The gateway's own word on how it is, empty when it gives none. */
  health: string;
  components: { name: string; state: string; reason: string }[];
}

/** From here on a journal means "never" by its time to loss. */
const NEVER_S = 100 * 86_400;

type Dict = Record<string, unknown>;
const isDict = (v: unknown): v is Dict => typeof v === 'object' && v !== null && !Array.isArray(v);

/** The first number under one of the names, at most three levels deep. */
export function findNumber(v: unknown, names: readonly string[], depth = 3): number | null {
  if (!isDict(v)) return null;
  for (const n of names) if (typeof v[n] === 'number') return v[n];
  if (depth <= 0) return null;
  for (const key of Object.keys(v)) {
    const found = findNumber(v[key], names, depth - 1);
    if (found !== null) return found;
  }
  return null;
}

export function readComponents(v: unknown): GatewayFigures['components'] {
  const list = isDict(v) ? v['components'] : undefined;
  const entries: [string, unknown][] = isDict(list)
    ? Object.entries(list)
    : Array.isArray(list)
      ? list.filter(isDict).map((c) => [String(c['name'] ?? ''), c['health'] ?? c])
      : [];
  return entries.map(([name, h]) => {
    const health = isDict(h) ? h : {};
    return { name, state: String(health['state'] ?? ''), reason: String(health['reason'] ?? '') };
  });
}

export function readGateway(status: unknown): GatewayFigures {
  const journal = isDict(status) && isDict(status['journal']) ? status['journal'] : status;
  const lossRaw = findNumber(journal, ['time_to_loss_s', 'time_to_loss_seconds', 'loss_in_s']);
  const lossNs = lossRaw === null ? findNumber(journal, ['time_to_loss']) : null;
  const loss = lossRaw ?? (lossNs === null ? null : lossNs / 1e9);
  const consumers = isDict(journal) ? journal['consumers'] : undefined;
  const lags = (Array.isArray(consumers) ? consumers : isDict(consumers) ? Object.values(consumers) : [])
    .map((c) => findNumber(c, ['lag_records', 'lag', 'records'], 1))
    .filter((n): n is number => n !== null);
  return {
    depth: findNumber(journal, ['depth', 'records', 'journal_depth']),
    bytes: findNumber(journal, ['bytes', 'size_bytes', 'journal_bytes']),
    // Nothing or less is how a journal says that it empties faster than it fills.
    loss: loss === null ? null : loss <= 0 || loss >= NEVER_S ? Infinity : loss,
    lag: lags.length ? Math.max(...lags) : findNumber(journal, ['lag_records']),
    deadLetters: findNumber(journal, ['dead_letters'], 1),
    lost: isDict(status) ? findNumber(status['devices'], ['lost'], 1) : null,
    dropping: isDict(journal) && journal['dropping'] === true,
    health: isDict(status) && isDict(status['health']) ? String(status['health']['state'] ?? '') : '',
    components: readComponents(status),
  };
}

/** 1.2 MB */
export function bytes(n: number | null): string {
  if (n === null || !Number.isFinite(n)) return '–';
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return `${i === 0 ? n : n.toFixed(1)} ${units[i]}`;
}

/** A payload as text where it is text, else as hexadecimal; at most `limit` bytes of it. */
export function preview(base64: string, limit = 2048): { text: string; size: number; binary: boolean } {
  let raw: string;
  try {
    raw = atob(base64);
  } catch {
    return { text: base64.slice(0, limit), size: base64.length, binary: false };
  }
  const data = Uint8Array.from(raw.slice(0, limit), (c) => c.charCodeAt(0));
  try {
    // A character cut in two at the limit is no sign of binary data: stream lets it wait.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(data, { stream: raw.length > limit });
    // Control characters other than tab and line ends mean that it is no text.
    if (!/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text)) return { text, size: raw.length, binary: false };
  } catch {
    // Not UTF-8.
  }
  const hex = Array.from(data.slice(0, limit / 4), (b) => b.toString(16).padStart(2, '0')).join(' ');
  return { text: hex, size: raw.length, binary: true };
}
