import { expect, test } from 'vitest';
import { SECRET_FIELD } from '#surfaces/mcp/answer.ts';
import { nameOf } from '#surfaces/mcp/own-api.ts';
import { placementOf } from '#surfaces/mcp/placement.ts';
import { nodeTools } from '#surfaces/mcp/tools/nodes.ts';
import { DISPATCH, EDGE_ADMIN, LEFT_OUT } from '#surfaces/mcp/tools/originals.ts';
import { runTools } from '#surfaces/mcp/tools/runs.ts';
import { OPERATIONS } from './all-surfaces.ts';

const known = new Map(OPERATIONS.map((one) => [nameOf(one), one]));
const placed = OPERATIONS.map((one) => ({ name: nameOf(one), operation: one.operation, placement: placementOf(one) }));

test('every operation is reached by api_call, or is not for a reason', () => {
  for (const { name, placement } of placed)
    expect([name, placement.kind === 'api_call' ? placement.effect : placement.why]).toEqual([
      name,
      expect.any(String),
    ]);
  expect(placed.filter(({ placement }) => placement.kind === 'api_call').length).toBeGreaterThan(50);
});

test('nothing that gives rights or shows a secret is reached', () => {
  const reached = placed.filter(({ placement }) => placement.kind === 'api_call');
  expect(reached.filter(({ operation }) => operation.hasSecretAnswer === true)).toEqual([]);
  expect(reached.map(({ name }) => name).filter((name) => /key|token|secret|approv|quota|session/i.test(name))).toEqual(
    [],
  );
});

test('whatever an answer may have that opens something is redacted or not reached', () => {
  const reached = placed.filter(({ placement }) => placement.kind === 'api_call');
  const shown = reached.flatMap(({ name, operation }) =>
    Object.values(operation.responses).flatMap(({ schema }) => fieldsOf(schema).map((field) => `${name}: ${field}`)),
  );
  const opens = shown.filter((one) =>
    /password|secret|token|private|credential|_key\b|pem\b/i.test(one.split(': ')[1] ?? ''),
  );
  expect(
    opens.filter((one) => !SECRET_FIELD.test(one.split(': ')[1] ?? '') && !/Tokens$|public_key$/.test(one)).sort(),
  ).toEqual([]);
});

function fieldsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties } = schema as { properties?: Record<string, unknown> };
  return [...Object.keys(properties ?? {}), ...Object.values(schema).flatMap(fieldsOf)];
}

test('what api_call does at once changes nothing', () => {
  const atOnce = placed.filter(({ placement }) => placement.kind === 'api_call' && placement.effect === 'read');
  expect(
    atOnce
      .filter(({ operation }) => operation.method !== 'GET')
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['edge-fleet.previewFleet', 'edge-fleet.searchHosts']);
});

test('tools are made of operations there are; a tool that only looks needs nothing that changes', () => {
  const looking = [...nodeTools, ...runTools].filter(({ effect }) => effect === 'read');
  for (const { needs } of looking)
    for (const need of needs)
      expect([need, /^(get|list|read|search)/.test(need.split('.')[1] ?? '')]).toEqual([need, true]);
  for (const { needs } of [...nodeTools, ...runTools]) for (const need of needs) expect(known.has(need)).toBe(true);
});

const operationOf = (tool: string) =>
  `edge-admin.${tool.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())}`;

/** What the original of Edge Admin registers, noun by noun. */
const CATALOGUE = [
  ...['get_admin', 'get_my_admin_cluster', 'list_admin_clusters', 'list_edge_clusters', 'list_orphaned_clusters'],
  ...['check_admin_health', 'get_node_metrics', 'get_host_metrics', 'get_agent_metrics', 'get_admin_metrics'],
  ...['list_clusters', 'get_cluster', 'create_cluster', 'update_cluster', 'delete_cluster'],
  ...['list_nodes', 'get_node', 'delete_node', 'change_node_cluster'],
  ...['list_aliases', 'get_alias', 'create_alias', 'delete_alias'],
  ...['list_enrollment_keys', 'get_enrollment_key', 'create_enrollment_key', 'update_enrollment_key'],
  ...['delete_enrollment_key', 'list_commands', 'get_command', 'create_command', 'delete_command'],
  ...['list_command_executions', 'get_command_execution', 'cancel_command_execution', 'delete_command_execution'],
  ...['list_ssh_usernames', 'get_ssh_username', 'create_ssh_username', 'delete_ssh_username'],
  ...['list_ssh_public_keys', 'get_ssh_public_key', 'create_ssh_public_key', 'delete_ssh_public_key'],
  ...['list_self_update_requests', 'get_self_update_request', 'create_self_update_request'],
  ...['delete_self_update_request', 'list_webhooks', 'get_webhook', 'create_webhook', 'delete_webhook'],
  ...['list_event_types', 'explain_event_type'],
];

/** Orders of `api_call` that a repeated pin may give again, since the second changes nothing. */
const HARMLESS: Readonly<Record<string, string>> = {
  'edge-admin.pauseWebhook': 'it is paused already',
  'edge-admin.resumeWebhook': 'it goes on already',
  'edge-fleet.changeHostTags': 'the tags are as they were asked for',
  'edge-fleet.cancelFleet': 'it is cancelled already',
  'org-outposts.recordOutpostHeartbeat': 'it is a report',
};

test('a pin of api_call does what it says once: what it creates or sends is answered by the first answer', () => {
  const twice = placed.filter(
    ({ operation, placement }) =>
      placement.kind === 'api_call' &&
      placement.effect === 'change' &&
      operation.method === 'POST' &&
      !operation.isIdempotent,
  );
  expect(twice.map(({ name }) => name).sort()).toEqual(Object.keys(HARMLESS).sort());
});

test('the tools of the contracts are there by name, or left out for a reason', () => {
  const names = EDGE_ADMIN.map(({ name }) => name);
  expect([...names, ...Object.keys(LEFT_OUT)].sort()).toEqual(CATALOGUE.toSorted());
  expect(names.filter((name) => Object.hasOwn(LEFT_OUT, name))).toEqual([]);
  for (const { operation } of [...EDGE_ADMIN, ...DISPATCH]) expect(known.has(operation)).toBe(true);
  const leftOut = Object.keys(LEFT_OUT).map(operationOf);
  expect(placed.filter(({ name, placement }) => placement.kind === 'api_call' && leftOut.includes(name))).toEqual([]);
});
