// Client of the websocket protocol campus.live.v1.
//
//   connecting --hello--> sub each channel --snapshot | resume--> live
//        ^                                                          |
//        |   back-off, `online`, tab visible                        | close, 15 s silence
//        +----------------------- waiting <-------------------------+
//
// What it promises: a channel's rows are always one snapshot plus a contiguous run of
// deltas. A gap, seen by `d.from` or by `hb.seq`, is never papered over: the channel is
// subscribed again, with `since` where the channel can resume. What was shown stays until
// the new snapshot is whole.

export type Row = Record<string, unknown>;
/** `+` and `~` both carry the whole row; `-` takes it away. */
export type Op = ['+', string, Row] | ['~', string, Row] | ['-', string];

export interface Hello {
  t: 'hello';
  epoch: string;
  now: number;
  hb?: number;
  build?: string;
  role?: string;
  scope?: string[];
}
export interface Snap {
  t: 'snap';
  ch: string;
  seq: number;
  part?: number;
  of?: number;
  rows?: Row[];
}
export interface Delta {
  t: 'd';
  ch: string;
  from: number;
  to: number;
  ops: Op[];
}
export interface Heartbeat {
  t: 'hb';
  now: number;
  seq?: Record<string, number>;
  lag_ms?: number;
}
/** Telemetry only: this client was slow and n ops were left out. Counts as contiguous. */
export interface Skip {
  t: 'skip';
  ch: string;
  from: number;
  to: number;
  n: number;
}
export interface Fault {
  t: 'err';
  ch?: string;
  code?: string;
  detail?: string;
}
type Frame = Hello | Snap | Delta | Heartbeat | Skip | Fault;

export interface Subscription {
  ch: string;
  filter?: Record<string, unknown>;
  /** True for channels that the server keeps in a ring: they ask to resume. */
  resume: boolean;
  snapshot(rows: Row[]): void;
  delta(ops: Op[]): void;
  skipped?(n: number): void;
}

export interface Socket {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  onopen: (() => void) | null;
  onmessage: ((e: { data: unknown }) => void) | null;
  onclose: ((e: { code: number }) => void) | null;
  onerror: (() => void) | null;
}

export type LiveState = 'stopped' | 'connecting' | 'live' | 'waiting' | 'ended';
export type EndReason = 'login' | 'scope' | 'reload';

export interface LiveOptions {
  connect(): Socket;
  random?: () => number;
  onState?(state: LiveState): void;
  onHello?(hello: Hello): void;
  onHeartbeat?(hb: Heartbeat): void;
  /** Called for every frame; its time is the age of what is on the screen. */
  onFrame?(at: number): void;
  /** A connection closed before its hello: refused, or there is no server. */
  onRefused?(): void;
  onEnd?(reason: EndReason): void;
}

export const DEAD_AFTER_MS = 15_000;
export const BACKOFF_FIRST_MS = 500;
export const BACKOFF_MAX_MS = 30_000;
/** How long a sequence number of a heartbeat may run ahead of its deltas. */
export const BEHIND_GRACE_MS = 1_000;

/** The ceiling of the n-th wait (n from 0), before jitter. */
export function backoffCeiling(n: number): number {
  return Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(n, 16));
}

interface Channel {
  sub: Subscription;
  /** Last sequence applied; -1 before the first snapshot. */
  seq: number;
  epoch: string;
  parts: Row[] | null;
  partsSeen: number;
  queued: Delta[];
  /** A subscription has been sent and nothing came for it yet. */
  awaiting: boolean;
  behind: ReturnType<typeof setTimeout> | null;
}

export class LiveClient {
  #opts: LiveOptions;
  #channels = new Map<string, Channel>();
  #socket: Socket | null = null;
  #state: LiveState = 'stopped';
  #epoch = '';
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #dead: ReturnType<typeof setTimeout> | null = null;
  #lastFrame = 0;

  constructor(opts: LiveOptions) {
    this.#opts = opts;
  }

  get state(): LiveState {
    return this.#state;
  }

  /** Adds a channel; subscribes at once when connected. The result removes it again. */
  subscribe(sub: Subscription): () => void {
    const channel: Channel = {
      sub, seq: -1, epoch: '', parts: null, partsSeen: 0, queued: [], awaiting: false, behind: null,
    };
    this.#channels.set(sub.ch, channel);
    if (this.#epoch && this.#socket) this.#ask(channel);
    return () => {
      if (this.#channels.get(sub.ch) !== channel) return;
      this.#forgetBehind(channel);
      this.#channels.delete(sub.ch);
      if (this.#epoch && this.#socket) this.#send({ t: 'unsub', ch: sub.ch });
    };
  }

  start(): void {
    if (this.#state === 'stopped' || this.#state === 'ended') this.#connect();
  }

  stop(): void {
    this.#drop(1000);
    this.#set('stopped');
  }

  /** The network is back or the tab is looked at: do not wait for a timer. */
  nudge(): void {
    if (this.#state === 'waiting') {
      this.#connect();
    } else if (this.#socket && Date.now() - this.#lastFrame > DEAD_AFTER_MS) {
      this.#lost();
    }
  }

  #connect(): void {
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
    this.#epoch = '';
    this.#set('connecting');
    let socket: Socket;
    try {
      socket = this.#opts.connect();
    } catch {
      this.#wait();
      return;
    }
    this.#socket = socket;
    this.#alive();
    socket.onmessage = (e) => {
      if (this.#socket !== socket || typeof e.data !== 'string') return;
      let frame: Frame;
      try {
        frame = JSON.parse(e.data) as Frame;
      } catch {
        this.#lost();
        return;
      }
      this.#alive();
      this.#opts.onFrame?.(this.#lastFrame);
      this.#take(frame);
    };
    socket.onclose = (e) => {
      if (this.#socket === socket) this.#closed(e.code);
    };
  }

  #take(frame: Frame): void {
    switch (frame.t) {
      case 'hello':
        this.#epoch = frame.epoch;
        this.#opts.onHello?.(frame);
        for (const channel of this.#channels.values()) this.#ask(channel);
        break;
      case 'snap': {
        const channel = this.#channels.get(frame.ch);
        if (channel) this.#snap(channel, frame);
        break;
      }
      case 'd': {
        const channel = this.#channels.get(frame.ch);
        if (channel) this.#delta(channel, frame);
        break;
      }
      case 'skip': {
        const channel = this.#channels.get(frame.ch);
        if (!channel) break;
        this.#delta(channel, { t: 'd', ch: frame.ch, from: frame.from, to: frame.to, ops: [] });
        channel.sub.skipped?.(frame.n);
        break;
      }
      case 'hb':
        this.#opts.onHeartbeat?.(frame);
        for (const [name, seq] of Object.entries(frame.seq ?? {})) {
          const channel = this.#channels.get(name);
          if (!channel || channel.seq < 0) continue;
          if (seq > channel.seq) {
            this.#watchBehind(channel, seq);
          } else if (channel.epoch === this.#epoch) {
            this.#current(channel);
          }
        }
        break;
      case 'err':
        break;
    }
  }

  #snap(channel: Channel, frame: Snap): void {
    const part = frame.part ?? 1;
    const of = frame.of ?? 1;
    if (part === 1) {
      channel.parts = [];
      channel.partsSeen = 0;
      channel.queued = [];
    }
    if (!channel.parts || part !== channel.partsSeen + 1) {
      this.#askAfresh(channel);
      return;
    }
    channel.partsSeen = part;
    for (const row of frame.rows ?? []) channel.parts.push(row);
    if (part < of) return;
    const rows = channel.parts;
    const queued = channel.queued;
    channel.parts = null;
    channel.queued = [];
    channel.awaiting = false;
    channel.seq = frame.seq;
    channel.epoch = this.#epoch;
    this.#forgetBehind(channel);
    channel.sub.snapshot(rows);
    this.#productive();
    for (const d of queued) this.#delta(channel, d);
  }

  #delta(channel: Channel, frame: Delta): void {
    if (channel.parts) {
      channel.queued.push(frame);
      return;
    }
    if (channel.epoch !== this.#epoch || channel.seq < 0) return; // the snapshot is on its way
    if (frame.to <= channel.seq) {
      // Seen already, or the empty answer to a `since` that missed nothing.
      if (frame.from === channel.seq + 1) this.#current(channel);
      return;
    }
    if (frame.from > channel.seq + 1) {
      if (!channel.awaiting) this.#ask(channel);
      return;
    }
    // An overlap is cut off where ops and numbers pair; else the ops are idempotent anyhow.
    const seen = channel.seq + 1 - frame.from;
    const ops = seen > 0 && frame.ops.length === frame.to - frame.from + 1 ? frame.ops.slice(seen) : frame.ops;
    channel.seq = frame.to;
    if (ops.length > 0) channel.sub.delta(ops);
    this.#current(channel);
  }

  #current(channel: Channel): void {
    channel.awaiting = false;
    this.#productive();
  }

  /** A later number was heard of: its deltas must come soon, or they were lost. */
  #watchBehind(channel: Channel, seq: number): void {
    if (channel.behind) return;
    channel.behind = setTimeout(() => {
      channel.behind = null;
      if (this.#channels.get(channel.sub.ch) !== channel || !this.#epoch) return;
      if (channel.seq < seq) this.#ask(channel);
    }, BEHIND_GRACE_MS);
  }

  #forgetBehind(channel: Channel): void {
    if (channel.behind) clearTimeout(channel.behind);
    channel.behind = null;
  }

  #askAfresh(channel: Channel): void {
    channel.seq = -1;
    channel.parts = null;
    this.#ask(channel);
  }

  #ask(channel: Channel): void {
    const { sub } = channel;
    const since = sub.resume && channel.seq >= 0 && channel.epoch === this.#epoch;
    channel.awaiting = true;
    channel.parts = null;
    this.#send({
      t: 'sub',
      ch: sub.ch,
      ...(sub.filter ? { filter: sub.filter } : {}),
      ...(since ? { since: { epoch: this.#epoch, seq: channel.seq } } : {}),
    });
  }

  #send(frame: object): void {
    try {
      this.#socket?.send(JSON.stringify(frame));
    } catch {
      this.#lost();
    }
  }

  /** The connection brought something of use: only this resets the back-off. */
  #productive(): void {
    this.#attempt = 0;
    if (this.#state === 'connecting') this.#set('live');
  }

  #alive(): void {
    this.#lastFrame = Date.now();
    if (this.#dead) clearTimeout(this.#dead);
    this.#dead = setTimeout(() => this.#lost(), DEAD_AFTER_MS);
  }

  #lost(): void {
    this.#drop(4000);
    this.#wait();
  }

  #closed(code: number): void {
    const refused = this.#epoch === '';
    this.#drop(null);
    const end: Record<number, EndReason> = { 4401: 'login', 4403: 'scope', 4426: 'reload' };
    const reason = end[code];
    if (reason) {
      this.#set('ended');
      this.#opts.onEnd?.(reason);
      return;
    }
    this.#wait();
    if (refused) this.#opts.onRefused?.();
  }

  /** Lets go of the socket. null: it is closed already. */
  #drop(code: number | null): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#epoch = '';
    if (this.#dead) clearTimeout(this.#dead);
    if (this.#retry) clearTimeout(this.#retry);
    this.#dead = this.#retry = null;
    for (const channel of this.#channels.values()) {
      channel.parts = null;
      channel.queued = [];
      channel.awaiting = false;
      this.#forgetBehind(channel);
    }
    if (!socket) return;
    socket.onmessage = socket.onclose = socket.onopen = socket.onerror = null;
    if (code !== null) {
      try {
        socket.close(code);
      } catch {
        // A socket that never opened may refuse; it is let go of all the same.
      }
    }
  }

  #wait(): void {
    const random = this.#opts.random ?? Math.random;
    const delay = random() * backoffCeiling(this.#attempt++);
    this.#set('waiting');
    this.#retry = setTimeout(() => this.#connect(), delay);
  }

  #set(state: LiveState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#opts.onState?.(state);
  }
}
