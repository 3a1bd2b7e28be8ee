// Which lines of a text were added and taken away.

export interface Line {
  kind: 'same' | 'add' | 'del';
  text: string;
  /** Number in the old and in the new text; 0 where it is not in it. */
  old: number;
  new: number;
}

/** Above this many cells of the table, the middle counts as changed as a whole. */
const CELLS = 4_000_000;

export function lineDiff(before: string, after: string): Line[] {
  const a = before === '' ? [] : before.replace(/\n$/, '').split('\n');
  const b = after === '' ? [] : after.replace(/\n$/, '').split('\n');
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const out: Line[] = [];
  const same = (i: number, j: number): void => void out.push({ kind: 'same', text: a[i]!, old: i + 1, new: j + 1 });
  const del = (i: number): void => void out.push({ kind: 'del', text: a[i]!, old: i + 1, new: 0 });
  const add = (j: number): void => void out.push({ kind: 'add', text: b[j]!, old: 0, new: j + 1 });
  for (let i = 0; i < head; i++) same(i, i);
  const [n, m] = [a.length - head - tail, b.length - head - tail];
  // Length of the longest common rest from (i, j) on.
  const width = m + 1;
  const common = n * m <= CELLS ? new Uint32Array((n + 1) * width) : null;
  if (common) {
    for (let i = n - 1; i >= 0; i--) {
      for (let j = m - 1; j >= 0; j--) {
        common[i * width + j] = a[head + i] === b[head + j] ? common[(i + 1) * width + j + 1]! + 1 : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
      }
    }
  }
  let [i, j] = [0, 0];
  while (i < n || j < m) {
    if (common && i < n && j < m && a[head + i] === b[head + j]) same(head + i++, head + j++);
    else if (i < n && (j >= m || !common || common[(i + 1) * width + j]! >= common[i * width + j + 1]!)) del(head + i++);
    else add(head + j++);
  }
  for (let k = 0; k < tail; k++) same(a.length - tail + k, b.length - tail + k);
  return out;
}

/** The changed lines with `around` lines about them; null stands for what is left out. */
export function excerpt(lines: Line[], around = 3): (Line | null)[] {
  const near = new Set<number>();
  lines.forEach((l, i) => {
    if (l.kind !== 'same') for (let k = i - around; k <= i + around; k++) near.add(k);
  });
  const out: (Line | null)[] = [];
  lines.forEach((l, i) => {
    if (near.has(i)) out.push(l);
    else if (out.length === 0 || out.at(-1) !== null) out.push(null);
  });
  return out;
}
