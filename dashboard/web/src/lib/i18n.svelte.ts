import type { Lang } from './time';
import type { Text } from './types';
import { zh, type Dict } from './zh';

const KEY = 'campusgate.lang';

// Chinese comes with the first view; English follows it, or comes before it where it is
// the language of this screen.
class I18n {
  lang = $state<Lang>('zh');
  #en = $state.raw<Dict>();
  #wish: Lang = 'zh';
  t: Dict = $derived(this.lang === 'en' && this.#en ? this.#en : zh);

  /** Takes the language this screen had last; Chinese where English cannot be fetched. */
  start(): Promise<void> {
    return localStorage.getItem(KEY) === 'en' ? this.set('en') : Promise.resolve();
  }

  /** Fetches the other language, which is then here when the connection breaks. */
  async preload(): Promise<void> {
    try {
      this.#en ??= (await import('./en')).en;
    } catch {
      // Offline; the next connection or the next wish tries again.
    }
  }

  /** Changes the language, as soon as its words are here; the last wish counts. */
  async set(lang: Lang): Promise<void> {
    this.#wish = lang;
    if (lang === 'en' && !this.#en) await this.preload();
    if (this.#wish !== lang || (lang === 'en' && !this.#en)) return;
    this.lang = lang;
    localStorage.setItem(KEY, lang);
  }

  /** The text in the language of the screen, in the other one where it is missing. */
  pick(text: Partial<Text> | null | undefined, fallback = ''): string {
    if (!text) return fallback;
    return (this.lang === 'zh' ? text.zh || text.en : text.en || text.zh) || fallback;
  }

  /** A word of a closed list; one that we do not know is shown as it came. */
  word(list: Record<string, string>, key: string | undefined | null): string {
    if (!key) return '';
    return Object.hasOwn(list, key) ? list[key]! : key;
  }

  number(n: number, digits = 0): string {
    if (!Number.isFinite(n)) return '–';
    return new Intl.NumberFormat(this.lang === 'zh' ? 'zh-CN' : 'en-GB', {
      minimumFractionDigits: digits, maximumFractionDigits: digits,
    }).format(n);
  }
}

export const i18n = new I18n();
