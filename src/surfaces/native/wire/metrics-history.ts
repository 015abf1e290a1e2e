import Type from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { Nullable, Timestamp, Uuid } from './shapes.ts';

export const NodePath = Type.Object({
  node_id: Type.String({
    minLength: 1,
    maxLength: MAX_LENGTH.pathId,
    description: 'Node UUID. An id of another form is an unknown one.',
  }),
});

export const MetricsHistoryQuery = Type.Object({
  range: Type.Enum(['1h', '24h', '7d'], { default: '1h', description: 'How far back.' }),
});

const Figure = (description: string) => Nullable(Type.Number({ description }));

export const MetricsHistory = Type.Object(
  {
    node_id: Uuid,
    step_seconds: Type.Integer({ description: 'From one slot to the next.' }),
    since: Timestamp,
    until: Timestamp,
    items: Type.Array(
      Type.Object({
        at: Timestamp,
        cpu_percent: Figure('Share of time that was not idle.'),
        memory_percent: Figure('Memory that is not available.'),
        disk_percent: Figure('The root file system.'),
        load_1m: Figure('As the host reckons it.'),
        received_bytes_per_second: Figure(
          'All interfaces but the loopback, since the slot before; null after the host started anew.',
        ),
        sent_bytes_per_second: Figure('Likewise.'),
      }),
      { description: 'Slots in which the node reported something; null where its host has no source.' },
    ),
  },
  { title: 'MetricsHistory' },
);
