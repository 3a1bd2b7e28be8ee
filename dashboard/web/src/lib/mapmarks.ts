// The marks on the map, drawn here: no sprite, no picture from elsewhere. Severity is a shape
// (octagon, triangle, diamond, circle) and a number, not a colour alone.
import { severityOf } from './map';
import type { Severity } from './types';

export interface Palette {
  dark: boolean;
  tone: Record<string, string>;
  fill: Record<Severity | '', string>;
  ink: Record<Severity | '', string>;
  edge: string;
  text: string;
  panel: string;
}

/** Reads the colours of the page as it is shown now. */
export function palette(): Palette {
  const css = getComputedStyle(document.documentElement);
  const v = (name: string): string => css.getPropertyValue(name).trim();
  const dark = document.documentElement.dataset['theme'] !== 'light';
  return {
    dark,
    tone: { accent: v('--accent'), ok: v('--up'), warn: v('--high'), bad: v('--critical-solid'), stale: v('--stale-cell'), muted: v('--line-strong') },
    fill: { critical: v('--critical-solid'), high: dark ? '#ffb066' : '#c96a00', warning: dark ? '#f2d95c' : '#e2b800', info: dark ? '#8fc3f5' : '#2b7cc4', '': v('--up-cell') },
    ink: { critical: '#ffffff', high: dark ? '#221300' : '#ffffff', warning: '#221c00', info: dark ? '#0c1520' : '#ffffff', '': '#ffffff' },
    edge: v('--panel'), text: v('--text'), panel: v('--panel-2'),
  };
}

/** The outline of a severity's shape in a square of 2 r around 0, 0, as SVG path data. */
export function shapeOf(severity: Severity | '', r: number): string {
  const p = (list: number[][]): string => `M${list.map(([x, y]) => `${+(x! * r).toFixed(2)} ${+(y! * r).toFixed(2)}`).join('L')}Z`;
  switch (severity) {
    case 'critical':
      return p([[-0.42, -1], [0.42, -1], [1, -0.42], [1, 0.42], [0.42, 1], [-0.42, 1], [-1, 0.42], [-1, -0.42]]);
    case 'high':
      return p([[0, -1.12], [1.18, 0.92], [-1.18, 0.92]]);
    case 'warning':
      return p([[0, -1.18], [1.18, 0], [0, 1.18], [-1.18, 0]]);
    default:
      return `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
  }
}
/** Half the size of a mark, in pixels: what is open weighs more than what is calm. */
export function radiusOf(severity: Severity | '', sites: number): number {
  return (severity === '' ? 5.5 : severity === 'info' ? 8.5 : 10.5) + (sites > 1 ? 3.5 : 0);
}

/**
 * Draws the mark that an id names: "m:<rank>:<alarms>:<sites>" for sites, "p:<shape>:<tone>"
 * for other points ("bus", "stop", "dot", "arrow"), with ":old" behind it hatched. Null for an id of another kind.
 */
export function draw(id: string, colours: Palette, ratio: number): ImageData | null {
  const [kind, a = '', b = '', c = ''] = id.split(':');
  const size = 44;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = Math.round(size * ratio);
  const ctx = canvas.getContext('2d');
  if (!ctx) return null;
  ctx.scale(ratio, ratio);
  ctx.translate(size / 2, size / 2);
  ctx.lineJoin = 'round';
  if (kind === 'm') site(ctx, Number(a), Number(b), Number(c), colours);
  else if (kind === 'p') point(ctx, a, colours.tone[b] ?? colours.text, c === 'old', colours);
  else return null;
  return ctx.getImageData(0, 0, canvas.width, canvas.height);
}

function site(ctx: CanvasRenderingContext2D, rank: number, alarms: number, sites: number, c: Palette): void {
  const severity = severityOf(rank);
  const r = radiusOf(severity, sites);
  if (sites > 1) {
    // Several sites: a second outline behind the first, and their number at the corner.
    const ring = new Path2D(shapeOf(severity, r + 4));
    ctx.fillStyle = c.edge;
    ctx.fill(ring);
    ctx.strokeStyle = c.fill[severity];
    ctx.lineWidth = 1.5;
    ctx.stroke(ring);
  }
  const shape = new Path2D(shapeOf(severity, r));
  ctx.fillStyle = c.fill[severity];
  ctx.fill(shape);
  ctx.strokeStyle = c.edge;
  ctx.lineWidth = sites > 1 ? 0 : 1.5;
  if (sites <= 1) ctx.stroke(shape);
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  const number = severity ? alarms : sites > 1 ? sites : 0;
  if (number > 0) {
    ctx.fillStyle = c.ink[severity];
    ctx.font = `700 ${number > 99 ? 8 : number > 9 ? 10 : 11}px system-ui, sans-serif`;
    ctx.fillText(number > 999 ? '1k+' : String(number), 0, severity === 'high' ? 2.5 : 0.5);
  }
  if (severity && sites > 1) {
    const text = String(sites);
    const w = 9 + text.length * 5;
    ctx.beginPath();
    ctx.roundRect(20 - w, -21, w, 12, 6);
    ctx.fillStyle = c.panel;
    ctx.fill();
    ctx.strokeStyle = c.text;
    ctx.lineWidth = 0.8;
    ctx.stroke();
    ctx.fillStyle = c.text;
    ctx.font = '600 9px system-ui, sans-serif';
    ctx.fillText(text, 20 - w / 2, -14.6);
  }
}

function point(ctx: CanvasRenderingContext2D, shape: string, tone: string, old: boolean, c: Palette): void {
  const path = new Path2D(pointShape(shape));
  const hollow = old || shape === 'stop';
  ctx.fillStyle = hollow ? c.edge : tone;
  ctx.strokeStyle = hollow ? tone : c.edge;
  ctx.lineWidth = shape === 'stop' ? 2.5 : 1.5;
  ctx.fill(path);
  if (old) {
    ctx.save();
    ctx.clip(path);
    ctx.stroke(new Path2D(HATCH));
    ctx.restore();
  }
  ctx.stroke(path);
  if (shape === 'bus' && !old) {
    ctx.fillStyle = c.edge;
    ctx.fillRect(-5, -3.5, 4, 3);
    ctx.fillRect(1, -3.5, 4, 3);
  }
}
/** Slanting lines over a mark whose place is old, as SVG path data. */
export const HATCH = 'M-14 6L-2 -6M-10 8L4 -6M-5 8L9 -6M0 8L12 -4';
/** The shapes of other points; an arrow lies outside a bus and points north. */
export function pointShape(shape: string): string {
  switch (shape) {
    case 'bus':
      return 'M-8 -4.5a2 2 0 0 1 2 -2h12a2 2 0 0 1 2 2v8a2 2 0 0 1 -2 2h-1a2 2 0 0 1 -4 0h-2a2 2 0 0 1 -4 0h-1a2 2 0 0 1 -2 -2Z';
    case 'arrow':
      return 'M0 -19L5.5 -11.5L0 -13.5L-5.5 -11.5Z';
    case 'stop':
      return 'M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0Z';
    default:
      return 'M-6 0a6 6 0 1 0 12 0a6 6 0 1 0 -12 0Z';
  }
}
