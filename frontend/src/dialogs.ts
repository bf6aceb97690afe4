// Dialogs and drawers are native elements; a button names the one it opens.

export function startDialogs(): void {
  document.addEventListener('click', (event) => {
    const target = event.target as Element;
    const opener = target.closest<HTMLElement>('[data-opens]');
    if (opener?.dataset.opens) {
      const dialog = document.getElementById(opener.dataset.opens);
      if (dialog instanceof HTMLDialogElement) dialog.showModal();
    }
    if (target.closest('[data-closes]') || target instanceof HTMLDialogElement) {
      target.closest('dialog')?.close();
    }
  });
  document.addEventListener('change', (event) => {
    const field = event.target as HTMLElement;
    if (field.dataset.submits !== undefined) field.closest('form')?.requestSubmit();
  });
}
