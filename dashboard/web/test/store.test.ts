// What lies between the live protocol and the screen: tables that tell their readers in
// strokes, the feed, and the keys.
import { flushSync } from 'svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { feed, FEED_CAP } from '../src/lib/feed.svelte';
import { keys } from '../src/lib/keys.svelte';
import type { Op, Row } from '../src/lib/live';
import { LiveTable } from '../src/lib/table.svelte';
import { effectRoot } from './root.svelte';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Runs fn now and after each change of what it read; the count of runs. */
function follow(fn: () => void): { runs: () => number; stop: () => void } {
  let n = 0;
  const stop = effectRoot(() => {
    fn();
    n++;
  });
  flushSync();
  return { runs: () => (flushSync(), n), stop };
}

interface Thing { id: string; n: number }
const put = (id: string, n: number): Op => ['~', id, { id, n } as unknown as Row];

describe('coalescing', () => {
  test('a thousand changes within one stroke are one rendering, and the latest value of each', () => {
    const table = new LiveTable<Thing>((t) => t.id, 250);
    table.snapshot([{ id: 'a', n: 0 }, { id: 'b', n: 0 }] as unknown as Row[]);
    let seen: Thing[] = [];
    const reader = follow(() => (seen = table.list));
    expect(reader.runs()).toBe(1);
    for (let i = 1; i <= 1000; i++) table.delta([put('a', i)]);
    expect(reader.runs()).toBe(1);
    vi.advanceTimersByTime(249);
    expect(reader.runs()).toBe(1);
    vi.advanceTimersByTime(1);
    expect(reader.runs()).toBe(2);
    expect(seen).toEqual([{ id: 'a', n: 1000 }, { id: 'b', n: 0 }]);
    vi.advanceTimersByTime(10_000);
    expect(reader.runs()).toBe(2); // nothing new, nothing told
    reader.stop();
  });

  test('an alarm does not wait: without a delay each delta is told at once', () => {
    const table = new LiveTable<Thing>((t) => t.id, 0);
    const reader = follow(() => void table.list);
    table.delta([put('a', 1)]);
    expect(reader.runs()).toBe(2);
    table.delta([put('a', 2), put('b', 1)]);
    expect(reader.runs()).toBe(3);
    reader.stop();
  });

  test('a snapshot is told at once, takes what is gone, and says what is new against before', () => {
    const table = new LiveTable<Thing>((t) => t.id, 250);
    expect(table.loaded).toBe(false);
    table.snapshot([{ id: 'a', n: 1 }, { id: 'b', n: 1 }] as unknown as Row[]);
    table.delta([put('c', 1)]); // waits for its stroke
    const news: [number | undefined, number][] = [];
    table.snapshot([{ id: 'b', n: 2 }, { id: 'd', n: 1 }] as unknown as Row[], (before, after) => news.push([before?.n, after.n]));
    expect(table.list.map((t) => t.id)).toEqual(['b', 'd']);
    expect(news).toEqual([[1, 2], [undefined, 1]]);
    expect(table.get('a')).toBeUndefined();
    table.delta([['-', 'b']]);
    vi.advanceTimersByTime(250);
    expect(table.list.map((t) => t.id)).toEqual(['d']);
    table.clear();
    expect([table.loaded, table.list.length]).toEqual([false, 0]);
  });
});

describe('the feed', () => {
  const event = (id: string): Row => ({ id }) as unknown as Row;
  test('comes in strokes, the newest first, never more than its cap, and counts all', () => {
    feed.clear();
    const strokes: number[] = [];
    const stop = feed.listen((fresh) => strokes.push(fresh.length));
    for (let i = 0; i < 700; i++) feed.delta([['+', `e${i}`, event(`e${i}`)]]);
    expect(feed.events.length).toBe(0);
    vi.advanceTimersByTime(200);
    expect(strokes).toEqual([700]);
    expect(feed.events.length).toBe(FEED_CAP);
    expect([feed.events[0]!.id, feed.events.at(-1)!.id, feed.total]).toEqual(['e699', 'e200', 700]);
    stop();
  });

  test('after a break the snapshot adds only what was not there', () => {
    feed.clear();
    feed.snapshot([event('a'), event('b')]);
    feed.snapshot([event('b'), event('c')]);
    expect(feed.events.map((e) => e.id)).toEqual(['c', 'b', 'a']);
    expect(feed.total).toBe(3);
  });

  test('an event that the bus delivers again is shown once', () => {
    feed.clear();
    feed.snapshot([event('a'), event('b'), event('b')]);
    feed.delta([['+', 'b', event('b')], ['+', 'c', event('c')], ['+', 'c', event('c')]]);
    vi.advanceTimersByTime(200);
    feed.delta([['+', 'a', event('a')]]);
    feed.snapshot([event('c'), event('d')]);
    expect(feed.events.map((e) => e.id)).toEqual(['d', 'c', 'b', 'a']);
    expect(feed.total).toBe(4);
  });
});

describe('keys', () => {
  // The few classes that keys asks about.
  class El {
    isContentEditable = false;
    type = 'text';
    blurred = false;
    inside = '';
    blur(): void {
      this.blurred = true;
    }
    closest(): unknown {
      return this.inside || null;
    }
  }
  class Input extends El {}
  class Area extends El {}
  class Choice extends El {}
  beforeEach(() => {
    for (const [name, cls] of Object.entries({ Element: El, HTMLElement: El, HTMLInputElement: Input, HTMLTextAreaElement: Area, HTMLSelectElement: Choice })) vi.stubGlobal(name, cls);
  });
  const press = (key: string, more: Record<string, unknown> = {}): boolean =>
    keys.handle({ key, target: null, isComposing: false, keyCode: 0, ctrlKey: false, metaKey: false, altKey: false, defaultPrevented: false, repeat: false, ...more } as unknown as KeyboardEvent);

  test('J, K, Enter and A go to the list that came last, and back to the one before', () => {
    const said: string[] = [];
    const list = (name: string) => keys.list({ move: (by) => said.push(`${name}${by}`), open: () => said.push(`${name} open`), ack: () => said.push(`${name} ack`) });
    const first = list('a');
    const second = list('b');
    expect([press('j'), press('K'), press('Enter'), press('A')]).toEqual([true, true, true, true]);
    second();
    press('j');
    expect(said).toEqual(['b1', 'b-1', 'b open', 'b ack', 'a1']);
    first();
    expect(press('j')).toBe(false);
  });

  test('while an input method composes, and in a field, letters are letters', () => {
    const said: string[] = [];
    const off = keys.list({ move: () => said.push('move'), open: () => said.push('open'), ack: () => said.push('ack') });
    for (const e of [{ isComposing: true }, { keyCode: 229 }, { target: new Input() }, { target: new Area() }, { target: new Choice() }, { target: Object.assign(new El(), { isContentEditable: true }) }]) {
      for (const key of ['a', 'j', 'k', 'Enter']) expect(press(key, e), JSON.stringify(e)).toBe(false);
    }
    expect(said).toEqual([]);
    // A box to tick is no text.
    expect(press('j', { target: Object.assign(new Input(), { type: 'checkbox' }) })).toBe(true);
    off();
  });

  test('a held A acknowledges once; with Ctrl, Alt or Meta keys are the browser\'s', () => {
    let acks = 0;
    const off = keys.list({ move: () => {}, open: () => {}, ack: () => acks++ });
    press('a');
    for (let i = 0; i < 20; i++) press('a', { repeat: true });
    for (const k of ['ctrlKey', 'metaKey', 'altKey', 'defaultPrevented']) expect(press('a', { [k]: true })).toBe(false);
    expect(acks).toBe(1);
    off();
  });

  test('Escape leaves a field and runs; a key belongs to the last that bound it; Enter on a button is the button\'s', () => {
    const said: string[] = [];
    const offs = [keys.bind('Escape', () => said.push('esc')), keys.bind('s', () => said.push('one')), keys.bind('s', () => said.push('two'))];
    const field = new Input();
    expect(press('Escape', { target: field })).toBe(true);
    expect(field.blurred).toBe(true);
    press('S');
    offs[2]!();
    press('s');
    expect(said).toEqual(['esc', 'two', 'one']);
    const list = keys.list({ move: () => {}, open: () => said.push('open') });
    expect(press('Enter', { target: Object.assign(new El(), { inside: 'button' }) })).toBe(false);
    list();
    offs.forEach((off) => off());
    expect(press('s')).toBe(false);
  });
});
