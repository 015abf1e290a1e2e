import type { CommandSpec } from '../../command-spec.ts';
import { deliveries, redeliver, test, verify } from './deliveries.ts';
import { create, list, pause, resume, rm, show, types, update } from './manage.ts';

export const command: CommandSpec = {
  name: 'webhooks',
  description: 'Addresses that events are posted to.',
  examples: [
    ['garrison webhooks list', 'every webhook and how it does'],
    ['garrison webhooks deliveries ID', 'what became of each event'],
  ],
  commands: [list, create, show, update, rm, types, test, deliveries, redeliver, pause, resume, verify],
};
