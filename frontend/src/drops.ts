// A file may be dropped on the field that takes it.

export function startDrops(root: ParentNode): void {
  for (const zone of root.querySelectorAll<HTMLElement>('[data-drop]')) {
    const input = zone.querySelector<HTMLInputElement>('input[type=file]');
    if (!input) continue;
    const name = zone.querySelector<HTMLOutputElement>('[data-file-name]');
    input.addEventListener('change', () => {
      const file = input.files?.[0];
      if (name && file) name.textContent = file.name;
    });
    for (const kind of ['dragenter', 'dragover']) {
      zone.addEventListener(kind, (event) => {
        event.preventDefault();
        zone.classList.add('over');
      });
    }
    zone.addEventListener('dragleave', () => zone.classList.remove('over'));
    zone.addEventListener('drop', (event) => {
      event.preventDefault();
      zone.classList.remove('over');
      const files = (event as DragEvent).dataTransfer?.files;
      if (files?.length) {
        input.files = files;
        input.dispatchEvent(new Event('change', { bubbles: true }));
      }
    });
  }
}
