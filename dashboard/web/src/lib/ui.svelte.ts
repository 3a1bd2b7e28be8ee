const THEME = 'campusgate.theme';

/** What belongs to this screen alone: theme, width, open dialogs. */
class Ui {
  theme = $state<'dark' | 'light'>(localStorage.getItem(THEME) === 'light' ? 'light' : 'dark');
  narrow = $state(false);
  help = $state(false);

  setTheme(theme: 'dark' | 'light'): void {
    this.theme = theme;
    localStorage.setItem(THEME, theme);
  }

  start(): () => void {
    const media = matchMedia('(max-width: 760px)');
    const read = (): void => void (this.narrow = media.matches);
    read();
    media.addEventListener('change', read);
    return () => media.removeEventListener('change', read);
  }
}

export const ui = new Ui();
