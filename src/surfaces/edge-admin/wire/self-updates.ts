import { type Static, Type } from 'typebox';
import { MAX_FAILURES } from '#core/updates/update-request.ts';
import { Targeting } from '#surfaces/targeting/wire.ts';
import { UPDATE_STATUSES } from '../self-updates.ts';
import { nullable, oneOf, times, uuid, waitsFor } from './shapes.ts';

export const SelfUpdateCreate = Type.Object({
  targeting: Targeting,
  version: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 100,
      description: 'Extension: of the release; default: the newest published',
    }),
  ),
  waves: Type.Optional(
    Type.Object(
      {
        batch: Type.Integer({ minimum: 1, maximum: 100_000, description: 'Nodes of a wave' }),
        canary_percent: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: 100,
            description:
              'Share of the nodes that the first wave has, rounded up; default: the first wave is like the others',
          }),
        ),
        soak_seconds: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: 86_400,
            description: 'How long a wave rests before the next begins; default: 0',
          }),
        ),
        health_gate: Type.Optional(
          Type.Boolean({
            description:
              'The next wave begins when the updated nodes are healthy; those that are not a minute after the rest count as failed. Default: false',
          }),
        ),
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
          'Extension: the next wave begins when each node of the one before runs the new version or has failed. Default: every node at once',
      },
    ),
  ),
});

export type SelfUpdateCreate = Static<typeof SelfUpdateCreate>;

/** With what was left out. */
const Waves = Type.Object({
  batch: Type.Integer({ description: 'Nodes of a wave' }),
  canary_percent: nullable(Type.Integer(), { description: 'Share of the first wave; null: it is like the others' }),
  soak_seconds: Type.Number({ description: 'How long a wave rests' }),
  health_gate: Type.Boolean({ description: 'Whether the next wave waits for healthy nodes' }),
  stop_after: Type.Integer({ description: 'Failures after which no wave begins' }),
  within_seconds: Type.Number({ description: 'How long nodes wait for their turn' }),
});

const updateCount = (description: string) => Type.Integer({ description });

export const SelfUpdate = Type.Object({
  id: uuid('Request id'),
  approval: waitsFor,
  targeting: Type.Unsafe<Targeting>({
    type: 'object',
    description: 'As it was given, with the filters that always hold',
  }),
  version: nullable(Type.String(), {
    description:
      'Extension: of the release that the nodes were asked to go to; null: none was published, or it is not the same on each platform',
  }),
  waves: nullable(Waves, { description: 'Extension: how the nodes are gone over; null: all at once' }),
  status: oneOf(UPDATE_STATUSES, 'Completed: every target has accepted the order, or cannot any more'),
  summary: nullable(
    Type.Object({
      total: updateCount('Nodes that were asked'),
      triggered: updateCount('Nodes that accepted the order; not a proof of a new version'),
      failed: updateCount('Nodes that did not'),
    }),
    { description: 'Null until it is completed' },
  ),
  progress: Type.Optional(
    Type.Object(
      {
        waiting: updateCount('Nodes whose turn has not come, or that have not taken the order on'),
        under_way: updateCount('Nodes that have taken the order on'),
        updated: updateCount('Nodes that run the version'),
        failed: updateCount('Nodes that refused, failed, or went back to the version before'),
      },
      {
        description: 'Extension, in the answer about one request: how its nodes stand now, also after it is completed',
      },
    ),
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
      description: `Extension: nodes that refused the order or failed at it, also after they had accepted it; the first ${MAX_FAILURES}`,
    },
  ),
  ...times,
});
