import { Type } from 'typebox';
import { ALIAS_NAME_PATTERN, MAX_ALIAS_LENGTH } from '#core/aliases/alias.ts';
import { pattern } from '#surfaces/http/pattern-words.ts';
import { clusterName, LABEL_WORDS, times, uuid } from './shapes.ts';

export const AliasCreate = Type.Object({
  name: Type.String({
    minLength: 1,
    maxLength: MAX_ALIAS_LENGTH,
    pattern: pattern(ALIAS_NAME_PATTERN, LABEL_WORDS),
    description: 'A DNS label',
  }),
});

export const Alias = Type.Object({
  id: uuid('Alias id'),
  name: Type.String(),
  vpn_hostname: Type.String({ description: 'node-{name} in the domain of the cluster' }),
  node_id: uuid('Node it leads to'),
  cluster_name: clusterName('Cluster it is unique in'),
  ...times,
});
