import { indexAt, type Place } from './fleet';
import { ms } from './time';

export const rates = [1, 10, 60, 300] as const;
const TICK_MS = 200;

/** Moves a moment through a day's trail: by key, by hand, or by itself at some rate. */
export class Replay {
  from = $state(0);
  to = $state(0);
  at = $state(0);
  rate = $state<number>(60);
  playing = $state(false);
  places = $state.raw<Place[]>([]);
  index = $derived(indexAt(this.places, this.at));
  place: Place | undefined = $derived(this.places[this.index]);
  #timer: ReturnType<typeof setInterval> | null = null;
  #last = 0;

  seek(at: number): void {
    this.at = Math.min(this.to, Math.max(this.from, at));
  }

  /** The place n further on, or back. */
  step(n: number): void {
    const i = this.index;
    // Between two places, one step back is the one that is shown.
    const to = n < 0 && i >= 0 && this.at > ms(this.places[i]!.at) ? i + n + 1 : i + n;
    const p = this.places[Math.min(this.places.length - 1, Math.max(0, to))];
    if (p) this.seek(ms(p.at));
  }

  /** True when the key was one of ours. */
  key(key: string): boolean {
    switch (key) {
      case 'ArrowRight': case 'ArrowUp': this.step(1); break;
      case 'ArrowLeft': case 'ArrowDown': this.step(-1); break;
      case 'PageUp': this.seek(this.at + 60_000); break;
      case 'PageDown': this.seek(this.at - 60_000); break;
      case 'Home': this.seek(this.places[0] ? ms(this.places[0].at) : this.from); break;
      case 'End': this.seek(this.places.at(-1) ? ms(this.places.at(-1)!.at) : this.to); break;
      default: return false;
    }
    return true;
  }

  toggle(): void {
    if (this.playing) this.stop();
    else if (this.places.length > 0) {
      if (this.at >= ms(this.places.at(-1)!.at)) this.seek(ms(this.places[0]!.at));
      this.playing = true;
      this.#last = performance.now();
      this.#timer = setInterval(() => this.#tick(), TICK_MS);
    }
  }

  stop(): void {
    this.playing = false;
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  #tick(): void {
    const now = performance.now();
    this.seek(this.at + (now - this.#last) * this.rate);
    this.#last = now;
    const end = this.places.at(-1);
    if (!end || this.at >= ms(end.at)) {
      if (end) this.seek(ms(end.at));
      this.stop();
    }
  }
}
