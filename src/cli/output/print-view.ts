import type { Screen } from '../terminal.ts';
import { paintFor } from './paint.ts';
import type { Column, Facts, TableStyle } from './table.ts';

export const OUTPUT_FORMATS = ['table', 'json', 'yaml'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** The same answer for people and for programs: `data` is what JSON and YAML show, `text` what a terminal does. */
export interface View {
  readonly data: unknown;
  readonly text: (style: TableStyle) => string | Promise<string>;
}

export function tableView<Row>(rows: readonly Row[], columns: readonly Column<Row>[], empty: string): View {
  const text = async (style: TableStyle) => {
    if (rows.length === 0 && style.columns !== undefined) return `${empty}\n`;
    const { renderTable } = await import('./table.ts'); // measuring text is slow to load, and programs never need it
    return renderTable(columns, rows, style);
  };
  return { data: rows, text };
}

export function factsView(data: unknown, facts: Facts): View {
  return { data, text: async (style) => (await import('./table.ts')).renderFacts(facts, style) };
}

/** A sentence about what has been done. */
export function sentenceView(data: unknown, sentence: string): View {
  return { data, text: () => `${sentence}\n` };
}

export async function printView(view: View, format: OutputFormat, screen: Screen): Promise<void> {
  screen.write(await formatView(view, format, screen));
}

async function formatView(view: View, format: OutputFormat, screen: Screen): Promise<string> {
  if (format === 'json') return `${JSON.stringify(view.data, null, 2)}\n`;
  if (format === 'yaml') return (await import('#runtime/yaml.ts')).stringify(view.data);
  return view.text(styleOf(screen));
}

export function styleOf(screen: Screen): TableStyle {
  const paint = paintFor(screen);
  return { columns: screen.isTerminal ? screen.columns : undefined, paintHeader: (text) => paint('bold', text) };
}
