// Disclosure menus close on Escape and on a click elsewhere; the navigation slides in on a phone.

export function startMenus(): void {
  document.addEventListener('click', (event) => {
    const target = event.target as Element;
    for (const menu of document.querySelectorAll<HTMLDetailsElement>('details.sl-menu[open]')) {
      // a click elsewhere closes it, and so does choosing what opens a dialog
      if (!menu.contains(target) || target.closest('.item[data-opens]')) menu.open = false;
    }
    if (target.closest('[data-open-nav]')) setNavigation(true);
    else if (target.closest('[data-close-nav]')) setNavigation(false);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    const menu = document.querySelector<HTMLDetailsElement>('details.sl-menu[open]');
    if (menu) {
      menu.open = false;
      menu.querySelector('summary')?.focus();
    } else setNavigation(false);
  });
}

function setNavigation(open: boolean): void {
  const root = document.documentElement;
  if (root.classList.contains('nav-open') === open) return;
  root.classList.toggle('nav-open', open);
  const opener = document.querySelector<HTMLElement>('[data-open-nav]');
  opener?.setAttribute('aria-expanded', String(open));
  if (open) document.querySelector<HTMLElement>('.sl-nav a')?.focus();
  else opener?.focus();
}
