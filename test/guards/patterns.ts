import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser'; // reads TypeScript
import { checkSync } from 'recheck'; // finds what takes quadratic time too, which star height alone does not tell
import { TOOLS } from '#protocol/tools/tools.ts';
import { OPERATIONS } from './all-surfaces.ts';
import { ROOT, sourceFiles } from './source-imports.ts';

/** A regular expression of the product. */
export interface Pattern {
  readonly source: string;
  readonly flags: string;
  /** File and line, or the operation whose schema has it. */
  readonly where: string;
}

/** What is proved without recheck, and how. This list only shrinks. */
const BY_EYE: Readonly<Record<string, string>> = {
  'cli/output/printable.ts': 'one character of one class; recheck does not know the flag v',
};

/** Patterns that are made out of text, by file: what each can become. */
export const MADE: Readonly<Record<string, readonly string[]>> = {
  'cli/parse/read-policy.ts': ['^rolling=([1-9]\\d{0,8})$'],
  'cli/resolve-target.ts': ['^(n-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'],
  'core/clusters/cluster.ts': ['^[a-z0-9]([a-z0-9-]*[a-z0-9])?$'],
  'core/clusters/overlay-names.ts': [
    '^(?:node-(?<label>[a-z0-9-]{1,63})\\.)?cluster-(?<cluster>[a-z0-9-]{1,24})(?:\\.(?<tenant>[a-z0-9-]{1,63}))?\\.nm\\.internal$',
  ],
  'core/nodes/tags.ts': ['^[a-z0-9][a-z0-9._:/-]{0,62}$'],
  'daemon/metrics/parse-proc.ts': ['^MemTotal: +(\\d+) kB$'],
  'surfaces/http/route-index.ts': ['^/v1/orgs/[^/]+/outposts/[^/]+/renew$'],
};

/** Everything that has to be proved. */
export function allPatterns(): Pattern[] {
  const made = Object.entries(MADE).flatMap(([where, sources]) =>
    sources.map((source) => ({ source, flags: '', where })),
  );
  const literals = patternsOfSources().literals.filter(
    ({ where, flags }) => !(flags.includes('v') && Object.hasOwn(BY_EYE, where.split(':')[0] ?? '')),
  );
  return [...literals, ...patternsOfSchemas(), ...made];
}

/** Undefined for a pattern that takes linear time. */
export function problemOf({ source, flags, where }: Pattern): string | undefined {
  const verdict = checkSync(source, flags, { timeout: 60_000 });
  if (verdict.status === 'safe') return undefined;
  const why = verdict.status === 'vulnerable' ? verdict.complexity.summary : 'it could not be proved';
  return `${where}: /${source}/${flags} does not take linear time: ${why}`;
}

export function keyOf({ source, flags }: Pattern): string {
  return `/${source}/${flags}`;
}

/** Every literal in the sources, and every place that makes a pattern out of text. */
export function patternsOfSources(): { literals: Pattern[]; made: string[] } {
  const literals: Pattern[] = [];
  const made: string[] = [];
  for (const file of sourceFiles()) {
    const text = readFileSync(join(ROOT, 'src', file), 'utf8');
    const placeOf = (start: number) => `${file}:${text.slice(0, start).split('\n').length}`;
    if (file.startsWith('protocol/gen/')) continue; // generated
    new Visitor({
      Literal(node) {
        if ('regex' in node)
          literals.push({ source: node.regex.pattern, flags: node.regex.flags, where: placeOf(node.start) });
      },
      NewExpression({ callee }) {
        if (callee.type === 'Identifier' && callee.name === 'RegExp') made.push(file);
      },
    }).visit(parseSync(file, text).program);
  }
  return { literals, made: [...new Set(made)] };
}

/** Every `pattern` of the schemas that read what comes from outside. */
function patternsOfSchemas(): Pattern[] {
  const operations = OPERATIONS.flatMap(({ operation }) =>
    [operation.params, operation.query, operation.body].flatMap((schema) => patternsIn(schema, operation.operationId)),
  );
  return [...operations, ...Object.values(TOOLS).flatMap(({ name, argsSchema }) => patternsIn(argsSchema, name))];
}

function patternsIn(schema: unknown, where: string): Pattern[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) =>
    key === 'pattern' && typeof value === 'string' ? [{ source: value, flags: 'u', where }] : patternsIn(value, where),
  );
}
