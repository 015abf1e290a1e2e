import { Type } from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pattern } from '#surfaces/http/pattern-words.ts';
import { NodeId, pathId } from './ids.ts';
import { nullable } from './shapes.ts';

export const GroupsPath = Type.Object({ id: pathId('`f-` and a UUID.') });
export const GroupPath = Type.Object({
  id: pathId('`f-` and a UUID.'),
  digest: Type.String({ maxLength: MAX_LENGTH.pathId, description: 'Of the group.' }),
});
const normalise = Type.Optional(
  Type.Integer({ minimum: 0, maximum: 1, description: '1: host names and space at the ends of lines are left out.' }),
);
export const GroupsQuery = Type.Object({
  normalise,
  cursor: Type.Optional(
    Type.String({
      maxLength: 48,
      pattern: pattern('^[0-9]{1,9}\\.[0-9a-f]{32}$', 'from an earlier answer'),
      description: 'Where to go on. The order is settled when the run has ended.',
    }),
  ),
});
export const GroupHostsQuery = Type.Object({
  normalise,
  cursor: Type.Optional(
    Type.String({
      maxLength: 12,
      pattern: pattern('^[0-9]{1,9}$', 'from an earlier answer'),
      description: 'Where to go on.',
    }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
});

const GroupOutcome = Type.Union([
  Type.Literal('ok'),
  Type.Literal('err'),
  Type.Literal('timed_out'),
  Type.Literal('cancelled'),
  Type.Literal('not_started'),
]);

export const OutputGroup = Type.Object({
  digest: Type.String(),
  outcome: GroupOutcome,
  exitCode: nullable(Type.Integer()),
  count: Type.Integer(),
  sampleHosts: Type.Array(Type.Object({ id: NodeId, name: Type.String() })),
  head: Type.String({ description: 'The first 4 KiB of the output.' }),
  majority: Type.Boolean({ description: 'The largest group.' }),
  whole: Type.Boolean({
    description:
      'All of the output was compared, not its beginning and its end alone: without `normalise`, all said this.',
  }),
});

export const OutputGroups = Type.Object({
  total: Type.Integer({ description: 'Hosts that have ended.' }),
  groups: Type.Array(OutputGroup, { maxItems: 200 }),
  more: Type.Integer({ description: 'Groups beyond those that are listed.' }),
  next_cursor: nullable(Type.String()),
});

export const GroupHosts = Type.Object({
  items: Type.Array(
    Type.Object({
      nodeId: NodeId,
      name: Type.String(),
      executionId: Type.String(),
      durationMs: nullable(Type.Integer()),
    }),
  ),
  next_cursor: nullable(Type.String()),
});

export const LogPath = Type.Object({ id: pathId('`c-` and a UUID.') });
export const LogRangeQuery = Type.Object({
  offset: Type.Integer({ minimum: 0, maximum: 1e15, default: 0, description: 'Bytes.' }),
  limit: Type.Integer({ minimum: 1, maximum: 262_144, default: 65_536, description: 'Bytes.' }),
});
export const LogSearchQuery = Type.Object({
  q: Type.String({ minLength: 1, maxLength: 256, description: 'Looked for within lines, letter for letter.' }),
});
export const LogIndex = Type.Object({
  size: Type.Integer({ description: 'Bytes.' }),
  lines: Type.Integer(),
  every: Type.Integer({ description: 'Lines between two offsets.' }),
  offsets: Type.Array(Type.Integer()),
});
export const LogRange = Type.Object({
  nextOffset: Type.Integer(),
  chunks: Type.Array(
    Type.Object({ stream: Type.Union([Type.Literal('stdout'), Type.Literal('stderr')]), text: Type.String() }),
  ),
});
export const FoundLines = Type.Object({
  items: Type.Array(Type.Object({ line: Type.Integer(), text: Type.String() }), { maxItems: 200 }),
  total: Type.Integer(),
});
