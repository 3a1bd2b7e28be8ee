// What the county has put beside the dashboard for its map; asked for once.
import { get } from './api';
import type { Datum } from './datum';
import { readOutlines, type Outline } from './map';

export interface MapSettings {
  /** Of the files: outline and tiles. */
  datum: Datum;
  /** Where the tiles are; empty: there are none. */
  tiles: string;
  /** Empty: there is no file. */
  outline: string;
}
const none: MapSettings = { datum: 'wgs84', tiles: '', outline: '' };

class Settings {
  value = $state.raw<MapSettings>(none);
  outlines = $state.raw<Outline[]>([]);
  /** Answered, be it with nothing: the map need not wait any longer. */
  known = $state(false);
  #asked = false;

  async load(): Promise<void> {
    if (this.#asked) return;
    this.#asked = true;
    try {
      const value = await get<MapSettings>('/map');
      // A county without a file of outlines, or with a broken one, still gets a map.
      this.outlines = value.outline ? readOutlines(await get<unknown>(value.outline.replace('/api/v1', '')).catch(() => null)) : [];
      this.value = value;
    } catch {
      this.#asked = false; // the next map asks again
    }
    this.known = true;
  }
}

export const mapSettings = new Settings();
