import { describe, expect, test } from 'vitest';
import { clock, countdown, day, fromInput, longSpan, ms, short, span, stamp, toInput } from '../src/lib/time';

const at = Date.parse('2026-11-24T00:01:22Z');

describe('the county\'s zone, 24 hours', () => {
  test('clock, day and stamp are those of Asia/Shanghai whatever the machine\'s zone', () => {
    expect(clock(at)).toBe('08:01:22');
    expect(day(at)).toBe('2026-11-24');
    expect(stamp(at)).toBe('2026-11-24 08:01:22');
    expect(clock(Date.parse('2026-11-23T16:00:00Z'))).toBe('00:00:00');
  });
  test('another zone can be set', () => expect(clock(at, 'UTC')).toBe('00:01:22'));
  test('today shows the clock alone, other days month and day too', () => {
    expect(short(at, at + 1000)).toBe('08:01:22');
    expect(short(at - 86_400_000, at)).toBe('11-23 08:01');
  });
  test('no time is a dash, also Go\'s zero time', () => {
    expect(clock(ms(null))).toBe('–');
    expect(stamp(ms('0001-01-01T00:00:00Z'))).toBe('–');
    expect(short(ms(undefined), at)).toBe('–');
  });
});

describe('spans', () => {
  test.each([
    [0, '0 秒', '0 seconds'], [1000, '1 秒', '1 second'], [59_999, '59 秒', '59 seconds'], [720_000, '12 分钟', '12 minutes'],
    [3_600_000, '1 小时', '1 hour'], [172_800_000, '2 天', '2 days'], [-5, '0 秒', '0 seconds'], [NaN, '0 秒', '0 seconds'],
  ])('%d ms', (n, zh, en) => {
    expect(span(n, 'zh')).toBe(zh);
    expect(span(n, 'en')).toBe(en);
  });
  test.each([
    [30_000, '30 秒', '30 seconds'], [720_000, '12 分', '12 min'], [18_720_000, '5 小时 12 分', '5 h 12 min'],
    [86_400_000, '1 天', '1 d'], [90_000_000, '1 天 1 小时', '1 d 1 h'], [86_460_000, '1 天', '1 d'],
  ])('%d ms in two units', (n, zh, en) => {
    expect(longSpan(n, 'zh')).toBe(zh);
    expect(longSpan(n, 'en')).toBe(en);
  });
  test('a countdown never reads 0:00 before its end', () => {
    expect(countdown(300_000)).toBe('5:00');
    expect(countdown(1)).toBe('0:01');
    expect(countdown(-1)).toBe('0:00');
  });
});

describe('datetime-local fields', () => {
  test('are read and written in the county\'s zone', () => {
    expect(new Date(fromInput('2026-11-24T08:01')).toISOString()).toBe('2026-11-24T00:01:00.000Z');
    expect(toInput(at)).toBe('2026-11-24T08:01');
    expect(fromInput(toInput(at))).toBe(at - 22_000);
  });
  test('also where clocks change', () => {
    for (const t of ['2026-03-29T00:30:00Z', '2026-03-29T01:30:00Z', '2026-10-25T03:30:00Z']) {
      expect(fromInput(toInput(Date.parse(t), 'Europe/Berlin'), 'Europe/Berlin')).toBe(Date.parse(t));
    }
  });
  test.each(['', 'x', '2026-13-45T99:99', '2026-11-24'])('%j is no time', (v) => expect(fromInput(v)).toBeNaN());
});
