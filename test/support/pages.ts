/** The pages that people read, and the blocks of shell in them with what becomes of each in the tests. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * A comment, invisible to the reader, in the line before the block:
 * - `<!-- run -->`: story 62 runs the block on a fresh installation.
 * - `<!-- run, after: … -->`: the same, after these lines of shell. What they assign (`RUN=…`) takes the place of
 *   the word `RUN` in the block.
 * - `<!-- run by PATH -->`: the test at PATH does the same.
 * - `<!-- not run: REASON -->`
 */
export type Marker =
  | { readonly kind: 'run'; readonly setUp: string }
  | { readonly kind: 'run by'; readonly test: string }
  | { readonly kind: 'not run'; readonly reason: string };

export interface Block {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
  readonly marker: Marker | undefined;
}

/** Generated pages have tests of their own. */
export const PAGES = ['*.md', 'docs/*.md', 'docs/{operations,recipes}/*.md', 'deploy/*/README.md']
  .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
  .sort();

export function blocksOf(page: string): Block[] {
  const markdown = readFileSync(join(ROOT, page), 'utf8');
  const fences = /(?:<!--((?:(?!-->).)*)-->\n)?^```(\w*)\n(.*?)^```$/gms;
  return [...markdown.matchAll(fences)].map(({ 1: comment = '', 2: language = '', 3: text = '', index }) => ({
    page,
    line: markdown.slice(0, index).split('\n').length,
    language,
    text,
    marker: markerOf(comment.trim()),
  }));
}

function markerOf(comment: string): Marker | undefined {
  const [, kind, rest = ''] = /^(run by|not run:|run, after:|run$)(.*)$/s.exec(comment) ?? [];
  if (kind === 'run by') return { kind, test: rest.trim() };
  if (kind === 'not run:') return { kind: 'not run', reason: rest.trim() };
  return kind === undefined ? undefined : { kind: 'run', setUp: rest.trim() };
}
