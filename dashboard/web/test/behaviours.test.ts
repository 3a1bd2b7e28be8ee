// The table of behaviours in the README names tests that are there.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const file = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const rows = readFileSync(file('README.md'), 'utf8').split('\n').flatMap((line) => {
  const m = /^\| (\d+) \| ([^|]+) \| (.+) \|$/.exec(line);
  return m ? [{ n: Number(m[1]), what: m[2]!, shown: m[3]!.split('<br>') }] : [];
});

test('each of the 25 behaviours has a row', () => {
  expect(rows.map((r) => r.n)).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
});

test.each(rows)('$n $what: its tests are there', ({ shown }) => {
  expect(shown.length).toBeGreaterThan(0);
  for (const s of shown) {
    const m = /^`([^`]+)`: (.+)$/.exec(s);
    expect(m, s).not.toBeNull();
    expect(existsSync(file(m![1]!)), s).toBe(true);
    expect(readFileSync(file(m![1]!), 'utf8').replaceAll("\\'", "'"), s).toContain(m![2]!);
  }
});
