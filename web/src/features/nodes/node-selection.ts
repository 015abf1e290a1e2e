/** Some nodes by id, or everyone that a target means: never a list of thousands. */
export type NodeSelection =
  | { readonly kind: 'some'; readonly ids: ReadonlySet<string> }
  | { readonly kind: 'all'; readonly without: ReadonlySet<string> };

export const NONE: NodeSelection = { kind: 'some', ids: new Set() };
export const ALL: NodeSelection = { kind: 'all', without: new Set() };

export function isSelected(selection: NodeSelection, id: string): boolean {
  return selection.kind === 'all' ? !selection.without.has(id) : selection.ids.has(id);
}

export function toggle(selection: NodeSelection, id: string): NodeSelection {
  if (selection.kind === 'all') return { kind: 'all', without: flip(selection.without, id) };
  return { kind: 'some', ids: flip(selection.ids, id) };
}

function flip(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  return ids.has(id) ? new Set([...ids].filter((each) => each !== id)) : new Set([...ids, id]);
}

export function countOf(selection: NodeSelection, matching: number): number {
  return selection.kind === 'all' ? matching - selection.without.size : selection.ids.size;
}

/** The selection as `--on` says it. */
export function targetText(selection: NodeSelection, on: string): string {
  if (selection.kind === 'some') return [...selection.ids].map((id) => `@${id}`).join(',');
  return [on === '' ? 'all' : on, ...[...selection.without].map((id) => `@${id}`)].join(' !');
}
