// One look at a camera: asked for with a reason, pulled while it is seen, ended when it is not.
// Live pictures come by WHEP (WebRTC), by HLS where that fails.
import { ApiError, get, post } from './api';

export type LookState = 'idle' | 'asking' | 'connecting' | 'live' | 'stalled' | 'ended' | 'refused' | 'shown';
export type EndWhy = 'left' | 'hidden' | 'done' | 'failed';

export interface LookRow {
  id: string;
  at: string;
  site: string;
  device: string;
  kind: 'live' | 'snapshot';
  reason: string;
  unit: string;
  person: string;
  by: string;
  role: string;
  alarm: string;
  ended_at: string | null;
  ended: string;
}
export interface Grant {
  look: LookRow;
  ways: string[];
  until: string;
  last: string;
  lease_s: number;
}
export interface Ask {
  camera: string;
  kind: 'live' | 'snapshot';
  reason: string;
  unit: string;
  person: string;
  alarm: string;
}

/** How long WHEP may take to show the first picture before HLS is tried, and HLS before it has failed. */
const FIRST_PICTURE = 8000;
/** How long a picture may stand still before it is said, and before the look is given up. */
const STILL = 3000;
const GIVEN_UP = 30_000;

const unitKey = 'campusgate.unit';
export const rememberedUnit = (): string => localStorage.getItem(unitKey) ?? '';

export class Look {
  state = $state<LookState>('idle');
  /** Why it was refused: a code of the API, `unplayable` or `gone`. */
  code = $state('');
  field = $state('');
  why = $state('');
  way = $state<'' | 'whep' | 'hls'>('');
  /** Seconds behind, NaN where it is not known. */
  delay = $state(NaN);
  /** Milliseconds without a new picture. */
  still = $state(0);
  grant = $state.raw<Grant | null>(null);
  /** The row of the register, also when the look has ended. */
  id = '';
  picture = $state('');
  takenAt = $state(0);

  #video: HTMLVideoElement | null = null;
  #pc: RTCPeerConnection | null = null;
  #hls: { destroy(): void; latency: number } | null = null;
  #timers: ReturnType<typeof setInterval>[] = [];
  #round = 0;

  /** Gives the element that shows live pictures. */
  attach(video: HTMLVideoElement | null): void {
    this.#video = video;
  }

  get open(): boolean {
    return this.grant !== null;
  }

  /** Asks for a look and shows it. */
  async start(ask: Ask): Promise<void> {
    this.end('left');
    this.id = '';
    const round = ++this.#round;
    [this.state, this.code, this.field, this.why, this.way, this.delay, this.still] = ['asking', '', '', '', '', NaN, 0];
    this.#dropPicture();
    let grant: Grant;
    try {
      grant = await post<Grant>(`/cameras/${ask.camera.split('/').map(encodeURIComponent).join('/')}/look`, { kind: ask.kind, reason: ask.reason, unit: ask.unit, ...(ask.person ? { person: ask.person } : {}), ...(ask.alarm ? { alarm: ask.alarm } : {}) });
    } catch (err) {
      if (round === this.#round) this.#refuse(err);
      return;
    }
    if (round !== this.#round) {
      tellEnd(grant.look.id, 'left');
      return;
    }
    localStorage.setItem(unitKey, ask.unit);
    this.grant = grant;
    this.id = grant.look.id;
    this.state = 'connecting';
    this.#timers.push(setInterval(() => void this.#keep(round), (grant.lease_s * 1000) / 3));
    if (ask.kind === 'snapshot') await this.#snapshot(round);
    else await this.#live(round);
  }

  /** Ends the look; the server takes the stream down. */
  end(why: EndWhy): void {
    const grant = this.grant;
    this.#round++;
    this.#close();
    if (!grant) return;
    this.grant = null;
    tellEnd(grant.look.id, why);
    this.why = why;
    if (this.state !== 'shown' && this.state !== 'refused') this.state = 'ended';
  }

  /** Puts a single picture of the moment into the alarm that the look is about. */
  async attachToAlarm(): Promise<void> {
    await post(`/looks/${this.grant!.look.id}/attach`, {});
  }

  async #keep(round: number): Promise<void> {
    const grant = this.grant;
    if (!grant) return;
    try {
      await post(`/looks/${grant.look.id}/keep`, {});
    } catch (err) {
      // A lost connection is no end yet: the lease lasts, and the next one may arrive.
      if (round === this.#round && err instanceof ApiError && err.status >= 400 && err.status < 500) {
        this.grant = null;
        this.#close();
        [this.state, this.why] = ['ended', Date.now() >= Date.parse(grant.last) - 1500 ? 'limit' : 'lost'];
      }
    }
  }

  async #snapshot(round: number): Promise<void> {
    try {
      const res = await fetch(`/api/v1/looks/${this.grant!.look.id}/snapshot`, { credentials: 'same-origin' });
      if (!res.ok) throw new ApiError({ code: 'internal', ...((await res.json().catch(() => ({}))) as object), status: res.status });
      const blob = await res.blob();
      if (round !== this.#round) return;
      this.picture = URL.createObjectURL(blob);
      this.takenAt = Date.now();
      this.state = 'shown';
      // About an alarm the picture may still be attached; the lease ends it otherwise.
      if (!this.grant!.look.alarm) this.end('done');
    } catch (err) {
      if (round === this.#round) this.#fail(err);
    }
  }

  async #live(round: number): Promise<void> {
    const ways = this.grant!.ways;
    let fault: unknown = new ApiError({ status: 0, code: 'unplayable' });
    for (const way of ['whep', 'hls'] as const) {
      if (!ways.includes(way)) continue;
      try {
        this.#drop();
        this.way = way;
        await (way === 'whep' ? this.#whep() : this.#playlist());
        if (round !== this.#round) return;
        await this.#firstPicture(round);
        if (round !== this.#round) return;
        this.#watch(round);
        return;
      } catch (err) {
        if (round !== this.#round) return;
        fault = err;
      }
    }
    this.#fail(fault);
  }

  async #whep(): Promise<void> {
    const pc = (this.#pc = new RTCPeerConnection());
    const stream = new MediaStream();
    pc.addTransceiver('video', { direction: 'recvonly' });
    pc.addTransceiver('audio', { direction: 'recvonly' });
    pc.ontrack = (e) => {
      stream.addTrack(e.track);
    };
    if (this.#video) this.#video.srcObject = stream;
    await pc.setLocalDescription(await pc.createOffer());
    // All candidates go with the offer: the answer of WHEP comes once.
    await new Promise<void>((done) => {
      const over = setTimeout(done, 2000);
      const check = (): void => {
        if (pc.iceGatheringState !== 'complete') return;
        clearTimeout(over);
        done();
      };
      pc.onicegatheringstatechange = check;
      check();
    });
    const answer = await post<{ sdp: string }>(`/looks/${this.grant!.look.id}/whep`, { sdp: pc.localDescription!.sdp });
    await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
    await this.#play();
  }

  async #playlist(): Promise<void> {
    const url = `/api/v1/looks/${this.grant!.look.id}/hls/index.m3u8?first=1`;
    const { default: Hls } = await import('hls.js/light');
    if (!this.#video) return;
    if (Hls.isSupported()) {
      // A worker of its own would be a script from a blob, which the page's policy forbids.
      const hls = new Hls({ enableWorker: false, lowLatencyMode: true, backBufferLength: 10, maxBufferLength: 20 });
      this.#hls = hls;
      hls.loadSource(url);
      hls.attachMedia(this.#video);
      await new Promise<void>((done, failed) => {
        hls.once(Hls.Events.MANIFEST_PARSED, () => done());
        hls.on(Hls.Events.ERROR, (_, e) => {
          if (e.fatal) failed(new ApiError({ status: e.response?.code ?? 0, code: e.response ? 'upstream' : 'unplayable', detail: e.details }));
        });
      });
    } else if (this.#video.canPlayType('application/vnd.apple.mpegurl')) {
      this.#video.src = url;
    } else {
      throw new ApiError({ status: 0, code: 'unplayable' });
    }
    await this.#play();
  }

  async #play(): Promise<void> {
    // The first picture is waited for elsewhere; a play that never begins must not hold it up.
    void this.#video?.play().catch(() => {});
  }

  #firstPicture(round: number): Promise<void> {
    const begin = Date.now();
    return new Promise((done, failed) => {
      const timer = setInterval(() => {
        const there = (this.#video?.videoWidth ?? 0) > 0 && (this.#video?.currentTime ?? 0) > 0;
        const dead = this.#pc?.connectionState === 'failed';
        if (round !== this.#round || there) {
          clearInterval(timer);
          done();
        } else if (dead || Date.now() - begin > FIRST_PICTURE) {
          clearInterval(timer);
          failed(new ApiError({ status: 0, code: 'upstream', detail: 'no picture came' }));
        }
      }, 100);
    });
  }

  /** Says whether pictures still come, and how late they are. */
  #watch(round: number): void {
    this.state = 'live';
    let seen = -1;
    let at = Date.now();
    this.#timers.push(setInterval(() => {
      if (round !== this.#round) return;
      const now = Date.now();
      // Pictures are counted, not time: of a stream without any the time runs on.
      const t = this.#video?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
      if (t !== seen) [seen, at] = [t, now];
      this.still = now - at;
      this.state = this.still > STILL ? 'stalled' : 'live';
      if (this.still > GIVEN_UP || this.#pc?.connectionState === 'failed') this.#fail(new ApiError({ status: 0, code: 'upstream' }));
      else void this.#measure();
    }, 1000));
  }

  async #measure(): Promise<void> {
    if (this.#hls) {
      this.delay = this.#hls.latency > 0 ? this.#hls.latency : NaN;
      return;
    }
    let buffered = NaN;
    let way = NaN;
    (await this.#pc?.getStats())?.forEach((s: Record<string, unknown>) => {
      if (s['type'] === 'inbound-rtp' && s['kind'] === 'video' && Number(s['jitterBufferEmittedCount']) > 0) buffered = Number(s['jitterBufferDelay']) / Number(s['jitterBufferEmittedCount']);
      if (s['type'] === 'candidate-pair' && s['nominated'] && s['currentRoundTripTime'] !== undefined) way = Number(s['currentRoundTripTime']) / 2;
    });
    this.delay = buffered + way;
  }

  #refuse(err: unknown): void {
    const problem = err instanceof ApiError ? err.problem : null;
    this.state = 'refused';
    this.code = problem?.code ?? 'internal';
    this.field = problem?.errors?.[0]?.location.replace('body.', '') ?? '';
  }

  #fail(err: unknown): void {
    this.#refuse(err);
    this.end('failed');
  }

  #drop(): void {
    this.#pc?.close();
    this.#hls?.destroy();
    [this.#pc, this.#hls] = [null, null];
    if (this.#video) {
      this.#video.srcObject = null;
      this.#video.removeAttribute('src');
    }
  }

  #close(): void {
    this.#timers.forEach(clearInterval);
    this.#timers = [];
    this.#drop();
  }

  #dropPicture(): void {
    if (this.picture) URL.revokeObjectURL(this.picture);
    this.picture = '';
  }

  /** Ends when the page is left or goes out of sight. */
  follow(): () => void {
    const hide = (): void => {
      if (document.visibilityState === 'hidden' && this.state !== 'shown') this.end('hidden');
    };
    const leave = (): void => this.end('left');
    document.addEventListener('visibilitychange', hide);
    addEventListener('pagehide', leave);
    return () => {
      document.removeEventListener('visibilitychange', hide);
      removeEventListener('pagehide', leave);
      this.end('left');
      this.#dropPicture();
    };
  }
}

/** Tells the server, even while the page is being left. */
function tellEnd(id: string, why: EndWhy): void {
  void fetch(`/api/v1/looks/${id}/end`, {
    method: 'POST', keepalive: true, credentials: 'same-origin', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ why }),
  }).catch(() => {}); // the lease ends it then
}

export interface CameraView {
  ways: string[];
  looks: LookRow[];
}
export const cameraView = (camera: string, signal?: AbortSignal): Promise<CameraView> =>
  get<CameraView>(`/cameras/${camera.split('/').map(encodeURIComponent).join('/')}`, signal);

export interface Finding {
  camera: string;
  result: 'ok' | 'bad' | 'person' | 'skipped';
  note: string;
  at: string;
  look: string;
  alarm: boolean;
  inspection: string;
}
export interface Patrol {
  id: string;
  kind: 'list' | 'run';
  rev: number;
  at: string;
  by: string;
  ended_at: string | null;
  name: string;
  cameras: string[];
  dwell_s: number;
  findings: Finding[] | null;
}
