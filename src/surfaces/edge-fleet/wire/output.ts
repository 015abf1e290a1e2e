import { type Static, Type } from 'typebox';
import { pattern } from '#surfaces/http/pattern-words.ts';
import { CommandId, FleetCommandId, idInput, NodeId } from './ids.ts';
import { pageOf, pageParameters } from './pages.ts';
import { dateTime } from './shapes.ts';

export const OutputSearchQuery = Type.Object({
  text: Type.String({
    minLength: 1,
    maxLength: 256,
    pattern: pattern('^[^\\n]+$', 'on one line'),
    description: 'Looked for within lines, letter for letter; no pattern.',
  }),
  run: Type.Optional(idInput('f', 'In this run only')),
  node: Type.Optional(idInput('n', 'On this host only')),
  since: Type.Optional(dateTime('In runs that started at this instant or later.')),
  until: Type.Optional(dateTime('In runs that started before this instant.')),
  ...pageParameters,
});

export const FoundOutput = Type.Object({
  fleet_command_id: FleetCommandId,
  command_id: CommandId,
  node_id: NodeId,
  started_at: dateTime('Of the run.'),
  count: Type.Integer({ minimum: 1, description: 'Lines that hold the text.' }),
  lines: Type.Array(
    Type.Object({
      stream: Type.Union([Type.Literal('stdout'), Type.Literal('stderr')]),
      text: Type.String({ description: 'The line; of a long one, 400 bytes around the text.' }),
    }),
    { maxItems: 10, description: 'The first ten.' },
  ),
});

export const FoundOutputPage = pageOf(FoundOutput);

export type WireFoundOutput = Static<typeof FoundOutput>;
