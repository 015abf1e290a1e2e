import { type Static, Type } from 'typebox';
import { MAX_FAILURES } from '#core/updates/update-request.ts';
import { UPDATE_STATUSES } from '../self-updates.ts';
import { nullable, oneOf, times, uuid } from './shapes.ts';
import { Targeting } from './targeting.ts';

export const SelfUpdateCreate = Type.Object({
  targeting: Targeting,
  version: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      description: 'An addition: of the release; default: the newest published',
    }),
  ),
  waves: Type.Optional(
    Type.Object(
      {
        batch: Type.Integer({ minimum: 1, maximum: 100_000, description: 'Nodes of a wave' }),
        stop_after: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: 100_000,
            description: 'No further wave begins once so many nodes have failed; default: 1',
          }),
        ),
        within_seconds: Type.Optional(
          Type.Integer({
            minimum: 60,
            maximum: 604_800,
            description: 'Nodes whose turn has not come by then are not asked any more; default: a day',
          }),
        ),
      },
      {
        additionalProperties: false,
        description:
          'An addition: the next wave begins when each node of the one before runs the new version or has failed. Default: every node at once',
      },
    ),
  ),
});

export type SelfUpdateCreate = Static<typeof SelfUpdateCreate>;

const updateCount = (description: string) => Type.Integer({ description });

export const SelfUpdate = Type.Object({
  id: uuid('Request id'),
  targeting: Type.Unsafe<Targeting>({
    type: 'object',
    description: 'As it was given, with the filters that always hold',
  }),
  status: oneOf(UPDATE_STATUSES, 'Completed: every target has accepted the order, or cannot any more'),
  summary: nullable(
    Type.Object({
      total: updateCount('Nodes that were asked'),
      triggered: updateCount('Nodes that accepted the order; not a proof of a new version'),
      failed: updateCount('Nodes that did not'),
    }),
    { description: 'Null until it is completed' },
  ),
  failures: Type.Array(
    Type.Object({
      node_id: nullable(uuid('Node id'), { description: 'Null once the node has been deleted' }),
      node_name: nullable(Type.String(), { description: 'What people call it' }),
      code: Type.String({ description: 'Stable; see the page of error codes' }),
      message: Type.String({ description: 'Why, for people' }),
    }),
    {
      maxItems: MAX_FAILURES,
      description: `An addition: nodes that refused the order or failed at it, also after they had accepted it; the first ${MAX_FAILURES}`,
    },
  ),
  ...times,
});
