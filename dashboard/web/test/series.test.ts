import { expect, test } from 'vitest';
import { series, silences, withGaps, type SeriesAnswer } from '../src/lib/series';

const at = (minute: number): number => Date.parse('2026-11-24T00:00:00Z') + minute * 60_000;
const answer = (minutes: number[], gap_s = 180): SeriesAnswer => ({
  from: '2026-11-24T00:00:00Z', to: '2026-11-24T01:00:00Z', step_s: 60, gap_s,
  points: minutes.map((m) => ({ at_ms: at(m), n: 1, min: m, mean: m, max: m })),
});

test('a pause longer than the gap gets an empty value, a shorter one none', () => {
  const plain = withGaps(series(answer([0, 1, 4, 8, 9])));
  expect(plain.mean).toEqual([0, 1, 4, null, 8, 9]);
  expect(plain.x[3]).toBe(at(5) / 1000);
  expect(plain.x).toEqual([...plain.x].sort((a, b) => a - b));
});

test('silences count at both ends and without any value; none where nothing is regular', () => {
  expect(silences(series(answer([10, 11])))).toEqual([{ from: at(0), to: at(10) }, { from: at(12), to: at(60) }]);
  expect(silences(series(answer([])))).toEqual([{ from: at(0), to: at(60) }]);
  expect(silences(series(answer([10, 40], 0)))).toEqual([]);
  expect(withGaps(series(answer([10, 40], 0))).mean).toEqual([10, 40]);
});
