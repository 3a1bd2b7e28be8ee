// What makes a page a video wall: views in turn, a screen that stays awake, a cursor that
// hides, and a new build taken when nobody would miss the picture.

export const PANELS = ['alarms', 'map', 'cameras', 'buses', 'gates'] as const;
export type Panel = (typeof PANELS)[number];
export const TURN_S = 30;
export const CURSOR_MS = 3000;
/** How long nothing new may have happened before the page reloads itself. */
export const QUIET_MS = 60_000;

export class Wall {
  panel = $state<Panel>('alarms');
  /** Seconds until the next view. */
  left = $state(TURN_S);
  paused = $state(false);
  awake = $state<'asking' | 'awake' | 'refused'>('asking');
  cursor = $state(false);
  #lock: { release(): Promise<void> } | null = null;
  #hide: ReturnType<typeof setTimeout> | null = null;

  go(panel: Panel): void {
    this.panel = panel;
    this.left = TURN_S;
  }

  turn(by: number): void {
    const n = PANELS.length;
    this.go(PANELS[(PANELS.indexOf(this.panel) + by + n) % n]!);
  }

  get next(): Panel {
    return PANELS[(PANELS.indexOf(this.panel) + 1) % PANELS.length]!;
  }

  /** Once a second: counts down, unless something holds the view. */
  tick(held: boolean): void {
    if (held || this.paused) this.left = TURN_S;
    else if (--this.left <= 0) this.turn(1);
  }

  moved(): void {
    this.cursor = true;
    if (this.#hide) clearTimeout(this.#hide);
    this.#hide = setTimeout(() => (this.cursor = false), CURSOR_MS);
  }

  /** The browser gives the lock back whenever the page is hidden, so it is asked for again. */
  async stayAwake(): Promise<void> {
    if (document.visibilityState !== 'visible') return;
    try {
      if (!('wakeLock' in navigator)) throw new Error('no wake lock');
      const lock = await navigator.wakeLock.request('screen');
      this.#lock = lock;
      this.awake = 'awake';
      lock.addEventListener('release', () => {
        if (this.#lock === lock) this.awake = 'asking';
      });
    } catch {
      this.awake = 'refused';
    }
  }

  stop(): void {
    if (this.#hide) clearTimeout(this.#hide);
    const lock = this.#lock;
    this.#lock = null;
    void lock?.release().catch(() => {});
  }
}
