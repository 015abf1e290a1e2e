/**
 * How figures grow with size, as a picture: both axes logarithmic, so that a straight line is a power and twice as steep
 * is twice the power. One panel for each group of questions, one line for each question, budgets dashed. The names stand
 * at the ends of their lines, pushed apart where they would cover one another.
 */
import { type ScaleLogarithmic, scaleLog } from 'd3-scale';
import { line as lineOf } from 'd3-shape';

export interface GrowthPlot {
  readonly title: string;
  /** What grows, such as `hosts`. */
  readonly sizes: string;
  /** The unit of the figures, such as `ms`. */
  readonly unit: string;
  readonly panels: readonly Panel[];
}

export interface Panel {
  readonly title: string;
  readonly lines: readonly { readonly name: string; readonly points: readonly Point[] }[];
  readonly budget: readonly Point[];
}

export interface Point {
  readonly size: number;
  readonly value: number;
}

const WIDTH = 920;
const LEFT = 64;
const RIGHT = 350;
const HEADER = 52;
const PANEL_HEADER = 26;
const PANEL_FOOTER = 54;
const PLOT_HEIGHT = 220;
const LABEL_HEIGHT = 17;
const X_END = WIDTH - RIGHT;

/** For light and dark backgrounds alike, and told apart by people who do not see all colours. */
const COLOURS = [
  '#2f7ed8',
  '#d9603b',
  '#1a9e77',
  '#b5479f',
  '#a8861a',
  '#7a6fd0',
  '#4f9d2f',
  '#c94f6d',
  '#3a9fb0',
  '#8c6d4f',
];

const STYLE = `
  svg { color-scheme: light dark; font: 13px system-ui, 'DejaVu Sans', sans-serif; }
  .page { fill: #ffffff; } .ink { fill: #1f2328; } .soft { fill: #59636e; }
  .grid { stroke: #d8dee4; } .minor { stroke: #eef1f4; } .budget { stroke: #59636e; stroke-width: 1.5; stroke-dasharray: 6 4; fill: none; }
  .line { fill: none; stroke-width: 2; } .leader { fill: none; stroke-width: 1; opacity: .55; }
  .title { font-size: 16px; font-weight: 600; } .panel { font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; } .ink { fill: #e6edf3; } .soft { fill: #9198a1; }
    .grid { stroke: #30363d; } .minor { stroke: #1b2128; } .budget { stroke: #9198a1; }
  }`;

export function drawGrowth({ title, sizes, unit, panels }: GrowthPlot): string {
  let top = HEADER;
  const parts = panels.map((panel) => {
    const height = Math.max(PLOT_HEIGHT, (panel.lines.length + 1) * LABEL_HEIGHT);
    const drawn = drawPanel(panel, { top: top + PANEL_HEADER, height, sizes, unit });
    top += PANEL_HEADER + height + PANEL_FOOTER;
    return drawn;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}\n</style>`,
    `<rect class="page" width="${WIDTH}" height="${top}"/>`,
    text(LEFT, 30, title, 'ink title'),
    ...parts,
    '</svg>\n',
  ].join('\n');
}

interface Place {
  readonly top: number;
  readonly height: number;
  readonly sizes: string;
  readonly unit: string;
}

function drawPanel(panel: Panel, place: Place): string {
  const { top, height, sizes, unit } = place;
  const points = [...panel.lines.flatMap((line) => line.points), ...panel.budget];
  const x = scaleLog(extent(points.map(({ size }) => size)), [LEFT + 14, X_END - 14]);
  const y = scaleLog(withAir(extent(points.map(({ value }) => value))), [top + height, top]);
  const path = lineOf<Point>(
    ({ size }) => x(size),
    ({ value }) => y(value),
  ).digits(1);
  const lines = panel.lines.map(({ name, points: own }, place) => ({
    name,
    colour: COLOURS[place % COLOURS.length] as string, // the index is below the length
    points: own.toSorted((left, right) => left.size - right.size),
  }));
  const budget = panel.budget.toSorted((left, right) => left.size - right.size);
  return [
    text(LEFT, top - 10, panel.title, 'ink panel'),
    text(LEFT - 8, top - 10, unit, 'soft', 'end'),
    ...drawAxes(x, y, { top, bottom: top + height, sizes: sizesOf(panel) }),
    text((LEFT + X_END) / 2, top + height + 38, sizes, 'soft', 'middle'),
    ...(budget.length > 0 ? [`<path class="budget" d="${path(budget)}"/>`] : []),
    ...lines.map(({ colour, points: own }) => `<path class="line" stroke="${colour}" d="${path(own)}"/>`),
    ...lines.flatMap(({ colour, points: own }) =>
      own.map(({ size, value }) => `<circle cx="${round(x(size))}" cy="${round(y(value))}" r="3" fill="${colour}"/>`),
    ),
    ...drawNames(
      [
        ...lines.map(({ name, colour, points: own }) => ({ name, colour, end: own.at(-1) })),
        { name: 'budget', colour: undefined, end: budget.at(-1) },
      ].flatMap(({ end, ...label }) =>
        end === undefined ? [] : [{ ...label, x: x(end.size), y: y(end.value), value: end.value }],
      ),
      { top, bottom: top + height },
      unit,
    ),
  ].join('\n');
}

function drawAxes(
  x: ScaleLogarithmic<number, number>,
  y: ScaleLogarithmic<number, number>,
  { top, bottom, sizes }: { readonly top: number; readonly bottom: number; readonly sizes: readonly number[] },
): string[] {
  const ticks = y.ticks();
  const named = ticks.filter((value) => isNamed(value, ticks.length));
  return [
    ...ticks.map((value) => {
      const at = round(y(value));
      return `<path class="${named.includes(value) ? 'grid' : 'minor'}" d="M${LEFT},${at}H${X_END}"/>`;
    }),
    ...named.map((value) => text(LEFT - 8, y(value) + 4, format(value), 'soft', 'end')),
    ...sizes.map((size) => `<path class="grid" d="M${round(x(size))},${top}V${bottom + 5}"/>`),
    ...sizes.map((size) => text(x(size), bottom + 20, format(size), 'soft', 'middle')),
  ];
}

/** Powers of ten always, 2 and 5 between them where there is room. */
function isNamed(value: number, count: number): boolean {
  const digit = Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9));
  return digit === 1 || (count <= 30 && (digit === 2 || digit === 5));
}

interface Name {
  readonly name: string;
  readonly colour: string | undefined;
  readonly x: number;
  readonly y: number;
  readonly value: number;
}

/** From top to bottom in the order of the lines' ends, none closer to the next than a line of text. */
function drawNames(
  names: readonly Name[],
  { top, bottom }: { readonly top: number; readonly bottom: number },
  unit: string,
) {
  const ordered = names.toSorted((left, right) => left.y - right.y);
  const places = spread(
    ordered.map((name) => name.y),
    LABEL_HEIGHT,
    [top, bottom],
  );
  return ordered.flatMap((name, index) => {
    const at = places[index] ?? name.y;
    const stroke =
      name.colour === undefined ? 'class="budget" style="stroke-width:1"' : `class="leader" stroke="${name.colour}"`;
    const marker =
      name.colour === undefined
        ? ''
        : `<rect x="${X_END + 20}" y="${round(at - 4)}" width="8" height="8" rx="2" fill="${name.colour}"/>`;
    return [
      `<path ${stroke} d="M${round(name.x + 4)},${round(name.y)}L${X_END + 6},${round(at)}H${X_END + 18}"/>`,
      marker,
      text(
        X_END + 34,
        at + 4.5,
        `${name.name}  ${format(name.value)} ${unit}`,
        name.colour === undefined ? 'soft' : 'ink',
      ),
    ];
  });
}

/** The places nearest to `wanted`, in its order, that are `gap` apart and between the bounds. */
function spread(wanted: readonly number[], gap: number, [low, high]: readonly [number, number]): number[] {
  const places: number[] = [];
  for (const want of wanted) places.push(Math.max(want, (places.at(-1) ?? low - gap) + gap));
  for (let i = places.length - 1, limit = high; i >= 0; i -= 1) {
    places[i] = Math.min(places[i] as number, limit); // i is inside
    limit = (places[i] as number) - gap;
  }
  return places;
}

function sizesOf({ lines }: Panel): number[] {
  return [...new Set(lines.flatMap(({ points }) => points.map(({ size }) => size)))].toSorted((a, b) => a - b);
}

/** A little more at both ends. */
function withAir([low, high]: [number, number]): [number, number] {
  return [low / 1.4, high * 1.4];
}

function extent(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

function text(
  x: number,
  y: number,
  content: string,
  kind: string,
  anchor: 'start' | 'middle' | 'end' = 'start',
): string {
  return `<text class="${kind}" x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" xml:space="preserve">${escaped(content)}</text>`;
}

function format(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return Number(value.toFixed(digits)).toLocaleString('en');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
