import stringWidth from 'string-width';
import { printable } from './printable.ts';

export interface Column<Row> {
  readonly header: string;
  readonly value: (row: Row) => string | number | null | undefined;
  /** May be shortened when the terminal is narrow. Ids and names, which people copy, may not. */
  readonly isFlexible?: boolean;
  readonly isNumber?: boolean;
  /** Colours the cell after it has been fitted. */
  readonly paint?: (text: string, row: Row) => string;
}

/** A value left undefined is not shown. */
export type Facts = readonly (readonly [name: string, value: string | number | null | undefined])[];

export interface TableStyle {
  /** Width of the terminal; undefined where nobody looks: then cells are whole and tabs stand between them. */
  readonly columns: number | undefined;
  readonly paintHeader?: (text: string) => string;
}

const GAP = '  ';
const NARROWEST = 8;

/** Lines with a header. For a terminal aligned and fitted; for a pipe one tab between cells, as `cut` and `awk` want it. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], style: TableStyle): string {
  const headers = columns.map((column) => column.header);
  const cells = rows.map((row) => columns.map((column) => cellText(column.value(row))));
  if (style.columns === undefined) return [headers, ...cells].map((line) => `${line.join('\t')}\n`).join('');

  const widths = fitWidths(columns, [headers, ...cells], style.columns);
  const header = padLine(columns, headers, widths, (text) => style.paintHeader?.(text) ?? text);
  const lines = cells.map(
    (line, at) =>
      padLine(columns, line, widths, (text, column) => columns[column]?.paint?.(text, rows[at] as Row) ?? text), // one line per row
  );
  return [header, ...lines].map((line) => `${line}\n`).join('');
}

/** Facts of one thing, a name and a value on each line. */
export function renderFacts(facts: Facts, style: TableStyle): string {
  const known = facts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [cellText(name), value] as const);
  const nameWidth = style.columns === undefined ? 0 : Math.max(0, ...known.map(([name]) => stringWidth(name)));
  return known
    .map(([name, value]) => {
      const shown = style.paintHeader?.(name) ?? name;
      if (style.columns === undefined) return `${name}\t${cellText(value)}\n`;
      return `${shown}${' '.repeat(nameWidth - stringWidth(name))}${GAP}${indentMore(cellLines(value), nameWidth + GAP.length)}\n`;
    })
    .join('');
}

function cellText(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === '') return '-';
  return printable(String(value)).replace(/[\t\n]+/g, ' ');
}

function cellLines(value: string | number | null | undefined): string[] {
  return value === null || value === undefined || value === '' ? ['-'] : printable(String(value)).trimEnd().split('\n');
}

function indentMore(lines: readonly string[], by: number): string {
  return lines.join(`\n${' '.repeat(by)}`);
}

/** Natural widths; when they are too many, the widest flexible column gives way, one step at a time. */
function fitWidths<Row>(
  columns: readonly Column<Row>[],
  lines: readonly (readonly string[])[],
  available: number,
): number[] {
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => stringWidth(line[at] ?? ''))));
  const total = () => widths.reduce((sum, width) => sum + width, GAP.length * (columns.length - 1));
  for (let excess = total() - available; excess > 0; excess = total() - available) {
    const at = widestFlexible(columns, widths);
    if (at === undefined) return widths;
    widths[at] = Math.max(NARROWEST, (widths[at] ?? 0) - 1);
  }
  return widths;
}

function widestFlexible<Row>(columns: readonly Column<Row>[], widths: readonly number[]): number | undefined {
  let widest: number | undefined;
  columns.forEach((column, at) => {
    const width = widths[at] ?? 0;
    if (!column.isFlexible || width <= NARROWEST) return;
    if (widest === undefined || width > (widths[widest] ?? 0)) widest = at;
  });
  return widest;
}

function padLine<Row>(
  columns: readonly Column<Row>[],
  line: readonly string[],
  widths: readonly number[],
  paint: (text: string, column: number) => string,
): string {
  return line
    .map((cell, at) => {
      const width = widths[at] ?? 0;
      const text = shorten(cell, width);
      const space = ' '.repeat(Math.max(0, width - stringWidth(text)));
      if (columns[at]?.isNumber) return space + paint(text, at);
      return at === columns.length - 1 ? paint(text, at) : paint(text, at) + space;
    })
    .join(GAP);
}

function shorten(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
