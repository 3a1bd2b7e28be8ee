// What the page asks permission for is what the server knows.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import told from '../e2e/permissions.json' with { type: 'json' };

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((f) => /\.(svelte|ts)$/.test(f));

test('every permission that the page asks for exists, and no page goes by the name of a role', () => {
  const asked = new Set<string>();
  const byRole: string[] = [];
  for (const f of files) {
    const text = readFileSync(join('src', f), 'utf8');
    for (const m of text.matchAll(/'([a-z]+\.(?:view|work|desk|report|school|inspect|admin))'/g)) asked.add(m[1]!);
    if (/\.role\s*[!=]==/.test(text)) byRole.push(f);
  }
  expect(asked.size).toBeGreaterThan(15);
  expect([...asked].filter((p) => !told.catalogue.includes(p))).toEqual([]);
  expect(byRole).toEqual([]);
});
