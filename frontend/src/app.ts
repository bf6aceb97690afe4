// What every page needs: partial updates, the navigation on a phone, menus, the theme, toasts, dialogs, file drops.
import htmx from 'htmx.org';
import { startDialogs } from './dialogs';
import { startDrops } from './drops';
import { startMenus } from './menus';
import { startThemeSwitch } from './theme_switch';
import { startToasts } from './toasts';

startMenus();
startThemeSwitch();
startToasts();
startDialogs();
htmx.onLoad((content) => startDrops(content as HTMLElement));

// A failed partial request must not look like nothing happened: show the server's sentence where it belongs.
document.addEventListener('htmx:beforeSwap', (event) => {
  const { detail } = event as CustomEvent<{ xhr: XMLHttpRequest; shouldSwap: boolean; isError: boolean }>;
  if (detail.xhr.status === 422) {
    detail.shouldSwap = true;
    detail.isError = false;
  }
});
document.addEventListener('htmx:sendError', () => announce(document.body.dataset.offline ?? ''));
document.addEventListener('htmx:responseError', () => announce(document.body.dataset.failed ?? ''));

// After a part of the page was replaced, those who do not see it hear its new title.
document.addEventListener('htmx:afterSettle', (event) => {
  if ((event.target as HTMLElement).id === 'main') announce(document.querySelector('h1')?.textContent ?? '');
});

function announce(text: string): void {
  const live = document.getElementById('live');
  if (live) live.textContent = text;
}
