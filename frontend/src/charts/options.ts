// From the server's description to options: names of design tokens become the theme's colours, dates and numbers
// are written as the page's language writes them.
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
type Options = Record<string, unknown>;

const DAY = 86_400_000;

/** The description with every "--sl-…" replaced by the value that the current theme gives it. */
export function inColours(value: Json, style: CSSStyleDeclaration): unknown {
  if (typeof value === 'string') return value.startsWith('--sl-') ? style.getPropertyValue(value).trim() : value;
  if (Array.isArray(value)) return value.map((item) => inColours(item, style));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inColours(item, style)]));
}

/** Options as ECharts takes them, in the fonts, colours and language of the page. */
export function optionsFor(description: Json, root: HTMLElement, unit: string): Options {
  const style = getComputedStyle(root);
  const options = inColours(description, style) as Options;
  const language = root.lang || 'en';
  options.textStyle = { fontFamily: style.getPropertyValue('--sl-font').trim() };
  options.tooltip = {
    ...(options.tooltip as Options),
    renderMode: 'richText',
    backgroundColor: style.getPropertyValue('--sl-surface').trim(),
    borderColor: style.getPropertyValue('--sl-line-strong').trim(),
    textStyle: { color: style.getPropertyValue('--sl-ink').trim(), fontSize: 12 },
    formatter: (shown: unknown) => tooltip(shown, language, unit),
  };
  const axis = options.xAxis as Options | undefined;
  if (axis?.type === 'time') {
    axis.minInterval = 28 * DAY;
    axis.splitNumber = 4;
    axis.axisLabel = { ...(axis.axisLabel as Options), showMinLabel: true, showMaxLabel: true, formatter: (at: number) => month(at, language) };
  }
  return options;
}

interface Shown {
  name?: string;
  seriesName?: string;
  seriesType?: string;
  value?: unknown;
  axisValue?: number | string;
}

function tooltip(shown: unknown, language: string, unit: string): string {
  const items = (Array.isArray(shown) ? shown : [shown]) as Shown[];
  const named = items.filter((item) => item.seriesName && !item.seriesName.includes('\u0000'));
  const [first] = items;
  if (Array.isArray(shown)) {
    const head = typeof first?.axisValue === 'number' ? month(first.axisValue, language) : String(first?.axisValue ?? '');
    return [head, ...named.map((item) => `${item.seriesName ?? ''}  ${measured(item.value, 1, language, unit)}`)].join('\n');
  }
  // Points between two measures say both; in charts with rows the second number is only the row's place.
  const place = first?.seriesType === 'scatter' && first.seriesName?.includes('\u0000') ? first.value : undefined;
  const two = Array.isArray(place) && !Number.isInteger(place[1]);
  const second = two ? `  /  ${measured(place, 1, language, unit)}` : '';
  const series = first?.seriesName && !first.seriesName.includes('\u0000') ? `  ${first.seriesName}` : '';
  return `${first?.name ?? ''}${series}  ${measured(first?.value, 0, language, unit)}${second}`;
}

function measured(value: unknown, place: number, language: string, unit: string): string {
  const found = Array.isArray(value) ? (value[place] as unknown) : value;
  if (typeof found !== 'number') return '—';
  const text = found.toLocaleString(language, { maximumFractionDigits: Math.abs(found) < 10 ? 2 : 1 }).replace('-', '−');
  return unit && unit !== '%' ? `${text} ${unit}` : `${text}${unit}`;
}

function month(at: number, language: string): string {
  const day = new Date(at);
  if (language.startsWith('zh')) return `${String(day.getFullYear())}-${String(day.getMonth() + 1).padStart(2, '0')}`;
  return day.toLocaleDateString('en-GB', { month: 'short', year: 'numeric' });
}
