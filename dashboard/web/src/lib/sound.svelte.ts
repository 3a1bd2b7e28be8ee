// Sound, and honesty about it: what the button says is what the ears get.
import { data } from './data.svelte';
import type { Alarm, Severity } from './types';

const MUTE = 'campusgate.mute_until';
const LOCK = 'campusgate-sound';
export const REPEAT_MS = 10_000;

/** One oscillator a tone: steps of [frequency in Hz, seconds]. Info is silent. */
const tones: Record<Severity, [number, number][]> = {
  critical: [[880, 0.18], [660, 0.18], [880, 0.18], [660, 0.18], [880, 0.3]],
  high: [[740, 0.2], [0, 0.08], [740, 0.2]],
  warning: [[520, 0.25]],
  info: [],
};

class Sound {
  /** locked: the browser wants a click first. */
  state = $state<'locked' | 'on' | 'unsupported'>('locked');
  muteUntil = $state(Number(localStorage.getItem(MUTE)) || 0);
  /** Another tab of this browser holds the lock and sounds. */
  elsewhere = $state(false);
  #context: AudioContext | null = null;
  #leading = false;
  #release: (() => void) | null = null;
  #abort: AbortController | null = null;
  #lastCritical = -Infinity;

  /** Whether anything that is played now can be heard from this tab. */
  get audible(): boolean {
    return this.state === 'on' && this.#leading && Date.now() >= this.muteUntil;
  }

  /** Must be called from a click or key press. */
  async enable(): Promise<void> {
    if (typeof AudioContext === 'undefined') {
      this.state = 'unsupported';
      return;
    }
    try {
      this.#context ??= new AudioContext();
      this.#context.onstatechange = () => this.#judge();
      if (this.#context.state !== 'running') await this.#context.resume();
    } catch {
      // Judged below: what counts is whether it runs.
    }
    this.#judge();
    if (this.state === 'on') {
      this.#lead();
      this.#repeat();
    }
  }

  mute(minutes: number): void {
    this.muteUntil = Date.now() + minutes * 60_000;
    localStorage.setItem(MUTE, String(this.muteUntil));
  }

  unmute(): void {
    this.muteUntil = 0;
    localStorage.removeItem(MUTE);
    this.#repeat();
  }

  test(): void {
    this.#play('warning');
  }

  start(): () => void {
    const stopListening = data.onNewAlarms((fresh) => this.#announce(fresh));
    const tick = setInterval(() => {
      if (this.muteUntil && Date.now() >= this.muteUntil) {
        this.muteUntil = 0;
        localStorage.removeItem(MUTE);
      }
      this.#repeat();
    }, 1000);
    const storage = (e: StorageEvent): void => {
      if (e.key === MUTE) this.muteUntil = Number(e.newValue) || 0;
    };
    addEventListener('storage', storage);
    return () => {
      stopListening();
      clearInterval(tick);
      removeEventListener('storage', storage);
      this.#abort?.abort();
      this.#abort = null;
      this.#release?.();
      this.#release = null;
      this.#leading = false;
    };
  }

  #judge(): void {
    this.state = this.#context?.state === 'running' ? 'on' : 'locked';
  }

  /** Waits for the lock that only one tab holds; it passes on when that tab closes. */
  #lead(): void {
    if (this.#leading || this.#abort) return;
    if (!navigator.locks) {
      this.#leading = true;
      return;
    }
    this.elsewhere = true;
    const abort = new AbortController();
    this.#abort = abort;
    navigator.locks
      .request(LOCK, { signal: abort.signal }, () => {
        this.#leading = true;
        this.elsewhere = false;
        this.#repeat();
        return new Promise<void>((done) => (this.#release = done));
      })
      .catch(() => {
        // Called off by stop().
      });
  }

  #announce(fresh: Alarm[]): void {
    const worst = fresh[0];
    if (!worst) return;
    if (worst.severity === 'critical') this.#lastCritical = -Infinity;
    if (worst.severity === 'critical') this.#repeat(true);
    else this.#play(worst.severity);
  }

  /** Sounds the critical tone when one is due. */
  #repeat(fresh = false): void {
    if (!fresh && data.ringing.length === 0) return;
    const now = Date.now();
    if (now - this.#lastCritical < REPEAT_MS) return;
    if (this.#play('critical')) this.#lastCritical = now;
  }

  #play(severity: Severity): boolean {
    const ctx = this.#context;
    const steps = tones[severity];
    if (!ctx || !this.audible || !steps?.length) return false;
    const oscillator = ctx.createOscillator();
    const gain = ctx.createGain();
    let at = ctx.currentTime;
    oscillator.type = 'triangle';
    gain.gain.setValueAtTime(0, at);
    for (const [hz, seconds] of steps) {
      if (hz > 0) {
        oscillator.frequency.setValueAtTime(hz, at);
        gain.gain.setTargetAtTime(0.35, at, 0.01);
      } else {
        gain.gain.setTargetAtTime(0, at, 0.01);
      }
      at += seconds;
    }
    gain.gain.setTargetAtTime(0, at, 0.02);
    oscillator.connect(gain).connect(ctx.destination);
    oscillator.start();
    oscillator.stop(at + 0.2);
    return true;
  }
}

export const sound = new Sound();
