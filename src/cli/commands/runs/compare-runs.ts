import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'; // unified diffs as every tool reads them
import type { NodeOutput } from '../../watch/run-outputs.ts';

/** Nodes with the same difference between two runs. */
export interface SameDifference {
  readonly nodes: readonly string[];
  /** How their commands ended, in the one and in the other. */
  readonly ends: readonly [string, string];
  /** Unified; empty when they said the same and ended differently. */
  readonly diff: string;
}

export interface RunComparison {
  /** Ids of nodes, here and below. */
  readonly same: readonly string[];
  /** The difference that most nodes have is the first. */
  readonly different: readonly SameDifference[];
  readonly onlyFirst: readonly string[];
  readonly onlySecond: readonly string[];
}

export interface ComparedRun {
  readonly name: string;
  readonly outputs: ReadonlyMap<string, NodeOutput>;
}

const STREAMS = ['stdout', 'stderr', 'result'] as const;

/** Beyond this, two texts have little in common and a diff of them takes long. */
const MOST_EDITS = 20_000;
const TIMEOUT_MS = 2_000;

export function compareRuns(first: ComparedRun, second: ComparedRun, context: number): RunComparison {
  const [onlyFirst, onlySecond] = [without(first, second), without(second, first)];
  const same: string[] = [];
  const groups = new Map<string, { nodes: string[]; ends: [string, string]; diff: string }>();
  const diffs = new Diffs([first.name, second.name], context);
  for (const [node, before] of first.outputs) {
    const after = second.outputs.get(node);
    if (after === undefined) continue;
    const diff = STREAMS.map((stream) => diffs.of(stream, before[stream], after[stream])).join('');
    const key = JSON.stringify([before.end, after.end, diff]);
    const group = groups.get(key);
    if (diff === '' && before.end === after.end) same.push(node);
    else if (group === undefined) groups.set(key, { nodes: [node], ends: [before.end, after.end], diff });
    else group.nodes.push(node);
  }
  const different = [...groups.values()].sort((a, b) => b.nodes.length - a.nodes.length);
  return { same, different, onlyFirst, onlySecond };
}

function without({ outputs }: ComparedRun, other: ComparedRun): string[] {
  return [...outputs.keys()].filter((node) => !other.outputs.has(node));
}

/** A thousand nodes that said the same twice are one diff. */
class Diffs {
  readonly #names: readonly [string, string];
  readonly #context: number;
  readonly #known = new Map<string, Map<string, string>>();

  constructor(names: readonly [string, string], context: number) {
    this.#names = names;
    this.#context = context;
  }

  of(stream: (typeof STREAMS)[number], before: string, after: string): string {
    if (before === after) return '';
    const beginning = `${stream}\n${before}`;
    const known = this.#known.get(beginning) ?? new Map<string, string>();
    this.#known.set(beginning, known);
    const diff = known.get(after) ?? this.#make(stream, before, after);
    known.set(after, diff);
    return diff;
  }

  #make(stream: string, before: string, after: string): string {
    const [a, b] = this.#names.map((name) => `${name} ${stream}`) as [string, string]; // two names
    const options = {
      context: this.#context,
      maxEditLength: MOST_EDITS,
      timeout: TIMEOUT_MS,
      headerOptions: FILE_HEADERS_ONLY,
    };
    return createTwoFilesPatch(a, b, before, after, undefined, undefined, options) ?? tooDifferent(a, b, before, after);
  }
}

function tooDifferent(a: string, b: string, before: string, after: string): string {
  const lines = (text: string) => text.split('\n').length;
  return `--- ${a}\n+++ ${b}\nToo different to tell line by line: ${lines(before)} lines, ${lines(after)} lines.\n`;
}
