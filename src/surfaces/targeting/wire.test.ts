import { expect, test } from 'vitest';
import { nodes } from '#surfaces/edge-admin/lists/grammars.ts';
import { filterProperties } from '#surfaces/edge-admin/lists/list-query.ts';
import { Targeting } from './wire.ts';

test('a targeting has the filters of the list of nodes', () => {
  const { node_filters: filters } = Targeting.properties;
  expect(JSON.parse(JSON.stringify(filters)).properties).toEqual(JSON.parse(JSON.stringify(filterProperties(nodes))));
});
