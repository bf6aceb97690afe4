// A click or Enter on a step or a way opens the drawer; the server writes what stands in it.
import type { Canvas } from './process_canvas';

export function startDetails(card: HTMLElement, canvas: Canvas): void {
  canvas.element.addEventListener('click', (event) => {
    if (canvas.dragged) return;
    const part = (event.target as Element).closest<SVGGElement>('[data-activity], [data-source][data-target]');
    if (part) void open(card, part);
  });
  canvas.element.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    const part = (event.target as Element).closest<SVGGElement>('[data-activity], [data-source][data-target]');
    if (!part) return;
    event.preventDefault();
    void open(card, part);
  });
}

async function open(card: HTMLElement, part: SVGGElement): Promise<void> {
  const drawer = document.getElementById('drawer') as HTMLDialogElement | null;
  const body = document.getElementById('drawer-body');
  if (!drawer || !body) return;
  const address = new URL(card.dataset.step ?? '', location.href);
  for (const name of ['activity', 'source', 'target'] as const) {
    const value = part.dataset[name];
    if (value !== undefined) address.searchParams.set(name, value);
  }
  const answer = await fetch(address, { headers: { 'HX-Request': 'true' }, credentials: 'same-origin' });
  if (answer.redirected) {
    location.assign(answer.url); // the session has ended: sign in again
    return;
  }
  if (!answer.ok) {
    const live = document.getElementById('live');
    if (live) live.textContent = document.body.dataset.failed ?? '';
    return;
  }
  body.innerHTML = await answer.text();
  if (!drawer.open) drawer.showModal();
}
