import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  BACKOFF_MAX_MS, BEHIND_GRACE_MS, DEAD_AFTER_MS, LiveClient, backoffCeiling,
  type EndReason, type LiveState, type Op, type Row, type Socket,
} from '../src/lib/live';

/** The server's end of one connection. */
class Fake implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((e: { data: unknown }) => void) | null = null;
  onclose: ((e: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;
  sent: Record<string, unknown>[] = [];
  closedWith: number | undefined;
  send(data: string): void {
    this.sent.push(JSON.parse(data) as Record<string, unknown>);
  }
  close(code?: number): void {
    this.closedWith = code;
  }
  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  drop(code = 1006): void {
    this.onclose?.({ code });
  }
}

function setup(random = 1) {
  const sockets: Fake[] = [];
  const states: LiveState[] = [];
  const ends: EndReason[] = [];
  const rows = new Map<string, Row>();
  const seen: string[] = [];
  let refused = 0;
  const client = new LiveClient({
    connect: () => {
      const s = new Fake();
      sockets.push(s);
      return s;
    },
    random: () => random,
    onState: (s) => states.push(s),
    onEnd: (r) => ends.push(r),
    onRefused: () => refused++,
  });
  const apply = (ops: Op[]): void => {
    for (const op of ops) {
      seen.push(op[0] + op[1]);
      if (op[0] === '-') rows.delete(op[1]);
      else rows.set(op[1], op[2]);
    }
  };
  client.subscribe({
    ch: 'alarms', resume: true, delta: apply,
    snapshot: (list) => {
      rows.clear();
      for (const r of list) rows.set(String(r['id']), r);
    },
  });
  return { client, sockets, states, ends, rows, seen, refused: () => refused, last: () => sockets[sockets.length - 1]! };
}
const hello = (epoch = 'e1') => ({ t: 'hello', epoch, now: 0, hb: 5000 });
const snap = (seq: number, ids: string[], part = 1, of = 1) => ({ t: 'snap', ch: 'alarms', seq, part, of, rows: ids.map((id) => ({ id })) });
const d = (from: number, to: number, ops: Op[]) => ({ t: 'd', ch: 'alarms', from, to, ops });
const plus = (id: string): Op => ['+', id, { id }];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('snapshot and deltas', () => {
  test('subscribes after hello without a resume wish, and is live after the snapshot', () => {
    const x = setup();
    x.client.start();
    expect(x.last().sent).toEqual([]);
    x.last().say(hello());
    expect(x.last().sent).toEqual([{ t: 'sub', ch: 'alarms' }]);
    expect(x.client.state).toBe('connecting');
    x.last().say(snap(10, ['a', 'b']));
    expect(x.client.state).toBe('live');
    expect([...x.rows.keys()]).toEqual(['a', 'b']);
    x.last().say(d(11, 12, [plus('c'), ['-', 'a']]));
    expect([...x.rows.keys()]).toEqual(['b', 'c']);
  });

  test('shows a snapshot only when it is whole, with deltas between its parts after it', () => {
    const x = setup();
    x.client.start();
    x.last().say(hello());
    x.last().say(snap(10, ['a'], 1, 2));
    x.last().say(d(11, 11, [['-', 'a']]));
    expect(x.rows.size).toBe(0);
    x.last().say(snap(10, ['b'], 2, 2));
    expect([...x.rows.keys()]).toEqual(['b']);
  });

  test('a missing part asks for all of it again', () => {
    const x = setup();
    x.client.start();
    x.last().say(hello());
    x.last().say(snap(10, ['a'], 1, 3));
    x.last().say(snap(10, ['c'], 3, 3));
    expect(x.last().sent).toHaveLength(2);
    expect(x.last().sent[1]).toEqual({ t: 'sub', ch: 'alarms' });
  });

  test('repeated and overlapping deltas are applied once', () => {
    const x = setup();
    x.client.start();
    x.last().say(hello());
    x.last().say(snap(10, []));
    x.last().say(d(11, 12, [plus('a'), plus('b')]));
    x.last().say(d(11, 12, [plus('a'), plus('b')]));
    x.last().say(d(12, 13, [plus('b'), plus('c')]));
    expect(x.seen).toEqual(['+a', '+b', '+c']);
    expect(x.last().sent).toHaveLength(1);
  });

  test('a delta without ops still counts: they were other people\'s', () => {
    const x = setup();
    x.client.start();
    x.last().say(hello());
    x.last().say(snap(10, []));
    x.last().say(d(11, 15, []));
    x.last().say(d(16, 16, [plus('a')]));
    expect(x.seen).toEqual(['+a']);
    expect(x.last().sent).toHaveLength(1);
  });

  test('skip counts as contiguous and is told', () => {
    const x = setup();
    const told: number[] = [];
    x.client.subscribe({ ch: 'feed', resume: false, snapshot: () => {}, delta: () => {}, skipped: (n) => told.push(n) });
    x.client.start();
    x.last().say(hello());
    x.last().say({ t: 'snap', ch: 'feed', seq: 500, rows: [] });
    x.last().say({ t: 'skip', ch: 'feed', from: 501, to: 720, n: 220 });
    x.last().say({ t: 'd', ch: 'feed', from: 721, to: 721, ops: [plus('e')] });
    expect(told).toEqual([220]);
    expect(x.last().sent.filter((f) => f['ch'] === 'feed')).toHaveLength(1);
  });
});

describe('gaps', () => {
  test('a gap in the deltas asks to resume from what is there, once', () => {
    const x = setup();
    x.client.start();
    x.last().say(hello());
    x.last().say(snap(10, []));
    x.last().say(d(13, 13, [plus('c')]));
    x.last().say(d(14, 14, [plus('d')]));
    expect(x.seen).toEqual([]);
    expect(x.last().sent.slice(1)).toEqual([{ t: 'sub', ch: 'alarms', since: { epoch: 'e1', seq: 10 } }]);
    x.last().say(d(11, 14, [plus('a'), plus('b'), plus('c'), plus('d')]));
    expect(x.seen).toEqual(['+a', '+b', '+c', '+d']);
  });

  test('a heartbeat that stays ahead asks to resume; one that is only early does not', () => {
    const x = setup();
    x.client.start();
    x.last().say(hello());
    x.last().say(snap(10, []));
    x.last().say({ t: 'hb', now: 0, seq: { alarms: 11 } });
    x.last().say(d(11, 11, [plus('a')]));
    vi.advanceTimersByTime(BEHIND_GRACE_MS);
    expect(x.last().sent).toHaveLength(1);
    x.last().say({ t: 'hb', now: 0, seq: { alarms: 12 } });
    vi.advanceTimersByTime(BEHIND_GRACE_MS);
    expect(x.last().sent.slice(1)).toEqual([{ t: 'sub', ch: 'alarms', since: { epoch: 'e1', seq: 11 } }]);
  });

  test('telemetry never asks to resume: the latest values are enough', () => {
    const x = setup();
    x.client.subscribe({ ch: 'devices', resume: false, snapshot: () => {}, delta: () => {} });
    x.client.start();
    x.last().say(hello());
    x.last().say({ t: 'snap', ch: 'devices', seq: 5, rows: [] });
    x.last().say({ t: 'd', ch: 'devices', from: 9, to: 9, ops: [] });
    expect(x.last().sent.filter((f) => f['ch'] === 'devices')).toEqual([{ t: 'sub', ch: 'devices' }, { t: 'sub', ch: 'devices' }]);
  });
});

describe('resume', () => {
  test('resumes in the same epoch; the empty answer makes it live without a snapshot', () => {
    const x = setup();
    x.client.start();
    x.last().say(hello());
    x.last().say(snap(10, ['a']));
    x.last().drop(4008);
    vi.advanceTimersByTime(500);
    x.last().say(hello());
    expect(x.last().sent).toEqual([{ t: 'sub', ch: 'alarms', since: { epoch: 'e1', seq: 10 } }]);
    expect(x.client.state).toBe('connecting');
    x.last().say(d(11, 10, []));
    expect(x.client.state).toBe('live');
    expect([...x.rows.keys()]).toEqual(['a']);
  });

  test('in a new epoch it takes a snapshot; what was shown stays until then', () => {
    const x = setup();
    x.client.start();
    x.last().say(hello('e1'));
    x.last().say(snap(10, ['a', 'b']));
    x.last().drop(4001);
    vi.advanceTimersByTime(500);
    x.last().say(hello('e2'));
    expect(x.last().sent).toEqual([{ t: 'sub', ch: 'alarms' }]);
    x.last().say(d(3, 3, [plus('zzz')]));
    expect([...x.rows.keys()]).toEqual(['a', 'b']);
    x.last().say(snap(3, ['b']));
    expect([...x.rows.keys()]).toEqual(['b']);
  });
});

describe('connection', () => {
  test('silence of 15 s is a dead connection', () => {
    const x = setup();
    x.client.start();
    const first = x.last();
    first.say(hello());
    first.say(snap(1, []));
    vi.advanceTimersByTime(DEAD_AFTER_MS - 1);
    expect(x.client.state).toBe('live');
    vi.advanceTimersByTime(1);
    expect(x.client.state).toBe('waiting');
    expect(first.closedWith).toBe(4000);
    first.say(snap(2, ['late']));
    expect(x.rows.size).toBe(0);
  });

  test('backs off 0.5 s x2 to 30 s; only a snapshot or resume resets it', () => {
    const x = setup(1);
    x.client.start();
    for (const wait of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      x.last().say(hello());
      x.last().drop();
      const n = x.sockets.length;
      vi.advanceTimersByTime(wait - 1);
      expect(x.sockets).toHaveLength(n);
      vi.advanceTimersByTime(1);
      expect(x.sockets).toHaveLength(n + 1);
    }
    x.last().say(hello());
    x.last().say(snap(1, []));
    x.last().drop();
    const n = x.sockets.length;
    vi.advanceTimersByTime(500);
    expect(x.sockets).toHaveLength(n + 1);
  });

  test('full jitter: the wait is a random share of the ceiling', () => {
    expect(backoffCeiling(0)).toBe(500);
    expect(backoffCeiling(50)).toBe(BACKOFF_MAX_MS);
    const x = setup(0.1);
    x.client.start();
    x.last().drop();
    vi.advanceTimersByTime(49);
    expect(x.sockets).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(x.sockets).toHaveLength(2);
  });

  test('the network coming back does not wait for the timer', () => {
    const x = setup();
    x.client.start();
    x.last().drop();
    expect(x.client.state).toBe('waiting');
    x.client.nudge();
    expect(x.sockets).toHaveLength(2);
    // The timer that it did not wait for is gone: no third connection beside the second.
    vi.advanceTimersByTime(500);
    expect(x.sockets).toHaveLength(2);
    expect(x.client.state).toBe('connecting');
  });

  test.each([[4401, 'login'], [4403, 'scope'], [4426, 'reload']] as const)('close code %i ends it: %s', (code, reason) => {
    const x = setup();
    x.client.start();
    x.last().say(hello());
    x.last().drop(code);
    expect(x.ends).toEqual([reason]);
    vi.advanceTimersByTime(120_000);
    expect(x.sockets).toHaveLength(1);
  });

  test.each([1006, 4001, 4008, 4009])('close code %i reconnects', (code) => {
    const x = setup();
    x.client.start();
    x.last().say(hello());
    x.last().drop(code);
    vi.advanceTimersByTime(500);
    expect(x.sockets).toHaveLength(2);
  });

  test('a connection refused before its hello is told; one lost later is not', () => {
    const x = setup();
    x.client.start();
    x.last().drop();
    expect(x.refused()).toBe(1);
    vi.advanceTimersByTime(500);
    x.last().say(hello());
    x.last().drop();
    expect(x.refused()).toBe(1);
  });

  test('stop closes the socket and nothing comes after', () => {
    const x = setup();
    x.client.start();
    x.last().say(hello());
    x.client.stop();
    expect(x.last().closedWith).toBe(1000);
    vi.advanceTimersByTime(120_000);
    expect(x.sockets).toHaveLength(1);
    expect(x.client.state).toBe('stopped');
  });

  test('a frame that is no JSON drops the connection and it comes back', () => {
    const x = setup();
    x.client.start();
    x.last().onmessage?.({ data: '{' });
    expect(x.client.state).toBe('waiting');
    vi.advanceTimersByTime(500);
    expect(x.sockets).toHaveLength(2);
  });
});
