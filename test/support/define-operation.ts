import type { Static, TSchema } from 'typebox';
import type { Context } from '#core/kernel/context.ts';
import type { Answer, Input, Operation } from '#surfaces/http/operation.ts';

type Read<Schema> = Schema extends TSchema ? Static<Schema> : undefined;

type Definition<Params, Query, Body> = Omit<Operation, 'params' | 'query' | 'body' | 'handler'> & {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  handler(ctx: Context, input: Input<Read<Params>, Read<Query>, Read<Body>>): Promise<Answer>;
};

/** An operation of a test, whose handler needs nothing but its input. */
export function defineOperation<
  Params extends TSchema | undefined = undefined,
  Query extends TSchema | undefined = undefined,
  Body extends TSchema | undefined = undefined,
>(definition: Definition<Params, Query, Body>): Operation {
  return definition as Operation; // the plumbing calls the handler with what exactly these schemas have read
}
