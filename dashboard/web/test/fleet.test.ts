import { describe, expect, test } from 'vitest';
import { calls, delayWords, departureOf, due, indexAt, metres, progress, project, tripAt, way, type Place } from '../src/lib/fleet';
import { fromInput } from '../src/lib/time';
import { words } from '../src/words/buses';
import type { Route } from '../src/lib/types';

const name = (s: string) => ({ zh: s, en: s });
const step = 0.01; // degrees of latitude, 1112 m
const spot = (n: number) => ({ lat: 36 + n * step, lon: 116.8 });
/** Ten legs to the north; stops at 0, 5 and 10, due after 0, 8 and 15 minutes. */
const route: Route = {
  id: 'r1', name: name('r1'), line: Array.from({ length: 11 }, (_, i) => spot(i)), corridor_m: 200, departures: ['06:50', '16:40'],
  stops: [{ name: name('a'), point: spot(0), after_min: 0 }, { name: name('b'), point: spot(5), after_min: 8 }, { name: name('c'), point: spot(10), after_min: 15 }],
};
const w = way(route)!;
const at = (hm: string): number => fromInput(`2026-11-24T${hm}`);
const bus = (n: number, hm: string, more: Partial<Place> = {}): Place => ({
  ...spot(n), at: new Date(at(hm)).toISOString(), fix: true, speed_kmh: 40, heading: 0, passengers: 5, trip: 'am', trip_state: 'running', sos: false, late: false, ...more,
});

describe('the way', () => {
  test('is as long as its legs, and stops stand on it in order', () => {
    expect(w.along[10]).toBeCloseTo(11_119.5, 0);
    expect(w.stops.map((s) => Math.round(s.along / 100))).toEqual([0, 56, 111]);
    const p = project(w, { lat: 36.025, lon: 116.801 });
    expect(p.off).toBeCloseTo(metres({ lat: 36.025, lon: 116.8 }, { lat: 36.025, lon: 116.801 }), 0);
    expect(p.along / 1112).toBeCloseTo(2.5, 2);
    expect(p.bearing).toBeCloseTo(0);
    expect(way({ ...route, line: [] })).toBeNull();
    expect(way({ ...route, line: null, stops: null })).toBeNull();
  });
  test('says when a bus is due between stops, both ways', () => {
    expect(due(w, 0, false)).toBe(0);
    expect(due(w, w.stops[1]!.along, false)).toBe(480);
    expect(due(w, w.stops[1]!.along / 2, false)).toBeCloseTo(240, 5);
    expect(due(w, w.along[10]!, false)).toBe(900);
    expect(due(w, w.along[10]!, true)).toBe(0);
    expect(due(w, w.stops[1]!.along, true)).toBe(420);
    expect(way({ ...route, stops: route.stops!.map((s) => ({ ...s, after_min: 0 })) })!.plan).toBeNull();
  });
  test('a stop without a time lies between its neighbours', () => {
    const gap = way({ ...route, stops: [route.stops![0]!, { ...route.stops![1]!, after_min: 0 }, route.stops![2]!] })!;
    expect(due(gap, gap.stops[1]!.along, false)).toBeCloseTo(450, 0);
  });
});

describe('progress', () => {
  test('ahead, on time and late, there and back', () => {
    expect(progress(w, bus(5, '06:58')).delay).toBeCloseTo(0, 3);
    expect(progress(w, bus(5, '07:04')).delay).toBeCloseTo(360, 3);
    expect(progress(w, bus(5, '06:55')).delay).toBeCloseTo(-180, 3);
    const home = progress(w, bus(5, '16:50', { heading: 180 }));
    expect(home).toMatchObject({ backward: true, next: 0 });
    expect(home.delay).toBeCloseTo(180, 3);
    expect(home.nextDue).toBe(at('16:55'));
  });
  test('a bus that stands goes where it went, else where its heading points, else as the timetable has it', () => {
    expect(progress(w, bus(5, '06:58', { speed_kmh: 0, heading: 200 }), undefined, false)).toMatchObject({ backward: false, next: 2 });
    expect(progress(w, bus(5, '06:58', { speed_kmh: 0, heading: 200 }))).toMatchObject({ backward: true, next: 0 });
    expect(progress(w, bus(5, '06:58', { speed_kmh: 0, heading: 0 }))).toMatchObject({ backward: false, next: 2 });
    const south = way({ ...route, line: [...route.line!].reverse(), stops: [...route.stops!].reverse().map((s, i) => ({ ...s, after_min: [0, 8, 15][i]! })) })!;
    expect(progress(south, bus(5, '06:58', { speed_kmh: 0, heading: 0 }))).toMatchObject({ backward: false, next: 2 });
  });
  test('a trip far from every departure is none of the timetable', () => {
    const p = progress(w, bus(5, '11:00'));
    expect(p.departure).toBeNaN();
    expect(p.delay).toBeNaN();
    expect(p.next).toBe(2);
    expect(departureOf(way({ ...route, departures: [] })!, at('06:58'), 0, false)).toBeNaN();
  });
});

describe('calls of a trip', () => {
  const ride = [bus(0, '06:51'), bus(2.5, '06:55'), bus(4.9, '06:59'), bus(5.1, '07:01'), bus(7, '07:03')];
  test('say when each stop was reached, between two positions too, and what is to come', () => {
    const got = calls(w, ride);
    expect(got).toMatchObject({ backward: false, departure: at('06:50') });
    expect(got.calls.map((c) => c.stop)).toEqual([0, 1, 2]);
    expect(got.calls[0]!.delay).toBeCloseTo(60, 3);
    expect(got.calls[1]!.at).toBeCloseTo(at('07:00'), -4);
    expect(got.calls[1]!.delay).toBeCloseTo(120, -1);
    expect(got.calls[2]).toMatchObject({ at: NaN, delay: NaN, due: at('07:05') });
  });
  test('backwards the last stop comes first; positions beside the corridor count for nothing', () => {
    const back = calls(w, [bus(10, '16:41'), { ...bus(8, '16:43'), lon: 117 }, bus(5.5, '16:47'), bus(4, '16:50')]);
    expect(back.backward).toBe(true);
    expect(back.calls.map((c) => c.stop)).toEqual([2, 1, 0]);
    expect(back.calls[1]!.at).toBeGreaterThan(at('16:47'));
    expect(back.calls[1]!.at).toBeLessThan(at('16:50'));
  });
  test('the first stop is where it set out, the last where it was parked, a little before the sign', () => {
    const got = calls(w, [bus(0.2, '06:52'), bus(5, '06:59'), bus(9.6, '07:05'), bus(9.94, '07:06', { trip_state: 'ended' })]);
    expect(got.calls.map((c) => c.at)).toEqual([at('06:52'), at('06:59'), at('07:06')]);
    const stopped = calls(w, [bus(0.2, '06:52'), bus(5, '06:59'), bus(7, '07:03', { trip_state: 'ended' })]);
    expect(stopped.calls[2]!.at).toBeNaN();
  });
  test('the trip of a moment ends where the bus parks or sets out anew', () => {
    const day = [...ride, bus(9.95, '07:07', { trip_state: 'ended' }), bus(10, '12:00', { trip: '', trip_state: '' }), bus(10, '16:41', { trip: 'pm' })];
    expect(tripAt(day, at('07:05'))).toHaveLength(5);
    expect(tripAt(day, at('07:10'))).toHaveLength(6);
    expect(tripAt(day, at('06:56'))).toHaveLength(2);
    expect(tripAt(day, at('17:00'))).toHaveLength(1);
    expect(tripAt(day, at('06:00'))).toEqual([]);
    expect(indexAt(day, at('06:50'))).toBe(-1);
    expect(indexAt(day, at('06:51'))).toBe(0);
    expect(indexAt(day, at('23:00'))).toBe(7);
  });
});

test('delays in words', () => {
  expect([0, 119, -119, 125, -300, NaN].map((s) => delayWords(s, words.zh))).toEqual(['准点', '准点', '准点', '晚 2 分', '早 5 分', '–']);
});
