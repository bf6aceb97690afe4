// The button in the top bar: the choice is kept in a cookie, so that the next page is drawn right from the start.
const ONE_YEAR = 31_536_000;

export function startThemeSwitch(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-theme-switch]')) {
    button.addEventListener('click', () => {
      const root = document.documentElement;
      const next = root.dataset.bsTheme === 'dark' ? 'light' : 'dark';
      root.dataset.bsTheme = next;
      const secure = location.protocol === 'https:' ? '; Secure' : '';
      document.cookie = `servloop_theme=${next}; Path=/; Max-Age=${ONE_YEAR}; SameSite=Lax${secure}`;
    });
  }
}
