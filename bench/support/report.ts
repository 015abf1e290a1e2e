/**
 * What every bench ends with: figures with their medians, the yardstick of the same run beside each, and whether the
 * budget is kept. Printed always; written to `results/<name>.json` and `.md` with `--save`, and where figures grow with
 * a size, drawn as `.svg`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { drawGrowth, type GrowthPlot } from './growth-plot.ts';
import { describeMachine, type Machine } from './machine.ts';

export interface Figure {
  readonly what: string;
  readonly unit: string;
  /** One per run. */
  readonly values: readonly number[];
  readonly atMost?: number | undefined;
  readonly atLeast?: number | undefined;
  /** What cannot be beaten, or what people use instead, measured in the same run. */
  readonly yardstick?: { readonly what: string; readonly values: readonly number[] };
  /** Share of the yardstick that has to be reached; for figures of which more is better. */
  readonly atLeastOfYardstick?: number;
  /** Where it stands in the picture of how things grow. */
  readonly growth?: { readonly panel: string; readonly line: string; readonly size: number };
}

export interface Report {
  /** The name of the file in `results/`. */
  readonly name: string;
  readonly question: string;
  readonly figures: readonly Figure[];
  /** What has to be known to read the figures. */
  readonly notes?: readonly string[];
  /** What grows, where figures tell how they grow with it: a picture is drawn of them. */
  readonly sizes?: string;
}

const machine = describeMachine();

export async function publish(report: Report): Promise<void> {
  const text = writeMarkdown(report, machine);
  console.log(`\n${text}`);
  if (!process.argv.includes('--save')) return;
  const directory = new URL('../results/', import.meta.url);
  await mkdir(directory, { recursive: true });
  const figures = report.figures.map((figure) => ({ ...figure, ...summary(figure) }));
  const json = { ...report, date: today(), machine, figures };
  await writeFile(new URL(`${report.name}.json`, directory), `${JSON.stringify(json, null, 2)}\n`);
  await writeFile(new URL(`${report.name}.md`, directory), text);
  const plot = growthOf(report);
  if (plot !== undefined) await writeFile(new URL(`${report.name}.svg`, directory), drawGrowth(plot));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 0 ? (low + high) / 2 : high;
}

/** The picture of figures that were taken at two sizes at least. */
function growthOf({ question, sizes, figures }: Report): GrowthPlot | undefined {
  const placed = figures.flatMap((figure) => (figure.growth === undefined ? [] : [{ ...figure, ...figure.growth }]));
  const [first] = placed;
  if (sizes === undefined || first === undefined || new Set(placed.map(({ size }) => size)).size < 2) return undefined;
  const panels = [...Map.groupBy(placed, ({ panel }) => panel)].map(([title, own]) => ({
    title,
    lines: [...Map.groupBy(own, ({ line }) => line)].map(([name, points]) => ({
      name,
      points: points.map(({ size, values }) => ({ size, value: median(values) })),
    })),
    budget: [
      ...new Map(own.flatMap(({ size, atMost }) => (atMost === undefined ? [] : [[size, atMost] as const]))),
    ].map(([size, value]) => ({ size, value })),
  }));
  return { title: question, sizes, unit: first.unit, panels };
}

function summary(figure: Figure) {
  const value = median(figure.values);
  const ratio = figure.yardstick && value / median(figure.yardstick.values);
  return { median: value, ...(ratio !== undefined && { ratio }), isKept: isKept(figure, value, ratio) };
}

function isKept({ atMost, atLeast, atLeastOfYardstick }: Figure, value: number, ratio = Number.NaN): boolean | null {
  const checks = [
    ...(atMost === undefined ? [] : [value <= atMost]),
    ...(atLeast === undefined ? [] : [value >= atLeast]),
    ...(atLeastOfYardstick === undefined ? [] : [ratio >= atLeastOfYardstick]),
  ];
  return checks.length === 0 ? null : checks.every(Boolean);
}

function writeMarkdown(report: Report, on: Machine): string {
  const { name, question, figures, notes = [] } = report;
  const lines = [
    `# ${question}`,
    '',
    ...(growthOf(report) === undefined ? [] : [`![How it grows](${name}.svg)`, '']),
    '| what | median | lowest – highest (runs) | budget | yardstick | ratio |',
    '|---|---|---|---|---|---|',
    ...figures.map(writeRow),
    '',
    ...notes.map((note) => `- ${note}`),
    ...(notes.length > 0 ? [''] : []),
    `${today()} · ${on.cores} × ${on.processor}, ${on.memoryGiB} GiB, kernel ${on.kernel}, Node ${on.node}, ` +
      `load before ${on.loadBefore} · load generator and database on the same machine`,
  ];
  return `${lines.join('\n')}\n`;
}

function writeRow(figure: Figure): string {
  const { what, unit, values, yardstick } = figure;
  const { median: value, ratio, isKept } = summary(figure);
  const range = `${round(Math.min(...values))} – ${round(Math.max(...values))} (${values.length})`;
  const verdict = isKept === null ? '' : isKept ? ' ✓' : ' **missed**';
  const against = yardstick === undefined ? '' : `${yardstick.what}: ${round(median(yardstick.values))} ${unit}`;
  const times = ratio === undefined ? '' : `${round(ratio)}×`;
  return `| ${what} | ${round(value)} ${unit} | ${range} | ${writeBudget(figure)}${verdict} | ${against} | ${times} |`;
}

function writeBudget({ atMost, atLeast, atLeastOfYardstick }: Figure): string {
  const parts = [
    ...(atMost === undefined ? [] : [`≤ ${atMost}`]),
    ...(atLeast === undefined ? [] : [`≥ ${atLeast}`]),
    ...(atLeastOfYardstick === undefined ? [] : [`≥ ${atLeastOfYardstick}×`]),
  ];
  return parts.join(', ');
}

function round(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits);
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
