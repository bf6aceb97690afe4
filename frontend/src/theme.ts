// Loaded before the page is drawn, so that nothing flashes: light or dark, as chosen or as the system says.
const chosen = /(?:^|; )servloop_theme=(light|dark)/.exec(document.cookie)?.[1];
const dark = window.matchMedia('(prefers-color-scheme: dark)');

function apply(): void {
  document.documentElement.dataset.bsTheme = chosen ?? (dark.matches ? 'dark' : 'light');
}

document.documentElement.classList.add('js');
apply();
if (!chosen) dark.addEventListener('change', apply);
