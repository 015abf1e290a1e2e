/**
 * What goes with a task beside the task itself, by level: the list of files; the list and the files that explain a
 * project; every text there is. Each level has a budget of bytes, and `context.json` says what was sent and what was not.
 */
import type { AgentRunArgs } from '#protocol/tools/agent-run.ts';
import type { Redactor } from '../output/redactor.ts';

type Level = NonNullable<AgentRunArgs['context']>;

export interface TreeFile {
  readonly path: string;
  readonly blob: string;
  readonly bytes: number;
}

export interface ContextSource {
  list(): Promise<readonly TreeFile[]>;
  /** In the order they are asked for. */
  read(files: readonly TreeFile[]): Promise<readonly Buffer[]>;
}

export interface BuiltContext {
  /** Follows the task. Empty where there is nothing to say. */
  readonly text: string;
  /** `context.json` */
  readonly manifest: ContextManifest;
}

export interface ContextManifest {
  readonly level: Level;
  readonly budget_bytes: number;
  readonly sent_bytes: number;
  readonly files_in_repository: number;
  readonly files_listed: number;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sent_bytes: number }[];
  /** Files that the level asks for and that are too large for the rest of the budget, or are not text. */
  readonly left_out: readonly string[];
}

const KIB = 1024;
const BUDGET: Readonly<Record<Level, number>> = { minimal: 16 * KIB, standard: 64 * KIB, full: 512 * KIB };
const MOST_LEFT_OUT = 200;
/** The most one file may take at the level standard, so that a change log does not use up the budget. */
const MOST_OF_KEY_FILE = 16 * KIB;

const KEY_FILE =
  /^(readme|contributing|agents|claude|gemini|architecture|package\.json|pyproject\.toml|setup\.py|requirements\.txt|cargo\.toml|go\.mod|pom\.xml|build\.gradle|makefile|dockerfile|compose\.ya?ml|tsconfig\.json|composer\.json|gemfile|cmakelists\.txt)/i;

/** @param mostBytes less than the budget, where the agent takes no more */
export async function buildContext(
  level: Level,
  source: ContextSource,
  { redactor, mostBytes }: { readonly redactor: Redactor; readonly mostBytes: number },
): Promise<BuiltContext> {
  const budget = Math.min(BUDGET[level], mostBytes);
  const tree = await source.list();
  const listing = listWithin(tree, level === 'minimal' ? budget : Math.floor(budget / 4));
  const wanted = filesOf(level, tree);
  const { chosen, leftOut } = choose(wanted, { level, left: budget - Buffer.byteLength(listing.text) });
  const contents = await source.read(chosen);
  const sections: string[] = [];
  const sent: { path: string; bytes: number; sent_bytes: number }[] = [];
  for (const [index, file] of chosen.entries()) {
    const content = contents[index] ?? Buffer.alloc(0);
    if (content.includes(0)) {
      leftOut.push(file.path);
      continue;
    }
    const text = cutTo(content, level === 'standard' ? MOST_OF_KEY_FILE : budget);
    sections.push(`\n## ${file.path}\n\n${text}\n`);
    sent.push({ path: file.path, bytes: file.bytes, sent_bytes: Buffer.byteLength(text) });
  }
  const whole =
    tree.length === 0 ? '' : `\n\n# Context: files of the repository\n\n${listing.text}${sections.join('')}`;
  const text = redactor.redact(whole);
  return {
    text,
    manifest: {
      level,
      budget_bytes: budget,
      sent_bytes: Buffer.byteLength(text),
      files_in_repository: tree.length,
      files_listed: listing.count,
      files: sent,
      left_out: leftOut.slice(0, MOST_LEFT_OUT),
    },
  };
}

function listWithin(tree: readonly TreeFile[], budget: number): { text: string; count: number } {
  const lines: string[] = [];
  let left = budget - 100;
  for (const { path } of tree) {
    left -= Buffer.byteLength(path) + 1;
    if (left < 0) break;
    lines.push(path);
  }
  const rest = tree.length - lines.length;
  return { text: `${lines.join('\n')}\n${rest === 0 ? '' : `… and ${rest} more\n`}`, count: lines.length };
}

function filesOf(level: Level, tree: readonly TreeFile[]): readonly TreeFile[] {
  if (level === 'minimal') return [];
  if (level === 'full') return tree.toSorted((one, other) => one.bytes - other.bytes);
  return tree.filter(({ path }) => isKeyFile(path)).toSorted((one, other) => depthOf(one) - depthOf(other));
}

function isKeyFile(path: string): boolean {
  const steps = path.split('/');
  return steps.length <= 2 && KEY_FILE.test(steps.at(-1) ?? '');
}

const depthOf = ({ path }: TreeFile) => path.split('/').length;

function choose(wanted: readonly TreeFile[], { level, left }: { readonly level: Level; readonly left: number }) {
  const chosen: TreeFile[] = [];
  const leftOut: string[] = [];
  let room = left;
  for (const file of wanted) {
    const cost = (level === 'standard' ? Math.min(file.bytes, MOST_OF_KEY_FILE) : file.bytes) + file.path.length + 8;
    if (cost > room || file.bytes > BUDGET.full) leftOut.push(file.path);
    else {
      chosen.push(file);
      room -= cost;
    }
  }
  return { chosen, leftOut };
}

function cutTo(content: Buffer, most: number): string {
  if (content.length <= most) return content.toString('utf8');
  return `${content.subarray(0, most).toString('utf8')}\n… ${content.length - most} bytes left out`;
}
