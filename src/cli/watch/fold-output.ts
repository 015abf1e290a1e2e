import { foldNames } from '../output/fold-names.ts';
import type { NodeNames } from './node-names.ts';

/** Collects what nodes say and tells it once per text, as `clush -b` does. Equal texts are kept once. */
export class FoldedOutput {
  readonly #open = new Map<string, string>();
  readonly #groups = new Map<string, string[]>();

  push(nodeId: string, piece: string): void {
    this.#open.set(nodeId, (this.#open.get(nodeId) ?? '') + piece);
  }

  /** The node has said everything. @param alike who has said the same, with the node itself */
  close(nodeId: string, alike: readonly string[] = [nodeId]): void {
    const text = this.#open.get(nodeId);
    if (text === undefined) return;
    this.#open.delete(nodeId);
    const whole = text.endsWith('\n') ? text : `${text}\n`;
    const nodes = this.#groups.get(whole);
    if (nodes === undefined) this.#groups.set(whole, [...alike]);
    else nodes.push(...alike);
  }

  /** The most widely spoken text first. */
  groups(): { readonly nodes: readonly string[]; readonly text: string }[] {
    for (const nodeId of [...this.#open.keys()]) this.close(nodeId);
    return [...this.#groups].map(([text, nodes]) => ({ text, nodes })).sort((a, b) => b.nodes.length - a.nodes.length);
  }
}

const RULE = '---------------';

export function formatGroup(nodes: readonly string[], text: string, names: NodeNames): string {
  const count = nodes.length > 1 ? ` (${nodes.length})` : '';
  return `${RULE}\n${foldNames(nodes.map((id) => names.of(id)))}${count}\n${RULE}\n${text}`;
}
