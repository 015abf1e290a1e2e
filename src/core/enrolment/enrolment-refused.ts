import { FleetError, type FleetErrorCode } from '../kernel/fleet-error.ts';

/** Why a join secret does not let a host in. The first four are the words of Edge Admin's event (seed 001). */
export type EnrolmentRefusal = keyof typeof REFUSALS;

const REFUSALS = {
  invalid_key: ['unauthenticated', 'This enrolment key is not known here. Get a new one from an operator.'],
  key_expired: ['unauthenticated', 'This enrolment key has expired. Get a new one from an operator.'],
  key_spent: ['unauthenticated', 'This enrolment key has no uses left. Get a new one from an operator.'],
  node_limit_reached: ['conflict', 'The cluster has reached its node limit. Raise the limit, or remove a node.'],
  token_invalid: ['unauthenticated', 'This is no enrolment token of this controller. Issue one here.'],
  token_expired: ['unauthenticated', 'This enrolment token has expired. Issue a new one.'],
  token_redeemed: [
    'unauthenticated',
    'This enrolment token has been redeemed already: it is good for one host. Issue a new one.',
  ],
  token_withdrawn: ['unauthenticated', 'This enrolment token was withdrawn. Issue a new one.'],
} as const satisfies Record<string, readonly [FleetErrorCode, string]>;

export class EnrolmentRefused extends FleetError {
  readonly refusal: EnrolmentRefusal;

  /** @param expiry where the secret has expired: when, and what the clock says that judged it */
  constructor(refusal: EnrolmentRefusal, expiry?: { readonly expiredAt: Date; readonly now: Date }) {
    const [code, message] = REFUSALS[refusal];
    super(code, expiry === undefined ? message : tellTimes(message, expiry), { facts: { refusal } });
    this.refusal = refusal;
  }
}

/** `… has expired (at 10:15, and here it is 10:20). …`: a clock that is wrong shows itself. */
function tellTimes(message: string, { expiredAt, now }: { readonly expiredAt: Date; readonly now: Date }): string {
  const times = `(at ${expiredAt.toISOString()}; by the clock of the controller it is ${now.toISOString()})`;
  return message.replace('has expired', `has expired ${times}`);
}
