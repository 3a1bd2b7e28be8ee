// The live state of the county as this account may see it, and the connection it comes by.
import { compare, compareRank, countOpen, rank, sounds } from './alarms';
import { get } from './api';
import { serverClock } from './clock.svelte';
import { feed } from './feed.svelte';
import { LiveClient, type EndReason, type LiveState, type Socket } from './live';
import { session } from './session.svelte';
import { LiveTable } from './table.svelte';
import type { Alarm, County, Device, Gateway, Site, Stats } from './types';

/** How long a broken connection stays unmentioned. */
export const CALM_MS = 1000;
const RELOADED = 'campusgate.reloaded';

class Connection {
  state = $state<LiveState>('stopped');
  /** Broken for longer than CALM_MS: say so. */
  lost = $state(false);
  /** This machine's time of the last frame; 0 before the first. */
  lastFrame = $state(0);
  end = $state<EndReason | null>(null);
  build = $state('');
  newBuild = $state(false);
  lagMs = $state(0);
  #calm: ReturnType<typeof setTimeout> | null = null;

  set(state: LiveState): void {
    this.state = state;
    const fine = state === 'live' || state === 'stopped';
    if (fine) {
      if (this.#calm) clearTimeout(this.#calm);
      this.#calm = null;
      this.lost = false;
    } else {
      this.#calm ??= setTimeout(() => (this.lost = true), CALM_MS);
    }
  }
}

class Data {
  conn = new Connection();
  alarms = new LiveTable<Alarm>((a) => a.id, 0);
  devices = new LiveTable<Device>((d) => d.id, 250);
  sites = new LiveTable<Site>((s) => s.site, 250);
  gateways = new LiveTable<Gateway>((g) => g.gateway, 250);
  stats = $state.raw<Stats | null>(null);
  county = $state.raw<County | null>(null);
  /** More alarms come than people can work on: rank and fold. */
  flood = $derived(this.stats?.flood?.on ?? false);
  sortedAlarms: Alarm[] = $derived([...this.alarms.list].sort(this.flood ? compareRank : compare));
  counters = $derived(countOpen(this.alarms.list));
  /** Unacknowledged critical alarms: what repeats its sound. */
  ringing: Alarm[] = $derived(this.sortedAlarms.filter((a) => a.severity === 'critical' && sounds(a)));
  #listeners = new Set<(fresh: Alarm[]) => void>();
  #client: LiveClient | null = null;

  /** Calls fn with alarms that have newly become unacknowledged, worst first. */
  onNewAlarms(fn: (fresh: Alarm[]) => void): () => void {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }

  /** Takes the answer of an action; the delta may have been faster. */
  takeAlarm(alarm: Alarm): void {
    const known = this.alarms.get(alarm.id);
    if (known && known.rev >= alarm.rev) return;
    if (alarm.state === 'normal') this.alarms.delete(alarm.id);
    else this.alarms.put(alarm);
  }

  siteName(id: string): Site['name'] | undefined {
    return this.sites.get(id)?.name;
  }

  start(): () => void {
    const client = new LiveClient({
      connect: () => {
        const url = new URL('/api/v1/live', location.href);
        url.protocol = url.protocol.replace('http', 'ws');
        return new WebSocket(url, 'campus.live.v1') as unknown as Socket;
      },
      onState: (s) => this.conn.set(s),
      onFrame: (at) => (this.conn.lastFrame = at),
      onHello: (h) => {
        serverClock.sync(h.now);
        if (this.conn.build && h.build && h.build !== this.conn.build) this.conn.newBuild = true;
        this.conn.build ||= h.build ?? '';
      },
      onHeartbeat: (hb) => {
        serverClock.sync(hb.now);
        this.conn.lagMs = hb.lag_ms ?? 0;
      },
      onRefused: () => void session.check(),
      onEnd: (reason) => this.#ended(reason),
    });
    this.#client = client;
    this.conn.end = null;

    client.subscribe({
      ch: 'alarms',
      resume: true,
      snapshot: (rows) => {
        // The first snapshot is what is there, not news; a later one may bring news.
        const fresh: Alarm[] = [];
        const first = !this.alarms.loaded;
        this.alarms.snapshot(rows, (before, after) => this.#collect(fresh, before, after));
        if (!first) this.#tell(fresh);
      },
      delta: (ops) => {
        const fresh: Alarm[] = [];
        this.alarms.delta(ops, (before, after) => this.#collect(fresh, before, after));
        this.#tell(fresh);
      },
    });
    client.subscribe({
      ch: 'feed', resume: false,
      snapshot: (rows) => feed.snapshot(rows),
      delta: (ops) => feed.delta(ops),
      skipped: (n) => (feed.skipped += n),
    });
    client.subscribe({
      ch: 'sites', resume: false,
      snapshot: (rows) => this.sites.snapshot(rows),
      delta: (ops) => this.sites.delta(ops),
    });
    client.subscribe({
      ch: 'devices', resume: false,
      snapshot: (rows) => this.devices.snapshot(rows),
      delta: (ops) => this.devices.delta(ops),
    });
    if (session.county) {
      client.subscribe({
        ch: 'stats', resume: false,
        snapshot: (rows) => (this.stats = (rows[0] as unknown as Stats) ?? null),
        delta: (ops) => {
          for (const op of ops) if (op[0] !== '-') this.stats = op[2] as unknown as Stats;
        },
      });
      client.subscribe({
        ch: 'gateways', resume: false,
        snapshot: (rows) => this.gateways.snapshot(rows),
        delta: (ops) => this.gateways.delta(ops),
      });
    }
    client.start();
    void this.#loadCounty();

    const nudge = (): void => {
      if (document.visibilityState === 'visible') client.nudge();
    };
    addEventListener('online', nudge);
    document.addEventListener('visibilitychange', nudge);
    return () => {
      removeEventListener('online', nudge);
      document.removeEventListener('visibilitychange', nudge);
      client.stop();
      this.#client = null;
      // Nothing of one account may be left for the next one at the same screen.
      this.alarms.clear();
      this.devices.clear();
      this.sites.clear();
      this.gateways.clear();
      this.stats = this.county = null;
      feed.clear();
      this.conn.lastFrame = 0;
      this.conn.build = '';
    };
  }

  reconnect(): void {
    this.#client?.nudge();
  }

  #collect(fresh: Alarm[], before: Alarm | undefined, after: Alarm): void {
    if (sounds(after) && (!before || before.state !== 'unack')) fresh.push(after);
  }

  #tell(fresh: Alarm[]): void {
    if (fresh.length === 0) return;
    fresh.sort((a, b) => rank(a.severity) - rank(b.severity));
    for (const fn of this.#listeners) fn(fresh);
  }

  #ended(reason: EndReason): void {
    this.conn.end = reason;
    if (reason === 'login') {
      session.lost();
      return;
    }
    // Reload by ourselves, but never in a circle: a second time within a minute asks.
    const last = Number(sessionStorage.getItem(RELOADED)) || 0;
    if (Date.now() - last < 60_000) return;
    sessionStorage.setItem(RELOADED, String(Date.now()));
    location.reload();
  }

  async #loadCounty(): Promise<void> {
    try {
      this.county = await get<County>('/county');
      if (this.county.zone) serverClock.zone = this.county.zone;
    } catch {
      // The name of the county is an ornament; everything else works without it.
    }
  }
}

export const data = new Data();
