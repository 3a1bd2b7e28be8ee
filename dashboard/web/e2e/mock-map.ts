// The files for the map that a county may put beside its dashboard; none unless a test gives them.
import type { IncomingMessage, ServerResponse } from 'node:http';

export class MapFiles {
  datum: 'wgs84' | 'cgcs2000' | 'gcj02' = 'wgs84';
  outline: object | null = null;
  tiles: Buffer | null = null;

  answer(path: string, req: IncomingMessage, res: ServerResponse): void {
    const json = (body: object): void => void res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    if (path === '/map') return json({ datum: this.datum, tiles: this.tiles ? '/api/v1/map/tiles' : '', outline: this.outline ? '/api/v1/map/outline' : '' });
    if (path === '/map/outline' && this.outline) return json(this.outline);
    if (path === '/map/tiles' && this.tiles) {
      const range = /^bytes=(\d+)-(\d+)$/.exec(req.headers.range ?? '');
      const from = Number(range?.[1] ?? 0);
      const to = Math.min(Number(range?.[2] ?? this.tiles.length - 1), this.tiles.length - 1);
      res.writeHead(range ? 206 : 200, { 'Content-Type': 'application/vnd.pmtiles', 'Accept-Ranges': 'bytes', ...(range ? { 'Content-Range': `bytes ${from}-${to}/${this.tiles.length}` } : {}) });
      res.end(this.tiles.subarray(from, to + 1));
      return;
    }
    res.writeHead(404, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify({ status: 404, code: 'not_found' }));
  }
}
