// Geometry of the camera heat map: one cell a camera, grouped by township and school.
// Pure arithmetic, so that arrows and clicks are tested without a canvas.

export interface HeatSite {
  id: string;
  name: string;
  cells: string[]; // keys of the cameras
}
export interface HeatGroup {
  name: string;
  sites: HeatSite[];
}
export interface HeatCell {
  key: string;
  site: string;
  group: string;
  x: number;
  y: number;
}
export interface HeatLabel {
  text: string;
  x: number;
  y: number;
  width: number;
  kind: 'group' | 'site';
}
export interface HeatLayout {
  cells: HeatCell[];
  labels: HeatLabel[];
  width: number;
  height: number;
}

export const CELL = 16;
export const GAP = 2;
const STEP = CELL + GAP;
const LABEL_W = 132;
const GROUP_H = 26;
const BLOCK_GAP = 20;

/** Lays the groups out in as many columns of schools as fit the width. */
export function layoutHeat(groups: readonly HeatGroup[], width: number): HeatLayout {
  const columns = Math.max(1, Math.floor((width + BLOCK_GAP) / (420 + BLOCK_GAP)));
  const columnW = Math.floor((width - BLOCK_GAP * (columns - 1)) / columns);
  const perLine = Math.max(1, Math.floor((columnW - LABEL_W + GAP) / STEP));
  const cells: HeatCell[] = [];
  const labels: HeatLabel[] = [];
  let y = 0;
  for (const group of groups) {
    if (group.sites.length === 0) continue;
    labels.push({ text: group.name, x: 0, y, width, kind: 'group' });
    y += GROUP_H;
    for (let i = 0; i < group.sites.length; i += columns) {
      let rowH = 0;
      group.sites.slice(i, i + columns).forEach((site, column) => {
        const x = column * (columnW + BLOCK_GAP);
        labels.push({ text: site.name, x, y, width: LABEL_W - 8, kind: 'site' });
        site.cells.forEach((key, n) => {
          cells.push({
            key, site: site.id, group: group.name,
            x: x + LABEL_W + (n % perLine) * STEP,
            y: y + Math.floor(n / perLine) * STEP,
          });
        });
        rowH = Math.max(rowH, Math.max(1, Math.ceil(site.cells.length / perLine)) * STEP);
      });
      y += rowH + 4;
    }
    y += 8;
  }
  return { cells, labels, width, height: Math.max(y, STEP) };
}

/** Index of the cell under a point, -1 for none. */
export function cellAt(layout: HeatLayout, x: number, y: number): number {
  return layout.cells.findIndex((c) => x >= c.x && x < c.x + CELL && y >= c.y && y < c.y + CELL);
}

/** Where a key leads from a cell; the same index when it leads nowhere. */
export function moveHeat(layout: HeatLayout, from: number, key: string): number {
  const { cells } = layout;
  if (cells.length === 0) return -1;
  const last = cells.length - 1;
  const here = cells[Math.min(Math.max(from, 0), last)]!;
  const index = Math.min(Math.max(from, 0), last);
  switch (key) {
    case 'Home':
      return 0;
    case 'End':
      return last;
    case 'ArrowRight':
      return Math.min(last, index + 1);
    case 'ArrowLeft':
      return Math.max(0, index - 1);
    case 'ArrowUp':
    case 'ArrowDown': {
      const down = key === 'ArrowDown';
      // The nearest line that way, and on it the nearest cell.
      let best = index;
      let bestDy = Infinity;
      let bestDx = Infinity;
      for (let i = 0; i <= last; i++) {
        const c = cells[i]!;
        const dy = down ? c.y - here.y : here.y - c.y;
        if (dy <= 0) continue;
        const dx = Math.abs(c.x - here.x);
        // A line in another column a hair away is not "below": weigh sideways steps.
        const cost = dy + (dx > STEP * 6 ? 10_000 : 0);
        if (cost < bestDy || (cost === bestDy && dx < bestDx)) {
          best = i;
          bestDy = cost;
          bestDx = dx;
        }
      }
      return best;
    }
  }
  return index;
}
