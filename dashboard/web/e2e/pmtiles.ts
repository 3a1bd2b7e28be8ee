// The smallest base map there is: a PMTiles file (version 3) of one vector tile, whose only
// layer is water that covers the world.
const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(Math.floor(n / 128))]);
const bytes = (field: number, body: number[]): number[] => [...varint(field * 8 + 2), ...varint(body.length), ...body];
const number = (field: number, n: number): number[] => [...varint(field * 8), ...varint(n)];
const zigzag = (n: number): number => (n < 0 ? -2 * n - 1 : 2 * n);

/** Mapbox Vector Tile 2.1: one polygon from corner to corner. */
function waterTile(): number[] {
  const geometry = [9, 0, 0, 26, 4096, 0, 0, 4096, -4096, 0, 15]; // move to, three lines, close
  const packed = geometry.flatMap((n, i) => varint([0, 3, 10].includes(i) ? n : zigzag(n)));
  const feature = [...number(3, 3), ...bytes(4, packed)];
  return bytes(3, [...number(15, 2), ...bytes(1, [...Buffer.from('water')]), ...bytes(2, feature), ...number(5, 4096)]);
}

export function waterWorld(): Buffer {
  const tile = waterTile();
  const meta = [...Buffer.from(JSON.stringify({ vector_layers: [{ id: 'water', fields: {} }] }))];
  const root = [1, 0, 1, ...varint(tile.length), 1]; // one entry: tile 0, run of 1, its length, offset 0 + 1
  const head = Buffer.alloc(127);
  head.write('PMTiles', 0, 'latin1');
  head[7] = 3;
  const place = (at: number, n: number): void => void head.writeBigUInt64LE(BigInt(n), at);
  const parts = [root, meta, [], tile];
  let offset = 127;
  parts.forEach((part, i) => {
    place(8 + i * 16, offset);
    place(16 + i * 16, part.length);
    offset += part.length;
  });
  for (const at of [72, 80, 88]) place(at, 1);
  head.set([1, 1, 1, 1, 0, 0], 96); // clustered, no compression twice, vector tiles, zooms 0 to 0
  for (const [at, degrees] of [[102, -180], [106, -85], [110, 180], [114, 85]] as const) head.writeInt32LE(degrees * 1e7, at);
  return Buffer.concat([head, ...parts.map((p) => Buffer.from(p))]);
}
