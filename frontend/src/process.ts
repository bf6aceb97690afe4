// The process map: zoom, pan, focus from table to map, details of a step. The map itself is drawn by the server.
import { Canvas } from './process_canvas';
import { startDetails } from './process_details';
import { startEcho } from './process_echo';

let canvas: Canvas | undefined;

function start(): void {
  const card = document.querySelector<HTMLElement>('[data-map]');
  if (!card || card.dataset.started) return;
  card.dataset.started = 'yes';
  canvas = new Canvas(card, canvas?.place);
  startDetails(card, canvas);
  startEcho(card);
}

/** On a phone the current tab may lie outside the strip. */
function showTab(): void {
  const tab = document.querySelector<HTMLElement>('.sl-tabs [aria-current]');
  const strip = tab?.parentElement;
  if (tab && strip) strip.scrollLeft = tab.offsetLeft - (strip.clientWidth - tab.offsetWidth) / 2;
}

start();
showTab();
document.addEventListener('htmx:afterSettle', showTab);
document.addEventListener('htmx:afterSettle', start);
