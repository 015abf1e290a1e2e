import Type from 'typebox';
import { pageOf } from './pages.ts';
import { Timestamp, Uuid } from './shapes.ts';

export const WaitingNode = Type.Object(
  {
    node_id: Uuid,
    hostname: Type.String({ description: 'As the machine says; empty when it has said nothing.' }),
    address: Type.String(),
    certificate_ends_at: Timestamp,
    first_seen_at: Timestamp,
    last_seen_at: Timestamp,
  },
  { title: 'WaitingNode' },
);

export const WaitingNodePage = pageOf(WaitingNode, 'WaitingNodePage');

export const Admission = Type.Object(
  { node_id: Type.String({ format: 'uuid', maxLength: 36 }) },
  { title: 'Admission' },
);
