import { expect, test } from 'vitest';
import { parseTime, shown, stepTime } from '../src/lib/timefield';

const today = '2026-11-24';

test.each([
  ['2026-11-24 08:30', '2026-11-24T08:30'], ['2026-11-24T08:30', '2026-11-24T08:30'], ['20261124 0830', '2026-11-24T08:30'], ['2026/1/4  8:05', '2026-01-04T08:05'],
  ['8:05', '2026-11-24T08:05'], ['2359', '2026-11-24T23:59'], ['11-25 7：00', '2026-11-25T07:00'], ['2026年11月24日 08:30', '2026-11-24T08:30'], ['  ', ''],
  ['24:00', null], ['2026-02-29 08:00', null], ['2028-02-29 08:00', '2028-02-29T08:00'], ['8', null], ['2026-11-24', null], ['next week', null], ['12:60', null],
])('%j is %j', (typed, want) => expect(parseTime(typed, 'datetime', today)).toBe(want));

test('a day and a clock alone', () => {
  expect(parseTime('20261201', 'date', today)).toBe('2026-12-01');
  expect(parseTime('12-1', 'date', today)).toBe('2026-12-01');
  expect(parseTime('08:30', 'date', today)).toBe(null);
  expect(parseTime('830', 'time', today)).toBe('08:30');
  expect(shown('2026-11-24T08:30')).toBe('2026-11-24 08:30');
});

test('arrows step the part at the cursor', () => {
  expect(stepTime('2026-11-24T08:30', 'datetime', 9, 1)).toEqual({ value: '2026-11-25T08:30', from: 8, to: 10 });
  expect(stepTime('2026-11-24T23:30', 'datetime', 12, 1)).toEqual({ value: '2026-11-25T00:30', from: 11, to: 13 });
  expect(stepTime('2026-01-31T08:30', 'datetime', 6, 1).value).toBe('2026-02-28T08:30');
  expect(stepTime('2026-11-24T08:00', 'datetime', 16, -1).value).toBe('2026-11-24T07:59');
  expect(stepTime('2026-11-30', 'date', 10, 1).value).toBe('2026-12-01');
  expect(stepTime('00:00', 'time', 0, -1)).toEqual({ value: '23:00', from: 0, to: 2 });
});
