// The scrolling surface of the map: it fits the width as long as it can be read, zooms by button, key and wheel,
// and is dragged with the pointer.

const LEAST = 0.35;
const MOST = 2.5;
const READABLE = 0.72; // 12-px labels stay legible
const STEP = 1.2;
const DRAG_PX = 4;

export interface Place {
  scale: number | undefined;
  left: number;
  top: number;
}

export class Canvas {
  readonly element: HTMLElement;
  dragged = false;
  private readonly svg: SVGSVGElement;
  private readonly width: number;
  private chosen: number | undefined; // scale the reader asked for; undefined follows the width

  constructor(card: HTMLElement, before: Place | undefined) {
    this.element = card.querySelector<HTMLElement>('[data-canvas]')!;
    this.svg = this.element.querySelector('svg')!;
    this.width = this.svg.viewBox.baseVal.width;
    this.chosen = before?.scale;
    this.apply();
    if (before) this.element.scrollTo(before.left, before.top);
    new ResizeObserver(() => this.apply()).observe(this.element);
    for (const button of card.querySelectorAll<HTMLButtonElement>('[data-zoom]')) {
      button.addEventListener('click', () => this.zoom(button.dataset.zoom as 'in' | 'out' | 'fit'));
    }
    this.element.addEventListener('keydown', (event) => this.onKey(event));
    this.element.addEventListener('wheel', (event) => this.onWheel(event), { passive: false });
    this.element.addEventListener('pointerdown', (event) => this.startDrag(event));
  }

  get place(): Place {
    return { scale: this.chosen, left: this.element.scrollLeft, top: this.element.scrollTop };
  }

  private get scale(): number {
    if (this.chosen !== undefined) return this.chosen;
    return Math.min(1, Math.max(READABLE, this.element.clientWidth / this.width));
  }

  private apply(): void {
    this.svg.style.minWidth = '0';
    this.svg.style.width = `${Math.round(this.width * this.scale)}px`;
  }

  private zoom(direction: 'in' | 'out' | 'fit'): void {
    const { element } = this;
    const old = this.scale;
    const middle = { x: element.scrollLeft + element.clientWidth / 2, y: element.scrollTop + element.clientHeight / 2 };
    if (direction === 'fit') {
      this.chosen = Math.min(1, Math.max(LEAST, element.clientWidth / this.width));
    } else {
      this.chosen = Math.min(MOST, Math.max(LEAST, direction === 'in' ? old * STEP : old / STEP));
    }
    this.apply();
    const ratio = this.scale / old;
    element.scrollTo(middle.x * ratio - element.clientWidth / 2, middle.y * ratio - element.clientHeight / 2);
  }

  private onKey(event: KeyboardEvent): void {
    const direction = ({ '+': 'in', '=': 'in', '-': 'out', '0': 'fit' } as const)[event.key];
    if (!direction || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.zoom(direction);
  }

  private onWheel(event: WheelEvent): void {
    if (!event.ctrlKey) return; // plain wheel scrolls, as everywhere
    event.preventDefault();
    this.zoom(event.deltaY < 0 ? 'in' : 'out');
  }

  private startDrag(event: PointerEvent): void {
    this.dragged = false;
    if (event.pointerType === 'touch' || event.button !== 0) return; // touch scrolls by itself
    const { element } = this;
    const from = { x: event.clientX, y: event.clientY, left: element.scrollLeft, top: element.scrollTop };
    const move = (now: PointerEvent): void => {
      const x = now.clientX - from.x;
      const y = now.clientY - from.y;
      if (!this.dragged && Math.hypot(x, y) < DRAG_PX) return;
      this.dragged = true;
      element.classList.add('dragging');
      element.scrollTo(from.left - x, from.top - y);
    };
    const stop = (): void => {
      window.removeEventListener('pointermove', move);
      window.removeEventListener('pointerup', stop);
      element.classList.remove('dragging');
    };
    window.addEventListener('pointermove', move);
    window.addEventListener('pointerup', stop);
  }
}
