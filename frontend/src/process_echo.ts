// Table rows and ways on the map show each other.

export function startEcho(card: HTMLElement): void {
  const ways = new Map<string, Element>();
  for (const way of card.querySelectorAll<SVGGElement>('[data-source][data-target]')) {
    if (way.dataset.count !== undefined) ways.set(key(way.dataset), way);
  }
  for (const row of document.querySelectorAll<HTMLElement>('tr[data-way-source]')) {
    const way = ways.get(`${row.dataset.waySource}\n${row.dataset.wayTarget}`);
    if (!way) continue;
    const show = (on: boolean): void => {
      way.classList.toggle('sl-pm-echo', on);
      row.classList.toggle('echo', on);
    };
    for (const element of [row, way]) {
      element.addEventListener('pointerenter', () => show(true));
      element.addEventListener('pointerleave', () => show(false));
    }
  }
}

function key(data: DOMStringMap): string {
  return `${data.source}\n${data.target}`;
}
