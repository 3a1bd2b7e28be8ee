import { en } from './en';
import type { Lang } from './time';
import type { Text } from './types';
import { zh, type Dict } from './zh';

const KEY = 'campusgate.lang';

class I18n {
  lang = $state<Lang>(localStorage.getItem(KEY) === 'en' ? 'en' : 'zh');
  t: Dict = $derived(this.lang === 'zh' ? zh : en);

  set(lang: Lang): void {
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
