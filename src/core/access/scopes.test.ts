import { expect, test } from 'vitest';
import { hasScope, type Principal } from '../kernel/context.ts';
import { EDGE_FLEET_SCOPES, SCOPES } from './scopes.ts';

const having = (...scopes: string[]) => ({ scopes: new Set(scopes) }) as unknown as Principal; // the rest is not looked at

test('a scope of the edge fleet is had by either of its names, and no other with it', () => {
  expect(hasScope(having('garrison.fleet.manage'), 'aegis.edge.fleet.manage')).toBe(true);
  expect(hasScope(having('aegis.edge.fleet.manage'), 'garrison.fleet.manage')).toBe(true);
  expect(hasScope(having('garrison.fleet.read'), 'aegis.edge.fleet.manage')).toBe(false);
  expect(hasScope(having('aegis.edge.tunnels.open'), 'garrison.proxy.use')).toBe(false);
});

test('both names are known, and a name of the contract stands for nothing that is not there', () => {
  for (const scope of EDGE_FLEET_SCOPES) expect(SCOPES).toHaveProperty([scope.replace('garrison.', 'aegis.edge.')]);
  expect(Object.keys(SCOPES).filter((scope) => scope.startsWith('aegis.'))).toHaveLength(EDGE_FLEET_SCOPES.length);
});
