// A stand-in for the dashboard server: the same REST and campus.live.v1 as the Go one, from
// memory, with handles for a test to raise alarms, drop sockets and restart.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Alarm, AuditRow, CampusEvent, Device, Me } from '../src/lib/types';
import { Desk, judge } from './desk';
import { Guards } from './guards';
import { Buses } from './mock-buses';
import { Media } from './mock-media';
import { Admin } from './admin';
import { Accounts, permissionsOf } from './mock-accounts';
import { SignOn } from './mock-signon';
import { Registry, Rules } from './ops';
import { Inspect } from './inspect';
import { Exports } from './mock-exports';
import { Reports } from './mock-report';
import { Uptime } from './mock-uptime';
import { MapFiles } from './mock-map';
import { availability, count, event, makeAlarms, makeCounty, random, type World } from './county';

const CSP = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self'; connect-src 'self'";
const types: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css' };
const PART = 500;

export interface MockOptions {
  dist: string;
  alarms?: number;
  events?: number;
  /** How many sites the county has; all 86 unless said. */
  sites?: number;
}

interface Client {
  ws: WebSocket;
  user: Me;
  channels: Set<string>;
  /** Every frame sent, for tests that look at what went over the wire. */
  sent: string[];
}

const people: Record<string, Omit<Me, 'permissions'>> = {
  admin: { username: 'admin', name: { zh: '系统管理员', en: 'Administrator' }, role: 'admin', scope: ['*'] },
  operator: { username: 'operator', name: { zh: '王值班', en: 'Operator Wang' }, role: 'operator', scope: ['*'] },
  operator2: { username: 'operator2', name: { zh: '李值班', en: 'Operator Li' }, role: 'operator', scope: ['*'] },
  guard: { username: 'guard', name: { zh: '正门门卫', en: 'Gate guard' }, role: 'guard', scope: ['s002'] },
  inspector: { username: 'inspector', name: { zh: '督导员', en: 'Inspector' }, role: 'inspector', scope: ['*'] },
};
const accounts: Record<string, Me> = Object.fromEntries(Object.entries(people).map(([k, me]) => [k, { ...me, permissions: permissionsOf(me.role) }]));
// A role that the county made: alarms and the states of devices, to look at.
accounts['watcher'] = { username: 'watcher', name: { zh: '校长', en: 'Headmaster' }, role: 'watcher' as Me['role'], role_name: { zh: '只看告警', en: 'Alarms only' }, scope: ['*'], permissions: ['alarms.view', 'county.view', 'history.view', 'map.view'] };

export class Mock {
  readonly world: World;
  readonly alarms = new Map<string, Alarm>();
  readonly audit = new Map<string, AuditRow[]>();
  readonly events: CampusEvent[] = [];
  readonly clients = new Set<Client>();
  readonly requests: string[] = [];
  /** Delays answers to actions until released: for seeing 发送中. */
  holdActions: Promise<void> | null = null;
  /** Refuses upgrades, as a network that is gone does. */
  refuse = false;
  silentHeartbeat = false;
  readonly desk = new Desk(this);
  readonly guards = new Guards(this);
  readonly buses: Buses;
  readonly media = new Media(this);
  readonly registry: Registry;
  readonly rules: Rules;
  readonly admin: Admin;
  readonly inspect = new Inspect(this);
  readonly exports = new Exports(this);
  readonly uptime = new Uptime(this);
  readonly reports = new Reports(this);
  readonly map = new MapFiles();
  readonly people = new Accounts();
  readonly signOn = new SignOn();
  /** What the channel stats says of a flood. */
  flood = { on: false, since: null as string | null, new_10m: 0, operators: 1, limit: 10 };
  /** How far the server's clock is ahead, in milliseconds. */
  shift = 0;
  epoch = 'e1';
  build = '1.0.0+mock';
  #seq: Record<string, number> = { alarms: 0, feed: 0, devices: 0, sites: 0, stats: 0, gateways: 0 };
  #ring: { seq: number; op: [string, string, Alarm?] }[] = [];
  #opts: MockOptions;
  #http: Server;
  #wss = new WebSocketServer({ noServer: true });
  #beat: NodeJS.Timeout | null = null;
  #sessions = new Map<string, Me>();
  #nextSession = 1;
  readonly random = random(5);

  constructor(opts: MockOptions) {
    this.#opts = opts;
    const now = this.now();
    this.world = makeCounty(now, 7, opts.sites);
    this.buses = new Buses(this);
    this.registry = new Registry(this);
    this.rules = new Rules(this);
    this.admin = new Admin(this);
    for (const a of makeAlarms(opts.alarms ?? 0, now)) this.alarms.set(a.id, judge(a));
    for (const a of this.alarms.values()) this.audit.set(a.id, [this.#row(a, 'system', 'raise', 'normal', 'unack')]);
    for (let i = opts.events ?? 0; i > 0; i--) this.events.push(event(now - i * 1500, this.random));
    count(this.world, this.alarms.values());
    this.#http = createServer((req, res) => void this.#serve(req, res));
    this.#http.on('upgrade', (req, socket, head) => {
      const user = this.#user(req);
      if (!user || this.refuse) {
        socket.end(user ? 'HTTP/1.1 503 Service Unavailable\r\n\r\n' : 'HTTP/1.1 401 Unauthorized\r\n\r\n');
        return;
      }
      this.#wss.handleUpgrade(req, socket, head, (ws) => this.#attach(ws, user));
    });
  }

  now(): number {
    return Date.now() + this.shift;
  }

  async start(port = 0): Promise<string> {
    await new Promise<void>((done) => this.#http.listen(port, '127.0.0.1', done));
    this.#beat = setInterval(() => {
      if (!this.silentHeartbeat) this.heartbeat();
    }, 5000);
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    if (this.#beat) clearInterval(this.#beat);
    for (const c of this.clients) c.ws.terminate();
    this.#http.closeAllConnections();
    await new Promise<void>((done) => this.#http.close(() => done()));
  }

  heartbeat(): void {
    for (const c of this.clients) this.#send(c, { t: 'hb', now: this.now(), seq: Object.fromEntries([...c.channels].map((ch) => [ch, this.#seq[ch]])), lag_ms: 3 });
  }

  /** Adds or changes an alarm and tells everybody. */
  put(a: Alarm, by = 'system', action = 'update', data = ''): void {
    const before = this.alarms.get(a.id);
    a = judge(a);
    this.alarms.set(a.id, a);
    const rows = this.audit.get(a.id) ?? [];
    rows.push({ ...this.#row(a, by, before ? action : 'raise', before?.state ?? 'normal', a.state, rows.length + 1), data });
    this.audit.set(a.id, rows);
    const gone = a.state === 'normal';
    this.#publishAlarms([gone ? ['-', a.id] : [before && before.state !== 'normal' ? '~' : '+', a.id, a]]);
  }

  /** Adds many in one delta. */
  putAll(list: Alarm[]): void {
    list = list.map(judge);
    for (const a of list) this.alarms.set(a.id, a);
    this.#publishAlarms(list.map((a) => ['+', a.id, a]));
  }

  #publishAlarms(ops: [string, string, Alarm?][]): void {
    const from = this.#seq['alarms']! + 1;
    for (const op of ops) this.#ring.push({ seq: ++this.#seq['alarms']!, op });
    this.#broadcast('alarms', from, this.#seq['alarms']!, (c) => ops.filter((op) => this.#sees(c.user, op[2]?.site ?? this.alarms.get(op[1])?.site ?? '')));
  }

  publish(events: CampusEvent[]): void {
    const from = this.#seq['feed']! + 1;
    this.#seq['feed']! += events.length;
    this.events.push(...events);
    if (this.events.length > 5000) this.events.splice(0, this.events.length - 5000);
    this.#broadcast('feed', from, this.#seq['feed']!, (c) => events.filter((e) => this.#sees(c.user, e.site)).map((e) => ['+', e.id, e]));
  }

  setDevices(list: Device[]): void {
    const from = this.#seq['devices']! + 1;
    this.#seq['devices']! += list.length;
    for (const d of list) this.world.devices.set(d.id, d);
    this.#broadcast('devices', from, this.#seq['devices']!, (c) => list.filter((d) => this.#sees(c.user, d.site)).map((d) => ['~', d.id, d]));
  }

  removeDevice(id: string): void {
    const n = ++this.#seq['devices']!;
    const site = this.world.devices.get(id)?.site ?? '';
    this.world.devices.delete(id);
    this.#broadcast('devices', n, n, (c) => (this.#sees(c.user, site) ? [['-', id]] : []));
  }

  publishStats(rate: number): void {
    const n = ++this.#seq['stats']!;
    this.#broadcast('stats', n, n, () => [['~', 'county', this.#stats(rate)]]);
  }

  closeAll(code: number): void {
    for (const c of this.clients) c.ws.close(code);
  }

  /** Cuts every socket without a word. */
  cut(): void {
    for (const c of this.clients) c.ws.terminate();
  }

  /** As a server that has started anew: other epoch, numbers from 0. */
  restart(epoch: string): void {
    this.epoch = epoch;
    this.#ring = [];
    for (const ch of Object.keys(this.#seq)) this.#seq[ch] = 0;
    this.closeAll(4001);
  }

  endSessions(): void {
    this.forgetSessions();
    this.closeAll(4401);
  }

  /** As a server that has lost its sessions and cannot say so on the socket. */
  forgetSessions(): void {
    this.#sessions.clear();
  }

  /** Who changed an alarm last; the acknowledgement where the history does not say. */
  last(a: Alarm): { by: string; at: string; action: string } {
    const row = this.audit.get(a.id)?.at(-1);
    if (row && row.rev === a.rev && row.by !== 'system') return { by: row.by, at: row.at, action: row.action };
    return { by: a.acked_by || 'system', at: a.acked_at ?? a.updated_at, action: a.acked_by ? 'ack' : 'clear' };
  }

  sees(user: Me, site: string): boolean {
    return this.#sees(user, site);
  }

  #row(a: Alarm, by: string, action: string, from: string, to: string, n = 1): AuditRow {
    return { n, at: new Date(this.now()).toISOString(), by, action, from, to, rev: a.rev, note: a.note, data: '' };
  }

  #stats(rate: number) {
    return { events_per_s: rate, events: 1_234_567, late: 12, clients: this.clients.size, alarms_open: this.alarms.size, bus_lag_ms: 8, at: new Date(this.now()).toISOString(), flood: this.flood };
  }

  #gateway() {
    return {
      gateway: 'gw1', state: 'ok', reason: '', seen_at: new Date(this.now()).toISOString(),
      status: {
        gateway: 'gw1', version: '1.0.0', health: { state: 'degraded', reason: 'influx: write took 2.1 s' }, devices: { seen: 2435, unknown: 3, messages: 1_234_567, lost: 12 },
        journal: { records: 18_234, bytes: 7_340_032, max_bytes: 8e9, dead_letters: 3, time_to_loss_s: 345_600, dropping: false, dropped: {}, consumers: [{ name: 'influx', lag_records: 120, lag_bytes: 4096, oldest_s: 0.4 }, { name: 'uplink-event', lag_records: 4, lag_bytes: 900, oldest_s: 0 }] },
        components: { ingest: { state: 'ok' }, journal: { state: 'ok' }, influx: { state: 'degraded', reason: 'write took 2.1 s' }, uplink: { state: 'ok' } },
      },
    };
  }

  #sees(user: Me, site: string): boolean {
    return user.scope.includes('*') || user.scope.includes(site);
  }

  #attach(ws: WebSocket, user: Me): void {
    const client: Client = { ws, user, channels: new Set(), sent: [] };
    this.clients.add(client);
    ws.on('close', () => this.clients.delete(client));
    ws.on('error', () => ws.terminate());
    ws.on('message', (raw) => {
      const m = JSON.parse(String(raw)) as { t: string; ch: string; since?: { epoch: string; seq: number } };
      if (m.t === 'unsub') client.channels.delete(m.ch);
      if (m.t === 'sub') this.#subscribe(client, m.ch, m.since);
    });
    this.#send(client, { t: 'hello', epoch: this.epoch, now: this.now(), hb: 5000, build: this.build, role: user.role, scope: user.scope });
  }

  #subscribe(c: Client, ch: string, since?: { epoch: string; seq: number }): void {
    if (!(ch in this.#seq)) {
      this.#send(c, { t: 'err', ch, code: 'unknown_channel' });
      return;
    }
    c.channels.add(ch);
    const seq = this.#seq[ch]!;
    if (ch === 'alarms' && since?.epoch === this.epoch && since.seq <= seq) {
      const ops = this.#ring.filter((r) => r.seq > since.seq).map((r) => r.op);
      this.#send(c, { t: 'd', ch, from: since.seq + 1, to: seq, ops });
      return;
    }
    const rows = this.#rows(ch, c.user);
    const of = Math.max(1, Math.ceil(rows.length / PART));
    for (let part = 1; part <= of; part++) this.#send(c, { t: 'snap', ch, seq, part, of, rows: rows.slice((part - 1) * PART, part * PART) });
  }

  #rows(ch: string, user: Me): unknown[] {
    switch (ch) {
      case 'alarms': return [...this.alarms.values()].filter((a) => a.state !== 'normal' && this.#sees(user, a.site));
      case 'feed': return this.events.filter((e) => this.#sees(user, e.site)).slice(-200);
      case 'devices': return [...this.world.devices.values()].filter((d) => this.#sees(user, d.site));
      case 'sites': return this.world.sites.filter((s) => this.#sees(user, s.site));
      case 'stats': return [this.#stats(312.5)];
      case 'gateways': return [this.#gateway()];
    }
    return [];
  }

  #broadcast(ch: string, from: number, to: number, ops: (c: Client) => unknown[]): void {
    for (const c of this.clients) if (c.channels.has(ch)) this.#send(c, { t: 'd', ch, from, to, ops: ops(c) });
  }

  #send(c: Client, frame: object): void {
    const text = JSON.stringify(frame);
    c.sent.push(text);
    c.ws.send(text);
  }

  #user(req: IncomingMessage): Me | undefined {
    const id = /campusgate_session=([^;]+)/.exec(req.headers.cookie ?? '')?.[1];
    return id ? this.#sessions.get(id) : undefined;
  }

  /** The cookie of a new session. */
  #begin(me: Me): string {
    const id = `s${this.#nextSession++}`;
    this.#sessions.set(id, me);
    return `campusgate_session=${id}; Path=/; HttpOnly; SameSite=Strict`;
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://mock');
    if (url.pathname === '/readyz') {
      this.#json(res, 200, { state: 'ok', components: { bus: { state: 'ok', reason: '' }, store: { state: 'ok', reason: '' }, history: { state: 'degraded', reason: 'slow' } } });
      return;
    }
    if (!url.pathname.startsWith('/api/')) {
      this.#file(url.pathname, res);
      return;
    }
    this.requests.push(`${req.method} ${url.pathname}${url.search}`);
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const json = raw.length > 0 && req.headers['content-type'] === 'application/json';
    try {
      await this.#api(req, res, url, json ? (JSON.parse(raw.toString()) as Record<string, unknown>) : {}, raw);
    } catch (err) {
      this.#problem(res, 500, 'internal', String(err));
    }
  }

  async #api(req: IncomingMessage, res: ServerResponse, url: URL, body: Record<string, unknown>, raw: Buffer): Promise<void> {
    const path = url.pathname.slice('/api/v1'.length);
    const q = (k: string): string => url.searchParams.get(k) ?? '';
    if (path === '/login') {
      const me = accounts[String(body['username'])];
      const no = this.people.login(me, body);
      if (!me || no) return this.#problem(res, no?.status ?? 401, no?.code ?? 'bad_credentials', '', no?.more);
      res.setHeader('Set-Cookie', this.#begin(me));
      return this.#json(res, 200, { ...me, zone: 'Asia/Shanghai', build: this.build });
    }
    if (path === '/login/passkey') return this.#json(res, 200, this.people.place());
    if (path.startsWith('/login/')) return this.signOn.answer(path, url, res, (who) => this.#begin(accounts[who]!));
    const user = this.#user(req);
    if (!user) return this.#problem(res, 401, 'unauthenticated');
    if (path === '/me') return this.#json(res, 200, { ...user, zone: 'Asia/Shanghai', build: this.build });
    if (path === '/logout') {
      for (const [id, me] of this.#sessions) if (me === user) this.#sessions.delete(id);
      for (const c of this.clients) if (c.user === user) c.ws.close(4401);
      res.writeHead(204).end();
      return;
    }
    const account = this.people.answer(req.method ?? '', path, user, body);
    if (account) return account.status && account.status >= 400 ? this.#problem(res, account.status, account.code!, '', account.more) : account.body === undefined ? void res.writeHead(204).end() : this.#json(res, 200, account.body);
    if (path === '/county') return this.#json(res, 200, { name: { zh: '青川县', en: 'Qingchuan County' }, zone: 'Asia/Shanghai', townships: [], routes: this.buses.routes });
    if (path === '/availability' && !q('group')) return this.#json(res, 200, { items: availability(this.world, q('site'), q('kind')).filter((a) => this.#sees(user, a.site)), next: '' });
    if (path.startsWith('/map')) return this.map.answer(path, req, res);
    if (path === '/gate-log') {
      const all = this.events.filter((e) => e.gate && this.#sees(user, e.site)
        && (!q('site') || e.site === q('site')) && (!q('person_kind') || e.gate.person_kind === q('person_kind'))
        && (!q('direction') || e.gate.direction === q('direction')) && (!q('result') || e.gate.result === q('result'))
        && (!q('from') || e.observed_at >= q('from')) && (!q('to') || e.observed_at < q('to'))
        && (!q('q') || `${e.gate.person} ${e.device}`.includes(q('q')))).reverse();
      const start = Number(q('cursor')) || 0;
      const limit = Number(q('limit')) || 100;
      return this.#json(res, 200, { items: all.slice(start, start + limit), next: start + limit < all.length ? String(start + limit) : '' });
    }
    if (path === '/dead-letters') {
      if (user.role !== 'admin' && user.role !== 'operator') return this.#problem(res, 403, 'forbidden');
      const at = new Date(this.now()).toISOString();
      const row = (id: number, topic: string, reason: string, payload: Buffer) => ({ gateway: 'gw1', id, time: at, broker: 'local', topic, adapter: 'gate', reason, source: 'decode', qos: 1, retained: false, payload: payload.toString('base64'), payload_bytes: id === 9 ? 70_000 : payload.length, truncated: id === 9 });
      return this.#json(res, 200, { items: [
        row(7, 'campus/s012/gate/g1/access', 'field direction: "sideways" is not in or out', Buffer.from('{"ts":1795500000,"direction":"sideways","person":"<img src=x onerror=alert(1)>"}')),
        row(8, 'campus/s013/kitchen/k1/reading', 'not JSON: invalid character at 0', Buffer.from([0, 1, 2, 255, 254])),
        row(9, 'campus/s014/bus/bus1/position', 'field lat: 134.2 is outside -90 to 90', Buffer.from(`{"lat":134.2,"note":"${'x'.repeat(3000)}"}`)),
      ], next: '' });
    }
    if (path === '/dead-letters/replay') return this.#json(res, 200, { replayed: (body['ids'] as number[]).length, failed: 0, detail: '' });
    if (this.holdActions && req.method === 'POST' && path.startsWith('/alarms/')) await this.holdActions;
    const answer = (await this.media.answer(req, url, path, user, body)) ?? this.exports.answer(req, url, path, user) ?? this.buses.answer(url, path, user) ?? this.uptime.answer(req.method ?? 'GET', url, path, user, body) ?? this.reports.answer(req.method ?? 'GET', url, path, user, body) ?? this.inspect.answer(req.method ?? 'GET', url, path, user, body, raw) ?? this.admin.answer(req, url, path, user, body) ?? this.registry.answer(req, url, path, user, body) ?? this.rules.answer(req, url, path, user, body) ?? this.guards.answer(req, url, path, user, body) ?? this.desk.answer(req, url, path, user, body, raw);
    if (answer) {
      if (answer.status === 204) res.writeHead(204).end();
      else if (answer.type) res.writeHead(200, { 'Content-Type': answer.type }).end(answer.body);
      else this.#json(res, answer.status ?? 200, answer.body);
      return;
    }
    if (path === '/alarms') {
      const state = q('state') || 'open';
      const items = [...this.alarms.values()].filter((a) => this.#sees(user, a.site)
        && (state === 'all' || (state === 'open' ? a.state !== 'normal' : a.state === state))
        && (!q('severity') || a.severity === q('severity')) && (!q('site') || a.site === q('site')) && (!q('rule') || a.rule === q('rule')) && (!q('suppression') || a.suppression === q('suppression')) && (!q('assignee') || a.assignee === q('assignee')))
        .sort((a, b) => (a.started_at < b.started_at ? 1 : -1));
      return this.#json(res, 200, { items: items.slice(0, 500), next: '' });
    }
    const m = /^\/alarms\/([^/]+)(?:\/([a-z-]+))?$/.exec(path);
    const found = m && this.alarms.get(decodeURIComponent(m[1]!));
    if (!m || !found || !this.#sees(user, found.site)) return this.#problem(res, 404, 'not_found');
    if (!m[2]) return this.#json(res, 200, { alarm: found, audit: this.audit.get(found.id) ?? [] });
    return this.#act(res, user, this.alarms.get(found.id)!, m[2], body);
  }

  #act(res: ServerResponse, user: Me, a: Alarm, action: string, body: Record<string, unknown>): void {
    if (user.role === 'inspector') return this.#problem(res, 403, 'forbidden');
    const note = String(body['note'] ?? '');
    if (body['rev'] !== a.rev) {
      return this.#problem(res, 409, 'conflict', 'somebody was first', { conflict: { rev: a.rev, state: a.state, ...this.last(a) } });
    }
    const at = new Date(this.now()).toISOString();
    const next: Alarm = { ...a, rev: a.rev + 1, updated_at: at, note };
    if (action === 'ack') Object.assign(next, { state: a.state === 'rtn_unack' || a.momentary ? 'normal' : 'acked', acked_by: user.username, acked_at: at });
    else if (action === 'close' && note && (a.state === 'acked' || a.state === 'rtn_unack')) next.state = 'normal';
    else if (action === 'shelve' && note) Object.assign(next, { state: 'shelved', shelved_until: String(body['until']) });
    else if (action === 'unshelve') Object.assign(next, { state: a.standing ? 'unack' : 'normal', shelved_until: null });
    else if (!this.desk.decide(next, action, body, note)) return this.#problem(res, 409, 'not_allowed');
    this.put(next, user.username, action.replaceAll('-', '_'), action === 'assign' ? next.assignee : action === 'shelve' ? `until ${next.shelved_until}` : '');
    this.#json(res, 200, next);
  }

  #json(res: ServerResponse, status: number, body: unknown): void {
    res.writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json', 'Cache-Control': 'no-store' }).end(JSON.stringify(body));
  }

  #problem(res: ServerResponse, status: number, code: string, detail = '', more: object = {}): void {
    this.#json(res, status, { type: 'about:blank', title: code, status, code, detail, ...more });
  }

  #file(path: string, res: ServerResponse): void {
    let file = join(this.#opts.dist, normalize(path));
    if (!existsSync(file) || statSync(file).isDirectory()) {
      if (path.startsWith('/assets/')) {
        res.writeHead(404).end();
        return;
      }
      file = join(this.#opts.dist, 'index.html');
    }
    res.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream', 'Content-Security-Policy': CSP, 'Cache-Control': 'no-store' });
    createReadStream(file).pipe(res);
  }
}
