// Base maps of China come in three datums. Inside, and in every URL, positions are WGS-84;
// they are moved for the picture only, so that a school stands on its own street.
import gcoord from 'gcoord';
import type { LatLon } from './map';

export type Datum = 'wgs84' | 'cgcs2000' | 'gcj02';

/**
 * CGCS2000 (GB 22021-2008) is drawn as WGS-84: both are earth-centred frames realised by the
 * ITRF, whose ellipsoids differ by 0.1 mm at most. What is left is the motion of the plate
 * since CGCS2000's epoch 2000.0, some 3 cm a year: below a metre, and below a pixel.
 * GCJ-02, which public Chinese base maps are required to use, is off by 100 to 700 m.
 */
export function toBase(p: LatLon, datum: Datum): LatLon {
  if (datum !== 'gcj02') return p;
  const [lon, lat] = gcoord.transform([p.lon, p.lat], gcoord.WGS84, gcoord.GCJ02);
  return { lat, lon };
}

/** The way back. */
export function fromBase(p: LatLon, datum: Datum): LatLon {
  if (datum !== 'gcj02') return p;
  const [lon, lat] = gcoord.transform([p.lon, p.lat], gcoord.GCJ02, gcoord.WGS84);
  return { lat, lon };
}
