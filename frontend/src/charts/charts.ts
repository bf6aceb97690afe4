// Charts in pages: drawn from the description beside them, drawn anew when the theme or the width changes.
import { chartIn } from './engine';
import type { ECharts } from './engine';
import { optionsFor } from './options';
import type { Json } from './options';
import { savePicture } from './picture';

const drawn = new Map<HTMLElement, ECharts>();

const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) drawn.get(target as HTMLElement)?.resize();
});

function draw(place: HTMLElement, chart: ECharts): void {
  const description = JSON.parse(place.dataset.chart ?? '{}') as Json;
  chart.setOption(optionsFor(description, document.documentElement, place.dataset.unit ?? ''), { notMerge: true });
}

function start(): void {
  for (const [place, chart] of drawn) {
    if (place.isConnected) continue;
    widths.unobserve(place);
    chart.dispose();
    drawn.delete(place);
  }
  for (const place of document.querySelectorAll<HTMLElement>('[data-chart]')) {
    if (drawn.has(place)) continue;
    const chart = chartIn(place);
    drawn.set(place, chart);
    draw(place, chart);
    widths.observe(place);
  }
}

new MutationObserver(() => {
  for (const [place, chart] of drawn) draw(place, chart);
}).observe(document.documentElement, { attributes: true, attributeFilter: ['data-bs-theme'] });

document.addEventListener('click', (event) => {
  const target = event.target as Element;
  const toggle = target.closest<HTMLButtonElement>('[data-shows-table]');
  if (toggle) showTable(toggle);
  const picture = target.closest<HTMLAnchorElement>('[data-picture]');
  if (picture) {
    event.preventDefault();
    void savePicture(picture.href, picture.dataset.picture ?? 'chart.png');
  }
});

/** The table stands in the place of the chart; the button says which of the two is shown. */
function showTable(toggle: HTMLButtonElement): void {
  const table = document.getElementById(toggle.getAttribute('aria-controls') ?? '');
  const chart = table?.closest('.sl-card')?.querySelector<HTMLElement>('.sl-chart, .sl-path');
  if (!table || !chart) return;
  table.hidden = !table.hidden;
  chart.hidden = !table.hidden;
  toggle.setAttribute('aria-expanded', String(!table.hidden));
  if (table.hidden) drawn.get(chart)?.resize();
}

start();
document.addEventListener('htmx:afterSettle', start);
