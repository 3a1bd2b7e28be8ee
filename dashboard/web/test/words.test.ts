import { expect, test } from 'vitest';
import { en } from '../src/lib/en';
import { zh } from '../src/lib/zh';

interface Words { zh: Tree; en: Tree }
// The words of single pages, each beside its page's code.
const modules = import.meta.glob<{ words?: Words }>('../src/words/*.ts', { eager: true });
const all: [string, Words][] = [['all pages', { zh, en }], ...Object.entries(modules).flatMap(([path, m]): [string, Words][] => (m.words ? [[path, m.words]] : []))];

type Tree = { [key: string]: unknown };
function paths(tree: Tree, prefix = ''): string[] {
  return Object.entries(tree).flatMap(([k, v]) =>
    typeof v === 'object' && v !== null ? paths(v as Tree, `${prefix}${k}.`) : [`${prefix}${k}:${typeof v}`]);
}

test.each(all)('both languages have the same keys of the same kind: %s', (_, { zh, en }) => {
  expect(paths(en).sort()).toEqual(paths(zh).sort());
});

test.each(all)('no text is empty, and English holds no Chinese but the name of the other language: %s', (where, words) => {
  const check = (tree: Tree, path: string): void => {
    for (const [k, v] of Object.entries(tree)) {
      if (typeof v === 'object' && v !== null) check(v as Tree, `${path}${k}.`);
      else if (typeof v === 'string') {
        if (!path.startsWith('hint.')) expect(v.trim(), path + k).not.toBe('');
        if (where !== 'all pages' || tree !== en.common || k !== 'lang') expect(/[\u4e00-\u9fff]/.test(v), path + k).toBe(false);
      }
    }
  };
  check(words.en, '');
});

test.each(all)('every text function says its arguments in both languages: %s', (_, words) => {
  const check = (a: Tree, b: Tree, path: string): void => {
    for (const [k, v] of Object.entries(a)) {
      if (typeof v === 'object' && v !== null) check(v as Tree, b[k] as Tree, `${path}${k}.`);
      else if (typeof v === 'function') {
        const args = Array.from({ length: v.length }, (_, i) => 7001 + i);
        for (const f of [v, b[k]] as ((...x: unknown[]) => string)[]) {
          const text = f(...args);
          for (const x of args) expect(text, path + k).toContain(String(x));
        }
      }
    }
  };
  check(words.zh, words.en, '');
});

test('all rules of the detectors have words', () => {
  const rules = 'fever, fever_cluster, thermometer_fault, gate_forced, gate_denied_repeatedly, entry_out_of_hours, visitor_unregistered, visitor_unmeasured, visitor_items_unchecked, visitor_overstay, pupil_out_unapproved, emergency_call, bus_overspeed, bus_overcapacity, bus_off_route, bus_sos, bus_pupil_left_behind, bus_silent, cold_store, freezer, gas, smoke, kitchen_silent, camera_down, camera_flapping, camera_mass_outage, switch_outage, township_outage, camera_image_unusable, recording_gap, device_silent, clock_wrong, sequence_gap, site_outage, journal_dropping, post_empty, guard_uncertified, watch_list_hit, notice_overdue, hazard_overdue, patrol_finding'.split(', ');
  expect(Object.keys(zh.rule).sort()).toEqual(rules.sort());
});
