import type { Run } from '#core/runs/run.ts';

/** What an answer says of a run that was made and waits for somebody's consent. */
export function waitsFor({ isHeld, approvalId }: Pick<Run, 'isHeld' | 'approvalId'>): { readonly approval?: string } {
  return isHeld && approvalId !== null ? { approval: approvalId } : {};
}
