// Messages of the last action: good news leaves by itself, the rest waits for the reader.
const STAY_MS = 6000;

export function startToasts(): void {
  document.addEventListener('click', (event) => {
    (event.target as Element).closest('[data-close-toast]')?.closest('.sl-note')?.remove();
  });
  for (const toast of document.querySelectorAll<HTMLElement>('.sl-toasts .sl-note.good')) {
    let timer = window.setTimeout(() => toast.remove(), STAY_MS);
    toast.addEventListener('pointerenter', () => window.clearTimeout(timer));
    toast.addEventListener('pointerleave', () => (timer = window.setTimeout(() => toast.remove(), STAY_MS)));
  }
}
