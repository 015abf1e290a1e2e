/**
 * Why a call of a node was refused, for programs, in the trailing metadata. `revoked`: its certificate is, and that is final.
 * `not_known`: it is good and not in the database; an operator can let it in.
 */
export const REFUSAL_KEY = 'garrison-refusal';
export const REFUSAL_REASONS = ['revoked', 'not_known'] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];
